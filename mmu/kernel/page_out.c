/* page_out.c - pages on their way out of memory: swap slots, writing back, eviction.
 *
 *   clean file page, untouched zeros   -> nothing to keep: the entry becomes none
 *   has a slot, clean                  -> the slot has its bytes: swapped(slot)
 *   dirty                              -> written to its slot or its file
 */
#include <assert.h>

#include "kernel/folio.h"
#include "kernel/mapping.h"
#include "kernel/object.h"
#include "kernel/page.h"

/* ---- swap slots --------------------------------------------------------------------------- */

void page_set_slot(Memory *m, Pfn pfn, uint32_t slot) {
    Frame *frame = frame_at(m, pfn);
    frame->slot = slot + 1;
    frame->read_ahead = false;
    swap_cache(&m->swap, slot, pfn);
    m->swap_copies += frame_slot_idle(m, frame);
}

void page_drop_slot(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    assert(frame->slot != SLOT_NONE);
    m->swap_copies -= frame_slot_idle(m, frame);
    swap_uncache(&m->swap, frame->slot - 1);
    frame->slot = SLOT_NONE;
}

void slot_release(Memory *m, uint32_t slot) {
    Pfn pfn = swap_cached(&m->swap, slot);
    const Frame *frame = pfn == PFN_NONE ? NULL : frame_at(m, pfn);
    m->swap_copies -= frame != NULL && frame_slot_idle(m, frame);
    swap_release(&m->swap, slot);
    if (frame == NULL) {
        return;
    }
    m->swap_copies += frame_slot_idle(m, frame);
    bool wanted = frame->of_object || frame->mapcount > 0 || m->swap.references[slot] > 0;
    if (!wanted && frame->state == FRAME_HELD) {
        page_drop_slot(m, pfn); /* the read goes on for nobody: see page_land() */
    } else if (!wanted) {
        page_die(m, pfn);
    }
}

bool page_can_leave(Memory *m, Pfn pfn) {
    const Frame *frame = &m->frames.frames[pfn];
    return frame_is_held_by_policy(frame) && frame->pins == 0 && !page_is_locked(m, pfn) &&
           (page_can_be_written(m, pfn) || !page_is_dirty(m, pfn));
}

bool page_can_be_written(const Memory *m, Pfn pfn) {
    const Frame *frame = &m->frames.frames[pfn];
    return frame->kind == PAGE_FILE || frame->slot != SLOT_NONE || m->swap.free.count > 0 ||
           m->swap_copies > 0;
}

/* Swap is full, but some resident page keeps a slot that it does not need: take that. */
static uint32_t slot_reclaim(Memory *m) {
    assert(m->swap_copies > 0);
    while (!frame_slot_idle(m, frame_at(m, m->copy_hand))) {
        m->copy_hand = (m->copy_hand + 1) % m->frames.total;
    }
    frame_at(m, m->copy_hand)->dirty = true;
    page_drop_slot(m, m->copy_hand);
    return swap_take(&m->swap);
}

/* A place in swap for a frame's page, if it has none. */
static void slot_assign(Memory *m, Pfn pfn) {
    if (frame_at(m, pfn)->slot == SLOT_NONE) {
        uint32_t slot = swap_take(&m->swap);
        page_set_slot(m, pfn, slot == INDEX_NONE ? slot_reclaim(m) : slot);
    }
}

/* The entry that a page which leaves memory leaves behind: swapped, or none.  A page without a
 * slot that was never written holds what demand zero will supply again. */
static Pte left_behind(Memory *m, Pfn pfn, bool dirty) {
    const Frame *frame = frame_at(m, pfn);
    if (frame->kind == PAGE_FILE || (!dirty && frame->slot == SLOT_NONE)) {
        return PTE_NONE;
    }
    slot_assign(m, pfn);
    return pte_make(frame->slot - 1, PTE_KIND_SWAPPED);
}

/* ---- writing back ------------------------------------------------------------------------- */

/* Files may be as large as they like, and hold so many pages of data: those of memory and swap, and 1
 * GiB more.  A program that writes without end would fill the host's memory. */
static bool files_hold_too_much(const Memory *m) {
    uint64_t more = (UINT64_C(1) << 30) >> page_shift(m);
    return m->files.data_pages > m->config.frames + m->config.swap_slots + more;
}

static void write_to_file(Memory *m, Pfn pfn, AddressSpace *payer, VAddr va) {
    uint32_t file;
    uint64_t page = object_page_of(m, frame_at(m, pfn), &file);
    file_write(&m->files, file, page, frame_at(m, pfn)->contents);
    if (files_hold_too_much(m) && m->env.files_full != NULL) {
        m->env.files_full(m->env.host);
    }
    frame_counters(m, pfn)->fileout++;
    emit(m, EVENT_file_out, payer, (Event){.va = va, .frame = pfn, .a = page});
}

static void write_to_swap(Memory *m, Pfn pfn, AddressSpace *payer, VAddr va) {
    uint32_t slot = frame_at(m, pfn)->slot - 1;
    swap_write(&m->swap, slot, frame_at(m, pfn)->contents);
    frame_counters(m, pfn)->pswpout++;
    emit(m, EVENT_swap_out, payer, (Event){.va = va, .frame = pfn, .a = slot});
}

/* Begin to write a dirty page to its slot or file: the bytes are copied now.  When the device
 * will be done. */
static Tick page_write_back(Memory *m, Pfn pfn) {
    VAddr va;
    AddressSpace *payer = frame_payer(m, pfn, &va);
    bool to_file = frame_at(m, pfn)->kind == PAGE_FILE;
    (to_file ? write_to_file : write_to_swap)(m, pfn, payer, va);
    frame_counters(m, pfn)->writebacks++;
    page_clear_dirty(m, pfn);
    return device_submit(&m->device, m->clock->now, ACCESS_WRITE, m->machine);
}

void page_clean(Memory *m, Pfn pfn) {
    if (!page_is_dirty(m, pfn) || !page_can_leave(m, pfn)) {
        return;
    }
    if (frame_at(m, pfn)->kind != PAGE_FILE) {
        slot_assign(m, pfn);
    }
    page_write_back(m, pfn);
}

/* ---- eviction ----------------------------------------------------------------------------- */

static void count_eviction(Memory *m, Pfn pfn, bool dirty) {
    VAddr va;
    AddressSpace *payer = frame_payer(m, pfn, &va);
    emit(m, EVENT_evict, payer, (Event){.va = va, .frame = pfn, .a = dirty});
    frame_counters(m, pfn)->evictions++;
}

Tick page_evict(Memory *m, Pfn pfn) {
    assert(page_can_leave(m, pfn));
    folio_break(m, pfn);
    bool dirty = page_is_dirty(m, pfn);
    count_eviction(m, pfn, dirty);
    Pte left = left_behind(m, pfn, dirty);
    Tick done = dirty ? page_write_back(m, pfn) : m->clock->now;
    page_leave(m, pfn, left, UNLOAD_EVICTED);
    frame_forget(m, pfn);
    return done;
}

void page_send_out(Memory *m, Pfn pfn, UnloadReason reason) {
    folio_break(m, pfn);
    bool dirty = page_is_dirty(m, pfn);
    Pte left = left_behind(m, pfn, dirty);
    if (reason == UNLOAD_EVICTED) {
        count_eviction(m, pfn, dirty);
    }
    if (!dirty) {
        page_leave(m, pfn, left, reason);
        frame_forget(m, pfn);
        return;
    }
    Tick done = page_write_back(m, pfn);
    page_leave(m, pfn, pte_make(pfn, PTE_KIND_TRANSIT), reason);
    frame_set_transit(&m->frames, pfn, transit_push(&m->transit, pfn, done));
}

/* ---- trimmed pages ------------------------------------------------------------------------ */

void page_trim(Memory *m, Pfn pfn) {
    VAddr va;
    AddressSpace *payer = frame_payer(m, pfn, &va);
    bool dirty = page_is_dirty(m, pfn);
    folio_break(m, pfn);
    frame_counters(m, pfn)->trims++;
    page_leave(m, pfn, pte_make(pfn, PTE_KIND_TRANSIT), UNLOAD_EVICTED);
    frame_set_trimmed(&m->frames, pfn);
    page_lists_add(&m->lists, dirty ? LIST_MODIFIED : LIST_STANDBY, pfn);
    emit(m, EVENT_trim, payer, (Event){.va = va, .frame = pfn, .a = dirty});
}

Tick page_launder(Memory *m, Pfn pfn) {
    assert(frame_at(m, pfn)->state == FRAME_TRIMMED && page_can_be_written(m, pfn));
    if (frame_at(m, pfn)->kind != PAGE_FILE) {
        slot_assign(m, pfn);
    }
    page_lists_remove(&m->lists, pfn);
    Tick done = page_write_back(m, pfn);
    frame_set_transit(&m->frames, pfn, transit_push(&m->transit, pfn, done));
    return done;
}

Tick page_repurpose(Memory *m, Pfn pfn) {
    bool dirty = frame_at(m, pfn)->dirty;
    count_eviction(m, pfn, dirty);
    Pte left = left_behind(m, pfn, dirty);
    page_lists_remove(&m->lists, pfn);
    Tick done = dirty ? page_write_back(m, pfn) : m->clock->now;
    page_gone(m, pfn, left);
    frame_detach(m, pfn);
    frame_reuse(&m->frames, pfn);
    return done;
}

void page_written(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    if (frame->laundered) {
        frame_set_trimmed(&m->frames, pfn);
        page_lists_add(&m->lists, LIST_STANDBY, pfn);
        return;
    }
    bool slot = frame->slot != SLOT_NONE;
    page_gone(m, pfn, slot ? pte_make(frame->slot - 1, PTE_KIND_SWAPPED) : PTE_NONE);
    frame_forget(m, pfn);
}
