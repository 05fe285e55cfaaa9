/* page.c - see page.h. */
#include "kernel/page.h"

#include <assert.h>

#include "kernel/mapping.h"

Pte *frame_entry(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    return page_table_find(&frame_space(m, frame)->page_table, page_key_vpn(frame->owner));
}

static void count_resident(AddressSpace *space, bool file, int64_t change) {
    space->rss += (uint64_t)change;
    *(file ? &space->file : &space->anon) += (uint64_t)change;
    if (space->rss > space->peak_rss) {
        space->peak_rss = space->rss;
    }
}

/* What page_map() and page_reactivate() share: everything but what the policy is told. */
static void frame_map(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pfn pfn, const Vma *vma,
                      Pte bits, uint32_t slot) {
    bool file = vma->kind == VMA_FILE;
    if (pte_swapped(*pte)) {
        space->swap--;
    }
    frame_occupy(&m->frames, pfn, page_key(space->asid, vpn), file);
    frame_at(m, pfn)->slot = slot;
    m->swap_copies += slot != SLOT_NONE;
    *pte = pte_make(pfn, prot_bits(vma->prot) | bits);
    count_resident(space, file, 1);
}

void page_map(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pfn pfn, const Vma *vma, Pte bits,
              uint32_t slot) {
    frame_map(m, space, vpn, pte, pfn, vma, bits, slot);
    m->config.policy->loaded(space->policy->self, pfn, page_key(space->asid, vpn));
}

void page_reactivate(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pfn pfn, const Vma *vma,
                     Pte bits) {
    const Frame *frame = frame_at(m, pfn);
    Pte dirty = frame->dirty ? PTE_DIRTY : 0;
    frame_map(m, space, vpn, pte, pfn, vma, bits | dirty, frame->slot);
    space->deactivated--;
    m->config.policy->reactivated(space->policy->self, pfn);
}

void page_map_zero(const Memory *m, Pte *pte, const Vma *vma) {
    *pte = pte_make(m->zero_frame,
                    (prot_bits(vma->prot) & ~PTE_WRITABLE) | PTE_ACCESSED | PTE_ZERO_PAGE);
}

/* The entry of a resident page becomes `after`: no translation leads to the frame any more. */
static void frame_unmap(Memory *m, Pfn pfn, Pte after) {
    Frame *frame = frame_at(m, pfn);
    AddressSpace *space = frame_space(m, frame);
    *frame_entry(m, pfn) = after;
    tlb_shootdown(m, space, page_key_vpn(frame->owner));
    count_resident(space, frame->file, -1);
    m->swap_copies -= frame->slot != SLOT_NONE;
}

/* A resident page, or a deactivated one, leaves its entry, which becomes `after`; the policy is
 * told.  What becomes of the frame is the caller's to say. */
static void page_leave(Memory *m, Pfn pfn, Pte after, UnloadReason reason) {
    Frame *frame = frame_at(m, pfn);
    if (frame->state == FRAME_RESIDENT) {
        frame_unmap(m, pfn, after);
    } else {
        *frame_entry(m, pfn) = after;
        frame_space(m, frame)->deactivated--;
    }
    AddressSpace *space = frame_space(m, frame);
    space->swap += pte_swapped(after);
    m->config.policy->unloaded(space->policy->self, pfn, frame->owner, reason);
}

bool page_is_dirty(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    return frame->state == FRAME_DEACTIVATED ? frame->dirty
                                             : (*frame_entry(m, pfn) & PTE_DIRTY) != 0;
}

void page_deactivate(Memory *m, Pfn pfn) {
    bool dirty = page_is_dirty(m, pfn);
    frame_unmap(m, pfn, pte_make(pfn, PTE_KIND_TRANSIT));
    frame_set_deactivated(&m->frames, pfn, dirty);
    frame_space(m, frame_at(m, pfn))->deactivated++;
}

void page_drop_slot(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    assert(frame->slot != SLOT_NONE);
    swap_give(&m->swap, frame->slot - 1);
    frame->slot = SLOT_NONE;
    m->swap_copies -= frame->state == FRAME_RESIDENT;
}

/* The frame's page, which no entry leads to any more, is gone for good. */
static void frame_forget(Memory *m, Pfn pfn) {
    if (frame_at(m, pfn)->slot != SLOT_NONE) {
        swap_give(&m->swap, frame_at(m, pfn)->slot - 1);
    }
    frame_release(&m->frames, pfn);
}

void page_discard(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte) {
    Pte entry = *pte;
    Pfn pfn = pte_number(entry);
    if (pte_zero_page(entry)) {
        *pte = PTE_NONE;
        tlb_shootdown(m, space, vpn);
    } else if (pte_present(entry) ||
               (pte_transit(entry) && frame_at(m, pfn)->state == FRAME_DEACTIVATED)) {
        page_leave(m, pfn, PTE_NONE, UNLOAD_REMOVED);
        frame_forget(m, pfn);
    } else if (pte_transit(entry)) {
        if (frame_at(m, pfn)->state == FRAME_TRIMMED) {
            page_lists_remove(&m->lists, pfn);
        } else {
            transit_void(&m->transit, frame_at(m, pfn)->transit);
        }
        frame_forget(m, pfn);
        *pte = PTE_NONE;
    } else if (pte_swapped(entry)) {
        swap_give(&m->swap, pte_number(entry));
        space->swap--;
        *pte = PTE_NONE;
    }
}

void pages_discard(Memory *m, AddressSpace *space, Vpn first, Vpn end) {
    Vpn vpn = first;
    for (Pte *pte; (pte = page_table_next(&space->page_table, &vpn, end)) != NULL; vpn++) {
        page_discard(m, space, vpn, pte);
    }
    policy_forget(m, space, first, end);
}

bool page_can_leave(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    bool held_by_policy = frame->state == FRAME_RESIDENT || frame->state == FRAME_DEACTIVATED;
    if (!held_by_policy || page_is_locked(m, pfn)) {
        return false;
    }
    return frame->file || frame->slot != SLOT_NONE || m->swap.free.count > 0 ||
           m->swap_copies > 0 || !page_is_dirty(m, pfn);
}

/* Swap is full, but some resident page keeps a slot that it does not need: take that. */
static uint32_t slot_reclaim(Memory *m) {
    assert(m->swap_copies > 0);
    while (frame_at(m, m->copy_hand)->state != FRAME_RESIDENT ||
           frame_at(m, m->copy_hand)->slot == SLOT_NONE) {
        m->copy_hand = (m->copy_hand + 1) % m->frames.total;
    }
    *frame_entry(m, m->copy_hand) |= PTE_DIRTY;
    page_drop_slot(m, m->copy_hand);
    return swap_take(&m->swap);
}

/* A place in swap for a frame's page, if it has none. */
static void slot_assign(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    if (frame->slot == SLOT_NONE) {
        uint32_t slot = swap_take(&m->swap);
        frame->slot = (slot == INDEX_NONE ? slot_reclaim(m) : slot) + 1;
        m->swap_copies += frame->state == FRAME_RESIDENT;
    }
}

/* The entry that a page which leaves memory leaves behind: swapped, or none.  A page without a
 * slot that was never written holds what demand zero will supply again. */
static Pte left_behind(Memory *m, Pfn pfn, bool dirty) {
    const Frame *frame = frame_at(m, pfn);
    if (frame->file || (!dirty && frame->slot == SLOT_NONE)) {
        return PTE_NONE;
    }
    slot_assign(m, pfn);
    return pte_make(frame->slot - 1, PTE_KIND_SWAPPED);
}

static void write_to_file(Memory *m, AddressSpace *space, Vpn vpn, Pfn pfn) {
    const Vma *vma = vma_find(&space->vmas, vpn);
    uint64_t page = vma->file_page + (vpn - vma->first);
    file_write(&m->files, vma->file, page, frame_at(m, pfn)->contents);
    space->counters->fileout++;
    emit(m, EVENT_file_out, space, (Event){.va = vpn << page_shift(m), .frame = pfn, .a = page});
}

static void write_to_swap(Memory *m, AddressSpace *space, Vpn vpn, Pfn pfn) {
    uint32_t slot = frame_at(m, pfn)->slot - 1;
    swap_write(&m->swap, slot, frame_at(m, pfn)->contents);
    space->counters->pswpout++;
    emit(m, EVENT_swap_out, space, (Event){.va = vpn << page_shift(m), .frame = pfn, .a = slot});
}

/* Begin to write a dirty page to its slot or file: the bytes are copied now.  When the device
 * will be done. */
static Tick page_write_back(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    AddressSpace *space = frame_space(m, frame);
    (frame->file ? write_to_file : write_to_swap)(m, space, page_key_vpn(frame->owner), pfn);
    space->counters->writebacks++;
    return device_submit(&m->device, m->clock->now, ACCESS_WRITE, m->machine);
}

void page_clean(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    if (!page_is_dirty(m, pfn) || !page_can_leave(m, pfn)) {
        return;
    }
    if (!frame->file) {
        slot_assign(m, pfn);
    }
    page_write_back(m, pfn);
    frame->dirty = false;
    if (frame->state == FRAME_RESIDENT) {
        *frame_entry(m, pfn) &= ~PTE_DIRTY;
        tlb_shootdown(m, frame_space(m, frame), page_key_vpn(frame->owner));
    }
}

static void count_eviction(Memory *m, Pfn pfn, bool dirty) {
    const Frame *frame = frame_at(m, pfn);
    AddressSpace *owner = frame_space(m, frame);
    VAddr va = page_key_vpn(frame->owner) << page_shift(m);
    emit(m, EVENT_evict, owner, (Event){.va = va, .frame = pfn, .a = dirty});
    owner->counters->evictions++;
}

Tick page_evict(Memory *m, Pfn pfn) {
    assert(page_can_leave(m, pfn));
    bool dirty = page_is_dirty(m, pfn);
    count_eviction(m, pfn, dirty);
    page_leave(m, pfn, left_behind(m, pfn, dirty), UNLOAD_EVICTED);
    Tick done = dirty ? page_write_back(m, pfn) : m->clock->now;
    frame_release(&m->frames, pfn);
    return done;
}

void page_send_out(Memory *m, Pfn pfn, UnloadReason reason) {
    bool dirty = page_is_dirty(m, pfn);
    Pte left = left_behind(m, pfn, dirty);
    if (reason == UNLOAD_EVICTED) {
        count_eviction(m, pfn, dirty);
    }
    page_leave(m, pfn, dirty ? pte_make(pfn, PTE_KIND_TRANSIT) : left, reason);
    if (dirty) {
        Tick done = page_write_back(m, pfn);
        frame_set_transit(&m->frames, pfn, transit_push(&m->transit, pfn, done));
    } else {
        frame_release(&m->frames, pfn);
    }
}

/* ---- trimmed pages ---- */

void page_trim(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    AddressSpace *space = frame_space(m, frame);
    bool dirty = page_is_dirty(m, pfn);
    page_leave(m, pfn, pte_make(pfn, PTE_KIND_TRANSIT), UNLOAD_EVICTED);
    frame_set_trimmed(&m->frames, pfn, dirty);
    page_lists_add(&m->lists, dirty ? LIST_MODIFIED : LIST_STANDBY, pfn);
    space->counters->trims++;
    VAddr va = page_key_vpn(frame->owner) << page_shift(m);
    emit(m, EVENT_trim, space, (Event){.va = va, .frame = pfn, .a = dirty});
}

bool page_can_be_written(const Memory *m, Pfn pfn) {
    const Frame *frame = &m->frames.frames[pfn];
    return frame->file || frame->slot != SLOT_NONE || m->swap.free.count > 0 || m->swap_copies > 0;
}

Tick page_launder(Memory *m, Pfn pfn) {
    assert(frame_at(m, pfn)->state == FRAME_TRIMMED && page_can_be_written(m, pfn));
    if (!frame_at(m, pfn)->file) {
        slot_assign(m, pfn);
    }
    page_lists_remove(&m->lists, pfn);
    Tick done = page_write_back(m, pfn);
    frame_set_transit(&m->frames, pfn, transit_push(&m->transit, pfn, done));
    return done;
}

void page_laundered(Memory *m, Pfn pfn) {
    frame_set_trimmed(&m->frames, pfn, false);
    page_lists_add(&m->lists, LIST_STANDBY, pfn);
}

Tick page_repurpose(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    bool dirty = frame->dirty;
    assert(frame->state == FRAME_TRIMMED && (!dirty || page_can_be_written(m, pfn)));
    count_eviction(m, pfn, dirty);
    Pte left = left_behind(m, pfn, dirty);
    *frame_entry(m, pfn) = left;
    frame_space(m, frame)->swap += pte_swapped(left);
    page_lists_remove(&m->lists, pfn);
    frame_set_held(&m->frames, pfn);
    return dirty ? page_write_back(m, pfn) : m->clock->now;
}
