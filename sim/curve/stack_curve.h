/* stack_curve.h - page faults of LRU and of OPT for every memory size, from one pass.
 *
 * Idea: both are stack algorithms: what fits into c pages is part of what fits into c + 1.  So each
 * reference has a distance d, the least memory in which it hits, and counting distances tells all:
 *
 *     F(c) = cold + sum of h(d) over d > c          h(d): references of distance d
 *                                                   cold: first uses, which miss everywhere
 *
 * The distances come from recency.h and opt_stack.h.  References to the page used just before have
 * distance 1 and are counted without being looked at.
 *
 * Invariant (stack_curve_check): F(0) = references, F never rises, F(pages) = cold = pages.
 * Source: Mattson, Gecsei, Slutz and Traiger 1970.
 */
#ifndef FAULTLINE_STACK_CURVE_H
#define FAULTLINE_STACK_CURVE_H

#include "reference_string.h"

typedef struct StackCurve {
    uint32_t pages;
    uint64_t references;
    uint64_t *faults; /* F(0) .. F(pages) */
} StackCurve;

/* One pass over the string: LRU's curve, and that of the best policy there can be. */
StackCurve *stack_curve_lru(const ReferenceString *string);
StackCurve *stack_curve_opt(const ReferenceString *string);
void stack_curve_free(StackCurve *curve);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StackCurve, stack_curve_free)

/* F(c), also for c beyond the number of pages. */
static inline uint64_t stack_curve_faults(const StackCurve *curve, uint64_t frames) {
    return curve->faults[MIN(frames, curve->pages)];
}

/* From distances counted: hits[d] for d = 1..pages, hits[0] first uses.  Takes the array. */
StackCurve *stack_curve_new(uint64_t *hits, uint32_t pages);

/* NULL, or what is wrong, in words. */
const char *stack_curve_check(const StackCurve *curve);

#endif
