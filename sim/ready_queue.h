/* ready_queue.h - those who want a CPU: one queue for all CPUs.
 *
 * By priority, then first come, first served.  One global queue is the simplest rule there is, and
 * balances by itself: no CPU is idle while a task waits (Silberschatz, "Operating System
 * Concepts": approaches to multiple-processor scheduling).
 *
 * Units: tasks.  Used by scheduler.c.
 */
#ifndef FAULTLINE_READY_QUEUE_H
#define FAULTLINE_READY_QUEUE_H

#include "task.h"

typedef struct ReadyQueue {
    GQueue tasks; /* Task *, the next one at the head */
} ReadyQueue;

void ready_queue_init(ReadyQueue *queue);
void ready_queue_clear(ReadyQueue *queue);

/* How important a task is. */
uint32_t task_rank(const Task *task);

/* Behind those that are as important. */
void ready_queue_push(ReadyQueue *queue, Task *task);
/* Behind all, whatever its priority. */
void ready_queue_push_last(ReadyQueue *queue, Task *task);
/* NULL: nobody is ready. */
Task *ready_queue_first(const ReadyQueue *queue);
Task *ready_queue_pop(ReadyQueue *queue);
/* Nothing happens if it is not there. */
void ready_queue_remove(ReadyQueue *queue, Task *task);

#endif
