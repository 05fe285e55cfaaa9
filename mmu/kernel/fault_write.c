/* fault_write.c - a write to a page that is present but write-protected.
 *
 *   shared mapping              the file learns that its page is dirty: the right is given
 *   private, nobody else's      all who shared it are gone (or have copies): reused as it is
 *   private, shared             copied; the others keep the old page
 *
 * Source: do_wp_page() and wp_page_copy() of mm/memory.c in Linux: a page is reused only if no
 * other entry leads to it and nobody refers to its swap slot.
 */
#include "kernel/fault_private.h"

/* The entry may be written from now on, and is. */
static Outcome write_allow(FaultContext *f, Pfn pfn) {
    f->kind = FAULT_REUSE;
    f->pfn = pfn;
    charge_minor(f);
    *f->pte |= fault_bits(f, pfn);
    tlb_forget(f->m, f->space, f->vpn);
    return OUTCOME_OK;
}

/* Is the page still in its frame, and does it stand for what the entry said? */
static bool source_stands(const FaultContext *f, Pfn from, PageKey name) {
    const Frame *source = frame_at(f->m, from);
    return *f->pte == f->seen && source->state == FRAME_RESIDENT && source->owner == name;
}

/* A frame for the copy, while the page to be copied stays where it is. */
static Outcome take_frame_beside(FaultContext *f, Pfn from, FrameGrant *grant) {
    Frame *source = frame_at(f->m, from);
    PageKey name = source->owner;
    source->pins++;
    Outcome outcome = fault_take_frame(f, false, grant);
    source->pins -= source->pins > 0;
    bool granted = outcome == OUTCOME_OK && grant->pfn != PFN_NONE;
    return granted && !source_stands(f, from, name) ? fault_give_up_frame(f, grant) : outcome;
}

Outcome fault_copy(FaultContext *f, Pfn from) {
    Memory *m = f->m;
    FrameGrant grant;
    charge_fault(m, f->space, m->config.costs.minor_fault_ns + m->config.costs.cow_copy_ns);
    Outcome outcome = take_frame_beside(f, from, &grant);
    if (outcome != OUTCOME_OK || grant.pfn == PFN_NONE) {
        return outcome;
    }
    f->kind = FAULT_COPY;
    contents_copy(&m->contents, &frame_at(m, grant.pfn)->contents, frame_at(m, from)->contents);
    if (pte_present(*f->pte)) {
        page_discard(m, f->space, f->vpn, f->pte);
    }
    fault_map_new(f, grant.pfn, PAGE_ANONYMOUS);
    return OUTCOME_OK;
}

Outcome fault_write_protected(FaultContext *f) {
    Pfn pfn = pte_number(*f->pte);
    if ((f->vma->kind == VMA_FILE && (f->vma->flags & VMA_SHARED)) || page_exclusive(f->m, pfn)) {
        return write_allow(f, pfn);
    }
    return fault_copy(f, pfn);
}
