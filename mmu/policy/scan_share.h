/* scan_share.h - how much of a list one pass of Linux's reclaim looks at.
 *
 *   (pages >> priority) * ap / (ap + fp)        at priority 0: all of them
 *
 *   ap = swappiness       * (3 cost + 1) / (2 cost + 1)      what anonymous memory is asked to give
 *   fp = (200-swappiness) * (3 cost + 1) / (1 cost + 1)      ... and files, which have no cost here
 *
 * Idea: the lists of files are asked for their share though there are none: so of the anonymous
 * pages 60 / 200 are looked at in the beginning, and about a sixth when swapping has cost something.
 * The cost is pages evicted and pages that came back early; old cost counts less and less.
 *
 * Invariant: cost <= a quarter of all pages, once it was noted.
 * Source: Linux, mm/vmscan.c (get_scan_count) and mm/swap.c (lru_note_cost).  Used by linux-lru.
 */
#ifndef FAULTLINE_SCAN_SHARE_H
#define FAULTLINE_SCAN_SHARE_H

#include "faultline/types.h"

#define SWAPPINESS_MAX 200u

typedef struct ScanShare {
    uint64_t swappiness; /* 0..SWAPPINESS_MAX */
    uint64_t cost;
} ScanShare;

/* A page was written or came back early; `pages` are on the lists. */
static inline void scan_share_note(ScanShare *share, uint64_t pages) {
    share->cost++;
    while (share->cost > pages / 4) {
        share->cost /= 2;
    }
}

/* Of a list of so many pages, in a pass of this priority. */
static inline uint64_t scan_share_of(const ScanShare *share, uint64_t pages, unsigned priority) {
    uint64_t anon = share->swappiness * (3 * share->cost + 1) / (2 * share->cost + 1);
    uint64_t file =
        (SWAPPINESS_MAX - share->swappiness) * (3 * share->cost + 1) / (share->cost + 1);
    return priority == 0 ? pages : (pages >> priority) * anon / (anon + file);
}

#endif
