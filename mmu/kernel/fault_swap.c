/* fault_swap.c - a page that the space had before and that was unmapped: it is still in memory, or
 * its bytes are in swap.
 *
 *   in transit, standby, modified, deactivated   soft fault: mapped again
 *   slot cached                                  another process has read it: shared
 *   slot not cached                              a frame, and a read that is waited for
 *
 * Source: do_swap_page() of mm/memory.c in Linux.
 */
#include "kernel/fault_private.h"
#include "kernel/swap_ahead.h"
#include "kernel/trim.h"

/* The page is unmapped, but still here.  Deactivated: its policy takes it back as it was.  In
 * transit or on standby it is as good as new: clean, because its bytes are in its slot or file
 * already; on the modified list it is still dirty. */
Outcome fault_soft(FaultContext *f) {
    Pfn pfn = pte_number(*f->pte);
    f->kind = FAULT_SOFT;
    charge_fault(f->m, f->space, f->m->config.costs.soft_fault_ns);
    if (frame_at(f->m, pfn)->state != FRAME_DEACTIVATED) {
        working_set_make_room(f->m, f->space);
    }
    fault_map_cached(f, pte_number(*f->pte));
    return OUTCOME_OK;
}

/* A page that will be written now needs its slot no more, if nobody else does: the copy there is
 * about to be stale.  In compressed memory any second copy would be a waste. */
static void slot_outlived(FaultContext *f, Pfn pfn) {
    Frame *frame = frame_at(f->m, pfn);
    bool stale = f->access == ACCESS_WRITE && f->m->config.profile->write_frees_slot;
    if (frame_slot_idle(f->m, frame) && (stale || f->m->config.swap_by_cpu)) {
        frame->dirty = true;
        page_drop_slot(f->m, pfn);
    }
}

/* The slot's page is in memory, or is being read: another process shares it. */
static Outcome swap_cached_in(FaultContext *f, Pfn pfn) {
    const Frame *frame = frame_at(f->m, pfn);
    swap_ahead_hit(f->m, f->space, pfn);
    if (frame->state == FRAME_HELD) {
        return fault_wait_for_other(f, pfn);
    }
    f->kind = FAULT_CACHED;
    charge_minor(f);
    fault_map_cached(f, pfn);
    slot_outlived(f, pfn);
    return OUTCOME_OK;
}

/* The read is over, and the fault still stands. */
static void swap_map(FaultContext *f, Pfn pfn) {
    Memory *m = f->m;
    uint32_t slot = frame_at(m, pfn)->slot - 1;
    fault_map_new(f, pfn, PAGE_ANONYMOUS);
    counters_of(f)->pswpin++;
    emit(m, EVENT_swap_in, f->space, (Event){.va = f->va, .frame = pfn, .a = slot});
    slot_outlived(f, pfn);
}

Outcome fault_swap_in(FaultContext *f) {
    Memory *m = f->m;
    uint32_t slot = pte_number(*f->pte);
    if (swap_cached(&m->swap, slot) != PFN_NONE) {
        return swap_cached_in(f, swap_cached(&m->swap, slot));
    }
    FrameGrant grant;
    Tick done;
    Outcome outcome = fault_start_read(f, &grant, &done);
    if (outcome != OUTCOME_OK || grant.pfn == PFN_NONE) {
        return outcome;
    }
    if (swap_cached(&m->swap, slot) != PFN_NONE) { /* another read it while we looked for a frame */
        return fault_give_up_frame(f, &grant);
    }
    fault_note_read(f, FAULT_SWAP_IN);
    swap_read(&m->swap, slot, &frame_at(m, grant.pfn)->contents);
    page_set_slot(m, grant.pfn, slot);
    frame_at(m, grant.pfn)->owner = page_key(f->space->asid, f->vpn);
    swap_ahead_miss(m, f->space, slot);
    if (fault_wait(f, grant.pfn, done)) {
        swap_map(f, grant.pfn);
    } else {
        page_land(m, grant.pfn);
        f->again = true;
    }
    return OUTCOME_OK;
}
