/* turn.c - see turn.h. */
#include "turn.h"

#include "process_internal.h"

/* Quanta that nobody waited for went by unnoticed. */
void turn_renew(const Scheduler *s, Cpu *cpu) {
    Tick now = MAX(now_of(s), cpu_now(s, cpu));
    if (now >= cpu->quantum_end) {
        cpu->quantum_end += ((now - cpu->quantum_end) / s->quantum + 1) * s->quantum;
    }
}

/* Could somebody who is ready take the CPU from a task at the end of its quantum?  While a CPU is
 * free, that one is theirs. */
bool turn_has_rival(const Scheduler *s, const Task *task) {
    const Task *head = ready_queue_first(&s->ready);
    return head != NULL && task_rank(head) >= task_rank(task) && cpus_running(s) == s->cpu_count;
}

/* ... or at once? */
static bool has_better(const Scheduler *s, const Task *task) {
    return turn_has_rival(s, task) && task_rank(ready_queue_first(&s->ready)) > task_rank(task) &&
           cpus_all_rank(s, task_rank(task));
}

/* Who runs has to know before somebody new is ready: until when its quantum goes, and that it may
 * not compute without looking. */
void turn_expect_rival(Scheduler *s) {
    for (uint32_t i = 0; i < s->cpu_count; i++) {
        Cpu *cpu = &s->cpus[i];
        if (cpu->running != NULL && !turn_has_rival(s, cpu->running)) {
            turn_renew(s, cpu);
        }
        cpu_cut_compute(s, cpu);
    }
}

/* When the running task has to give way to those that are ready.  One that is kept out has a
 * moment's time, to end what it is doing in the kernel. */
Tick turn_end(const Scheduler *s, const Task *self) {
    if (self->process->suspended || has_better(s, self)) {
        return 0;
    }
    return turn_has_rival(s, self) ? s->cpu->quantum_end : TICK_NEVER;
}

/* Until when the CPU at work need not look, if the others let it. */
Tick turn_own_horizon(const Scheduler *s) {
    const Task *self = s->machine->running;
    Tick turn = self == NULL ? TICK_NEVER : turn_end(s, self);
    return MIN(turn, event_queue_next(&s->events));
}

void turn_set_horizon(Scheduler *s) {
    s->machine->clock.horizon = MIN(turn_own_horizon(s), cpu_first_until(s));
}
