/* scheduler.h - one CPU, a queue of those who want it, and the clock's next appointment.
 *
 *     NEW --start--> READY <----quantum over, yield---- RUNNING ---> OVER
 *                      |  \___________dispatch___________^  |
 *                      |                                    |
 *                      +<--wake-up-- SLEEPING <---sleep-----+
 *                      +<--I/O------ BLOCKED <--fault waits-+
 *                      +<--woken---- WAITING <--lock, wait--+
 *
 * Idea: whoever gives up the CPU looks for the next task itself, on its own stack, and
 * switches only if that is another one; so a lone task that waits for the disk a million
 * times switches no stack.
 *
 * Whoever would become READY while load control keeps its process out is SUSPENDED instead; in
 * the middle of a fault or a system call it goes on to the end of that first.
 *
 * Rules:
 *   - Whoever is ready with the highest priority runs; a higher one takes the CPU from a lower one
 *     at once.
 *   - Round robin among equals: the ready queue is first in, first out.  A task runs for one
 *     quantum from its dispatch; if no equal is ready when that ends, the next one begins at once.
 *   - A task that cannot go on before others have run (they hold all the memory) goes behind all of
 *     them, whatever its priority: else it would wait for them for ever.
 *   - A context switch is charged when the CPU goes to another task than the last one that
 *     had it, not for the first dispatch of a run.  The task that gets the CPU is still
 *     ready meanwhile: the switch is part of its ready_ns.
 *   - An event that is due while a task is in the middle of an access happens before the
 *     next access; a task that it wakes counts as ready from the instant it was due.
 *   - While nobody touches memory (idle, or in a long "compute"), the ends of windows past the
 *     second are left out: they would publish nothing new.  So time leaps from one event of a
 *     process to the next, however far that is.
 *   - The CPU is idle when nobody is ready; the idle task zeroes pages, and only whole pages.
 *   - The kernel's background work takes its time from whoever runs, like an interrupt: that
 *     process is ready meanwhile.  While the CPU is idle, the idle task's work is put off.
 *
 * Invariant (machine_check): clock.now = processor time of all processes + idle_ns + switch_ns
 * + reclaim_ns.
 */
#ifndef FAULTLINE_SCHEDULER_H
#define FAULTLINE_SCHEDULER_H

#include "event_queue.h"
#include "load_control.h"
#include "machine.h"

/* The longest time that a run may take, and the longest single wait: 2^62 ns are 146 years. */
#define TICK_MAX (UINT64_C(1) << 62)

typedef struct Scheduler {
    Machine *machine;
    EventQueue events;
    LoadControl load;
    bool load_armed;   /* its timer is among the events */
    bool quotas_armed; /* that of allocation.h is */
    GQueue ready;      /* Task *, the next one at the head: by priority, then by arrival */
    uint64_t last;     /* the id of the task that had the CPU last; 0: nobody yet */
    uint32_t last_pid; /* ... and its process\'s */
    uint32_t alive;    /* processes that are not over, those not yet started included */
    uint32_t expected; /* tasks that an event will wake: while nobody is ready, never 0 */
    uint32_t blocked;  /* those of them that wait for the device */
    Tick quantum, quantum_end;
    Tick idle_since; /* the idle task's time is used up to here */
    bool idle;
    bool quiet;             /* nobody touches memory */
    uint32_t quiet_windows; /* windows that have ended since that began */
    Tick window_due;        /* when the next window ends, if that is not among the events; else 0 */
    uint32_t rounds;        /* for progress: how often the scheduler was asked */
} Scheduler;

void scheduler_init(Scheduler *scheduler, Machine *machine);
void scheduler_clear(Scheduler *scheduler);

/* Run every process of the machine from its start to its end, or until machine->error. */
void scheduler_run(Scheduler *scheduler);

/* ---- called by the running task, on its own stack ------------------------------------- */

/* clock.now has reached clock.horizon: handle what is due, and give way if others should run. */
void scheduler_interrupt(Scheduler *scheduler);
/* Blocked on a device until `when`; if that is past already, merely let the others go first. */
void scheduler_wait(Scheduler *scheduler, Tick when);
void scheduler_sleep(Scheduler *scheduler, Tick duration);
void scheduler_yield(Scheduler *scheduler);
/* Wait in a queue of tasks, as its last, until scheduler_wake() finds it there. */
void scheduler_block(Scheduler *scheduler, GQueue *queue);
/* The first of a queue is ready again.  False: the queue is empty. */
bool scheduler_wake(Scheduler *scheduler, GQueue *queue);
/* For a while, the running task will (not) touch memory. */
void scheduler_set_quiet(Scheduler *scheduler, bool quiet);
/* The running task is over, or the whole run has to stop: never resumed. */
G_NORETURN void scheduler_leave(Scheduler *scheduler);

/* ---- called for another task -------------------------------------------------------------- */

/* It is ready for the first time: the queue's last. */
void scheduler_admit(Scheduler *scheduler, Task *task);
/* It was killed: it takes part no more. */
void scheduler_forget(Scheduler *scheduler, Task *task);
/* The process was suspended: those of its tasks that are ready are no more.  It may run again. */
void scheduler_suspend(Scheduler *scheduler, Process *process);
void scheduler_resume(Scheduler *scheduler, Process *process);

/* The kernel wants memory_background() to be called at `when`. */
void scheduler_background(Scheduler *scheduler, Tick when);

/* Something asks for attention: interrupt the running task before its next access. */
void scheduler_attention(Scheduler *scheduler);

#endif
