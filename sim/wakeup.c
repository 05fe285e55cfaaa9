/* wakeup.c - see wakeup.h. */
#include "wakeup.h"

#include "process_internal.h"
#include "turn.h"

/* ---- appointments -------------------------------------------------------------------------- */

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

void task_expect(Scheduler *s, Task *task, Tick when, EventClass class) {
    task->appointment = event_queue_push(&s->events, when, class, subject_of(task));
    s->expected++;
    s->cpus[task->cpu].blocked += task->status == TASK_BLOCKED;
}

bool task_is_expected(const Task *task) { return task->appointment != 0; }

/* The CPU that it ran last may have been idle since, waiting for this. */
void task_expect_no_more(Scheduler *s, Task *task, Tick due) {
    Cpu *cpu = &s->cpus[task->cpu];
    s->expected--;
    task->appointment = 0;
    if (task->status == TASK_BLOCKED) {
        cpu->waited_until = MAX(cpu->waited_until, due);
        cpu->blocked--;
    }
}

static void enqueue(Scheduler *s, Task *task) {
    turn_expect_rival(s);
    ready_queue_push(&s->ready, task);
}

/* It wants the CPU from `at` on.  False: its process may not run. */
static bool make_ready(Task *task, Tick at) {
    bool kept_out = task->process->suspended && !task->in_kernel;
    task_change_status(task, kept_out ? TASK_SUSPENDED : TASK_READY, at);
    return !kept_out;
}

/* In the middle of an action the CPU at work is ahead of others, and they must not find what begins
 * only then: a task that is ready joins the queue when no CPU is behind that instant. */
void wakeup_enqueue(Scheduler *s, Task *task) {
    if (s->cpu_count > 1) {
        task_expect(s, task, task->since, CLASS_WAKEUP);
    } else {
        enqueue(s, task);
    }
}

void wakeup_make_ready(Scheduler *s, Task *task) {
    if (make_ready(task, now_of(s))) {
        wakeup_enqueue(s, task);
    }
}

static void task_wakes(Scheduler *s, Task *task, Tick due) {
    task_expect_no_more(s, task, due);
    if (task->status == TASK_NEW) {
        process_start(task->process, due);
        enqueue(s, task);
    } else if (task->status == TASK_READY || make_ready(task, due)) {
        enqueue(s, task);
    }
}

/* ---- events --------------------------------------------------------------------------------- */

/* While no page is wanted, time that other CPUs are idle passes unused. */
void wakeup_look_at_zero_pool(Scheduler *s) {
    for (uint32_t i = 0; s->zeroing == TICK_NEVER && i < s->cpu_count; i++) {
        Cpu *cpu = &s->cpus[i];
        if (cpu != s->cpu) {
            cpu->idle_since = MAX(cpu->idle_since, now_of(s));
        }
    }
    if (s->cpu_count > 1) {
        s->zeroing = memory_idle_work(s->machine->memory);
    }
}

static void background_runs(Scheduler *s) {
    cpu_note_kernel(s, memory_background(s->machine->memory));
    wakeup_look_at_zero_pool(s);
}

/* What timers did to page tables, or a process that ended in the middle of a system call. */
void wakeup_tell_cpus(Scheduler *s) {
    Tick begun = now_of(s);
    memory_tell_cpus(s->machine->memory, NULL);
    cpu_note_kernel(s, now_of(s) - begun);
}

/* What becomes due while the kernel works on it is for this CPU too, unless others are behind. */
void wakeup_handle_events(Scheduler *s) {
    QueuedEvent event;
    Tick begun = now_of(s);
    while (!machine_is_spent(s->machine) && s->machine->error == NULL &&
           event_queue_pop_due(&s->events, s->cpu_count == 1 ? now_of(s) : begun, &event)) {
        if (event.class == CLASS_TIMER) {
            cpus_settle(s, event.time);
            timer_fires(s, &event);
            wakeup_tell_cpus(s);
        } else if (event.class == CLASS_TRIMMER) {
            s->machine->clock.steps++;
            background_runs(s);
        } else {
            s->machine->clock.steps++;
            Task *task = task_of(s, &event);
            if (task != NULL) { /* else it was killed while it waited */
                task_wakes(s, task, event.time);
            }
        }
    }
}
