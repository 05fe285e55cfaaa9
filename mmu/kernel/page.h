/* page.h - the deeds on one page: map it into a space, take it out, free what it held.
 *
 * Everything that puts a page into memory or takes one out goes through here, so frames, page
 * tables, the policy's lists and the spaces' sums (rss, anon, file, swap) change together.
 */
#ifndef FAULTLINE_PAGE_H
#define FAULTLINE_PAGE_H

#include "kernel/kernel.h"

/* A held frame becomes the page `vpn` of the space: entry present with `bits` (rights, A, D),
 * rss + 1, the policy told.  `slot` (or SLOT_NONE): a swap slot that still has the same bytes. */
void page_map(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pfn pfn, const Vma *vma, Pte bits,
              uint32_t slot);
/* The shared zero page, read-only: no frame, no rss. */
void page_map_zero(Memory *m, AddressSpace *space, Pte *pte, const Vma *vma);

/* Take a resident page out of its space: `after` is what the entry becomes.  The frame stays
 * resident for the caller to release or to put in transit. */
void page_unmap(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pte after, UnloadReason reason);

/* Forget whatever the entry stands for: frame, slot, zero page.  It becomes PTE_NONE. */
void page_discard(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte);
/* The same for every page of first..end-1 of the space. */
void pages_discard(Memory *m, AddressSpace *space, Vpn first, Vpn end);

/* Begin to write a page that `was_dirty` to its slot or file; its entry was unmapped already.
 * Copies the bytes now; returns when the device will be done (now, if nothing to write). */
Tick page_write_back(Memory *m, AddressSpace *space, Vpn vpn, Pfn pfn, bool was_dirty);

/* Could the page in this resident frame leave memory now?  A dirty anonymous page needs a
 * place in swap. */
bool page_can_leave(Memory *m, Pfn pfn);
/* The entry that a page which leaves memory leaves behind: swapped, or none. */
Pte page_left_behind(Memory *m, Pfn pfn, bool was_dirty);
/* The swap slot of a frame is no longer wanted: its page is the only copy, so it is dirty. */
void page_drop_slot(Memory *m, Pfn pfn);

#endif
