/* process_threads.c - threads: several tasks in one process.
 *
 * They share the address space, the heap and what ids name; each has its own position in the
 * program, its own loops, random stream and accounts.  A thread waits for those that it has
 * started itself, so who waits for whom is a tree, and nobody waits for ever.
 *
 * A thread that ends leaves; the process ends with its main thread, whatever others do, as a C
 * program does when main() returns.
 */
#include "process_internal.h"

#include <string.h>

/* The lowest thread number that nobody has, with a place in the table. */
static uint32_t free_number(Process *process) {
    guint number = 0;
    while (number < process->tasks->len && g_ptr_array_index(process->tasks, number) != NULL) {
        number++;
    }
    if (number == process->tasks->len) {
        g_ptr_array_add(process->tasks, NULL);
    }
    return number;
}

/* A stream of its own, from the process's and how many threads came before. */
static Rng thread_rng(Process *process) {
    Rng stream = rng_stream(process->machine->workload->seed, RNG_PROCESS + process->pid);
    return rng_stream(stream.state, ++process->threads_made);
}

Task *process_start_thread(Process *process, const TaskBody *body) {
    Task *starter = process->task;
    process_charge_call(process, process->machine->config.costs.thread_ns);
    if (!process_may_multiply(process)) {
        process->space->counters->failed_forks++;
        machine_emit(process->machine, process, (Event){.kind = EVENT_thread});
        return NULL;
    }
    Task *task = task_new(process, free_number(process));
    g_ptr_array_index(process->tasks, task->number) = task;
    task->body = *body;
    task->op = body->op;
    task->end = body->end;
    task->rng = thread_rng(process);
    task->loop_depth = starter->loop_depth;
    memcpy(task->loop_count, starter->loop_count, sizeof task->loop_count);
    task->starter = starter->id;
    starter->threads_alive++;
    process->space->counters->threads++;
    process_begin_task(process, task, process->machine->clock.now);
    machine_emit(process->machine, process, (Event){.kind = EVENT_thread, .a = task->number});
    scheduler_admit(process->machine->scheduler, task);
    return task;
}

void op_thread(Process *process, const Op *op) {
    TaskBody body = {.op = process->task->op + 1, .end = op->jump};
    process->task->next_op = op->jump;
    process_start_thread(process, &body);
}

bool process_wait_thread(Process *process) {
    Task *self = process->task;
    while (self->threads_ended == 0 && self->threads_alive > 0) {
        scheduler_block(process->machine->scheduler, &process->end_queue);
    }
    if (self->threads_ended == 0) {
        return false;
    }
    self->threads_ended--;
    process->space->counters->waits++;
    machine_emit(process->machine, process, (Event){.kind = EVENT_wait});
    return true;
}

/* Whoever started the thread, if that is still there. */
static void tell_starter(Process *process, const Task *task) {
    for (guint i = 0; i < process->tasks->len; i++) {
        Task *starter = g_ptr_array_index(process->tasks, i);
        if (starter != NULL && starter->id == task->starter) {
            starter->threads_alive--;
            starter->threads_ended++;
        }
    }
}

void process_end_thread(Process *process) {
    Task *self = process->task;
    process_heap_forget_thread(process);
    machine_emit(process->machine, process,
                 (Event){.kind = EVENT_thread, .a = self->number, .b = 1});
    process_fold_task(process, self);
    process->task = process->main;
    tell_starter(process, self);
    process_tell_end(process);
    scheduler_leave(process->machine->scheduler);
}
