/* scheduler.h - CPUs, a queue of those who want one, and the clock's next appointment.
 *
 *     NEW --start--> READY <----quantum over, yield---- RUNNING ---> OVER
 *                      |  \___________dispatch___________^  |
 *                      |                                    |
 *                      +<--wake-up-- SLEEPING <---sleep-----+
 *                      +<--I/O------ BLOCKED <--fault waits-+
 *                      +<--woken---- WAITING <--lock, wait--+
 *
 * Idea: whoever gives up a CPU looks for the next task itself, on its own stack, and
 * switches only if that is another one; so a lone task that waits for the disk a million
 * times switches no stack.
 *
 * Whoever would become READY while load control keeps its process out is SUSPENDED instead; in
 * the middle of a fault or a system call it goes on to the end of that first.
 *
 * Rules (those of time with several CPUs are in cpu.h):
 *   - Those who are ready with the highest priorities run; a higher one takes the CPU from the
 *     lowest that runs, at once.
 *   - Round robin among equals: the ready queue is first in, first out.  A task runs for one
 *     quantum from its dispatch; if no equal is ready when that ends, the next one begins at once.
 *   - All CPUs take from one queue.  Of those that are free at that moment, the one that the task
 *     had last takes it, else the one with the lowest number.
 *   - A task that cannot go on before others have run (they hold all the memory) goes behind all of
 *     them, whatever its priority: else it would wait for them for ever.  With several CPUs it
 *     looks again a nanosecond after what the others are at.
 *   - A context switch is charged when the CPU goes to another task than the last one that
 *     had it, not for the first dispatch of a run.  The task that gets the CPU is still
 *     ready meanwhile: the switch is part of its ready_ns.
 *   - An event that is due while a task is in the middle of an access happens before the
 *     next access; a task that it wakes counts as ready from the instant it was due.
 *   - A CPU is idle when nobody is ready; the idle task zeroes pages, and only whole pages.
 *   - The kernel's background work takes its time from whoever runs on the CPU that is first
 *     to reach it, like an interrupt: that process is ready meanwhile.  While the CPU is idle, the
 *     idle task's work is put off.
 *
 * Invariant (machine_check): the times of all CPUs together = processor time of all processes
 * + idle_ns + switch_ns + reclaim_ns.
 */
#ifndef FAULTLINE_SCHEDULER_H
#define FAULTLINE_SCHEDULER_H

#include "cpu.h"
#include "event_queue.h"
#include "load_control.h"
#include "machine.h"
#include "ready_queue.h"
#include "timers.h"

/* The longest time that a run may take, and the longest single wait: 2^62 ns are 146 years. */
#define TICK_MAX (UINT64_C(1) << 62)

struct Scheduler {
    Machine *machine;
    EventQueue events;
    ReadyQueue ready;
    Timers timers;
    LoadControl load;
    Cpu *cpus;
    uint32_t cpu_count;
    Cpu *cpu;       /* the one at work */
    Tick zeroing;   /* what an idle CPU needs to zero the next page; TICK_NEVER: none is wanted */
    uint32_t alive; /* processes that are not over, those not yet started included */
    uint32_t expected; /* tasks that an event will wake: while nobody is ready or runs, never 0 */
    Tick quantum;
    uint32_t rounds; /* for progress: how often the scheduler was asked */
};

static inline Tick now_of(const Scheduler *scheduler) { return scheduler->machine->clock.now; }
static inline const MachineSpec *machine_spec(const Scheduler *scheduler) {
    return &scheduler->machine->workload->machine;
}

void scheduler_init(Scheduler *scheduler, Machine *machine);
void scheduler_clear(Scheduler *scheduler);

/* Run every process of the machine from its start to its end, or until machine->error. */
void scheduler_run(Scheduler *scheduler);

/* ---- called by the running task, on its own stack ------------------------------------- */

/* clock.now has reached clock.horizon: handle what is due, and give way if others should run. */
void scheduler_interrupt(Scheduler *scheduler);
/* Use the CPU for `wanted` ns, or until something is due.  How long that was; it is in compute_ns. */
Tick scheduler_compute(Scheduler *scheduler, Tick wanted);
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
/* CPU `cpu`, not the one at work, is interrupted by it. */
void scheduler_interrupt_cpu(Scheduler *scheduler, uint32_t cpu);

/* Something asks for attention: interrupt the running task before its next access. */
void scheduler_attention(Scheduler *scheduler);

/* ---- called by anybody -------------------------------------------------------------------- */

/* Where a task is in time: where its CPU is, if it has one. */
Tick scheduler_time_of(const Scheduler *scheduler, const Task *task);
/* The times of all CPUs together. */
Tick scheduler_cpu_time(const Scheduler *scheduler);
/* When `duration` from now is, within the time that there is. */
Tick time_after(const Scheduler *scheduler, Tick duration);
/* Nobody touches memory on the CPU at work from here on, or somebody does.  True: an event was
 * added for it. */
bool scheduler_note_quiet(Scheduler *scheduler, bool quiet);

#endif
