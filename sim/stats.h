/* stats.h - the numbers of a finished machine, collected into one tree of plain values.
 *
 * Idea: whatever shows numbers (the summary, stats.json, expectations) reads this tree and
 * never the machine, so all of them show the same ones.
 *
 *   Stats -- machine's counters, frames
 *     +-- StatsProcess -- counters, bookkeeping, memory
 *           +-- PhaseRecord (process.h)
 *
 * Invariant (stats_check): a machine's counter of scope PROCESS is the sum over the processes;
 * a process's book-keeping is part of its counters; the kinds of a heap's pages add up.
 */
#ifndef FAULTLINE_STATS_H
#define FAULTLINE_STATS_H

#include "cpu.h"
#include "heap_survey.h"
#include "machine.h"
#include "oom.h"

typedef struct StatsProcess {
    char *name;
    const ProcessSpec *spec; /* the workload's */
    uint32_t pid, parent;    /* parent: 0 if the workload made it */
    uint32_t children;       /* that it has made */
    ProcessStatus over;
    uint64_t exit_code;
    Tick start, end;
    Tick alone; /* its turnaround with the machine to itself; 0: not measured */
    Counters counters;
    Counters bookkeeping; /* the allocator's part of `counters` */
    Gauges memory;
    HeapSurvey heap; /* all zero, if it had none */
    GArray *phases;  /* PhaseRecord; the names are the workload's */
} StatsProcess;

typedef struct Stats {
    const Workload *workload;
    MemoryConfig config;
    Tick time;
    Counters counters;
    uint32_t cpu_count;
    CpuFigures cpus[CPUS_MAX];
    FrameCensus frames;
    FrameBlocks free_blocks;
    uint64_t group_peaks[GROUPS_MAX]; /* pages, of the machine's groups */
    CommitCharge commit;              /* pages that were promised */
    GPtrArray *oom;    /* OomRecord: each time that memory and swap were full, the first ones */
    GArray *processes; /* StatsProcess */
} Stats;

/* The workload outlives the result.  May be asked of a machine at any time. */
Stats *stats_collect(const Machine *machine);
/* An empty tree, to be filled by hand. */
Stats *stats_new(const Workload *workload);
void stats_free(Stats *stats);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stats, stats_free)

/* A new process at the end of the tree, all zero; the pointer is good until the next one. */
StatsProcess *stats_add_process(Stats *stats, const char *name);
const StatsProcess *stats_process(const Stats *stats, unsigned index);

/* Which part of the free frames, in thousandths, makes up no huge page. */
uint64_t stats_unusable_index(const Stats *stats, const FrameBlocks *blocks);
/* What all processors had together: their number times the run's time. */
Tick stats_cpu_time(const Stats *stats);

/* Time from start to end: a process's turnaround. */
Tick stats_process_time(const StatsProcess *process);

/* The effective access time: what a reference took on average, in picoseconds, rounded; 0 of no
 * references.
 *
 *   EAT = (references + TLB levels + table levels walked + faults, each at its price
 *          + waiting for the device) / references
 */
uint64_t stats_access_ps(const Stats *stats, const Counters *counters);

/* How well the heap was used, in millionths: the most live bytes by the most that was held; and
 * how far the free bytes are scattered: 0, they are one piece; 0 of none. */
uint64_t stats_utilisation_ppm(const StatsProcess *process);
uint64_t stats_scatter_ppm(const StatsProcess *process);

/* The words of counters.def, in its order; each list ends with NULL. */
extern const char *const counter_names[];
extern const char *const gauge_names[];
/* Is the counter of that index of scope PROCESS? */
bool counter_of_process(unsigned index);

static inline uint64_t counters_at(const Counters *counters, unsigned index) {
    return ((const uint64_t *)counters)[index];
}
static inline uint64_t gauges_at(const Gauges *gauges, unsigned index) {
    return ((const uint64_t *)gauges)[index];
}

/* NULL if the sums agree, else the name of the counter or figure that does not. */
const char *stats_check(const Stats *stats);

#endif
