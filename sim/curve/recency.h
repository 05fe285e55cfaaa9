/* recency.h - how long ago was a page used, counted in pages: the LRU stack, without the stack.
 *
 * Idea: time is a row of slots, and only the last use of a page keeps its slot.  The pages used
 * since are then the taken slots behind it:
 *
 *     string    a b c b a d c          slots at the end    . . . b a d c
 *     a once more: distance = 3 taken slots from a on = a's place in LRU's stack
 *
 * They are bits; a Fenwick tree over the words of 64 counts them in O(log pages).  When the row is
 * full, the taken slots move together at its front: it is twice as long as there are pages, so
 * that costs O(1) a reference.
 *
 * Invariant (recency_check): each page seen has exactly one taken slot, slot_of its number; the
 * tree holds the sums of the bits.
 * Source: Mattson et al., "Evaluation techniques for storage hierarchies", IBM Systems Journal
 * 1970; Bennett and Kruskal, "LRU stack processing", IBM JRD 1975, for the tree.
 * Units: pages are numbers below page_count.  12.4 bytes a page.
 */
#ifndef FAULTLINE_RECENCY_H
#define FAULTLINE_RECENCY_H

#include <glib.h>
#include <stdint.h>

typedef struct Recency {
    uint32_t page_count;
    uint32_t slots;    /* a multiple of 64, more than page_count */
    uint32_t now;      /* the slot of the next reference */
    uint32_t seen;     /* pages: taken slots */
    uint32_t *slot_of; /* by page; RECENCY_NEVER: not seen yet */
    uint32_t *page_at; /* by slot; of meaning while the slot is taken */
    uint64_t *taken;   /* bit by slot */
    uint32_t *tree;    /* Fenwick tree over the words of `taken`, from 1 */
} Recency;

#define RECENCY_NEVER UINT32_MAX
/* More pages than any host could record. */
#define RECENCY_PAGES_MAX (UINT32_C(1) << 30)

void recency_init(Recency *recency, uint32_t page_count);
void recency_clear(Recency *recency);

/* Use a page.  1 + the number of other pages used since its last use: LRU hits in a memory of that
 * many pages and more.  0: its first use. */
uint32_t recency_use(Recency *recency, uint32_t page);

/* NULL, or what is wrong, in words. */
const char *recency_check(const Recency *recency);

#endif
