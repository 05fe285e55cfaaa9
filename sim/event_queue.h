/* event_queue.h - what will happen, in order: a binary heap with a total order.
 *
 * Idea: two events never tie.  They are ordered by (time, class, sequence): first by when, then
 * by what kind of thing it is, then by who asked first; so a run can be repeated exactly.
 *
 * Invariant (event_queue_check): heap[(i-1)/2] comes before heap[i] for every i > 0.
 * Used by scheduler.c, which alone knows what an event means.
 */
#ifndef FAULTLINE_EVENT_QUEUE_H
#define FAULTLINE_EVENT_QUEUE_H

#include <glib.h>

#include "faultline/types.h"

/* In the order in which they happen at one instant.  (Zeroing comes after all of them without
 * being an event: the idle task gets the time between the last one due and the next.) */
typedef enum EventClass {
    CLASS_IO,      /* a device has finished: its process may go on   */
    CLASS_TIMER,   /* a sample, the end of a working-set window      */
    CLASS_TRIMMER, /* the kernel's background work on memory        */
    CLASS_WAKEUP,  /* a sleep ends, a process starts                 */
} EventClass;

typedef struct QueuedEvent {
    Tick time;
    uint64_t sequence; /* the how-manyth push, from 1 */
    EventClass class;
    uint64_t subject; /* whose it is, or which timer */
} QueuedEvent;

typedef struct EventQueue {
    GArray *heap; /* QueuedEvent */
    uint64_t pushed;
} EventQueue;

void event_queue_init(EventQueue *queue);
void event_queue_clear(EventQueue *queue);

/* Its sequence number. */
uint64_t event_queue_push(EventQueue *queue, Tick time, EventClass class, uint64_t subject);
/* When the first event is due; TICK_NEVER: there is none. */
Tick event_queue_next(const EventQueue *queue);
/* Take the first event if it is due at `now`.  False: nothing is due. */
bool event_queue_pop_due(EventQueue *queue, Tick now, QueuedEvent *event);

/* NULL if the heap's order holds, else what is wrong. */
const char *event_queue_check(const EventQueue *queue);

#endif
