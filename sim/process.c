/* process.c - the life of a process: what it is given at its start, what is left of it at its
 * end, and the sums over its threads.
 */
#include "process_internal.h"

#include "allocation.h"
#include "proc_log.h"

#include "faultline/lazy.h"
#include "faultline/rng.h"

const char *process_status_word(ProcessStatus status) {
    static const char *const words[] = {
        [PROCESS_NEW] = "new",
        [PROCESS_ALIVE] = "running",
        [PROCESS_EXITED] = "exited",
        [PROCESS_SIGSEGV] = "SIGSEGV",
        [PROCESS_SIGBUS] = "SIGBUS",
        [PROCESS_SIGABRT] = "SIGABRT",
        [PROCESS_OOM_KILLED] = "oom-killed",
    };
    return words[status];
}

bool process_over(const Process *process) { return process->status >= PROCESS_EXITED; }

/* ---- start -------------------------------------------------------------------------------- */

Process *process_new(Machine *machine, const ProcessSpec *spec, char *name) {
    uint64_t seed = machine->workload->seed;
    uint32_t pid = machine->process_count + 1;
    Process *process = g_new0(Process, 1);
    process->machine = machine;
    process->spec = spec;
    process->priority = spec->priority;
    process->pid = pid;
    process->name = name;
    process->heap_rng = rng_stream(rng_stream(seed, RNG_ALLOCATOR).state, pid);
    process->phases = g_array_new(FALSE, FALSE, sizeof(PhaseRecord));
    process->children = g_ptr_array_new();
    process->tasks = g_ptr_array_new();
    process->main = process->task = task_new(process, 0);
    process->task->rng = rng_stream(seed, RNG_PROCESS + pid);
    g_ptr_array_add(process->tasks, process->task);
    return process;
}

static bool acquire(Process *process) {
    const ProcessSpec *spec = process->spec;
    const Program *program = &spec->program;
    Limits limits = {.address_space = spec->limit_address_space,
                     .data = spec->limit_data,
                     .stack = spec->limit_stack,
                     .rss = spec->limit_rss,
                     .rss_min = spec->limit_rss_min,
                     .locked = spec->limit_locked};
    Layout layout = process_layout(process);
    process->space = address_space_create(process->machine->memory, process->pid, &limits, &layout,
                                          &process->by_program);
    if (process->space != NULL) {
        if (spec->group != 0) {
            space_join_group(process->machine->memory, process->space, spec->group);
        }
        allocation_start(process);
    }
    process->slots = lazy_alloc(program->slot_count, sizeof(Slot));
    process->regions = g_new0(VAddr, program->pattern_count);
    return process->space != NULL && process->slots != NULL && process_heap_create(process);
}

void process_fail_host(Process *process) {
    machine_fail(process->machine, NULL, MACHINE_ERROR_HOST,
                 "process \"%s\": the host has no memory for another process or thread",
                 process->name);
}

void process_begin_task(Process *process, Task *task, Tick at) {
    task->started = task->since = at;
    task->coroutine = coroutine_create(process_main, task);
    if (task->coroutine == NULL) {
        process_fail_host(process);
    }
    if (process->space != NULL) {
        space_thread_add(process->space, &task->in_space);
    }
    task_change_status(task, TASK_READY, at);
}

void process_start(Process *process, Tick at) {
    process->status = PROCESS_ALIVE;
    process->started = at;
    load_control_start(&process->machine->scheduler->load, process);
    if (!acquire(process)) {
        process_fail_host(process);
    }
    process_begin_task(process, process->task, at);
    machine_emit(process->machine, process, (Event){.kind = EVENT_start});
}

void process_switch_to(Process *process, Task *task) {
    process->task = task;
    process->space->counters = task_account(task);
    process->space->bookkeeping = task->in_heap;
    process->space->thread = &task->in_space;
    memory_run_space(process->machine->memory, process->space);
}

void process_lock_space(Process *process) {
    while (process->in_kernel > 0) {
        scheduler_block(process->machine->scheduler, &process->kernel_queue);
    }
}

/* ---- end ---------------------------------------------------------------------------------- */

/* Give back all that acquire() got, but for the stacks, on one of which this may be running. */
static void release(Process *process) {
    process->machine->fork_bytes -= process->fork_bytes;
    process->fork_bytes = 0;
    g_clear_pointer(&process->heap, heap_destroy);
    if (process->space != NULL) {
        address_space_destroy(process->machine->memory, process->space);
        process->space = NULL;
    }
    lazy_free(process->slots, process_program(process)->slot_count, sizeof(Slot));
    process->slots = NULL;
    process->slots_used = 0;
    g_clear_pointer(&process->regions, g_free);
}

void process_fold_task(Process *process, Task *task) {
    process->machine->tasks_alive--;
    process->in_kernel -= task->in_kernel;
    const Scheduler *scheduler = process->machine->scheduler;
    Tick now = process->machine->clock.now;
    bool runs = task->status == TASK_RUNNING; /* perhaps on another CPU */
    task_change_status(task, TASK_OVER, runs ? scheduler_time_of(scheduler, task) : now);
    task_drop_work(task);
    counters_add(&process->by_program, &task->by_program);
    counters_add(&process->by_allocator, &task->by_allocator);
    process->past_time += task_lifetime(task);
    task->by_program = task->by_allocator = (Counters){0};
    g_ptr_array_index(process->tasks, task->number) = NULL;
    if (process->space != NULL) {
        space_thread_remove(process->machine->memory, process->space, &task->in_space);
        process->space->counters = &process->by_program;
        process->space->bookkeeping = false;
    }
}

void process_drop_others(Process *process, const Task *self) {
    for (guint i = 0; i < process->tasks->len; i++) {
        Task *task = g_ptr_array_index(process->tasks, i);
        if (task != NULL && task != self) {
            scheduler_forget(process->machine->scheduler, task);
            process_fold_task(process, task);
            task_free(task);
        }
    }
}

/* Whoever waits for one of the process's children or threads, or for itself, looks again. */
void process_tell_end(Process *process) {
    while (scheduler_wake(process->machine->scheduler, &process->end_queue)) {
    }
}

/* `self` is the task that is to go on to the end of its stack; NULL: none of them. */
static void finish(Process *process, ProcessStatus status, Task *self) {
    Machine *machine = process->machine;
    if (machine->watcher.ending != NULL) {
        machine->watcher.ending(machine->watcher.host, machine);
    }
    if (machine->proc_log != NULL) {
        proc_log_add(machine->proc_log, process,
                     g_strdup_printf("when it ended (%s)", process_status_word(status)));
    }
    process_heap_account(process);
    process->last = process_gauges(process);
    process->last_heap = heap_survey_take(process);
    process->ended = machine->clock.now;
    process_drop_others(process, self);
    if (self != NULL) {
        process_fold_task(process, self);
    }
    process->task = process->main = NULL;
    load_control_forget(&machine->scheduler->load, process);
    process->status = status;
    release(process);
    machine_emit(machine, process, (Event){.kind = EVENT_exit, .a = status});
    machine->scheduler->alive--;
    process_tell_end(process);
    if (process->parent != NULL && !process_over(process->parent)) {
        process_tell_end(process->parent);
    }
}

void process_end(Process *process, ProcessStatus status) {
    finish(process, status, process->task);
    scheduler_leave(process->machine->scheduler);
}

void process_kill(Process *process, ProcessStatus status) { finish(process, status, NULL); }

/* Its slots, pages and allocator are gone; its children, counts and time go on. */
void process_renew(Process *process, const ProcessSpec *spec) {
    Task *self = process->task;
    process_heap_account(process);
    process_drop_others(process, self);
    space_thread_remove(process->machine->memory, process->space, &self->in_space);
    release(process);
    g_ptr_array_set_size(process->tasks, 1);
    g_ptr_array_index(process->tasks, 0) = process->main = self;
    process->heap_user = NULL;
    process->spec = spec;
    process->priority = spec->priority;
    self->number = 0;
    self->threads_alive = self->threads_ended = 0;
    if (!acquire(process)) {
        process_fail_host(process);
        process_stop_run(process);
    }
    space_thread_add(process->space, &self->in_space);
    process_switch_to(process, self);
}

void process_stop_run(Process *process) { scheduler_leave(process->machine->scheduler); }

void process_destroy(Process *process) {
    release(process);
    for (guint i = 0; i < process->tasks->len; i++) {
        g_clear_pointer((Task **)&g_ptr_array_index(process->tasks, i), task_free);
    }
    g_ptr_array_unref(process->children);
    g_ptr_array_unref(process->tasks);
    g_array_unref(process->phases);
    g_free(process->name);
    g_free(process);
}

/* ---- figures ------------------------------------------------------------------------------ */

Counters process_bookkeeping(const Process *process) {
    Counters sum = process->by_allocator;
    for (guint i = 0; i < process->tasks->len; i++) {
        const Task *task = g_ptr_array_index(process->tasks, i);
        if (task != NULL) {
            counters_add(&sum, &task->by_allocator);
        }
    }
    return sum;
}

Counters process_counters(const Process *process) {
    Counters sum = process_bookkeeping(process);
    counters_add(&sum, &process->by_program);
    for (guint i = 0; i < process->tasks->len; i++) {
        const Task *task = g_ptr_array_index(process->tasks, i);
        if (task != NULL) {
            counters_add(&sum, &task->by_program);
        }
    }
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
        .huge = space->huge,
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
        now.granted_bytes = heap->granted_bytes;
        now.peak_granted_bytes = heap->peak_granted_bytes;
    }
    return now;
}

static const char *check_time(const Process *process) {
    Counters past = process->by_program;
    counters_add(&past, &process->by_allocator);
    if (!counters_explain(process->machine, &past, process->past_time)) {
        return "process: the time of its ended threads is not the sum of their accounts";
    }
    const char *broken = NULL;
    for (guint i = 0; broken == NULL && i < process->tasks->len; i++) {
        const Task *task = g_ptr_array_index(process->tasks, i);
        broken = task == NULL ? NULL : task_check(task);
    }
    return broken;
}

const char *process_check(const Process *process) {
    Counters c = process_counters(process);
    const char *broken = check_time(process);
    if (broken != NULL) {
        return broken;
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
