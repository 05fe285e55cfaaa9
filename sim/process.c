/* process.c - the life of a process: what it is given at its start, where its time goes, what
 * is left of it at its end.
 *
 * Idea: at any moment a process is in one status, and the time it spends there belongs to one
 * account: ready_ns, io_wait_ns, sleep_ns, or, while it runs, to what it does.  One function
 * changes the status, so no nanosecond can get lost between two accounts.
 */
#include "process_internal.h"

#include "churn.h"
#include "faultline/lazy.h"
#include "faultline/rng.h"

const char *process_status_word(ProcessStatus status) {
    static const char *const words[] = {
        [PROCESS_NEW] = "new",
        [PROCESS_READY] = "ready",
        [PROCESS_RUNNING] = "running",
        [PROCESS_BLOCKED] = "blocked",
        [PROCESS_SLEEPING] = "sleeping",
        [PROCESS_EXITED] = "exited",
        [PROCESS_SIGSEGV] = "SIGSEGV",
        [PROCESS_SIGABRT] = "SIGABRT",
        [PROCESS_OOM_KILLED] = "oom-killed",
    };
    return words[status];
}

bool process_over(const Process *process) { return process->status >= PROCESS_EXITED; }

/* ---- start -------------------------------------------------------------------------------- */

void process_init(Process *process, Machine *machine, const ProcessSpec *spec, uint32_t pid,
                  uint32_t copy) {
    uint64_t seed = machine->workload->seed;
    *process = (Process){
        .machine = machine,
        .spec = spec,
        .pid = pid,
        .name = copy == 0 ? g_strdup(spec->name) : g_strdup_printf("%s#%u", spec->name, copy + 1),
        .rng = rng_stream(seed, RNG_PROCESS + pid),
        .heap_rng = rng_stream(rng_stream(seed, RNG_ALLOCATOR).state, pid),
        .phases = g_array_new(FALSE, FALSE, sizeof(PhaseRecord)),
    };
}

static bool acquire(Process *process) {
    const ProcessSpec *spec = process->spec;
    const Program *program = &spec->program;
    Limits limits = {.address_space = spec->limit_address_space,
                     .data = spec->limit_data,
                     .stack = spec->limit_stack,
                     .rss = spec->limit_rss,
                     .locked = spec->limit_locked};
    process->space =
        address_space_create(process->machine->memory, process->pid, &limits, &process->by_program);
    process->slots = lazy_alloc(program->slot_count, sizeof(Slot));
    process->regions = g_new0(VAddr, program->pattern_count);
    process->coroutine = coroutine_create(process_main, process);
    return process->space != NULL && process->slots != NULL && process->coroutine != NULL &&
           process_heap_create(process);
}

void process_start(Process *process, Tick at) {
    process->started = process->since = at;
    if (!acquire(process)) {
        machine_fail(process->machine, NULL, MACHINE_ERROR_HOST,
                     "process \"%s\": the host has no memory for another process", process->name);
    }
    process_change_status(process, PROCESS_READY, at);
    machine_emit(process->machine, process, (Event){.kind = EVENT_start});
}

/* ---- time --------------------------------------------------------------------------------- */

static uint64_t *account_of(ProcessStatus status, Counters *counters) {
    switch (status) {
    case PROCESS_READY:
        return &counters->ready_ns;
    case PROCESS_BLOCKED:
        return &counters->io_wait_ns;
    case PROCESS_SLEEPING:
        return &counters->sleep_ns;
    default:
        return NULL;
    }
}

void process_change_status(Process *process, ProcessStatus status, Tick at) {
    if (process->space != NULL) {
        uint64_t *account = account_of(process->status, process->space->counters);
        if (account != NULL) {
            *account += at - process->since;
        }
    }
    process->status = status;
    process->since = at;
}

Tick process_cpu_ns(const Process *process) {
    const MemoryConfig *config = &process->machine->config;
    const Costs *costs = &config->costs;
    Counters c = process_counters(process);
    Tick reference = costs->memory_reference_ns + (config->tlb_levels > 0 ? costs->tlb_hit_ns : 0);
    return (c.loads + c.stores) * reference + c.tlb_l2_hits * costs->tlb_l2_hit_ns +
           c.walk_levels * costs->walk_level_ns + c.fault_ns + c.syscall_ns + c.compute_ns;
}

/* ---- end ---------------------------------------------------------------------------------- */

void process_drop_work(Process *process) {
    OpWork *work = &process->work;
    g_clear_pointer(&work->pattern, pattern_free);
    g_clear_pointer(&work->churn, churn_free);
    g_clear_pointer(&work->churn_blocks, g_array_unref);
    process_drop_trace(process);
}

/* Give back all that acquire() got, but for the stack, on which this may be running. */
static void release(Process *process) {
    process_drop_work(process);
    g_clear_pointer(&process->heap, heap_destroy);
    if (process->space != NULL) {
        address_space_destroy(process->machine->memory, process->space);
        process->space = NULL;
    }
    lazy_free(process->slots, process_program(process)->slot_count, sizeof(Slot));
    process->slots = NULL;
    g_clear_pointer(&process->regions, g_free);
}

static void finish(Process *process, ProcessStatus status) {
    process_heap_account(process);
    process->last = process_gauges(process);
    process->ended = process->machine->clock.now;
    process_change_status(process, status, process->ended);
    release(process);
    machine_emit(process->machine, process, (Event){.kind = EVENT_exit, .a = status});
}

void process_end(Process *process, ProcessStatus status) {
    finish(process, status);
    scheduler_leave(process->machine->scheduler);
}

void process_kill(Process *process, ProcessStatus status) {
    finish(process, status);
    scheduler_forget(process->machine->scheduler, process);
    g_clear_pointer(&process->coroutine, coroutine_destroy);
}

void process_stop_run(Process *process) { scheduler_leave(process->machine->scheduler); }

void process_clear(Process *process) {
    release(process);
    g_clear_pointer(&process->coroutine, coroutine_destroy);
    g_clear_pointer(&process->phases, g_array_unref);
    g_clear_pointer(&process->name, g_free);
}

/* ---- figures ------------------------------------------------------------------------------ */

Counters process_counters(const Process *process) {
    Counters sum = process->by_program;
    counters_add(&sum, &process->by_allocator);
    return sum;
}

Gauges process_gauges(const Process *process) {
    const AddressSpace *space = process->space;
    if (space == NULL) {
        return process->last;
    }
    Gauges now = {
        .rss = space->rss,
        .peak_rss = space->peak_rss,
        .anon = space->anon,
        .file = space->file,
        .swap = space->swap,
        .page_table_pages = space->page_table.tables,
        .vm_size = space->vm_size,
        .peak_vm_size = space->peak_vm_size,
        .locked = space->locked,
        .committed = space->committed,
        .working_set = space->working_set,
    };
    if (process->heap != NULL) {
        const HeapStats *heap = heap_stats(process->heap);
        now.heap_bytes = heap->heap_bytes;
        now.peak_heap_bytes = heap->peak_heap_bytes;
        now.live_bytes = heap->live_bytes;
        now.peak_live_bytes = heap->peak_live_bytes;
    }
    return now;
}

static Tick lifetime(const Process *process) {
    if (process->status == PROCESS_NEW) {
        return 0;
    }
    bool running = process->status == PROCESS_RUNNING;
    return (running ? process->machine->clock.now : process->since) - process->started;
}

const char *process_check(const Process *process) {
    Counters c = process_counters(process);
    if (lifetime(process) != process_cpu_ns(process) + c.io_wait_ns + c.sleep_ns + c.ready_ns) {
        return "process: its time is not the sum of its accounts";
    }
    if (c.pgfault != c.minflt + c.majflt + c.invalid_faults) {
        return "process: pgfault != minflt + majflt + invalid_faults";
    }
    if (c.softflt + c.zfod + c.zero_page_reads > c.minflt || c.zero_page_upgrades > c.zfod ||
        c.ozfod > c.zfod) {
        return "process: the kinds of minor faults do not fit into minflt";
    }
    if (c.pswpin + c.filein < c.majflt) { /* more with madvise(WILLNEED) */
        return "process: more major faults than pages read";
    }
    return c.writebacks == c.pswpout + c.fileout ? NULL
                                                 : "process: writebacks != pswpout + fileout";
}
