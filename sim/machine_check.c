/* machine_check.c - do all the numbers of a run agree?
 *
 *   the times of all CPUs       = processor time of all processes + idle + switch + reclaim time
 *   the figures of all CPUs     = the machine's
 *   interrupts sent             = interrupts received
 *   when every process is over  free + zeroed + in transit + page cache = all frames; swap is empty
 *
 * and the invariants of memory, of each process and its heap, of quotas and of load control.
 */
#include "machine.h"

#include "allocation.h"
#include "process_internal.h"
#include "scheduler.h"

static const char *check_processes(Machine *machine) {
    const char *broken = NULL;
    for (uint32_t i = 0; broken == NULL && i < machine->process_count; i++) {
        const Process *process = machine->processes[i];
        broken = process_check(process);
        if (broken == NULL && process->space != NULL) {
            broken = process_heap_check(process);
        }
    }
    return broken;
}

static const char *check_sums(Machine *machine) {
    const Counters *own = &machine->counters;
    Tick used = own->idle_ns + own->switch_ns + own->reclaim_ns;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        Counters counters = process_counters(machine->processes[i]);
        used += counters_cpu_ns(machine, &counters);
    }
    if (used != scheduler_cpu_time(machine->scheduler)) {
        return "machine: the time of its CPUs is not the sum of processor time, idle time, "
               "switches "
               "and reclaim";
    }
    return NULL;
}

/* Each CPU's time is explained, and together they are the machine. */
static const char *check_cpus(const Machine *machine) {
    const Scheduler *scheduler = machine->scheduler;
    CpuFigures sum = {0};
    for (uint32_t i = 0; i < scheduler->cpu_count; i++) {
        const char *broken = cpu_check(scheduler, &scheduler->cpus[i]);
        if (broken != NULL) {
            return broken;
        }
        CpuFigures part = cpu_figures(&scheduler->cpus[i]);
        cpu_figures_add(&sum, &part);
    }
    Counters counters = machine_counters(machine);
    bool same =
        sum.user_ns == counters_user_ns(&counters, &machine->config) &&
        sum.system_ns == counters_system_ns(&counters) && sum.switch_ns == counters.switch_ns &&
        sum.reclaim_ns == counters.reclaim_ns && sum.idle_ns == counters.idle_ns &&
        sum.iowait_ns == counters.iowait_ns && sum.zeroing_ns == counters.zeroing_ns &&
        sum.context_switches == counters.context_switches &&
        sum.references == counters.loads + counters.stores &&
        sum.tlb_misses == counters.tlb_misses && sum.ipis_received == counters.ipis_received;
    if (!same) {
        return "machine: the CPUs' figures together are not the machine's";
    }
    return counters.ipis_sent == counters.ipis_received
               ? NULL
               : "machine: interrupts were sent that nobody received";
}

/* Once every process is over, memory is as it was before the first, but for the page cache. */
static const char *check_nothing_left(Machine *machine) {
    if (machine->scheduler->alive > 0 || machine->error != NULL) {
        return NULL;
    }
    FrameCensus census = memory_census(machine->memory);
    uint64_t idle = census.free + census.zeroed + census.in_transit;
    if (idle + memory_page_cache(machine->memory) < census.total || census.swap_used > 0) {
        return "machine: every process is over, but frames or slots are still in use";
    }
    return NULL;
}

const char *machine_check(Machine *machine) {
    const char *broken = memory_check(machine->memory);
    broken = broken != NULL ? broken : check_processes(machine);
    broken = broken != NULL ? broken : check_sums(machine);
    broken = broken != NULL ? broken : check_cpus(machine);
    broken = broken != NULL ? broken : allocation_check(machine);
    broken = broken != NULL ? broken : load_control_check(&machine->scheduler->load);
    return broken != NULL ? broken : check_nothing_left(machine);
}
