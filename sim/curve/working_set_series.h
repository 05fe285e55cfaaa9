/* working_set_series.h - Denning's working set over time: |W(t, tau)|, exactly, at every t.
 *
 *   w = 1 2 1 3 3 3, tau = 3       t       0  1  2  3  4  5
 *                                  W(t,3)  1  12 12 123 13 3
 *                                  |W|     1  2  2  3   2  1
 *
 * Idea: W(t, tau) is the set of pages of references t-tau+1..t.  Sliding the window by one, the
 * page of reference t enters unless it is there, and the page of reference t-tau leaves unless it
 * was used since: its last use tells.  So a window costs one pass, O(1) a reference.
 *
 * The window may be any number of references, and the sets are sampled at evenly spaced times; the
 * sum, the least and the most are over all times.
 *
 * Invariant (working_set_series_check): 1 <= least <= most <= tau; sum <= n most; each size <= most.
 * Source: Denning, "The working set model for program behavior", CACM 11(5), 1968.
 * Units: t and tau in references of one process (its own time, as Denning counts), sizes in pages.
 */
#ifndef FAULTLINE_WORKING_SET_SERIES_H
#define FAULTLINE_WORKING_SET_SERIES_H

#include "reference_string.h"

/* So many samples at most. */
#define WORKING_SET_SAMPLES 2000

typedef struct WorkingSetSeries {
    uint64_t window, references;
    uint32_t least; /* once the window is full; in a string shorter than it, at all */
    uint32_t most;
    uint64_t sum;  /* of |W| over all references: n times the mean */
    GArray *sizes; /* uint64_t: |W| at each sample */
    GArray *peaks; /* uint64_t: the most since the sample before */
} WorkingSetSeries;

/* `window` >= 1. */
WorkingSetSeries *working_set_series_new(const ReferenceString *string, uint64_t window);
void working_set_series_free(WorkingSetSeries *series);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WorkingSetSeries, working_set_series_free)

/* How many samples a string of n references has, and at which reference, from 0, each is taken: the
 * last at n - 1. */
uint32_t working_set_samples(uint64_t references);
uint64_t working_set_sample_time(uint64_t references, uint32_t sample);

/* NULL, or what is wrong, in words. */
const char *working_set_series_check(const WorkingSetSeries *series);

#endif
