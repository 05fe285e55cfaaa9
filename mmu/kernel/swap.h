/* swap.h - the swap area: slots of one page each, with real contents.
 *
 * Idea: a page that came back keeps its slot while it is clean, so that evicting it again needs
 * no write.  Slots are numbered from 0; a frame's `slot` field is the number plus 1.
 *
 * Invariant (memory_check): free + used = total; each used slot belongs to exactly one page, in
 * a page-table entry or a frame.
 */
#ifndef FAULTLINE_SWAP_H
#define FAULTLINE_SWAP_H

#include "kernel/contents.h"
#include "kernel/index_set.h"

typedef struct Swap {
    uint32_t total;
    IndexSet free;
    uint32_t *slots; /* lazy: contents of each slot */
    Contents *contents;
} Swap;

bool swap_init(Swap *swap, uint32_t total, Contents *contents);
void swap_clear(Swap *swap);
/* The lowest free slot, or INDEX_NONE if swap is full. */
uint32_t swap_take(Swap *swap);
void swap_give(Swap *swap, uint32_t slot);
/* Copy a page's bytes into a slot, and a slot's into a page. */
void swap_write(Swap *swap, uint32_t slot, uint32_t from);
void swap_read(const Swap *swap, uint32_t slot, uint32_t *to);
static inline uint64_t swap_used(const Swap *swap) { return swap->total - swap->free.count; }

#endif
