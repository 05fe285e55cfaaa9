/* cpu.h - a processor: its time, who runs on it, and what became of every nanosecond.
 *
 * Several CPUs are simulated one at a time.  Each has a time of its own; the one at work has it in
 * Machine.clock.  What a CPU does is a row of actions: a reference with the fault that it makes, as
 * far as it gets without waiting; a system call; a dispatch; a page zeroed.
 *
 * The rule: an action begins when no CPU is behind.  The next one is always that of the CPU with the
 * smallest time; of equals, one that runs something comes before an idle one, then the one with
 * the lower number.  So actions begin in the order of time, and the same run always comes out.
 *
 *   CPU 0  |--access--|--access--|-------fault-------|
 *   CPU 1  |-fault-----------|--access--|.....            next: CPU 1, from where its access ends
 *                                       ^
 *
 *   - What an action changes, others find changed from its beginning on, as if it had taken the
 *     locks that it needs at once; its cost follows.  Nobody acts on what begins later.
 *   - What takes longer than an action is an event at its end: the device is done, a sleep is over.
 *     An event happens when no CPU is behind it: an idle CPU handles it at that very instant, else
 *     the first CPU that reaches it does.
 *   - The device serves requests in the order of the actions that make them, hence by time but
 *     for the processor's part of one action.
 *   - Who becomes ready in the middle of an action is ready from that instant: an event, too.
 *   - "compute" can be divided anywhere, so it is a single action up to the next event, and ends
 *     early when somebody who wants the CPU becomes ready.
 *   - An interrupt (TLB shootdown) takes its time from the CPU before its next action.
 *
 * Invariant (cpu_check, for each CPU): its time = user + system + switching + reclaim + idle;
 * waiting for I/O and zeroing are part of idle.
 * Invariant (machine_check): summed over CPUs these are the machine's counters.
 * Units: ns.  Used by scheduler.c.
 */
#ifndef FAULTLINE_CPU_H
#define FAULTLINE_CPU_H

#include "task.h"

typedef struct Scheduler Scheduler;

/* What a CPU's time went to, and what happened on it: as stats.json has them. */
#define CPU_FIGURES(FIGURE)                                                                        \
    FIGURE(user_ns)                                                                                \
    FIGURE(system_ns)                                                                              \
    FIGURE(switch_ns)                                                                              \
    FIGURE(reclaim_ns)                                                                             \
    FIGURE(idle_ns)                                                                                \
    FIGURE(iowait_ns)                                                                              \
    FIGURE(zeroing_ns)                                                                             \
    FIGURE(context_switches)                                                                       \
    FIGURE(references)                                                                             \
    FIGURE(tlb_misses)                                                                             \
    FIGURE(ipis_received)

typedef struct CpuFigures {
#define FIGURE(name) uint64_t name;
    CPU_FIGURES(FIGURE)
#undef FIGURE
} CpuFigures;

typedef struct Cpu {
    uint32_t number;   /* from 0 */
    Tick now;          /* its time, unless it is at work: see cpu_now() */
    Task *running;     /* NULL: nobody */
    uint64_t last;     /* the id of the task that it had last; 0: none yet */
    uint32_t last_pid; /* ... and its process's */
    Tick quantum_end;
    Tick computes_until; /* it is in the middle of a "compute" that begins now; 0: it is not */
    Tick interrupts;     /* ns that interrupts will take before it goes on */
    Tick idle_since;     /* the idle task's time is used up to here */
    bool idle;
    bool quiet;         /* nobody touches memory on it */
    uint32_t blocked;   /* tasks that it ran last and that wait for the device ... */
    Tick waited_until;  /* ... or did so until then */
    CpuFigures before;  /* the running task's figures when it got the CPU */
    CpuFigures figures; /* without those of the running task: see cpu_figures() */
} Cpu;

Tick cpu_now(const Scheduler *scheduler, const Cpu *cpu);
/* The CPU whose turn it is. */
Cpu *cpu_first(const Scheduler *scheduler);
/* Until when the CPU at work is that one, as far as the others are concerned. */
Tick cpu_first_until(const Scheduler *scheduler);
/* When the first of the other CPUs does something next. */
Tick cpus_others_due(const Scheduler *scheduler);
/* The latest time of them all; and of those where somebody does more than to compute. */
Tick cpus_latest(const Scheduler *scheduler);
Tick cpus_busy_until(const Scheduler *scheduler);
bool cpus_others_idle(const Scheduler *scheduler);
/* How many run somebody; and are all whom they run at least as important as `rank`? */
uint32_t cpus_running(const Scheduler *scheduler);
bool cpus_all_rank(const Scheduler *scheduler, uint32_t rank);

/* It is at work from here on, with the task that it runs: a "compute" is over or cut short, and
 * interrupts are taken. */
void cpu_enter(Scheduler *scheduler, Cpu *cpu);
/* A "compute" of another CPU ends now, or at the end of what is past already. */
void cpu_cut_compute(const Scheduler *scheduler, Cpu *cpu);
/* The task that it runs is killed by another CPU: it is free from where it was. */
void cpu_stop(Scheduler *scheduler, Cpu *cpu);

/* The CPU at work has nobody to run until `when`. */
void cpu_idle_until(Scheduler *scheduler, Tick when);
/* What the other CPUs have done up to `when`, idle or computing, is in all accounts. */
void cpus_settle(Scheduler *scheduler, Tick when);
/* Another CPU has been idle up to `when`: what that was is settled, the idle task's work is not. */
void cpu_note_idle(Scheduler *scheduler, Cpu *cpu, Tick when);
/* The CPU at work did the kernel's work for so long. */
void cpu_note_kernel(Scheduler *scheduler, Tick used);

/* A task gets the CPU, or leaves it: what it does from here on is the CPU's account, too. */
void cpu_begin_account(Cpu *cpu, const Task *task);
void cpu_end_account(Cpu *cpu, const Task *task);
/* All that happened on it. */
CpuFigures cpu_figures(const Cpu *cpu);

/* sum += part, figure by figure. */
void cpu_figures_add(CpuFigures *sum, const CpuFigures *part);

/* NULL, or what is wrong with its time. */
const char *cpu_check(const Scheduler *scheduler, const Cpu *cpu);

#endif
