/* nonresident.h - Linux's refault distance: how far did a page that comes back miss staying?
 *
 *   age    -- evictions and activations so far (Linux's nonresident_age)
 *   shadow -- the age at which a page left
 *
 * Idea: both an eviction and an activation move the inactive list on by one page.  So when a page
 * comes back, age - shadow is how many frames the inactive list would have needed besides for the page
 * to have stayed: its refault distance.  If that many frames are held by active pages, the page
 * may contend with those.
 *
 * A shadow more than `window` old can never count again and is forgotten; so there are at most
 * `window`, and 32 bits of the age are enough.
 *
 * Invariant (nonresident_check): shadows in the order of their age, each 1..window behind.
 * Source: Linux, mm/workingset.c (Weiner, 2014).
 */
#ifndef FAULTLINE_NONRESIDENT_H
#define FAULTLINE_NONRESIDENT_H

#include "page_book.h"

typedef struct Nonresident {
    PageBook ghosts;
    PageList order;   /* of the ghosts; head: the youngest */
    uint32_t *shadow; /* lazy, of each node: the age at which the page left */
    uint32_t age;     /* modulo 2^32 */
    uint32_t window;
} Nonresident;

/* False: out of host memory. */
bool nonresident_init(Nonresident *away, uint32_t frame_count, uint32_t window);
void nonresident_clear(Nonresident *away);

/* So many pages were activated. */
void nonresident_age(Nonresident *away, uint32_t pages);
/* The page is evicted, and with it goes a mark of the policy's own. */
void nonresident_leave(Nonresident *away, PageKey page, bool mark);
/* A page comes: was it away?  Then its shadow is taken out; *distance and *mark (may be NULL) say what it was. */
bool nonresident_return(Nonresident *away, PageKey page, uint32_t *distance, bool *mark);
/* The pages first..first+count-1 are gone for good. */
void nonresident_forget(Nonresident *away, PageKey first, uint64_t count);

const char *nonresident_check(const Nonresident *away);

#endif
