/* sampled_curve.h - an estimate of LRU's curve from a sample of the pages, with its error.
 *
 * Idea: a page belongs to the sample if a hash of its number says so, with chance R.  Between two
 * uses of a sampled page lie about R times as many sampled pages as pages.  So exact stack
 * distances over the sampled pages only, stretched by 1/R, are about those of all:
 *
 *     F(c) is about 1/R x (uses of sampled pages that miss in R c pages)
 *
 * Error, at about 95 %: two parts, both computed from the sample, are added.
 *   - which pages were drawn: 2 x sqrt((1-R) sum of y^2) / R, where y is how often one sampled page
 *     misses;
 *   - where the size lies: R c sampled pages stand for c +- (2 x sqrt(c (1-R)/R) + 3/R) pages;
 *     how much the estimate changes over that stretch.
 * Uses of the page used just before hit in any memory: they are left out, and cost no error.
 *
 * Source: Waldspurger, Park, Garthwaite and Ahmad, "Efficient MRC construction with SHARDS", FAST
 * 2015 (fixed rate; the error is our own).
 */
#ifndef FAULTLINE_SAMPLED_CURVE_H
#define FAULTLINE_SAMPLED_CURVE_H

#include "reference_string.h"

/* R is rate / SAMPLE_ALL. */
#define SAMPLE_ALL (UINT32_C(1) << 24)

typedef struct SampledCurve {
    uint32_t rate;
    uint32_t pages; /* in the sample */
    GArray *faults; /* uint64_t: an estimate for each of the sizes */
    GArray *errors; /* uint64_t: +- so many */
} SampledCurve;

/* `sizes`: uint64_t, ascending; 1 <= rate <= SAMPLE_ALL. */
SampledCurve *sampled_curve_new(const ReferenceString *string, uint32_t rate, const GArray *sizes);
void sampled_curve_free(SampledCurve *curve);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SampledCurve, sampled_curve_free)

#endif
