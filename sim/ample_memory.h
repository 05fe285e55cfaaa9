/* ample_memory.h - how much memory is ample for a workload, and how much is scarce.
 *
 *      scarce                                      ample
 *      half of the peak resident set there         the workload's own: nothing is evicted
 *      the workload's own: pages are evicted       doubled until nothing is
 *
 * Idea: the workload's own memory is always one of the two; which of them, a run tells.  Half of what
 * a program held when it was free to hold anything is little for each allocator that holds about
 * as much, and does not depend on how large the machine happens to be.
 *
 * Invariant: 0 < scarce <= ample, or both are 0: nobody asked.  Units: frames of the machine.
 * Used by comparison.c, to compare allocators.
 */
#ifndef FAULTLINE_AMPLE_MEMORY_H
#define FAULTLINE_AMPLE_MEMORY_H

#include "sweep.h"

typedef struct AmpleMemory {
    uint64_t ample, scarce;
    bool own_is_ample; /* else the workload's own is the scarce one */
} AmpleMemory;

/* `settings`: the overrides of a run, char *, but for its memory; `own`: the workload's frames.  If it
 * cannot be run, both are `own`. */
AmpleMemory ample_memory_find(const Origin *origin, const Workload *workload,
                              const GPtrArray *settings, uint64_t own);

#endif
