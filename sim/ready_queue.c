/* ready_queue.c - see ready_queue.h. */
#include "ready_queue.h"

#include "process.h"

void ready_queue_init(ReadyQueue *queue) { g_queue_init(&queue->tasks); }

void ready_queue_clear(ReadyQueue *queue) { g_queue_clear(&queue->tasks); }

uint32_t task_rank(const Task *task) { return task->process->priority; }

void ready_queue_push(ReadyQueue *queue, Task *task) {
    GList *before = queue->tasks.tail;
    while (before != NULL && task_rank(before->data) < task_rank(task)) {
        before = before->prev;
    }
    if (before == NULL) {
        g_queue_push_head(&queue->tasks, task);
    } else {
        g_queue_insert_after(&queue->tasks, before, task);
    }
}

void ready_queue_push_last(ReadyQueue *queue, Task *task) {
    g_queue_push_tail(&queue->tasks, task);
}

Task *ready_queue_first(const ReadyQueue *queue) {
    return queue->tasks.head == NULL ? NULL : queue->tasks.head->data;
}

Task *ready_queue_pop(ReadyQueue *queue) { return g_queue_pop_head(&queue->tasks); }

void ready_queue_remove(ReadyQueue *queue, Task *task) { g_queue_remove(&queue->tasks, task); }
