/* fault_object.c - faults on pages that belong to an object: a file's page cache, shared memory.
 *
 *   in the cache        mapped as it is, with its neighbours (fault-around); a private write copies
 *   shared memory       a new page of zeros, or its page from swap
 *   a file's page       read, with those behind it that will be wanted (read_ahead.h)
 *
 * Source: do_read_fault(), do_cow_fault() and do_shared_fault() of mm/memory.c, filemap_map_pages()
 * of mm/filemap.c and shmem_fault() of mm/shmem.c in Linux.
 */
#include "kernel/fault_private.h"
#include "kernel/mapping.h"
#include "kernel/read_ahead.h"

/* Linux's fault_around_bytes is 64 KiB: this many pages, aligned, around the one that faulted. */
#define FAULT_AROUND_BYTES (UINT64_C(64) << 10)

/* Which page of the object the mapping has at `vpn`. */
static uint64_t page_at(const FaultContext *f, Vpn vpn) {
    return f->vma->file_page + (vpn - f->vma->first);
}

static uint64_t object_page(const FaultContext *f) { return page_at(f, f->vpn); }

static File *object_of(const FaultContext *f) { return &f->m->files.files[f->vma->file]; }

/* ---- mapping what is in the cache --------------------------------------------------------- */

/* The frame of that page if it is in memory and complete, else PFN_NONE. */
static Pfn resident_at(const FaultContext *f, Vpn vpn) {
    Pte cached = file_cached(&f->m->files, f->vma->file, page_at(f, vpn));
    bool there = pte_present(cached) && frame_at(f->m, pte_number(cached))->state == FRAME_RESIDENT;
    return there ? pte_number(cached) : PFN_NONE;
}

/* Map one neighbour, if its page is in memory and the entry still free. */
static void map_neighbour(FaultContext *f, Vpn vpn) {
    Memory *m = f->m;
    Pfn pfn = resident_at(f, vpn);
    if (pfn == PFN_NONE || frame_at(m, pfn)->ahead_mark) {
        return;
    }
    Pte *pte = page_table_find(&f->space->page_table, vpn);
    bool last = !object_of(f)->shmem && page_at(f, vpn) + 1 == object_of(f)->length;
    if (pte == NULL && !last) { /* the last page of a file alone is no reason to make a table */
        pte = page_table_make(&f->space->page_table, vpn);
    }
    if (pte != NULL && *pte == PTE_NONE) {
        Pte bits = fault_bits(f, pfn) & ~(PTE_ACCESSED | PTE_DIRTY);
        page_enter(m, f->space, vpn, pte, pfn, bits);
    }
}

/* Where pages may be mapped along with the faulting one: in its mapping and its page's table. */
static PageRange room_around(const FaultContext *f) {
    const Geometry *geometry = &f->m->config.geometry;
    uint64_t table = UINT64_C(1) << geometry->bits[geometry->levels - 1];
    Vpn first = f->vpn & ~(table - 1), end = first + table;
    return (PageRange){first < f->vma->first ? f->vma->first : first,
                       end < f->vma->end ? end : f->vma->end};
}

/* The window of neighbours: it begins at a multiple of its size, or where there is room, and ends with the
 * room at the latest. */
static PageRange window_around(const FaultContext *f) {
    PageRange room = room_around(f);
    uint64_t window = FAULT_AROUND_BYTES >> page_shift(f->m);
    window = window < 1 ? 1 : window;
    Vpn first = f->vpn & ~(window - 1);
    first = first < room.first ? room.first : first;
    return (PageRange){first, first + window < room.end ? first + window : room.end};
}

void fault_map_around(FaultContext *f) {
    if (f->access == ACCESS_WRITE || f->around) {
        return;
    }
    f->around = true;
    PageRange window = window_around(f);
    for (Vpn vpn = window.first; vpn < window.end; vpn++) {
        map_neighbour(f, vpn);
    }
}

/* Can this page of the folio be mapped with the others? */
static bool folio_page_fits(const FaultContext *f, Vpn vpn, unsigned order) {
    Pfn pfn = resident_at(f, vpn);
    const Pte *pte = page_table_find(&f->space->page_table, vpn);
    bool free = vpn == f->vpn || (pte != NULL && *pte == PTE_NONE);
    return pfn != PFN_NONE && frame_at(f->m, pfn)->cache_order == order && free;
}

/* The folio that the page was read in, if there is room for it and no other page of it is mapped; else the
 * page alone. */
static PageRange folio_around(const FaultContext *f, Pfn pfn) {
    PageRange room = room_around(f), alone = {f->vpn, f->vpn + 1};
    unsigned order = frame_at(f->m, pfn)->cache_order;
    uint64_t pages = UINT64_C(1) << order, within = object_page(f) & (pages - 1);
    if (within > f->vpn - room.first || pages - within > room.end - f->vpn) {
        return alone;
    }
    PageRange folio = {f->vpn - within, f->vpn - within + pages};
    for (Vpn vpn = folio.first; vpn < folio.end; vpn++) {
        if (!folio_page_fits(f, vpn, order)) {
            return alone;
        }
    }
    return folio;
}

/* finish_fault(): with the page comes all of its folio, with the same rights. */
static void map_folio(FaultContext *f, Pfn pfn) {
    PageRange folio = folio_around(f, pfn);
    for (Vpn vpn = folio.first; vpn < folio.end; vpn++) {
        if (vpn != f->vpn) {
            Pfn other = resident_at(f, vpn);
            page_enter(f->m, f->space, vpn, page_table_find(&f->space->page_table, vpn), other,
                       fault_bits(f, other) & ~PTE_ACCESSED);
        }
    }
}

/* The page is in memory, in this frame. */
static Outcome serve_from_cache(FaultContext *f, Pfn pfn) {
    Memory *m = f->m;
    bool private_write = f->access == ACCESS_WRITE && !(f->vma->flags & VMA_SHARED);
    if (frame_at(m, pfn)->state != FRAME_RESIDENT) {
        page_wake(m, pfn);
    }
    if (private_write) {
        return fault_copy(f, pfn);
    }
    charge_minor(f);
    f->kind = FAULT_CACHED;
    fault_map_cached(f, pfn);
    if (m->touched != NULL) {
        m->touched(frame_policy(m, frame_at(m, pfn))->self, pfn, 1);
    }
    if (f->around || f->access == ACCESS_WRITE) {
        map_folio(f, pfn);
    } else {
        fault_map_around(f);
    }
    return OUTCOME_OK;
}

/* ---- bringing a page into the cache ------------------------------------------------------- */

/* The held frame is the object's page from now on, still being filled. */
static bool cache_enter(FaultContext *f, Pfn pfn) {
    Memory *m = f->m;
    Frame *frame = frame_at(m, pfn);
    frame->kind = object_of(f)->shmem ? PAGE_SHMEM : PAGE_FILE;
    frame->of_object = true;
    frame->owner = page_key(object_of(f)->asid, object_page(f));
    return file_cache_set(&m->files, f->vma->file, object_page(f), pte_make(pfn, PTE_PRESENT));
}

static bool cache_changed(const FaultContext *f, Pte before) {
    return file_cached(&f->m->files, f->vma->file, object_page(f)) != before;
}

/* Shared memory that nobody has touched: a page of zeros. */
static Outcome shmem_zero(FaultContext *f) {
    Memory *m = f->m;
    FrameGrant grant;
    charge_minor(f);
    Outcome outcome = fault_take_frame(f, true, &grant);
    if (outcome != OUTCOME_OK || grant.pfn == PFN_NONE) {
        return outcome;
    }
    if (cache_changed(f, PTE_NONE) || !cache_enter(f, grant.pfn)) {
        return fault_give_up_frame(f, &grant);
    }
    fault_supply_zeros(f, &grant);
    page_land(m, grant.pfn);
    if (f->access == ACCESS_WRITE && !(f->vma->flags & VMA_SHARED)) {
        return fault_copy(f, grant.pfn);
    }
    fault_map_cached(f, grant.pfn);
    return OUTCOME_OK;
}

/* Read a page into the cache: from swap (shared memory) or from the file.  Then look again. */
static Outcome cache_read(FaultContext *f, Pte before) {
    Memory *m = f->m;
    FrameGrant grant;
    Tick done;
    bool swapped = pte_swapped(before);
    Outcome outcome = fault_start_read(f, &grant, &done);
    if (outcome != OUTCOME_OK || grant.pfn == PFN_NONE) {
        return outcome;
    }
    if (cache_changed(f, before) || !cache_enter(f, grant.pfn)) {
        return fault_give_up_frame(f, &grant);
    }
    fault_note_read(f, swapped ? FAULT_SWAP_IN : FAULT_FILE_IN);
    Frame *frame = frame_at(m, grant.pfn);
    if (swapped) {
        uint32_t slot = pte_number(before);
        swap_read(&m->swap, slot, &frame->contents);
        page_set_slot(m, grant.pfn, slot);
        slot_release(m, slot);
        counters_of(f)->pswpin++;
        emit(m, EVENT_swap_in, f->space, (Event){.va = f->va, .frame = grant.pfn, .a = slot});
    } else {
        file_read(&m->files, f->vma->file, object_page(f), &frame->contents);
        counters_of(f)->filein++;
        emit(m, EVENT_file_in, f->space,
             (Event){.va = f->va, .frame = grant.pfn, .a = object_page(f)});
        done = read_ahead_miss(m, f->space, f->vma->file, object_page(f), done);
        f->around = false; /* the fault begins again as if it were new, and finds more */
    }
    fault_wait(f, grant.pfn, done);
    page_land(m, grant.pfn);
    f->again = true;
    return OUTCOME_OK;
}

Outcome fault_object(FaultContext *f) {
    Memory *m = f->m;
    Pte cached = file_cached(&m->files, f->vma->file, object_page(f));
    if (!pte_present(cached)) {
        fault_map_around(f); /* before the page comes, and its neighbours perhaps with it */
        bool zeros = cached == PTE_NONE && object_of(f)->shmem;
        return zeros ? shmem_zero(f) : cache_read(f, cached);
    }
    Pfn pfn = pte_number(cached);
    if (frame_at(m, pfn)->state == FRAME_HELD) {
        return fault_wait_for_other(f, pfn);
    }
    if (frame_at(m, pfn)->ahead_mark) {
        fault_map_around(f); /* what is marked is left out */
        read_ahead_hit(m, f->space, f->vma->file, object_page(f));
    }
    return serve_from_cache(f, pfn);
}
