/* page.c - see page.h. */
#include "kernel/page.h"

#include <assert.h>

static void count_resident(AddressSpace *space, bool file, int64_t change) {
    space->rss += (uint64_t)change;
    *(file ? &space->file : &space->anon) += (uint64_t)change;
    if (space->rss > space->peak_rss) {
        space->peak_rss = space->rss;
    }
}

void page_map(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pfn pfn, const Vma *vma, Pte bits,
              uint32_t slot) {
    bool file = vma->kind == VMA_FILE;
    PageKey key = page_key(space->asid, vpn);
    if (pte_swapped(*pte)) {
        space->swap--;
    }
    frame_occupy(&m->frames, pfn, key, file);
    frame_at(m, pfn)->slot = slot;
    m->swap_copies += slot != SLOT_NONE;
    *pte = pte_make(pfn, prot_bits(vma->prot) | bits);
    count_resident(space, file, 1);
    m->config.policy->loaded(m->policy, pfn, key);
}

void page_map_zero(Memory *m, AddressSpace *space, Pte *pte, const Vma *vma) {
    (void)space;
    *pte = pte_make(m->zero_frame,
                    (prot_bits(vma->prot) & ~PTE_WRITABLE) | PTE_ACCESSED | PTE_ZERO_PAGE);
}

void page_unmap(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pte after, UnloadReason reason) {
    Pfn pfn = pte_number(*pte);
    *pte = after;
    space->swap += pte_swapped(after);
    tlb_shootdown(m, space, vpn);
    count_resident(space, frame_at(m, pfn)->file, -1);
    m->config.policy->unloaded(m->policy, pfn, page_key(space->asid, vpn), reason);
}

void page_drop_slot(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    assert(frame->slot != SLOT_NONE);
    swap_give(&m->swap, frame->slot - 1);
    frame->slot = SLOT_NONE;
    m->swap_copies -= frame->state == FRAME_RESIDENT;
}

/* The frame's page is gone for good. */
static void frame_forget(Memory *m, Pfn pfn) {
    if (frame_at(m, pfn)->slot != SLOT_NONE) {
        page_drop_slot(m, pfn);
    }
    frame_release(&m->frames, pfn);
}

void page_discard(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte) {
    Pte entry = *pte;
    if (pte_zero_page(entry)) {
        *pte = PTE_NONE;
        tlb_shootdown(m, space, vpn);
    } else if (pte_present(entry)) {
        page_unmap(m, space, vpn, pte, PTE_NONE, UNLOAD_REMOVED);
        frame_forget(m, pte_number(entry));
    } else if (pte_transit(entry)) {
        transit_void(&m->transit, frame_at(m, pte_number(entry))->transit);
        frame_forget(m, pte_number(entry));
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
}

bool page_can_leave(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    if (frame->state != FRAME_RESIDENT) {
        return false;
    }
    if (frame->file || frame->slot != SLOT_NONE || m->swap.free.count > 0 || m->swap_copies > 0) {
        return true;
    }
    const AddressSpace *space = frame_space(m, frame);
    return (*page_table_find(&space->page_table, page_key_vpn(frame->owner)) & PTE_DIRTY) == 0;
}

/* Swap is full, but some resident page keeps a slot that it does not need: take that. */
static uint32_t slot_reclaim(Memory *m) {
    assert(m->swap_copies > 0);
    while (frame_at(m, m->copy_hand)->state != FRAME_RESIDENT ||
           frame_at(m, m->copy_hand)->slot == SLOT_NONE) {
        m->copy_hand = (m->copy_hand + 1) % m->frames.total;
    }
    const Frame *frame = frame_at(m, m->copy_hand);
    const AddressSpace *space = frame_space(m, frame);
    *page_table_find(&space->page_table, page_key_vpn(frame->owner)) |= PTE_DIRTY;
    page_drop_slot(m, m->copy_hand);
    return swap_take(&m->swap);
}

/* A page without a slot that was never written holds what demand zero will supply again. */
Pte page_left_behind(Memory *m, Pfn pfn, bool was_dirty) {
    Frame *frame = frame_at(m, pfn);
    if (frame->file || (!was_dirty && frame->slot == SLOT_NONE)) {
        return PTE_NONE;
    }
    if (frame->slot == SLOT_NONE) {
        uint32_t slot = swap_take(&m->swap);
        frame->slot = (slot == INDEX_NONE ? slot_reclaim(m) : slot) + 1;
        m->swap_copies++;
    }
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

Tick page_write_back(Memory *m, AddressSpace *space, Vpn vpn, Pfn pfn, bool was_dirty) {
    if (!was_dirty) {
        return m->clock->now;
    }
    if (frame_at(m, pfn)->file) {
        write_to_file(m, space, vpn, pfn);
    } else {
        write_to_swap(m, space, vpn, pfn);
    }
    space->counters->writebacks++;
    return device_submit(&m->device, m->clock->now, ACCESS_WRITE, m->machine);
}
