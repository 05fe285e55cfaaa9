/* alone.c - see alone.h. */
#include "alone.h"

/* *time: the turnaround of the first copy of `spec`. */
static bool run_alone(const Workload *workload, const ProcessSpec *spec, Tick *time,
                      GError **error) {
    ProcessSpec only = *spec;
    only.copies = 1;
    only.start = 0;
    Workload lonely = *workload;
    lonely.processes = &only;
    lonely.process_count = 1;
    g_autoptr(Machine) machine = machine_create(&lonely, error);
    if (machine == NULL || !machine_run(machine, error)) {
        return false;
    }
    *time = machine->processes[0]->ended - machine->processes[0]->started;
    return true;
}

/* All copies of it take the same. */
static void note(Stats *stats, const ProcessSpec *spec, Tick time) {
    for (unsigned i = 0; i < stats->processes->len; i++) {
        StatsProcess *process = &g_array_index(stats->processes, StatsProcess, i);
        if (process->parent == 0 && process->spec == spec) {
            process->alone = time;
        }
    }
}

bool alone_measure(Stats *stats, GError **error) {
    const Workload *workload = stats->workload;
    for (uint32_t i = 0; i < workload->process_count; i++) {
        Tick time = 0;
        if (!run_alone(workload, &workload->processes[i], &time, error)) {
            return false;
        }
        note(stats, &workload->processes[i], time);
    }
    return true;
}
