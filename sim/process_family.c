/* process_family.c - processes that make processes: fork, spawn, exec, and wait.
 *
 *   fork    a child with a copy of everything, which goes on with ops of its own
 *   spawn   a child with a program, an address space and a heap of its own (posix_spawn)
 *   exec    the same process, another program: a new address space and heap, counts go on
 *   wait    until a child is over; a child that nobody waits for stays a zombie until its parent
 *           is over; a child whose parent is over first is an orphan, and simply goes on
 *
 * Bounds, so that a fork bomb hurts only the simulated machine: pids are not used again, and there
 * are PIDS_MAX of them in a run; TASKS_MAX tasks at a time; and what forks have copied of the
 * host's memory is at most FORK_BYTES_MAX.  Beyond that a call is refused, as with EAGAIN.
 */
#include "process_internal.h"

#include <string.h>

#include "allocation.h"

#include "faultline/lazy.h"

enum { PIDS_MAX = 32768, TASKS_MAX = 10000 };
#define FORK_BYTES_MAX (UINT64_C(1) << 30)

/* ---- what making a task takes --------------------------------------------------------------- */

void process_charge_call(Process *process, Tick ns) {
    Machine *machine = process->machine;
    ns += machine->config.costs.syscall_ns;
    machine->clock.now += ns;
    process->space->counters->syscall_ns += ns;
}

bool process_may_multiply(const Process *process) {
    return process->machine->tasks_alive < TASKS_MAX;
}

/* Another process may have had to give up pages. */
static void tell_cpus(const Process *process) {
    memory_tell_cpus(process->machine->memory, process->space->counters);
}

static bool may_have_child(const Process *process) {
    return process_may_multiply(process) && process->machine->process_count < PIDS_MAX;
}

static Process *refuse(Process *process, bool spawn) {
    process->space->counters->failed_forks++;
    machine_emit(process->machine, process, (Event){.kind = EVENT_fork, .b = spawn});
    return NULL;
}

static char *child_name(Process *parent, const char *name) {
    return name != NULL ? machine_process_name(parent->machine, name)
                        : g_strdup_printf("%s.%u", parent->name, parent->children_made + 1);
}

static Process *add_child(Process *parent, const ProcessSpec *spec, const char *name, bool spawn) {
    Machine *machine = parent->machine;
    Process *child = machine_add_process(machine, spec, child_name(parent, name));
    child->parent = parent;
    parent->children_made++;
    parent->space->counters->forks++;
    g_ptr_array_add(parent->children, child);
    machine->scheduler->alive++;
    machine_emit(machine, parent, (Event){.kind = EVENT_fork, .a = child->pid, .b = spawn});
    return child;
}

/* ---- fork ----------------------------------------------------------------------------------- */

/* How much of the host's memory a child will hold from its beginning. */
static uint64_t copied_bytes(const Process *parent) {
    return parent->slots_used * sizeof(Slot) + heap_host_bytes(parent->heap) +
           (parent->space->page_table.tables + UINT64_C(1)) * process_page_size(parent);
}

/* The child's own memory, or NULL.  When the kernel has no room for it somebody is killed for
 * theirs, as for a page. */
static AddressSpace *fork_space(Process *parent) {
    Machine *machine = parent->machine;
    AddressSpace *space = NULL;
    Outcome outcome;
    do {
        outcome = space_fork(machine->memory, parent->space, machine->process_count + 1,
                             &parent->by_program, &space);
    } while (outcome == OUTCOME_OUT_OF_MEMORY && process_survives(parent, outcome));
    return outcome == OUTCOME_OK ? space : NULL;
}

static void *copy_of(const void *from, uint64_t count, uint64_t size) {
    void *copy = g_malloc0_n(count, size);
    if (count > 0) {
        memcpy(copy, from, count * size);
    }
    return copy;
}

/* Slots, regions and heap: what the parent's library had in its global variables. */
static bool copy_globals(Process *child, const Process *parent) {
    const Program *program = process_program(parent);
    child->slots = lazy_alloc(program->slot_count, sizeof(Slot));
    child->regions = copy_of(parent->regions, program->pattern_count, sizeof(VAddr));
    if (child->slots == NULL || !process_heap_copy(child, parent)) {
        return false;
    }
    if (parent->slots_used > 0) {
        memcpy(child->slots, parent->slots, parent->slots_used * sizeof(Slot));
    }
    child->slots_used = parent->slots_used;
    return true;
}

/* The child's one thread bears the number of the one that forked, and is in the same loops. */
static void copy_task(Process *child, const Process *parent, const TaskBody *body) {
    Task *task = child->task;
    const Task *from = parent->task;
    task->number = from->number;
    g_ptr_array_set_size(child->tasks, (int)task->number + 1);
    g_ptr_array_index(child->tasks, 0) = NULL;
    g_ptr_array_index(child->tasks, task->number) = task;
    task->body = *body;
    task->op = body->op;
    task->end = body->end;
    task->loop_depth = from->loop_depth;
    memcpy(task->loop_count, from->loop_count, sizeof task->loop_count);
}

static Process *fork_process(Process *parent, const char *name, const TaskBody *body) {
    Machine *machine = parent->machine;
    const Costs *costs = &machine->config.costs;
    uint64_t bytes = copied_bytes(parent);
    process_charge_call(parent, costs->fork_ns);
    if (!may_have_child(parent) || bytes > FORK_BYTES_MAX - machine->fork_bytes) {
        return refuse(parent, false);
    }
    AddressSpace *space = fork_space(parent);
    if (space == NULL) {
        return refuse(parent, false);
    }
    Tick tables = space->page_table.tables * costs->fork_table_ns;
    machine->clock.now += tables;
    parent->space->counters->syscall_ns += tables;
    Process *child = add_child(parent, parent->spec, name, false);
    child->status = PROCESS_ALIVE;
    child->started = machine->clock.now;
    child->priority = parent->priority;
    load_control_start(&machine->scheduler->load, child);
    child->space = space;
    space->pid = child->pid;
    space->counters = &child->by_program;
    child->fork_bytes = bytes;
    machine->fork_bytes += bytes;
    if (!copy_globals(child, parent)) {
        process_fail_host(child);
        process_stop_run(parent);
    }
    copy_task(child, parent, body);
    allocation_start(child);
    tell_cpus(parent);
    return child;
}

Process *process_fork(Process *process, const char *name, const TaskBody *body) {
    process_lock_heap(process);
    process_lock_space(process);
    Process *child = fork_process(process, name, body);
    if (child != NULL) {
        process_begin_task(child, child->task, child->started);
        machine_emit(process->machine, child, (Event){.kind = EVENT_start});
        scheduler_admit(process->machine->scheduler, child->task);
    }
    process_unlock_heap(process);
    return child;
}

static const char *op_name(const Process *process, const Op *op) {
    return op->name == OP_NAME_NONE ? NULL : process_program(process)->strings[op->name];
}

void op_fork(Process *process, const Op *op) {
    TaskBody body = {.op = process->task->op + 1, .end = op->jump};
    process->task->next_op = op->jump;
    if (!heap_can_clone(process->heap)) {
        machine_fail(process->machine, process, MACHINE_ERROR_INPUT,
                     "the allocator \"%s\" cannot be forked", process->spec->allocator.info->name);
        process_stop_run(process);
    }
    process_fork(process, op_name(process, op), &body);
}

/* ---- spawn and exec ------------------------------------------------------------------------- */

Process *process_spawn(Process *process, const ProcessSpec *spec) {
    Machine *machine = process->machine;
    const Costs *costs = &machine->config.costs;
    process_charge_call(process, costs->fork_ns + costs->exec_ns);
    if (!may_have_child(process)) {
        return refuse(process, true);
    }
    Process *child = add_child(process, spec, spec->name, true);
    process_start(child, machine->clock.now);
    tell_cpus(process);
    scheduler_admit(machine->scheduler, child->task);
    return child;
}

void op_spawn(Process *process, const Op *op) {
    process_spawn(process, process_program(process)->specs[op->spec]);
}

void op_exec(Process *process, const Op *op) {
    const ProcessSpec *spec = process_program(process)->specs[op->spec];
    process_charge_call(process, process->machine->config.costs.exec_ns);
    process->space->counters->execs++;
    process_renew(process, spec);
    tell_cpus(process);
    process_load_image(process);
    process->task->next_op = 0;
    process->task->end = spec->program.op_count;
    process->task->loop_depth = 0;
    machine_emit(process->machine, process, (Event){.kind = EVENT_exec});
}

/* ---- wait ----------------------------------------------------------------------------------- */

/* "worker" also means "worker#2", "worker#3" ... */
static bool is_called(const Process *process, const char *name) {
    size_t length = name == NULL ? 0 : strlen(name);
    return name == NULL || (strncmp(process->name, name, length) == 0 &&
                            (process->name[length] == '\0' || process->name[length] == '#'));
}

/* The first child of that name that is over; *any: there is one of that name at all. */
static Process *find_ended(const Process *process, const char *name, bool *any) {
    *any = false;
    for (guint i = 0; i < process->children->len; i++) {
        Process *child = g_ptr_array_index(process->children, i);
        if (is_called(child, name)) {
            *any = true;
            if (process_over(child)) {
                return child;
            }
        }
    }
    return NULL;
}

const Process *process_wait_child(Process *process, const char *name) {
    bool any;
    Process *child;
    while ((child = find_ended(process, name, &any)) == NULL && any) {
        scheduler_block(process->machine->scheduler, &process->end_queue);
    }
    if (child != NULL) {
        g_ptr_array_remove(process->children, child);
        process->space->counters->waits++;
        machine_emit(process->machine, process,
                     (Event){.kind = EVENT_wait, .a = child->pid, .b = child->exit_code});
    }
    return child;
}

void op_wait(Process *process, const Op *op) {
    process_charge_call(process, 0);
    switch ((OpWaitFor)op->wait_for) {
    case OP_WAIT_CHILD:
        process_wait_child(process, op_name(process, op));
        break;
    case OP_WAIT_CHILDREN:
        while (process_wait_child(process, NULL) != NULL) {
        }
        break;
    case OP_WAIT_THREAD:
        process_wait_thread(process);
        break;
    case OP_WAIT_THREADS:
        while (process_wait_thread(process)) {
        }
        break;
    }
}
