/* turn.h - until when a task may keep its CPU: quanta, rivals, the clock's horizon.
 *
 * Idea: while nobody waits for it, a task's quanta follow each other unnoticed, and the horizon is the
 * next event.  When somebody who wants a CPU becomes ready, all who run have to know first
 * (turn_expect_rival): from then on they look at their quantum's end.
 *
 * Units: ns.  Used by scheduler.c and wakeup.c.
 */
#ifndef FAULTLINE_TURN_H
#define FAULTLINE_TURN_H

#include "scheduler.h"

/* Quanta that nobody waited for are over; the present one begins where the last of them ended. */
void turn_renew(const Scheduler *scheduler, Cpu *cpu);
/* Could somebody who is ready take the CPU from this task at the end of its quantum? */
bool turn_has_rival(const Scheduler *scheduler, const Task *task);
/* Somebody is about to be ready. */
void turn_expect_rival(Scheduler *scheduler);
/* When the task of the CPU at work has to give way; TICK_NEVER: to nobody. */
Tick turn_end(const Scheduler *scheduler, const Task *self);
/* Until when the CPU at work need not look, if the others let it. */
Tick turn_own_horizon(const Scheduler *scheduler);
/* The clock's horizon is that, or when another CPU acts before. */
void turn_set_horizon(Scheduler *scheduler);

#endif
