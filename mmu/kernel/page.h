/* page.h - the deeds on one page: into memory and out of it, mapped and unmapped.
 *
 * Everything that puts a page into memory, takes one out, or changes who maps it goes through
 * here, so frames, page tables, the reverse map, the policy's lists, swap slots and the spaces'
 * sums (rss, anon, file, shmem, swap) change together.
 *
 *   page.c         mapping and unmapping
 *   page_marks.c   what all entries of a page say together
 *   page_out.c     eviction, writing back, swap slots
 */
#ifndef FAULTLINE_PAGE_H
#define FAULTLINE_PAGE_H

#include "kernel/kernel.h"

/* ---- page.c ------------------------------------------------------------------------------- */

/* The entry that a mapper's key stands for. */
Pte *mapper_entry(const Memory *m, PageKey mapper);
/* Where events and counters about a frame's page go: its space, else the first that maps it; NULL:
 * nobody's.  *va: the page's address there. */
AddressSpace *frame_payer(const Memory *m, Pfn pfn, VAddr *va);
Counters *frame_counters(const Memory *m, Pfn pfn);

/* The entry of `vpn` leads to the page in the frame, with these bits (rights, A, D).  What it
 * held before (a slot) is let go. */
void page_enter(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pfn pfn, Pte bits);
/* The policy is told of a page that is new in memory: after the entry that asked for it is there,
 * so that its R bit can be seen. */
void page_settle_in(Memory *m, Pfn pfn);
/* The page in the frame, which `before` held under the old name, goes by another one now. */
void page_renamed(Memory *m, Pfn pfn, PolicyInstance *before, PageKey old_name);
/* A held frame with a name (in the swap cache or an object's cache) is filled: it is a page that
 * nobody maps yet.  If nobody can ask for it any more it is free. */
void page_land(Memory *m, Pfn pfn);
/* The reads that nobody waits for and that are complete by now. */
void flights_land(Memory *m);
/* The process that waited for this held frame is dead. */
void flight_cancel(Memory *m, Pfn pfn);
/* A page that was unmapped, which an entry leads to again, is resident again. */
void page_wake(Memory *m, Pfn pfn);
/* The shared zero page, read-only: no frame, no rss. */
void page_map_zero(const Memory *m, Pte *pte, const Vma *vma);
/* mremap: the entry of a page in memory was moved from one page number to another. */
void page_moved(Memory *m, AddressSpace *space, Pfn pfn, Vpn from, Vpn to);

/* Unmap a resident page but keep it in its frame; its policy goes on holding it. */
void page_deactivate(Memory *m, Pfn pfn);

/* Forget whatever the entry stands for: frame, slot, zero page.  It becomes PTE_NONE. */
void page_discard(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte);
/* The same for every page of first..end-1 of the space; the policy forgets their ghosts, too. */
void pages_discard(Memory *m, AddressSpace *space, Vpn first, Vpn end);

/* The page leaves the memory: all its entries become `after` (none, swapped, in transit), or for
 * an object's page the entry in its cache does; the policy is told.  What becomes of the frame is
 * the caller's to say. */
void page_leave(Memory *m, Pfn pfn, Pte after, UnloadReason reason);
/* The page in the frame is gone for good, and its last mapper with it. */
void page_die(Memory *m, Pfn pfn);
/* A page that no policy holds (in transit, trimmed) is out: as page_leave, but the policy knew already. */
void page_gone(Memory *m, Pfn pfn, Pte after);
/* The frame is no copy of its slot any more. */
void frame_detach(Memory *m, Pfn pfn);
/* The frame's page, which no entry leads to any more, is gone; the frame is free. */
void frame_forget(Memory *m, Pfn pfn);

/* ---- page_marks.c ------------------------------------------------------------------------- */

/* Does only one entry lead to this anonymous page, and nothing to its swap slot?  Then a write
 * needs no copy. */
bool page_exclusive(const Memory *m, Pfn pfn);
/* The rights that an entry of the mapping may have for this page without a fault on a write: not
 * to write if it is somebody else's, too, or a file has to learn of it. */
Pte page_rights(const Memory *m, const Vma *vma, Pfn pfn);
/* Does memory hold the only copy? */
bool page_is_dirty(const Memory *m, Pfn pfn);
/* Was it accessed since this was last cleared, through any entry? */
bool page_referenced(const Memory *m, Pfn pfn);
void page_clear_referenced(Memory *m, Pfn pfn);
/* It was written back: it is clean. */
void page_clear_dirty(Memory *m, Pfn pfn);

/* ---- page_out.c --------------------------------------------------------------------------- */

/* Could the page in this frame leave memory now?  Not if it is locked; a dirty anonymous page needs
 * a place in swap. */
bool page_can_leave(Memory *m, Pfn pfn);
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
/* The page of a trimmed frame leaves memory after all, its frame is held.  When the device will be
 * done: a page of the modified list is written now. */
Tick page_repurpose(Memory *m, Pfn pfn);
/* The write of a page in transit is complete: its frame is free, or on the standby list. */
void page_written(Memory *m, Pfn pfn);

/* The frame has a copy of the slot's page. */
void page_set_slot(Memory *m, Pfn pfn, uint32_t slot);
/* The swap slot of a frame is no longer wanted: the page is about to differ from it. */
void page_drop_slot(Memory *m, Pfn pfn);
/* An entry that said swapped(slot) does so no more. */
void slot_release(Memory *m, uint32_t slot);

/* Is the frame's slot kept for no other reason than to spare a write? */
static inline bool frame_slot_idle(const Memory *m, const Frame *frame) {
    return frame->state == FRAME_RESIDENT && frame->slot != SLOT_NONE &&
           m->swap.references[frame->slot - 1] == 0;
}

#endif
