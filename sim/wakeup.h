/* wakeup.h - what is due, and who is ready because of it.
 *
 * A task that waits for the device, sleeps or has not begun has an appointment: an event of the queue.
 * Who becomes ready in the middle of another's action is an event, too, as long as a CPU is behind
 * that instant; so nobody can run before they are ready (cpu.h).
 *
 * Invariant: Scheduler.expected = tasks with an appointment.
 * Used by scheduler.c.
 */
#ifndef FAULTLINE_WAKEUP_H
#define FAULTLINE_WAKEUP_H

#include "scheduler.h"

/* The task has an appointment at `when`. */
void task_expect(Scheduler *scheduler, Task *task, Tick when, EventClass class);
bool task_is_expected(const Task *task);
/* It has none any more: kept at `due`, or void. */
void task_expect_no_more(Scheduler *scheduler, Task *task, Tick due);

/* A task whose status is ready joins the queue. */
void wakeup_enqueue(Scheduler *scheduler, Task *task);
/* The task wants a CPU from now on. */
void wakeup_make_ready(Scheduler *scheduler, Task *task);

/* Whatever is due for the CPU at work happens. */
void wakeup_handle_events(Scheduler *scheduler);
/* The kernel interrupts CPUs that are still to be told of a change to page tables. */
void wakeup_tell_cpus(Scheduler *scheduler);
/* Is there something for idle CPUs to zero? */
void wakeup_look_at_zero_pool(Scheduler *scheduler);

#endif
