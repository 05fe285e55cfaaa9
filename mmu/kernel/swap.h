/* swap.h - the swap area: slots of one page each, with real contents, and who refers to them.
 *
 * Idea: a page that came back keeps its slot while it is clean, so that evicting it again needs
 * no write; and while other processes still refer to the slot (they share the page since a
 * fork), they find it in memory by the slot's number: the swap cache.
 * Slots are numbered from 0; a frame's `slot` field is the number plus 1.
 *
 * Where swap is read ahead (swap_ahead.h), pages that leave together should lie together: then slots
 * are given out of one cluster of SWAP_CLUSTER after the other, each of which was empty when it was
 * begun, as long as there are such; else the lowest free slot.
 *
 * Invariant (memory_check): free + used = total; references = entries that say swapped(slot);
 * a slot is used while it has references or a frame; cached[slot] = the frame whose slot it is.
 * Source: mm/swapfile.c and mm/swap_state.c of Linux.
 */
#ifndef FAULTLINE_SWAP_H
#define FAULTLINE_SWAP_H

#include "kernel/contents.h"
#include "kernel/index_set.h"

#define SWAP_CLUSTER 256u /* slots; SWAPFILE_CLUSTER */

typedef struct Swap {
    uint32_t total;
    IndexSet free;
    uint32_t *slots;      /* lazy: contents of each slot */
    uint32_t *references; /* lazy: entries that refer to each slot */
    uint32_t *cached;     /* lazy: the frame with the same page, plus 1; 0: none */
    bool *of_object;      /* lazy: shared memory refers to it, no entry does */
    bool clustered;
    IndexSet empty;         /* clusters without a used slot */
    uint32_t *cluster_used; /* lazy: used slots of each cluster */
    uint32_t next, end;     /* what is left of the cluster that is being given out */
    Contents *contents;
} Swap;

bool swap_init(Swap *swap, uint32_t total, bool clustered, Contents *contents);
void swap_clear(Swap *swap);
/* A free slot, without references and frame; INDEX_NONE if swap is full. */
uint32_t swap_take(Swap *swap);
/* One reference more, or less; one frame more, or none.  A slot with neither is free again. */
void swap_refer(Swap *swap, uint32_t slot);
/* The same for shared memory, whose pages are not found by their slots. */
void swap_refer_object(Swap *swap, uint32_t slot);
void swap_release(Swap *swap, uint32_t slot);
void swap_cache(Swap *swap, uint32_t slot, Pfn pfn);
void swap_uncache(Swap *swap, uint32_t slot);
/* The frame that has the slot's page; PFN_NONE: none. */
static inline Pfn swap_cached(const Swap *swap, uint32_t slot) {
    return swap->cached[slot] == 0 ? PFN_NONE : swap->cached[slot] - 1;
}
/* Copy a page's bytes into a slot, and a slot's into a page. */
void swap_write(Swap *swap, uint32_t slot, uint32_t from);
void swap_read(const Swap *swap, uint32_t slot, uint32_t *to);
/* Is there a page in the slot that is not in memory, and that an entry would look for there? */
static inline bool swap_readable(const Swap *swap, uint32_t slot) {
    return slot < swap->total && swap->references[slot] > 0 && !swap->of_object[slot] &&
           swap->cached[slot] == 0;
}
static inline uint64_t swap_used(const Swap *swap) { return swap->total - swap->free.count; }

const char *swap_check(const Swap *swap);

#endif
