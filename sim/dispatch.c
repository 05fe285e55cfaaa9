/* dispatch.c - see dispatch.h. */
#include "dispatch.h"

#include "process_internal.h"
#include "turn.h"
#include "wakeup.h"

enum { ROUNDS_BETWEEN_PROGRESS = 256 };

static void charge_switch(Scheduler *s, const Task *next) {
    Machine *machine = s->machine;
    Cpu *cpu = s->cpu;
    if (cpu->last != 0 && cpu->last != next->id) {
        Tick cost = machine->config.costs.context_switch_ns;
        machine->clock.now += cost;
        machine->counters.switch_ns += cost;
        machine->counters.context_switches++;
        cpu->figures.switch_ns += cost;
        cpu->figures.context_switches++;
    }
}

void dispatch_tell_leave(const Scheduler *s, const Cpu *cpu) {
    machine_emit(s->machine, cpu->running->process, (Event){.kind = EVENT_leave, .a = cpu->number});
}

void dispatch_vacate(Scheduler *s) {
    dispatch_tell_leave(s, s->cpu);
    s->cpu->running = s->machine->running = NULL;
}

static void dispatch(Scheduler *s, Task *task) {
    Cpu *cpu = s->cpu;
    if (task->since > now_of(s)) {
        cpu_idle_until(s, task->since);
    }
    if (ready_queue_first(&s->ready) != NULL) {
        turn_expect_rival(s); /* this may have been the last free CPU */
    }
    s->machine->clock.steps++;
    charge_switch(s, task);
    if (cpu->last_pid != task->process->pid && !machine_spec(s)->asids) {
        memory_flush_tlb(s->machine->memory);
    }
    cpu->idle = false;
    cpu->last = task->id;
    cpu->last_pid = task->process->pid;
    cpu->running = s->machine->running = task;
    task->cpu = cpu->number;
    task_change_status(task, TASK_RUNNING, now_of(s));
    process_switch_to(task->process, task);
    cpu->quantum_end = time_after(s, s->quantum);
    scheduler_set_quiet(s, false);
    timers_arm(s);
    turn_set_horizon(s);
    machine_emit(s->machine, task->process, (Event){.kind = EVENT_dispatch, .a = cpu->number});
}

void dispatch_show_progress(Scheduler *s) {
    const MachineWatcher *watcher = &s->machine->watcher;
    if (watcher->progress != NULL && s->rounds++ % ROUNDS_BETWEEN_PROGRESS == 0) {
        watcher->progress(watcher->host, s->machine);
    }
}

/* Nobody is ready: let time pass on the CPU at work. */
static void be_idle(Scheduler *s) {
    bool stuck = s->expected == 0, all_idle = cpus_others_idle(s);
    if (!all_idle || !load_control_rescue(&s->load, stuck)) {
        g_assert(!all_idle || !stuck); /* who waits for whom is a tree */
        cpu_idle_until(s, MIN(event_queue_next(&s->events), cpus_others_due(s)));
    }
}

/* Of several CPUs the one whose switch took until an event is due handles it before its task goes
 * on; else it would depend on what the others do meanwhile whether it does. */
static bool misses_event(const Scheduler *s) {
    return s->cpu_count > 1 && event_queue_next(&s->events) <= now_of(s);
}

void dispatch_next(Scheduler *s) {
    for (;;) {
        dispatch_show_progress(s);
        wakeup_tell_cpus(s);
        wakeup_look_at_zero_pool(s);
        Cpu *cpu = cpu_first(s);
        cpu_enter(s, cpu);
        wakeup_handle_events(s);
        machine_attend(s->machine);
        if (s->alive == 0 || s->machine->error != NULL) {
            s->machine->running = NULL;
            return;
        }
        if (cpu->running != NULL) {
            turn_set_horizon(s);
        } else if (cpu_first(s) != cpu) {
            continue; /* an event made another CPU the better one */
        } else if (ready_queue_first(&s->ready) != NULL) {
            dispatch(s, ready_queue_pop(&s->ready));
        } else {
            be_idle(s);
        }
        if (cpu->running != NULL && cpu_first(s) == cpu && !misses_event(s)) {
            return;
        }
    }
}
