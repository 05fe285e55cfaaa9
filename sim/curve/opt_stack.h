/* opt_stack.h - OPT's stack: in which memory sizes does a reference hit, for all sizes at once.
 *
 * Idea: OPT with c pages always holds the first c pages of one list, whatever c is.  A reference
 * takes its page from place d to the front; from there down each size has to push one page out of
 * its c pages, the one whose next use is farthest, and the next larger size takes it in:
 *
 *     next uses    9 | 12  7 15 10  8*     the page used now, at 8, is found at place 6
 *     carried          9 12 12 15 15       each place keeps the nearer of its own and the carried
 *     becomes     14 |  9  7 12 10 15      use, and hands on the farther; the last takes its place
 *
 * Pages are not needed at all: a page's next use identifies it, as no two share one.  Places come
 * in blocks that know their nearest and farthest use.  A block whose farthest is nearer than the
 * carried one, and that does not hold the page wanted, stays as it is.
 *
 * Cost: O(distance) a reference, at worst O(pages); but a block of 256 places that stays as it is,
 * as in loops, is one step.  In principle O(log pages) is enough, even without the future (Bilardi,
 * Ekanadham and Pattnaik, Computing Frontiers 2017); with it, this is short.
 *
 * Invariant (opt_stack_check): the blocks' summaries are those of their places.
 * Source: Mattson et al., "Evaluation techniques for storage hierarchies", IBM Systems Journal
 * 1970.
 * Units: times are numbers of references; NEXT_USE_NONE: never again.  4 bytes a page.
 */
#ifndef FAULTLINE_OPT_STACK_H
#define FAULTLINE_OPT_STACK_H

#include <stdint.h>

typedef struct OptStack {
    uint32_t page_count;          /* the most that there will be */
    uint32_t depth;               /* pages so far */
    uint32_t top;                 /* next use of the page used last, at place 1 */
    uint32_t *next;               /* ... of the pages at places 2, 3 ... */
    uint32_t *nearest, *farthest; /* by block of `next` */
} OptStack;

#define NEXT_USE_NONE UINT32_MAX

void opt_stack_init(OptStack *stack, uint32_t page_count);
void opt_stack_clear(OptStack *stack);

/* The reference made at time `now`; its page will be used again at `next_use`.  The least memory in
 * which OPT hits; 0: the page's first use. */
uint32_t opt_stack_use(OptStack *stack, uint32_t now, uint32_t next_use);

/* NULL, or what is wrong, in words. */
const char *opt_stack_check(const OptStack *stack);

#endif
