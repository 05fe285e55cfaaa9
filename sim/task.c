/* task.c - see task.h.
 *
 * At any moment a task is in one status, and the time it spends there belongs to one account:
 * ready_ns, io_wait_ns, sleep_ns, wait_ns, suspended_ns, or, while it runs, to what it does.  One function changes the
 * status, so no nanosecond can get lost between two accounts.
 */
#include "task.h"

#include "churn.h"
#include "process_internal.h"

Task *task_new(Process *process, uint32_t number) {
    Task *task = g_new0(Task, 1);
    task->process = process;
    task->id = ++process->machine->tasks_made;
    process->machine->tasks_alive++;
    task->number = number;
    task->end = process_program(process)->op_count;
    return task;
}

void task_drop_work(Task *task) {
    OpWork *work = &task->work;
    g_clear_pointer(&work->pattern, pattern_free);
    g_clear_pointer(&work->churn, churn_free);
    g_clear_pointer(&work->churn_blocks, g_array_unref);
    process_drop_trace(work);
    process_drop_script(work);
}

void task_free(Task *task) {
    task_drop_work(task);
    coroutine_destroy(task->coroutine);
    if (task->body.drop != NULL) {
        task->body.drop(task->body.data);
    }
    g_free(task);
}

/* ---- time --------------------------------------------------------------------------------- */

Counters *task_account(Task *task) {
    return task->in_heap ? &task->by_allocator : &task->by_program;
}

static uint64_t *account_of(TaskStatus status, Counters *counters) {
    switch (status) {
    case TASK_READY:
        return &counters->ready_ns;
    case TASK_BLOCKED:
        return &counters->io_wait_ns;
    case TASK_SLEEPING:
        return &counters->sleep_ns;
    case TASK_WAITING:
        return &counters->wait_ns;
    case TASK_SUSPENDED:
        return &counters->suspended_ns;
    default:
        return NULL;
    }
}

void task_change_status(Task *task, TaskStatus status, Tick at) {
    Scheduler *scheduler = task->process->machine->scheduler;
    uint64_t *account = account_of(task->status, task_account(task));
    at = MAX(at, task->since);
    if (task->status == TASK_RUNNING) {
        cpu_end_account(&scheduler->cpus[task->cpu], task);
    }
    if (account != NULL) {
        *account += at - task->since;
    }
    task->status = status;
    task->since = at;
    if (status == TASK_RUNNING) {
        cpu_begin_account(&scheduler->cpus[task->cpu], task);
    }
}

Counters task_counters(const Task *task) {
    Counters sum = task->by_program;
    counters_add(&sum, &task->by_allocator);
    return sum;
}

Tick task_lifetime(const Task *task) {
    if (task->status == TASK_NEW) {
        return 0;
    }
    return scheduler_time_of(task->process->machine->scheduler, task) - task->started;
}

Tick counters_reference_ns(const Counters *c, const MemoryConfig *config) {
    const Costs *costs = &config->costs;
    Tick reference = costs->memory_reference_ns + (config->tlb_levels > 0 ? costs->tlb_hit_ns : 0);
    return (c->loads + c->stores) * reference + c->tlb_l2_hits * costs->tlb_l2_hit_ns +
           c->walk_levels * costs->walk_level_ns;
}

Tick counters_user_ns(const Counters *c, const MemoryConfig *config) {
    return counters_reference_ns(c, config) + c->compute_ns;
}

Tick counters_system_ns(const Counters *c) { return c->fault_ns + c->syscall_ns + c->shootdown_ns; }

Tick counters_cpu_ns(const Machine *machine, const Counters *c) {
    return counters_user_ns(c, &machine->config) + counters_system_ns(c);
}

bool counters_explain(const Machine *machine, const Counters *c, Tick time) {
    return time == counters_cpu_ns(machine, c) + c->io_wait_ns + c->sleep_ns + c->wait_ns +
                       c->ready_ns + c->suspended_ns;
}

const char *task_check(const Task *task) {
    Counters counters = task_counters(task);
    return counters_explain(task->process->machine, &counters, task_lifetime(task))
               ? NULL
               : "task: its time is not the sum of its accounts";
}
