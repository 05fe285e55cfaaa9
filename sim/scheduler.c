/* scheduler.c - what tasks ask for (to compute, to sleep, to wait) and what befalls them: see
 * scheduler.h.  Whom a CPU runs next is dispatch.c's to say.
 */
#include "scheduler.h"

#include "dispatch.h"
#include "process_internal.h"
#include "turn.h"
#include "wakeup.h"

Tick time_after(const Scheduler *s, Tick duration) { return now_of(s) + MIN(duration, TICK_MAX); }

/* ---- the running task gives way ------------------------------------------------------------- */

bool scheduler_note_quiet(Scheduler *s, bool quiet) {
    s->cpu->quiet = quiet;
    for (uint32_t i = 0; quiet && i < s->cpu_count; i++) {
        quiet = s->cpus[i].quiet;
    }
    return timers_set_quiet(s, quiet);
}

void scheduler_set_quiet(Scheduler *s, bool quiet) {
    if (scheduler_note_quiet(s, quiet)) {
        turn_set_horizon(s);
    }
}

/* Go on when it is this task's turn. */
static void let_others_act(Scheduler *s, const Task *self) {
    dispatch_next(s);
    if (s->machine->running != self) {
        coroutine_suspend(self->coroutine);
    }
}

/* The running task has changed its status: let somebody run, perhaps itself. */
static void give_way(Scheduler *s, const Task *self) {
    dispatch_vacate(s);
    let_others_act(s, self);
}

/* ---- what the running task asks for --------------------------------------------------------- */

static void go_to_tail(Scheduler *s, Task *self) {
    dispatch_vacate(s);
    wakeup_make_ready(s, self);
    let_others_act(s, self);
}

void scheduler_interrupt(Scheduler *s) {
    Task *self = s->machine->running;
    if (machine_is_spent(s->machine)) {
        scheduler_leave(s);
    }
    while (s->cpu_count > 1 && cpu_first(s) != s->cpu) {
        let_others_act(s, self);
    }
    dispatch_show_progress(s);
    if (self != NULL && !turn_has_rival(s, self)) {
        turn_renew(s, s->cpu);
    }
    wakeup_handle_events(s);
    machine_attend(s->machine);
    if (s->machine->error != NULL) {
        scheduler_leave(s);
    }
    if (self->process->suspended) {
        load_control_swap_out(&s->load, self->process); /* what it was in the middle of getting */
        memory_tell_cpus(s->machine->memory, task_account(self));
        go_to_tail(s, self);
        return;
    }
    if (now_of(s) >= turn_end(s, self)) {
        task_account(self)->preemptions++;
        go_to_tail(s, self);
        return;
    }
    turn_set_horizon(s);
}

/* Other CPUs act in between only if they are due before this one is again. */
Tick scheduler_compute(Scheduler *s, Tick wanted) {
    Clock *clock = &s->machine->clock;
    Task *self = s->machine->running;
    uint64_t *compute_ns = &self->by_program.compute_ns, before = *compute_ns;
    if (s->cpu_count == 1) {
        Tick piece = MIN(wanted, clock->horizon - clock->now);
        clock->now += piece;
        *compute_ns += piece;
        return piece;
    }
    s->cpu->computes_until = clock->now + MIN(wanted, turn_own_horizon(s) - clock->now);
    let_others_act(s, self);
    return *compute_ns - before;
}

static void wait_for_device(Scheduler *s, Task *self, Tick when) {
    if (when <= now_of(s) && s->cpu_count > 1) {
        when = cpus_busy_until(s) + 1;
    }
    if (when <= now_of(s)) {
        dispatch_vacate(s);
        task_change_status(self, TASK_READY, now_of(s));
        ready_queue_push_last(&s->ready, self); /* behind lower priorities, too: see scheduler.h */
        let_others_act(s, self);
        return;
    }
    task_change_status(self, TASK_BLOCKED, now_of(s));
    task_expect(s, self, when, CLASS_IO);
    machine_emit(s->machine, self->process, (Event){.kind = EVENT_block, .a = when});
    give_way(s, self);
}

void scheduler_wait(Scheduler *s, Tick when) {
    Task *self = s->machine->running;
    Process *process = self->process;
    memory_tell_cpus(s->machine->memory, task_account(self));
    self->in_kernel = true;
    process->in_kernel++;
    wait_for_device(s, self, when);
    self->in_kernel = false;
    process->in_kernel--;
    while (process->in_kernel == 0 && scheduler_wake(s, &process->kernel_queue)) {
    }
}

void scheduler_sleep(Scheduler *s, Tick duration) {
    Task *self = s->machine->running;
    task_change_status(self, TASK_SLEEPING, now_of(s));
    task_expect(s, self, time_after(s, duration), CLASS_WAKEUP);
    give_way(s, self);
}

void scheduler_yield(Scheduler *s) { go_to_tail(s, s->machine->running); }

void scheduler_leave(Scheduler *s) {
    const Task *self = s->machine->running;
    dispatch_tell_leave(s, s->cpu);
    s->machine->running = NULL;
    s->cpu->running = self->status == TASK_OVER ? NULL : s->cpu->running;
    coroutine_suspend(self->coroutine);
    g_assert_not_reached();
}

void scheduler_block(Scheduler *s, GQueue *queue) {
    Task *self = s->machine->running;
    task_change_status(self, TASK_WAITING, now_of(s));
    g_queue_push_tail(queue, self);
    self->queue = queue;
    give_way(s, self);
}

bool scheduler_wake(Scheduler *s, GQueue *queue) {
    Task *task = g_queue_pop_head(queue);
    if (task == NULL) {
        return false;
    }
    task->queue = NULL;
    wakeup_make_ready(s, task);
    turn_set_horizon(s);
    return true;
}

/* ---- for other tasks ------------------------------------------------------------------------ */

void scheduler_admit(Scheduler *s, Task *task) {
    wakeup_enqueue(s, task);
    turn_set_horizon(s);
}

void scheduler_forget(Scheduler *s, Task *task) {
    if (task->queue != NULL) {
        g_queue_remove(task->queue, task);
    } else {
        ready_queue_remove(&s->ready, task);
    }
    if (task_is_expected(task)) {
        task_expect_no_more(s, task, now_of(s));
    }
    if (task->status == TASK_RUNNING) {
        dispatch_tell_leave(s, &s->cpus[task->cpu]);
        cpu_stop(s, &s->cpus[task->cpu]);
        turn_set_horizon(s);
    }
}

void scheduler_suspend(Scheduler *s, Process *process) {
    turn_expect_rival(s);
    for (guint i = 0; i < process->tasks->len; i++) {
        Task *task = g_ptr_array_index(process->tasks, i);
        if (task != NULL && task->status == TASK_READY && !task->in_kernel) {
            ready_queue_remove(&s->ready, task);
            if (task_is_expected(task)) {
                task_expect_no_more(s, task, now_of(s));
            }
            task_change_status(task, TASK_SUSPENDED, now_of(s));
        }
    }
}

void scheduler_resume(Scheduler *s, Process *process) {
    for (guint i = 0; i < process->tasks->len; i++) {
        Task *task = g_ptr_array_index(process->tasks, i);
        if (task != NULL && task->status == TASK_SUSPENDED) {
            wakeup_make_ready(s, task);
        }
    }
}

void scheduler_background(Scheduler *s, Tick when) {
    Clock *clock = &s->machine->clock;
    when = CLAMP(when, clock->now, MAX(clock->now, TICK_MAX));
    event_queue_push(&s->events, when, CLASS_TRIMMER, 0);
    clock->horizon = MIN(clock->horizon, when);
}

/* The time of an idle CPU stays idle time. */
void scheduler_interrupt_cpu(Scheduler *s, uint32_t number) {
    Cpu *cpu = &s->cpus[number];
    if (cpu->running != NULL) {
        task_account(cpu->running)->ipis_received++;
        cpu->interrupts += s->machine->config.costs.ipi_receive_ns;
    } else {
        s->machine->counters.ipis_received++;
        cpu->figures.ipis_received++;
    }
}

void scheduler_attention(Scheduler *s) { s->machine->clock.horizon = 0; }

Tick scheduler_time_of(const Scheduler *s, const Task *task) {
    return task->status == TASK_RUNNING ? cpu_now(s, &s->cpus[task->cpu]) : task->since;
}

Tick scheduler_cpu_time(const Scheduler *s) {
    Tick sum = 0;
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        sum += cpu_now(s, &s->cpus[i]);
    }
    return sum;
}

/* ---- the run -------------------------------------------------------------------------------- */

void scheduler_init(Scheduler *s, Machine *machine) {
    *s = (Scheduler){.machine = machine, .zeroing = TICK_NEVER};
    s->quantum = machine_spec(s)->quantum;
    s->quantum = CLAMP(s->quantum, 1, TICK_MAX);
    s->cpu_count = machine->config.cpus;
    s->cpus = g_new0(Cpu, s->cpu_count);
    s->cpu = &s->cpus[0];
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        s->cpus[i].number = i;
        s->cpus[i].quiet = i > 0;
    }
    event_queue_init(&s->events);
    ready_queue_init(&s->ready);
    load_control_init(&s->load, machine);
}

void scheduler_clear(Scheduler *s) {
    event_queue_clear(&s->events);
    ready_queue_clear(&s->ready);
    load_control_clear(&s->load);
    g_free(s->cpus);
}

static void admit_all(Scheduler *s) {
    Machine *machine = s->machine;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        Process *process = machine->processes[i];
        task_expect(s, process->task, MIN(process->spec->start, TICK_MAX), CLASS_WAKEUP);
    }
    s->alive = machine->process_count;
    timers_start(s);
}

/* Free CPUs are idle until the last one has ended what it did. */
static void end_together(Scheduler *s) {
    Tick end = cpus_latest(s);
    s->cpu->now = now_of(s);
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        if (s->cpus[i].running == NULL) {
            cpu_note_idle(s, &s->cpus[i], end);
        }
    }
    s->machine->clock.now = s->cpu->now;
}

void scheduler_run(Scheduler *s) {
    admit_all(s);
    dispatch_next(s);
    while (s->machine->running != NULL) {
        Task *task = s->machine->running;
        coroutine_resume(task->coroutine);
        if (task->status == TASK_OVER) {
            task_free(task);
            dispatch_next(s);
        }
    }
    end_together(s);
}
