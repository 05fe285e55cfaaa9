/* sweep.h - one workload under many settings, as many at a time as the host has processors.
 *
 * Idea: a point is a list of overrides, as --set takes them.  Each point parses the workload
 * anew, builds a machine, runs it and keeps its figures; points share nothing but the text.
 *
 *   points    0   1   2   3   4   5        each thread takes the next point that nobody has
 *   thread A  ####    ##########           taken; its figures go where the point is, so the
 *   thread B      ########    ####         result is the same whoever took it
 *
 * Used by the commands that compare (compare, curve).
 */
#ifndef FAULTLINE_SWEEP_H
#define FAULTLINE_SWEEP_H

#include "input.h"

/* What one point came to. */
typedef struct SweepResult {
    GError *error; /* why it could not be run (to its end); NULL: what follows is valid */
    Counters counters;
    uint64_t faults; /* page faults; pages that the policy itself had kept in memory do not count */
    Gauges memory;   /* sums over the processes; those of peaks are sums of each one's peak */
    Tick time;
    Tick cpu_time;      /* of all processors together */
    Tick user, system;  /* processor time of all processes: in programs, in the kernel */
    uint32_t processes; /* that there were */
    uint32_t frames;    /* user frames of the machine */
    uint64_t page_size;
} SweepResult;

typedef struct SweepWatcher {
    /* After each point, one call at a time, but from any thread; may be NULL. */
    void (*progress)(void *host, unsigned finished, unsigned total);
    void *host;
} SweepWatcher;

/* `points`: char ** each, ended by NULL.  `watcher` may be NULL.  The results, SweepResult, in the
 * order of the points. */
GArray *sweep_run(const Origin *origin, const GPtrArray *points, const SweepWatcher *watcher);

static inline const SweepResult *sweep_result(const GArray *results, unsigned index) {
    return &g_array_index(results, SweepResult, index);
}

/* For those who need every point: false and a copy of the first error, in the order of the
 * points, if there is one. */
bool sweep_succeeded(const GArray *results, GError **error);

#endif
