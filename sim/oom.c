/* oom.c - the out-of-memory killer: see oom.h. */
#include "oom.h"

#include "process_internal.h"

static Process *choose_victim(Machine *machine) {
    Process *victim = NULL;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        Process *candidate = machine->processes[i];
        if (candidate->space != NULL &&
            (victim == NULL || candidate->space->rss > victim->space->rss)) {
            victim = candidate;
        }
    }
    return victim;
}

void oom_kill(Process *asking) {
    Machine *machine = asking->machine;
    Process *victim = choose_victim(machine);
    machine->counters.oom_kills++;
    machine_emit(machine, victim, (Event){.kind = EVENT_oom_kill, .a = victim->space->rss});
    if (victim == asking) {
        process_end(asking, PROCESS_OOM_KILLED);
    }
    process_kill(victim, PROCESS_OOM_KILLED);
}
