/* machine.c - builds the machine from a workload, runs it, and adds up its numbers.
 *
 *   scheduler --resumes--> process --accesses--> memory
 *       ^                     ^                    |
 *       +------- MemoryEnv: interrupt, wait -------+
 *
 * Checks (--check): an event may be emitted in the middle of something, when not everything
 * adds up yet.  So events are only counted; the check is made at the next moment when the
 * kernel is at rest: before the next access or when the CPU changes hands.
 */
#include "machine.h"

#include "machine_config.h"
#include "oom.h"
#include "process_script.h"
#include "reference_string.h"
#include "registry.h"

GQuark machine_error_quark(void) { return g_quark_from_static_string("faultline-machine"); }

/* ---- events ------------------------------------------------------------------------------- */

static void count_event(Machine *machine) {
    if (machine->check.every > 0 && ++machine->events % machine->check.every == 0) {
        machine->check_due = true;
        scheduler_attention(machine->scheduler);
    }
}

static void fan_out(void *host, const Event *event) {
    Machine *machine = host;
    for (guint i = 0; i < machine->subscribers->len; i++) {
        const EventSink *sink = &g_array_index(machine->subscribers, EventSink, i);
        if (event_wanted(sink, event->kind)) {
            sink->emit(sink->host, event);
        }
    }
    count_event(machine);
}

void machine_subscribe(Machine *machine, const EventSink *sink) {
    g_array_append_val(machine->subscribers, *sink);
    machine->sink.mask |= sink->mask;
}

void machine_emit(Machine *machine, const Process *process, Event event) {
    if (!event_wanted(&machine->sink, event.kind)) {
        return;
    }
    event.time = machine->clock.now;
    event.frame = PFN_NONE;
    if (process != NULL) {
        event.pid = process->pid;
        event.bookkeeping = process->space != NULL && process->space->bookkeeping;
    }
    machine->sink.emit(machine->sink.host, &event);
}

/* ---- building ----------------------------------------------------------------------------- */

static void on_interrupt(void *host) { scheduler_interrupt(((Machine *)host)->scheduler); }

static void on_wait(void *host, Tick when) { scheduler_wait(((Machine *)host)->scheduler, when); }

static void on_background(void *host, Tick when) {
    scheduler_background(((Machine *)host)->scheduler, when);
}

static void on_interrupt_cpu(void *host, uint32_t cpu) {
    scheduler_interrupt_cpu(((Machine *)host)->scheduler, cpu);
}

static void on_files_full(void *host) {
    Machine *machine = host;
    machine_fail(
        machine, NULL, MACHINE_ERROR_HOST,
        "%s: files hold more data than memory, swap and 1 GiB besides; a machine with more "
        "memory or swap may write more",
        machine->workload->file);
    scheduler_attention(machine->scheduler);
}

static void on_record(void *host, PageKey page, uint64_t count) {
    const MachineRecorder *recorder = &((Machine *)host)->recorder;
    recorder->record(recorder->host, page, count);
}

/* A policy that needs the future gets it from a first run of the same workload. */
static bool look_ahead(Machine *machine, GError **error) {
    if ((machine->config.policy->needs & POLICY_NEEDS_FUTURE) == 0) {
        return true;
    }
    g_autoptr(ReferenceString) string = reference_string_record(machine->workload, error);
    if (string == NULL) {
        return false;
    }
    machine->next_use = NULL;
    if (string->count <= NEXT_USES_MAX) {
        machine->next_use = reference_string_next_uses(string);
    }
    if (machine->next_use == NULL) {
        g_set_error(error, MACHINE_ERROR, MACHINE_ERROR_HOST,
                    "machine: no memory for the future of %" G_GUINT64_FORMAT " references",
                    string->count);
        return false;
    }
    machine->config.next_use = machine->next_use;
    machine->config.next_use_count = string->count;
    return true;
}

static bool create_memory(Machine *machine, GError **error) {
    MemoryEnv env = {.host = machine,
                     .interrupt = on_interrupt,
                     .wait = on_wait,
                     .background = on_background,
                     .interrupt_cpu = on_interrupt_cpu,
                     .files_full = on_files_full,
                     .record = machine->recorder.record == NULL ? NULL : on_record};
    machine->memory =
        memory_create(&machine->config, &machine->clock, &env, &machine->sink, &machine->counters);
    if (machine->memory == NULL) {
        g_set_error_literal(error, MACHINE_ERROR, MACHINE_ERROR_HOST,
                            "machine: the host cannot give this much memory and swap");
    }
    return machine->memory != NULL;
}

Process *machine_add_process(Machine *machine, const ProcessSpec *spec, char *name) {
    if (machine->process_count == machine->process_room) {
        machine->process_room = MAX(2 * machine->process_room, 16);
        machine->processes = g_renew(Process *, machine->processes, machine->process_room);
    }
    Process *process = process_new(machine, spec, name);
    machine->processes[machine->process_count++] = process;
    return process;
}

char *machine_process_name(Machine *machine, const char *name) {
    unsigned count = GPOINTER_TO_UINT(g_hash_table_lookup(machine->names, name)) + 1;
    g_hash_table_insert(machine->names, g_strdup(name), GUINT_TO_POINTER(count));
    return count == 1 ? g_strdup(name) : g_strdup_printf("%s#%u", name, count);
}

uint32_t machine_file(Machine *machine, const char *name, uint64_t pages) {
    uint32_t file = GPOINTER_TO_UINT(g_hash_table_lookup(machine->files, name));
    if (file == 0) {
        file = memory_file(machine->memory, pages) + 1;
        g_hash_table_insert(machine->files, g_strdup(name), GUINT_TO_POINTER(file));
    }
    return file - 1;
}

/* A file has one name, so the order in which the table is walked shows nowhere. */
const char *machine_file_name(const Machine *machine, uint32_t file) {
    GHashTableIter iter;
    gpointer name, number;
    g_hash_table_iter_init(&iter, machine->files);
    while (g_hash_table_iter_next(&iter, &name, &number)) {
        if (GPOINTER_TO_UINT(number) == file + 1) {
            return name;
        }
    }
    return NULL;
}

/* The loader holds them to as many as there are address-space identifiers. */
static void create_processes(Machine *machine) {
    for (uint32_t i = 0; i < machine->workload->process_count; i++) {
        const ProcessSpec *spec = &machine->workload->processes[i];
        for (uint32_t copy = 0; copy < spec->copies; copy++) {
            machine_add_process(machine, spec, machine_process_name(machine, spec->name));
        }
    }
}

static Machine *machine_new(const Workload *workload) {
    Machine *machine = g_new0(Machine, 1);
    machine->workload = workload;
    machine->sink = (EventSink){.emit = fan_out, .host = machine};
    machine->subscribers = g_array_new(FALSE, FALSE, sizeof(EventSink));
    machine->clock.horizon = TICK_NEVER;
    machine->clock.steps_max = workload->max_steps;
    machine->oom_records = g_ptr_array_new_with_free_func(oom_record_free);
    machine->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    machine->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return machine;
}

static bool machine_build(Machine *machine, GError **error) {
    if (!create_memory(machine, error)) {
        return false;
    }
    create_processes(machine);
    machine->scheduler = g_new0(Scheduler, 1);
    scheduler_init(machine->scheduler, machine);
    return true;
}

Machine *machine_create(const Workload *workload, GError **error) {
    return machine_create_told(workload, &(MachineRecorder){0}, error);
}

Machine *machine_create_told(const Workload *workload, const MachineRecorder *recorder,
                             GError **error) {
    g_autoptr(Machine) machine = machine_new(workload);
    machine->recorder = *recorder;
    bool made = machine_config_resolve(workload, &machine->config, error) &&
                look_ahead(machine, error) && machine_build(machine, error);
    return made ? g_steal_pointer(&machine) : NULL;
}

Machine *machine_create_recording(const Workload *workload, const MachineRecorder *recorder,
                                  GError **error) {
    g_autoptr(Machine) machine = machine_new(workload);
    machine->recorder = *recorder;
    if (!machine_config_resolve(workload, &machine->config, error)) {
        return NULL;
    }
    machine->config.policy = registry_policy_named("fifo");
    return machine_build(machine, error) ? g_steal_pointer(&machine) : NULL;
}

/* Nobody is told any more: the subscribers may be gone already. */
void machine_destroy(Machine *machine) {
    if (machine == NULL) {
        return;
    }
    machine->sink.mask = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        process_destroy(machine->processes[i]);
    }
    if (machine->scheduler != NULL) {
        scheduler_clear(machine->scheduler);
    }
    g_free(machine->scheduler);
    g_free(machine->processes);
    memory_destroy(machine->memory);
    g_free(machine->next_use);
    g_array_unref(machine->subscribers);
    g_ptr_array_unref(machine->oom_records);
    g_hash_table_unref(machine->files);
    g_hash_table_unref(machine->names);
    g_clear_error(&machine->error);
    g_free(machine);
}

/* ---- running ------------------------------------------------------------------------------ */

uint32_t machine_line(const Process *process) {
    const Program *program = &process->spec->program;
    const Task *task = process->task;
    return task != NULL && task->op < program->op_count ? program->ops[task->op].line : 0;
}

void machine_fail(Machine *machine, const Process *process, MachineError code, const char *format,
                  ...) {
    if (machine->error != NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    uint32_t line = process == NULL ? 0 : machine_line(process);
    if (line > 0) {
        g_set_error(&machine->error, MACHINE_ERROR, code, "%s:%u: %s", machine->workload->file,
                    line, message);
    } else {
        g_set_error_literal(&machine->error, MACHINE_ERROR, code, message);
    }
}

static void check_now(Machine *machine) {
    const char *broken = machine_check(machine);
    if (broken != NULL) {
        machine_fail(machine, NULL, MACHINE_ERROR_CHECK,
                     "at %" G_GUINT64_FORMAT " ns: an invariant is broken: %s", machine->clock.now,
                     broken);
    }
}

bool machine_is_spent(Machine *machine) {
    const Clock *clock = &machine->clock;
    if (clock_is_spent(clock)) {
        machine_fail(machine, NULL, MACHINE_ERROR_STEPS,
                     "%s: the run was ended at %" G_GUINT64_FORMAT
                     " ns, after the %" G_GUINT64_FORMAT " steps that --max-steps allows",
                     machine->workload->file, clock->now, clock->steps_max);
    }
    return clock_is_spent(clock);
}

void machine_attend(Machine *machine) {
    machine_is_spent(machine);
    if (machine->check_due) {
        machine->check_due = false;
        check_now(machine);
    }
    if (machine->clock.now > TICK_MAX) {
        machine_fail(machine, NULL, MACHINE_ERROR_INPUT,
                     "the run takes longer than 2^62 ns (146 years) of virtual time");
    }
}

bool machine_run(Machine *machine, GError **error) {
    if (machine->check.every > 0) {
        machine->sink.mask = UINT64_MAX;
    }
    scheduler_run(machine->scheduler);
    if (machine->error == NULL && machine->check.at_end) {
        check_now(machine);
    }
    if (machine->error != NULL) {
        g_propagate_error(error, g_error_copy(machine->error));
        return false;
    }
    return true;
}

/* ---- figures ------------------------------------------------------------------------------ */

Counters machine_counters(const Machine *machine) {
    Counters sum = machine->counters;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        Counters part = process_counters(machine->processes[i]);
        counters_add(&sum, &part);
    }
    return sum;
}
