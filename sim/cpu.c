/* cpu.c - see cpu.h. */
#include "cpu.h"

#include "process_internal.h"

static Machine *machine_of(const Scheduler *s) { return s->machine; }

static Tick clock_now(const Scheduler *s) { return s->machine->clock.now; }

Tick cpu_now(const Scheduler *s, const Cpu *cpu) { return cpu == s->cpu ? clock_now(s) : cpu->now; }

/* ---- whose turn it is ----------------------------------------------------------------------- */

/* Somebody to run, to become idle, an event to handle, a page to zero. */
static Tick free_cpu_due(const Scheduler *s, const Cpu *cpu) {
    Tick now = cpu_now(s, cpu);
    if (!cpu->idle) {
        return now;
    }
    const Task *head = ready_queue_first(&s->ready);
    Tick page = s->zeroing != TICK_NEVER ? cpu->idle_since + s->zeroing : TICK_NEVER;
    return MAX(now, head != NULL ? head->since : MIN(page, event_queue_next(&s->events)));
}

/* When it will do something next; TICK_NEVER: only if others do first. */
static Tick cpu_due(const Scheduler *s, const Cpu *cpu) {
    if (cpu->running == NULL) {
        return free_cpu_due(s, cpu);
    }
    return cpu->interrupts + (cpu->computes_until > 0 ? cpu->computes_until : cpu_now(s, cpu));
}

/* Of CPUs that are free, the one where the next task was last comes first: its TLB may still know
 * the task's pages. */
static bool is_home(const Scheduler *s, const Cpu *cpu) {
    const Task *head = ready_queue_first(&s->ready);
    return head != NULL && cpu->running == NULL && head->cpu == cpu->number;
}

/* Both are due at the same time; `other` has the higher number. */
static bool gives_way(const Scheduler *s, const Cpu *cpu, const Cpu *other) {
    if ((cpu->running == NULL) != (other->running == NULL)) {
        return cpu->running == NULL;
    }
    return is_home(s, other);
}

Cpu *cpu_first(const Scheduler *s) {
    Cpu *first = &s->cpus[0];
    Tick due = s->cpu_count == 1 ? 0 : cpu_due(s, first);
    for (uint32_t i = 1; i < s->cpu_count; i++) {
        Cpu *cpu = &s->cpus[i];
        Tick other = cpu_due(s, cpu);
        if (other < due || (other == due && gives_way(s, first, cpu))) {
            first = cpu;
            due = other;
        }
    }
    return first;
}

Tick cpu_first_until(const Scheduler *s) {
    Tick until = TICK_NEVER;
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        const Cpu *cpu = &s->cpus[i];
        if (cpu != s->cpu) {
            Tick due = cpu_due(s, cpu);
            bool before = cpu->running == NULL || s->cpu->number < cpu->number;
            until = MIN(until, due + (before && due < TICK_NEVER));
        }
    }
    return until;
}

Tick cpus_others_due(const Scheduler *s) {
    Tick due = TICK_NEVER;
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        due = &s->cpus[i] == s->cpu ? due : MIN(due, cpu_due(s, &s->cpus[i]));
    }
    return due;
}

Tick cpus_latest(const Scheduler *s) {
    Tick latest = 0;
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        latest = MAX(latest, cpu_now(s, &s->cpus[i]));
    }
    return latest;
}

Tick cpus_busy_until(const Scheduler *s) {
    Tick latest = clock_now(s);
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        const Cpu *cpu = &s->cpus[i];
        bool busy = cpu->running != NULL && cpu->computes_until == 0;
        latest = MAX(latest, busy ? cpu_now(s, cpu) : 0);
    }
    return latest;
}

bool cpus_others_idle(const Scheduler *s) {
    uint32_t busy = 0;
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        busy += &s->cpus[i] != s->cpu && !s->cpus[i].idle;
    }
    return busy == 0;
}

uint32_t cpus_running(const Scheduler *s) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        count += s->cpus[i].running != NULL;
    }
    return count;
}

bool cpus_all_rank(const Scheduler *s, uint32_t rank) {
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        const Task *task = s->cpus[i].running;
        if (task != NULL && task_rank(task) < rank) {
            return false;
        }
    }
    return true;
}

/* ---- to work, and to stop ------------------------------------------------------------------- */

/* What a task has done on its own up to `until`. */
static void compute_until(Cpu *cpu, Tick until) {
    cpu->running->by_program.compute_ns += until - cpu->now;
    cpu->now = until;
}

static void take_interrupts(Cpu *cpu) {
    task_account(cpu->running)->shootdown_ns += cpu->interrupts;
    cpu->now += cpu->interrupts;
    cpu->interrupts = 0;
}

static void settle_running(Cpu *cpu, Tick until) {
    if (cpu->computes_until > 0) {
        compute_until(cpu, until);
        cpu->computes_until = 0;
    }
    take_interrupts(cpu);
}

void cpu_enter(Scheduler *s, Cpu *cpu) {
    Machine *machine = machine_of(s);
    s->cpu->now = clock_now(s);
    s->cpu = cpu;
    memory_enter_cpu(machine->memory, cpu->number);
    machine->running = cpu->running;
    if (cpu->running != NULL) {
        settle_running(cpu, cpu->computes_until);
        process_switch_to(cpu->running->process, cpu->running);
    }
    machine->clock.now = cpu->now;
}

void cpu_cut_compute(const Scheduler *s, Cpu *cpu) {
    if (cpu->computes_until > 0) {
        cpu->computes_until = CLAMP(clock_now(s), MAX(cpu->now, 1), cpu->computes_until);
    }
}

void cpu_stop(Scheduler *s, Cpu *cpu) {
    cpu_cut_compute(s, cpu);
    settle_running(cpu, cpu->computes_until);
    cpu->running = NULL;
    cpu->idle = false;
}

/* ---- idle time and the kernel's ------------------------------------------------------------- */

void cpu_note_idle(Scheduler *s, Cpu *cpu, Tick when) {
    Counters *counters = &machine_of(s)->counters;
    Tick waited = cpu->blocked > 0 ? when : CLAMP(cpu->waited_until, cpu->now, when);
    Tick time = when - cpu->now, waiting = waited - cpu->now;
    counters->idle_ns += time;
    counters->iowait_ns += waiting;
    cpu->figures.idle_ns += time;
    cpu->figures.iowait_ns += waiting;
    cpu->now = when;
}

void cpus_settle(Scheduler *s, Tick when) {
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        Cpu *cpu = &s->cpus[i];
        if (cpu != s->cpu && when > cpu->now) {
            if (cpu->computes_until > 0) {
                compute_until(cpu, MIN(when, cpu->computes_until));
            } else if (cpu->idle) {
                cpu_note_idle(s, cpu, when);
            }
        }
    }
}

/* A page whose zeroing a timer's instant divides goes on being zeroed behind it, so that sampling
 * changes nothing. */
void cpu_idle_until(Scheduler *s, Tick when) {
    Machine *machine = machine_of(s);
    Cpu *cpu = s->cpu;
    if (!cpu->idle) {
        cpu->idle = true;
        scheduler_note_quiet(s, true);
        cpu->idle_since = clock_now(s);
    }
    Tick used = memory_idle(machine->memory, when - MIN(when, cpu->idle_since));
    cpu->idle_since += used;
    if (memory_idle_work(machine->memory) == TICK_NEVER) {
        cpu->idle_since = MAX(when, cpu->idle_since);
    }
    machine->counters.zeroing_ns += used;
    cpu->figures.zeroing_ns += used;
    cpu->now = clock_now(s);
    cpu_note_idle(s, cpu, when);
    machine->clock.now = when;
}

void cpu_note_kernel(Scheduler *s, Tick used) {
    Cpu *cpu = s->cpu;
    cpu->figures.reclaim_ns += used;
    if (cpu->running != NULL) {
        task_account(cpu->running)->ready_ns += used;
    } else if (cpu->idle) {
        cpu->idle_since += used;
    }
}

/* ---- accounts ------------------------------------------------------------------------------- */

static CpuFigures figures_of(const Task *task) {
    Counters counters = task_counters(task);
    return (CpuFigures){.user_ns = counters_user_ns(&counters, &task->process->machine->config),
                        .system_ns = counters_system_ns(&counters),
                        .references = counters.loads + counters.stores,
                        .tlb_misses = counters.tlb_misses,
                        .ipis_received = counters.ipis_received};
}

void cpu_figures_add(CpuFigures *sum, const CpuFigures *part) {
#define FIGURE(name) sum->name += part->name;
    CPU_FIGURES(FIGURE)
#undef FIGURE
}

/* sum += now - before */
static void add_difference(CpuFigures *sum, const CpuFigures *now, const CpuFigures *before) {
#define FIGURE(name) sum->name += now->name - before->name;
    CPU_FIGURES(FIGURE)
#undef FIGURE
}

void cpu_begin_account(Cpu *cpu, const Task *task) { cpu->before = figures_of(task); }

void cpu_end_account(Cpu *cpu, const Task *task) {
    CpuFigures now = figures_of(task);
    add_difference(&cpu->figures, &now, &cpu->before);
}

CpuFigures cpu_figures(const Cpu *cpu) {
    CpuFigures sum = cpu->figures;
    if (cpu->running != NULL) {
        CpuFigures now = figures_of(cpu->running);
        add_difference(&sum, &now, &cpu->before);
    }
    return sum;
}

const char *cpu_check(const Scheduler *s, const Cpu *cpu) {
    CpuFigures f = cpu_figures(cpu);
    Tick sum = f.user_ns + f.system_ns + f.switch_ns + f.reclaim_ns + f.idle_ns;
    if (sum != cpu_now(s, cpu)) {
        return "cpu: its time is not the sum of its accounts";
    }
    return f.iowait_ns <= f.idle_ns && f.zeroing_ns <= f.idle_ns
               ? NULL
               : "cpu: more waiting for I/O or zeroing than idle time";
}
