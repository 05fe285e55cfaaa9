/* timers.c - see timers.h. */
#include "timers.h"

#include "allocation.h"
#include "process_internal.h"

enum { TIMER_SAMPLE, TIMER_WINDOW, TIMER_LOAD, TIMER_QUOTAS };
enum { QUIET_WINDOWS = 2 };

static void push(Scheduler *s, Tick when, uint64_t timer) {
    event_queue_push(&s->events, when, CLASS_TIMER, timer);
}

/* The first instant behind `now` of those `period` apart from `due` on. */
static Tick next_instant(Tick due, Tick period, Tick now) {
    return due > now ? due : due + ((now - due) / period + 1) * period;
}

/* ---- samples -------------------------------------------------------------------------------- */

/* Instants that went by during one long step are sampled once. */
static void sample(Scheduler *s, Tick due) {
    MachineWatcher *watcher = &s->machine->watcher;
    watcher->sample(watcher->host, s->machine);
    if (watcher->sample_every > 0) {
        push(s, next_instant(due, watcher->sample_every, now_of(s)), TIMER_SAMPLE);
    }
}

/* ---- windows -------------------------------------------------------------------------------- */

static void arm_window(Scheduler *s) {
    push(s, s->timers.window_due, TIMER_WINDOW);
    s->timers.window_due = 0;
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
    s->timers.quiet_windows += s->timers.quiet;
    s->timers.window_due = due + s->machine->config.working_set_window;
    if (s->timers.quiet_windows < QUIET_WINDOWS) {
        arm_window(s);
    }
}

bool timers_set_quiet(Scheduler *s, bool quiet) {
    Timers *timers = &s->timers;
    timers->quiet = quiet;
    timers->quiet_windows = quiet ? timers->quiet_windows : 0;
    bool resumes = !quiet && timers->window_due > 0;
    if (resumes) {
        Tick window = s->machine->config.working_set_window;
        timers->window_due = next_instant(timers->window_due, window, now_of(s));
        arm_window(s);
    }
    return resumes;
}

/* ---- load control and quotas ------------------------------------------------------------------ */

/* While nobody pages and nobody is kept out there is nothing to judge. */
static void arm_load(Scheduler *s) {
    if (!s->timers.load_armed && load_control_is_on(&s->load)) {
        s->timers.load_armed = true;
        load_control_mark(&s->load);
        push(s, time_after(s, s->load.spec->interval), TIMER_LOAD);
    }
}

static void judge_load(Scheduler *s) {
    s->timers.load_armed = false;
    if (load_control_judge(&s->load)) {
        arm_load(s);
    }
}

static void arm_quotas(Scheduler *s) {
    if (!s->timers.quotas_armed && allocation_moves(s->machine)) {
        s->timers.quotas_armed = true;
        push(s, time_after(s, machine_spec(s)->allocation.interval), TIMER_QUOTAS);
    }
}

static void adjust_quotas(Scheduler *s) {
    s->timers.quotas_armed = false;
    if (allocation_adjust(s->machine)) {
        arm_quotas(s);
    }
}

void timers_arm(Scheduler *s) {
    arm_load(s);
    arm_quotas(s);
}

/* ---- all ------------------------------------------------------------------------------------ */

void timer_fires(Scheduler *s, const QueuedEvent *event) {
    s->machine->clock.steps += event->subject != TIMER_SAMPLE; /* who watches changes nothing */
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

void timers_start(Scheduler *s) {
    s->timers.window_due = s->machine->config.working_set_window;
    arm_window(s);
    if (s->machine->watcher.sample_every > 0) {
        push(s, s->machine->watcher.sample_every, TIMER_SAMPLE);
    }
}
