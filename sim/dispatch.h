/* dispatch.h - the dispatcher: a CPU that is free gets the first of the ready queue.
 *
 * The order at one instant is the event queue's: I/O completions, then timers, then the kernel's
 * background work, then wake-ups; only then the ready queue is looked at, and only if it is empty
 * the idle task gets its time.  Used by scheduler.c.
 */
#ifndef FAULTLINE_DISPATCH_H
#define FAULTLINE_DISPATCH_H

#include "scheduler.h"

/* Let CPUs act in the order of their times, until one of them has a task that can go on
 * (machine->running).  Nobody, if all processes are over or the run has to stop. */
void dispatch_next(Scheduler *scheduler);
/* The CPU at work runs nobody from here on. */
void dispatch_vacate(Scheduler *scheduler);
/* Whoever listens learns that the CPU's task leaves it. */
void dispatch_tell_leave(const Scheduler *scheduler, const Cpu *cpu);
/* Whoever watches the run is told, now and then, how far it is. */
void dispatch_show_progress(Scheduler *scheduler);

#endif
