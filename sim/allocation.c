/* allocation.c - see allocation.h. */
#include "allocation.h"

#include "machine.h"

static const AllocationSpec *spec_of(const Machine *machine) {
    return &machine->workload->machine.allocation;
}

bool allocation_moves(const Machine *machine) {
    return machine->config.local_scope && spec_of(machine)->rule != ALLOCATION_WORD_EQUAL;
}

/* The i-th process if it has memory, else NULL. */
static Process *living(const Machine *machine, uint32_t i) {
    Process *process = machine->processes[i];
    return process->space == NULL ? NULL : process;
}

/* At least a page, and no more than its limit. */
static void set_quota(const Machine *machine, const Process *process, uint64_t quota) {
    uint64_t limit = process->spec->limit_rss / geometry_page_size(&machine->config.geometry);
    space_set_quota(machine->memory, process->space, CLAMP(quota, 1, MAX(limit, 1)));
}

/* ---- in proportion to size ------------------------------------------------------------------- */

static void divide_by_size(const Machine *machine) {
    uint64_t all = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = living(machine, i);
        all += process == NULL ? 0 : process->space->vm_size;
    }
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = living(machine, i);
        if (process != NULL) {
            unsigned __int128 part =
                (unsigned __int128)machine->config.frames * process->space->vm_size;
            set_quota(machine, process, (uint64_t)(part / MAX(all, 1)));
        }
    }
}

/* ---- by the frequency of page faults --------------------------------------------------------- */

/* Frames that no quota covers. */
static uint64_t spare_frames(const Machine *machine, const Process *but) {
    uint64_t given = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = living(machine, i);
        given += process == NULL || process == but ? 0 : process->space->quota;
    }
    return machine->config.frames - MIN(given, machine->config.frames);
}

static uint64_t count_living(const Machine *machine) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        count += living(machine, i) != NULL;
    }
    return count;
}

/* What a process did in an interval: the faults that took a frame, and for how long it ran. */
typedef struct Pace {
    uint64_t faults;
    Tick cpu;
} Pace;

static Pace take_pace(const Machine *machine, Process *process) {
    Counters counters = process_counters(process);
    Pace now = {counters.majflt + counters.zfod, counters_cpu_ns(machine, &counters)};
    Pace pace = {now.faults - process->pace_faults, now.cpu - process->pace_cpu};
    process->pace_faults = now.faults;
    process->pace_cpu = now.cpu;
    return pace;
}

static bool faults_seldom(const AllocationSpec *spec, const Pace *pace) {
    return pace->cpu > 0 && (pace->faults == 0 || pace->cpu / pace->faults > spec->shrink_above);
}

static bool faults_often(const AllocationSpec *spec, const Pace *pace) {
    return pace->faults > 0 && pace->cpu / pace->faults < spec->grow_below;
}

static Pace *take_paces(Machine *machine, bool *faulted) {
    Pace *paces = g_new0(Pace, machine->process_count);
    *faulted = false;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        Process *process = living(machine, i);
        if (process != NULL) {
            paces[i] = take_pace(machine, process);
            *faulted |= paces[i].faults > 0;
        }
    }
    return paces;
}

/* A quarter more at most, and no more than it had faults. */
static uint64_t wanted_by(const Machine *machine, const Process *process, const Pace *pace) {
    return process != NULL && faults_often(spec_of(machine), pace)
               ? MIN(pace->faults, process->space->quota / 4 + 1)
               : 0;
}

static uint64_t wanted_by_all(const Machine *machine, const Pace *paces) {
    uint64_t wanted = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        wanted += wanted_by(machine, living(machine, i), &paces[i]);
    }
    return wanted;
}

/* Who faults seldom gives an eighth of what it has, or what it has and does not use. */
static void collect_frames(const Machine *machine, const Pace *paces) {
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = living(machine, i);
        if (process != NULL && faults_seldom(spec_of(machine), &paces[i])) {
            uint64_t used = MIN(process->space->quota, process->space->rss + 1);
            set_quota(machine, process, used - used / 8);
        }
    }
}

/* Who gives does so only if somebody wants it: else a loop would lose the very pages that it needs,
 * and get them back, again and again.  In the order of pids. */
static bool adjust_by_faults(Machine *machine) {
    bool faulted;
    g_autofree Pace *paces = take_paces(machine, &faulted);
    if (wanted_by_all(machine, paces) > spare_frames(machine, NULL)) {
        collect_frames(machine, paces);
    }
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = living(machine, i);
        uint64_t wanted = wanted_by(machine, process, &paces[i]);
        if (wanted > 0) {
            uint64_t more = MIN(wanted, spare_frames(machine, NULL));
            set_quota(machine, process, process->space->quota + more);
        }
    }
    return faulted;
}

/* ---- the whole ------------------------------------------------------------------------------- */

void allocation_start(Process *process) {
    Machine *machine = process->machine;
    if (!allocation_moves(machine)) {
        return;
    }
    if (spec_of(machine)->rule == ALLOCATION_WORD_PROPORTIONAL) {
        divide_by_size(machine);
        return;
    }
    uint64_t share = machine->config.frames / MAX(count_living(machine), 1);
    set_quota(machine, process, MIN(share, spare_frames(machine, process)));
}

/* Has anybody faulted since the last look? */
static bool anybody_faulted(Machine *machine) {
    Counters counters = machine_counters(machine);
    bool faulted = counters.pgfault != machine->faults_seen;
    machine->faults_seen = counters.pgfault;
    return faulted;
}

bool allocation_adjust(Machine *machine) {
    if (spec_of(machine)->rule == ALLOCATION_WORD_PROPORTIONAL) {
        divide_by_size(machine);
        return anybody_faulted(machine);
    }
    return adjust_by_faults(machine);
}

const char *allocation_check(const Machine *machine) {
    if (!allocation_moves(machine) || spec_of(machine)->rule != ALLOCATION_WORD_PFF) {
        return NULL;
    }
    uint64_t given = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = living(machine, i);
        given += process == NULL ? 0 : process->space->quota - 1;
    }
    return given <= machine->config.frames
               ? NULL
               : "allocation: the quotas are more than there are frames";
}
