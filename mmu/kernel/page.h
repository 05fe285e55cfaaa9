/* page.h - the deeds on one page: map it into a space, take it out, free what it held.
 *
 * Everything that puts a page into memory or takes one out goes through here, so frames, page
 * tables, the policy's lists and the spaces' sums (rss, anon, file, swap) change together.
 */
#ifndef FAULTLINE_PAGE_H
#define FAULTLINE_PAGE_H

#include "kernel/kernel.h"

/* The entry of the page in a frame that a page owns: the reverse map. */
Pte *frame_entry(Memory *m, Pfn pfn);

/* A held frame becomes the page `vpn` of the space: entry present with `bits` (rights, A, D),
 * rss + 1, the policy told.  `slot` (or SLOT_NONE): a swap slot that still has the same bytes. */
void page_map(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pfn pfn, const Vma *vma, Pte bits,
              uint32_t slot);
/* The shared zero page, read-only: no frame, no rss. */
void page_map_zero(const Memory *m, Pte *pte, const Vma *vma);

/* A held frame whose page its policy had deactivated is mapped again, dirty if it was. */
void page_reactivate(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pfn pfn, const Vma *vma,
                     Pte bits);

/* Resident or deactivated: does memory hold the only copy? */
bool page_is_dirty(Memory *m, Pfn pfn);
/* Unmap a resident page but keep it in its frame; its policy goes on holding it. */
void page_deactivate(Memory *m, Pfn pfn);
/* Write a page back and keep it. */
void page_clean(Memory *m, Pfn pfn);

/* Replacement takes the page in this frame (page_can_leave): unmap, write if dirty, free the
 * frame.  Returns when the device will be done; until then the caller leaves the frame alone. */
Tick page_evict(Memory *m, Pfn pfn);
/* The same without a hurry: a dirty page is in transit until it is written. */
void page_send_out(Memory *m, Pfn pfn, UnloadReason reason);

/* Take a resident or deactivated page out of its working set: unmapped, no policy holds it, but it
 * stays in memory, on the modified or the standby list. */
void page_trim(Memory *m, Pfn pfn);
/* Is there a place for a trimmed page outside memory? */
bool page_can_be_written(const Memory *m, Pfn pfn);
/* Begin to write a page of the modified list; it is in transit until then.  When that is. */
Tick page_launder(Memory *m, Pfn pfn);
/* It is written: it joins the standby list. */
void page_laundered(Memory *m, Pfn pfn);
/* The page of a trimmed frame leaves memory after all, its frame is held.  When the device will be
 * done: a page of the modified list is written now. */
Tick page_repurpose(Memory *m, Pfn pfn);

/* Forget whatever the entry stands for: frame, slot, zero page.  It becomes PTE_NONE. */
void page_discard(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte);
/* The same for every page of first..end-1 of the space; the policy forgets their ghosts, too. */
void pages_discard(Memory *m, AddressSpace *space, Vpn first, Vpn end);

/* Could the page in this frame leave memory now?  Not if it is locked; a dirty anonymous page needs
 * a place in swap. */
bool page_can_leave(Memory *m, Pfn pfn);
/* The swap slot of a frame is no longer wanted: its page is the only copy, so it is dirty. */
void page_drop_slot(Memory *m, Pfn pfn);

#endif
