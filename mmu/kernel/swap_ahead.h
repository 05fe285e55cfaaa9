/* swap_ahead.h - reading swap ahead: a page comes with its neighbours in swap.
 *
 *   slot   ... 15 | 16 17 18 19 20 21 22 23 | 24 ...      a fault on the page of slot 18 reads 16 to 23
 *
 * Idea: pages that left together lie together and are wanted together.  The window is 2^page_cluster
 * slots at most, begins at a multiple of its length, and follows its success:
 *
 *   pages read ahead that were wanted, since the last window     slots in the next
 *   none: is the fault next to the last one that had none?       2 : 1
 *   some                                                         2 more, up to a power of two (4 ...)
 *   but no less than half of the last window
 *
 * So a loop has one major fault in eight and the others are minor, and random access soon reads
 * nothing ahead.  Pages read ahead are in the swap cache, mapped by nobody.
 * Source: swapin_nr_pages() and swap_cluster_readahead() of mm/swap_state.c in Linux; for disks that do
 * not rotate Linux looks at neighbours in the mapping instead.
 */
#ifndef FAULTLINE_SWAP_AHEAD_H
#define FAULTLINE_SWAP_AHEAD_H

#include "kernel/kernel.h"

/* Before the first window, as if so many had been wanted. */
#define SWAP_AHEAD_HITS_FIRST 4u

/* A fault of the space reads this slot: read those around it, too. */
void swap_ahead_miss(Memory *m, AddressSpace *space, uint32_t slot);
/* A page in the swap cache is wanted. */
void swap_ahead_hit(Memory *m, AddressSpace *space, Pfn pfn);
/* Read a page from its slot into the swap cache, where it has this name for now. */
void swap_ahead_slot(Memory *m, AddressSpace *space, PageKey name, uint32_t slot);

#endif
