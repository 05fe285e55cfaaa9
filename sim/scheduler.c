/* scheduler.c - who runs next: the ready queue, dispatch, pre-emption, and idle time.
 *
 * The order at one instant is the event queue's: I/O completions, then timers, then the kernel's
 * background work, then wake-ups; only then the ready queue is looked at, and only if it is empty the idle task gets its time.
 */
#include "scheduler.h"

#include "allocation.h"
#include "process_internal.h"

enum { TIMER_SAMPLE, TIMER_WINDOW, TIMER_LOAD, TIMER_QUOTAS };
enum { ROUNDS_BETWEEN_PROGRESS = 256, QUIET_WINDOWS = 2 };

static const MachineSpec *machine_spec(const Scheduler *s) {
    return &s->machine->workload->machine;
}

static Tick now_of(const Scheduler *s) { return s->machine->clock.now; }

/* When `duration` from now is, within the time that there is. */
static Tick time_after(const Scheduler *s, Tick duration) {
    return now_of(s) + MIN(duration, TICK_MAX);
}

/* ---- the ready queue ------------------------------------------------------------------------ */

static uint32_t rank_of(const Task *task) { return task->process->priority; }

/* Behind those that are as important. */
static void ready_push(Scheduler *s, Task *task) {
    GList *before = s->ready.tail;
    while (before != NULL && rank_of(before->data) < rank_of(task)) {
        before = before->prev;
    }
    if (before == NULL) {
        g_queue_push_head(&s->ready, task);
    } else {
        g_queue_insert_after(&s->ready, before, task);
    }
}

/* It wants the CPU from `at` on, and is in the ready queue if its process may run. */
static void make_ready(Scheduler *s, Task *task, Tick at) {
    bool kept_out = task->process->suspended && !task->in_kernel;
    task_change_status(task, kept_out ? TASK_SUSPENDED : TASK_READY, at);
    if (!kept_out) {
        ready_push(s, task);
    }
}

/* Is somebody ready who could take the CPU from a task at the end of its quantum? */
static bool has_rival(const Scheduler *s, const Task *task) {
    return s->ready.head != NULL && rank_of(s->ready.head->data) >= rank_of(task);
}

/* ... or at once? */
static bool has_better(const Scheduler *s, const Task *task) {
    return s->ready.head != NULL && rank_of(s->ready.head->data) > rank_of(task);
}

/* ---- events ------------------------------------------------------------------------------- */

static void arm_window(Scheduler *s) {
    event_queue_push(&s->events, s->window_due, CLASS_TIMER, TIMER_WINDOW);
    s->window_due = 0;
}

/* The first instant behind `now` of those `period` apart from `due` on. */
static Tick next_instant(Tick due, Tick period, Tick now) {
    return due > now ? due : due + ((now - due) / period + 1) * period;
}

/* Instants that went by during one long step are sampled once. */
static void sample(Scheduler *s, Tick due) {
    MachineWatcher *watcher = &s->machine->watcher;
    watcher->sample(watcher->host, s->machine);
    if (watcher->sample_every > 0) {
        due = next_instant(due, watcher->sample_every, now_of(s));
        event_queue_push(&s->events, due, CLASS_TIMER, TIMER_SAMPLE);
    }
}

/* Windows in the time of processes: those that have not run for long enough go on.  So a window is
 * as long as told, or longer by less than what the process ran in one window of the machine. */
static void hold_windows(Scheduler *s) {
    const Machine *machine = s->machine;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        Process *process = machine->processes[i];
        if (process->space != NULL) {
            Counters counters = process_counters(process);
            Tick cpu = counters_cpu_ns(machine, &counters);
            bool over = cpu - process->window_began >= machine->config.working_set_window;
            process->space->window_goes_on = !over;
            process->window_began = over ? cpu : process->window_began;
        }
    }
}

/* Of windows without a reference, the first publishes what the window before it left, the second
 * publishes 0, and further ones would do so again. */
static void end_window(Scheduler *s, Tick due) {
    if (machine_spec(s)->process_windows) {
        hold_windows(s);
    }
    memory_window_end(s->machine->memory);
    s->quiet_windows += s->quiet;
    s->window_due = due + s->machine->config.working_set_window;
    if (s->quiet_windows < QUIET_WINDOWS) {
        arm_window(s);
    }
}

/* While nobody pages and nobody is kept out there is nothing to judge. */
static void arm_load(Scheduler *s) {
    if (!s->load_armed && load_control_is_on(&s->load)) {
        s->load_armed = true;
        load_control_mark(&s->load);
        event_queue_push(&s->events, time_after(s, s->load.spec->interval), CLASS_TIMER,
                         TIMER_LOAD);
    }
}

static void judge_load(Scheduler *s) {
    s->load_armed = false;
    if (load_control_judge(&s->load)) {
        arm_load(s);
    }
}

static void arm_quotas(Scheduler *s) {
    if (!s->quotas_armed && allocation_moves(s->machine)) {
        s->quotas_armed = true;
        event_queue_push(&s->events, time_after(s, machine_spec(s)->allocation.interval),
                         CLASS_TIMER, TIMER_QUOTAS);
    }
}

static void adjust_quotas(Scheduler *s) {
    s->quotas_armed = false;
    if (allocation_adjust(s->machine)) {
        arm_quotas(s);
    }
}

static void timer_fires(Scheduler *s, const QueuedEvent *event) {
    switch (event->subject) {
    case TIMER_WINDOW:
        end_window(s, event->time);
        break;
    case TIMER_LOAD:
        judge_load(s);
        break;
    case TIMER_QUOTAS:
        adjust_quotas(s);
        break;
    default:
        sample(s, event->time);
    }
}

/* Whose an event is: pid and thread number.  Its sequence number says if it is still expected. */
static uint64_t subject_of(const Task *task) {
    return (uint64_t)task->process->pid << 32 | task->number;
}

static Task *task_of(const Scheduler *s, const QueuedEvent *event) {
    const Process *process = s->machine->processes[(event->subject >> 32) - 1];
    uint32_t number = (uint32_t)event->subject;
    Task *task = number < process->tasks->len ? g_ptr_array_index(process->tasks, number) : NULL;
    return task != NULL && task->appointment == event->sequence ? task : NULL;
}

static void task_expect(Scheduler *s, Task *task, Tick when, EventClass class) {
    task->appointment = event_queue_push(&s->events, when, class, subject_of(task));
    s->expected++;
    s->blocked += task->status == TASK_BLOCKED;
}

static void task_is_expected_no_more(Scheduler *s, const Task *task) {
    s->expected--;
    s->blocked -= task->status == TASK_BLOCKED;
}

static void task_wakes(Scheduler *s, Task *task, Tick due) {
    task_is_expected_no_more(s, task);
    if (task->status == TASK_NEW) {
        process_start(task->process, due);
        ready_push(s, task);
    } else {
        make_ready(s, task, due);
    }
}

static void background_runs(Scheduler *s) {
    Tick used = memory_background(s->machine->memory);
    Task *running = s->machine->running;
    if (running != NULL) {
        task_account(running)->ready_ns += used;
    } else if (s->idle) {
        s->idle_since += used;
    }
}

static void handle_due_events(Scheduler *s) {
    QueuedEvent event;
    while (s->machine->error == NULL && event_queue_pop_due(&s->events, now_of(s), &event)) {
        if (event.class == CLASS_TIMER) {
            timer_fires(s, &event);
        } else if (event.class == CLASS_TRIMMER) {
            background_runs(s);
        } else {
            Task *task = task_of(s, &event);
            if (task != NULL) { /* else it was killed while it waited */
                task_wakes(s, task, event.time);
            }
        }
    }
}

/* ---- the CPU's next user ------------------------------------------------------------------ */

/* When the running task has to give way to those that are ready.  One that is kept out has a
 * moment's time, to end what it is doing in the kernel. */
static Tick end_of_turn(const Scheduler *s, const Task *self) {
    if (self->process->suspended || has_better(s, self)) {
        return 0;
    }
    return has_rival(s, self) ? s->quantum_end : TICK_NEVER;
}

static void set_horizon(Scheduler *s) {
    const Task *self = s->machine->running;
    Tick turn = self == NULL ? TICK_NEVER : end_of_turn(s, self);
    s->machine->clock.horizon = MIN(turn, event_queue_next(&s->events));
}

void scheduler_set_quiet(Scheduler *s, bool quiet) {
    s->quiet = quiet;
    s->quiet_windows = quiet ? s->quiet_windows : 0;
    if (!quiet && s->window_due > 0) {
        Tick window = s->machine->config.working_set_window;
        s->window_due = next_instant(s->window_due, window, now_of(s));
        arm_window(s);
        set_horizon(s);
    }
}

static void charge_switch(Scheduler *s, const Task *next) {
    Machine *machine = s->machine;
    if (s->last != 0 && s->last != next->id) {
        machine->clock.now += machine->config.costs.context_switch_ns;
        machine->counters.switch_ns += machine->config.costs.context_switch_ns;
        machine->counters.context_switches++;
    }
}

static void dispatch(Scheduler *s, Task *task) {
    charge_switch(s, task);
    if (s->last_pid != task->process->pid && !machine_spec(s)->asids) {
        memory_flush_tlb(s->machine->memory);
    }
    s->idle = false;
    s->last = task->id;
    s->last_pid = task->process->pid;
    s->machine->running = task;
    task_change_status(task, TASK_RUNNING, now_of(s));
    process_switch_to(task->process, task);
    s->quantum_end = time_after(s, s->quantum);
    scheduler_set_quiet(s, false);
    arm_load(s);
    arm_quotas(s);
    set_horizon(s);
    machine_emit(s->machine, task->process, (Event){.kind = EVENT_dispatch});
}

/* Nobody is ready until `when`.  A page whose zeroing a timer's instant divides goes on being
 * zeroed behind it, so that sampling changes nothing. */
static void idle_until(Scheduler *s, Tick when) {
    Machine *machine = s->machine;
    if (!s->idle) {
        s->idle = s->quiet = true;
        s->idle_since = now_of(s);
    }
    Tick used = memory_idle(machine->memory, when - s->idle_since);
    s->idle_since += used;
    if (when - s->idle_since >= machine->config.costs.zero_page_ns) {
        s->idle_since = when; /* it had nothing left to do */
    }
    machine->counters.zeroing_ns += used;
    machine->counters.idle_ns += when - now_of(s);
    machine->counters.iowait_ns += s->blocked > 0 ? when - now_of(s) : 0;
    machine->clock.now = when;
}

static void show_progress(Scheduler *s) {
    const MachineWatcher *watcher = &s->machine->watcher;
    if (watcher->progress != NULL && s->rounds++ % ROUNDS_BETWEEN_PROGRESS == 0) {
        watcher->progress(watcher->host, s->machine);
    }
}

/* Let time pass until somebody can run, and give them the CPU (machine->running).  Nobody, if
 * all processes are over or the run has to stop. */
static void choose_next(Scheduler *s) {
    s->machine->running = NULL;
    for (;;) {
        show_progress(s);
        handle_due_events(s);
        machine_attend(s->machine);
        if (s->alive == 0 || s->machine->error != NULL) {
            return;
        }
        if (!g_queue_is_empty(&s->ready)) {
            dispatch(s, g_queue_pop_head(&s->ready));
            return;
        }
        if (!load_control_rescue(&s->load, s->expected == 0)) {
            g_assert(s->expected > 0); /* who waits for whom is a tree */
            idle_until(s, event_queue_next(&s->events));
        }
    }
}

/* The running task has changed its status: let somebody run, perhaps itself. */
static void give_way(Scheduler *s, Task *self) {
    choose_next(s);
    if (s->machine->running != self) {
        coroutine_suspend(self->coroutine);
    }
}

/* ---- what the running task asks for -- ---------------------------------------------------- */

static void go_to_tail(Scheduler *s, Task *self) {
    make_ready(s, self, now_of(s));
    give_way(s, self);
}

/* Quanta that nobody waited for went by unnoticed. */
static void renew_quantum(Scheduler *s) {
    const Task *self = s->machine->running;
    if (self != NULL && !has_rival(s, self) && now_of(s) >= s->quantum_end) {
        s->quantum_end += ((now_of(s) - s->quantum_end) / s->quantum + 1) * s->quantum;
    }
}

void scheduler_interrupt(Scheduler *s) {
    Task *self = s->machine->running;
    show_progress(s);
    renew_quantum(s);
    handle_due_events(s);
    machine_attend(s->machine);
    if (s->machine->error != NULL) {
        scheduler_leave(s);
    }
    if (self->process->suspended) {
        load_control_swap_out(&s->load, self->process); /* what it was in the middle of getting */
        go_to_tail(s, self);
        return;
    }
    if (now_of(s) >= end_of_turn(s, self)) {
        task_account(self)->preemptions++;
        go_to_tail(s, self);
        return;
    }
    set_horizon(s);
}

static void wait_for_device(Scheduler *s, Task *self, Tick when) {
    if (when <= now_of(s)) {
        task_change_status(self, TASK_READY, now_of(s));
        g_queue_push_tail(&s->ready, self); /* behind lower priorities, too: see above */
        give_way(s, self);
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
    Task *self = s->machine->running;
    s->machine->running = NULL;
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
    renew_quantum(s);
    make_ready(s, task, now_of(s));
    set_horizon(s);
    return true;
}

void scheduler_admit(Scheduler *s, Task *task) {
    renew_quantum(s);
    ready_push(s, task);
    set_horizon(s);
}

void scheduler_forget(Scheduler *s, Task *task) {
    g_queue_remove(task->queue != NULL ? task->queue : &s->ready, task);
    if (task->status == TASK_BLOCKED || task->status == TASK_SLEEPING) {
        task_is_expected_no_more(s, task);
    }
}

void scheduler_suspend(Scheduler *s, Process *process) {
    for (guint i = 0; i < process->tasks->len; i++) {
        Task *task = g_ptr_array_index(process->tasks, i);
        if (task != NULL && task->status == TASK_READY && !task->in_kernel) {
            g_queue_remove(&s->ready, task);
            task_change_status(task, TASK_SUSPENDED, now_of(s));
        }
    }
}

void scheduler_resume(Scheduler *s, Process *process) {
    for (guint i = 0; i < process->tasks->len; i++) {
        Task *task = g_ptr_array_index(process->tasks, i);
        if (task != NULL && task->status == TASK_SUSPENDED) {
            make_ready(s, task, now_of(s));
        }
    }
}

void scheduler_background(Scheduler *s, Tick when) {
    Clock *clock = &s->machine->clock;
    when = CLAMP(when, clock->now, MAX(clock->now, TICK_MAX));
    event_queue_push(&s->events, when, CLASS_TRIMMER, 0);
    clock->horizon = MIN(clock->horizon, when);
}

void scheduler_attention(Scheduler *s) { s->machine->clock.horizon = 0; }

/* ---- the run ------------------------------------------------------------------------------ */

void scheduler_init(Scheduler *s, Machine *machine) {
    *s = (Scheduler){.machine = machine};
    s->quantum = machine_spec(s)->quantum;
    s->quantum = CLAMP(s->quantum, 1, TICK_MAX);
    event_queue_init(&s->events);
    g_queue_init(&s->ready);
    load_control_init(&s->load, machine);
}

void scheduler_clear(Scheduler *s) {
    event_queue_clear(&s->events);
    g_queue_clear(&s->ready);
    load_control_clear(&s->load);
}

static void admit_all(Scheduler *s) {
    Machine *machine = s->machine;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = machine->processes[i];
        task_expect(s, process->task, MIN(process->spec->start, TICK_MAX), CLASS_WAKEUP);
    }
    s->alive = machine->process_count;
    s->window_due = machine->config.working_set_window;
    arm_window(s);
    if (machine->watcher.sample_every > 0) {
        event_queue_push(&s->events, machine->watcher.sample_every, CLASS_TIMER, TIMER_SAMPLE);
    }
}

void scheduler_run(Scheduler *s) {
    admit_all(s);
    choose_next(s);
    while (s->machine->running != NULL) {
        Task *task = s->machine->running;
        coroutine_resume(task->coroutine);
        if (task->status == TASK_OVER) {
            task_free(task);
            choose_next(s);
        }
    }
}
