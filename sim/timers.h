/* timers.h - what the machine does at regular instants: samples, ends of working-set windows, the
 * questions of load control and of frame allocation.
 *
 * While nobody touches memory (all CPUs are idle, or in a long "compute"), the ends of windows past
 * the second are left out: they would publish nothing new.  So time leaps from one event of a process
 * to the next, however far that is.
 *
 * Units: ns.  Used by scheduler.c.
 */
#ifndef FAULTLINE_TIMERS_H
#define FAULTLINE_TIMERS_H

#include "event_queue.h"

typedef struct Scheduler Scheduler;

typedef struct Timers {
    bool load_armed;        /* load control's timer is among the events */
    bool quotas_armed;      /* that of allocation.h is */
    bool quiet;             /* nobody touches memory */
    uint32_t quiet_windows; /* windows that have ended since that began */
    Tick window_due;        /* when the next window ends, if that is not among the events; else 0 */
} Timers;

/* At the beginning of a run. */
void timers_start(Scheduler *scheduler);
/* A task got a CPU: there may be something to judge. */
void timers_arm(Scheduler *scheduler);
/* Does nobody touch memory from here on?  True: an event was added. */
bool timers_set_quiet(Scheduler *scheduler, bool quiet);
/* An event of CLASS_TIMER is due. */
void timer_fires(Scheduler *scheduler, const QueuedEvent *event);

#endif
