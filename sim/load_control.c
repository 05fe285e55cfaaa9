/* load_control.c - see load_control.h. */
#include "load_control.h"

#include "process_internal.h"

typedef enum Verdict { VERDICT_FINE, VERDICT_TOO_MANY, VERDICT_TOO_FEW } Verdict;

/* Of an interval, for the 50 % rule: around a half, so that it does not swing to and fro. */
enum { BUSY_MAX_PERCENT = 60, BUSY_MIN_PERCENT = 40 };

/* ---- who is active -------------------------------------------------------------------------- */

/* Who has nothing in memory is in nobody's way. */
static bool is_active(const Process *process) {
    return process->status == PROCESS_ALIVE && !process->suspended && process->space->rss > 0;
}

static uint32_t count_active(const Machine *machine) {
    uint32_t active = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        active += is_active(machine->processes[i]);
    }
    return active;
}

static bool may_leave(const LoadControl *control, const Process *process) {
    Tick now = control->machine->clock.now;
    bool settling = process->returned > 0 && now - process->returned < control->spec->residence;
    return is_active(process) && !settling;
}

/* Does `a` leave rather than `b`? */
static bool leaves_before(const Process *a, const Process *b) {
    return a->priority != b->priority ? a->priority < b->priority : a->arrival > b->arrival;
}

static Process *choose_victim(const LoadControl *control) {
    const Machine *machine = control->machine;
    Process *victim = NULL;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        Process *process = machine->processes[i];
        if (may_leave(control, process) && (victim == NULL || leaves_before(process, victim))) {
            victim = process;
        }
    }
    return victim;
}

/* ---- to judge an interval ------------------------------------------------------------------- */

static LoadMark mark_now(const LoadControl *control) {
    const Counters *c = &control->machine->counters;
    const Scheduler *scheduler = control->machine->scheduler;
    Tick busy = scheduler_cpu_time(scheduler) - c->idle_ns - c->switch_ns;
    return (LoadMark){control->machine->clock.now, busy / scheduler->cpu_count, c->io_busy_ns};
}

/* L < S is the same as: the processor was busy for less time than the device, both divided by the
 * number of page-ins. */
static Verdict judge_ls(Tick busy, Tick device) {
    return busy < device                      ? VERDICT_TOO_MANY
           : device == 0 || busy / 2 > device ? VERDICT_TOO_FEW
                                              : VERDICT_FINE;
}

static Verdict judge_half(Tick device, Tick elapsed) {
    return device > elapsed / 100 * BUSY_MAX_PERCENT   ? VERDICT_TOO_MANY
           : device < elapsed / 100 * BUSY_MIN_PERCENT ? VERDICT_TOO_FEW
                                                       : VERDICT_FINE;
}

/* What the process needs, as far as it is known: also while the first window goes on. */
static uint64_t working_set_of(const Process *process) {
    return MAX(process->space->working_set, process->space->working_set_now);
}

static Verdict judge_working_sets(const LoadControl *control) {
    const Machine *machine = control->machine;
    uint64_t wanted = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = machine->processes[i];
        wanted += is_active(process) ? working_set_of(process) : 0;
    }
    if (wanted > machine->config.frames) {
        return VERDICT_TOO_MANY;
    }
    const Process *next = g_queue_peek_head((GQueue *)(uintptr_t)&control->out);
    bool fits = next != NULL && wanted + next->needs <= machine->config.frames;
    return fits ? VERDICT_TOO_FEW : VERDICT_FINE;
}

static Verdict judge(const LoadControl *control, const LoadMark *now) {
    Tick busy = now->busy - control->mark.busy, device = now->device - control->mark.device;
    switch (control->spec->criterion) {
    case LOAD_CONTROL_WORD_LS:
        return judge_ls(busy, device);
    case LOAD_CONTROL_WORD_HALF:
        return judge_half(device, now->at - control->mark.at);
    case LOAD_CONTROL_WORD_WORKING_SET:
        return judge_working_sets(control);
    case LOAD_CONTROL_WORD_NONE:
        break;
    }
    return VERDICT_FINE;
}

/* ---- to leave and to return ----------------------------------------------------------------- */

void load_control_swap_out(const LoadControl *control, Process *process) {
    AddressSpace *space = process->space;
    space_madvise(control->machine->memory, space, 0, space->layout.stack_top, ADVICE_PAGEOUT);
}

static void tell(const LoadControl *control, const Process *process, bool leaves) {
    machine_emit(control->machine, process,
                 (Event){.kind = EVENT_suspend, .a = leaves, .b = process->space->rss});
}

static void suspend(LoadControl *control, Process *process) {
    tell(control, process, true);
    process->suspended = true;
    process->needs = working_set_of(process);
    process->by_program.suspensions++;
    g_queue_push_tail(&control->out, process);
    scheduler_suspend(control->machine->scheduler, process);
    load_control_swap_out(control, process);
}

static void take_back(LoadControl *control) {
    Process *process = g_queue_pop_head(&control->out);
    process->suspended = false;
    process->returned = control->machine->clock.now;
    process->arrival = ++control->arrivals;
    tell(control, process, false);
    scheduler_resume(control->machine->scheduler, process);
}

/* ---- what the scheduler calls --------------------------------------------------------------- */

void load_control_init(LoadControl *control, Machine *machine) {
    *control = (LoadControl){.machine = machine, .spec = &machine->workload->machine.load_control};
    g_queue_init(&control->out);
}

void load_control_clear(LoadControl *control) { g_queue_clear(&control->out); }

bool load_control_is_on(const LoadControl *control) {
    return control->spec->criterion != LOAD_CONTROL_WORD_NONE;
}

void load_control_start(LoadControl *control, Process *process) {
    process->arrival = ++control->arrivals;
}

void load_control_forget(LoadControl *control, Process *process) {
    if (process->suspended) {
        process->suspended = false;
        g_queue_remove(&control->out, process);
    }
}

void load_control_mark(LoadControl *control) { control->mark = mark_now(control); }

bool load_control_judge(LoadControl *control) {
    LoadMark now = mark_now(control);
    Verdict verdict = judge(control, &now);
    bool paged = now.device != control->mark.device;
    if (!paged && now.busy == control->mark.busy) {
        verdict = VERDICT_TOO_FEW; /* nothing happened at all: nobody stands in anybody's way */
    }
    control->mark = now;
    if (verdict == VERDICT_TOO_MANY && count_active(control->machine) > 1) {
        Process *victim = choose_victim(control);
        if (victim != NULL) {
            suspend(control, victim);
        }
    } else if (verdict == VERDICT_TOO_FEW && !g_queue_is_empty(&control->out)) {
        take_back(control);
    }
    return paged || !g_queue_is_empty(&control->out);
}

bool load_control_rescue(LoadControl *control, bool stuck) {
    bool needed =
        !g_queue_is_empty(&control->out) && (stuck || count_active(control->machine) == 0);
    if (needed) {
        take_back(control);
    }
    return needed;
}

const char *load_control_check(const LoadControl *control) {
    const Machine *machine = control->machine;
    uint32_t suspended = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = machine->processes[i];
        suspended += process->suspended;
        if (process->suspended && process->status != PROCESS_ALIVE) {
            return "load control: a process is suspended that is not alive";
        }
    }
    return suspended == control->out.length
               ? NULL
               : "load control: the queue is not that of the suspended processes";
}
