/* remap.c - mremap: grow or shrink a mapping, in place or by moving its pages.
 *
 * Source: mremap(2), mm/mremap.c of Linux.  Moving changes page tables only: no page is copied.
 */
#include "kernel/mapping.h"
#include "kernel/page.h"

static void frame_rename(Memory *m, Pfn pfn, PageKey page) {
    Frame *frame = frame_at(m, pfn);
    bool held_by_policy = frame->state == FRAME_RESIDENT || frame->state == FRAME_DEACTIVATED;
    frame->owner = page;
    if (m->config.policy->renamed != NULL && held_by_policy) {
        m->config.policy->renamed(frame_space(m, frame)->policy->self, pfn, page);
    }
}

/* The page's entry goes from one page number to another; its frame learns its new owner. */
static bool entry_move(Memory *m, AddressSpace *space, Vpn from, Pte *pte, Vpn to) {
    Pte *target = page_table_make(&space->page_table, to);
    if (target == NULL) {
        return false;
    }
    *target = *pte;
    *pte = PTE_NONE;
    tlb_shootdown(m, space, from);
    if ((pte_present(*target) && !pte_zero_page(*target)) || pte_transit(*target)) {
        frame_rename(m, pte_number(*target), page_key(space->asid, to));
    }
    return true;
}

static Outcome entries_move(Memory *m, AddressSpace *space, PageRange from, Vpn to) {
    Vpn vpn = from.first;
    for (Pte *pte; (pte = page_table_next(&space->page_table, &vpn, from.end)) != NULL; vpn++) {
        if (!entry_move(m, space, vpn, pte, to + (vpn - from.first))) {
            return OUTCOME_ENOMEM;
        }
    }
    return OUTCOME_OK;
}

/* Make the mapping `more` pages longer where it is. */
static Outcome grow_in_place(Memory *m, AddressSpace *space, PageRange range, Vma vma,
                             uint64_t more) {
    Vma tail = vma;
    tail.file_page += range.end - vma.first;
    tail.first = range.end;
    tail.end = range.end + more;
    if (vma.kind == VMA_FILE) {
        file_map_more(&m->files, vma.file, more);
    }
    return range_map(m, space, tail);
}

/* The range becomes `pages` long somewhere else. */
static Outcome move_away(Memory *m, AddressSpace *space, PageRange range, Vma vma, uint64_t pages,
                         VAddr *result) {
    PageRange target;
    if (!range_choose(m, space, 0, pages, &target)) {
        return OUTCOME_ENOMEM;
    }
    Vma moved = vma;
    moved.file_page += range.first - vma.first;
    moved.first = target.first;
    moved.end = target.end;
    if (vma.kind == VMA_FILE) {
        file_map_more(&m->files, vma.file, pages);
    }
    Outcome outcome = range_map(m, space, moved);
    if (outcome == OUTCOME_OK) {
        outcome = entries_move(m, space, range, target.first);
    }
    if (outcome == OUTCOME_OK) {
        outcome = range_unmap(m, space, range);
    }
    *result = target.first << page_shift(m);
    return outcome;
}

Outcome space_mremap(Memory *m, AddressSpace *space, VAddr va, uint64_t old_length,
                     uint64_t new_length, bool may_move, VAddr *result) {
    PageRange range;
    uint64_t pages = pages_of(m, new_length);
    if (pages == 0 || old_length == 0 || !range_of(m, va, old_length, &range)) {
        return OUTCOME_EINVAL;
    }
    const Vma *found = vma_find(&space->vmas, range.first);
    if (found == NULL || found->end < range.end) {
        return OUTCOME_SEGV_MAPERR; /* EFAULT */
    }
    Vma vma = *found;
    uint64_t old_pages = range.end - range.first;
    *result = va;
    if (pages <= old_pages) {
        return range_unmap(m, space, (PageRange){range.first + pages, range.end});
    }
    uint64_t more = pages - old_pages;
    PageRange behind = {range.end, range.end + more};
    if (!space_may_grow(m, space, &vma, more)) {
        return OUTCOME_ENOMEM;
    }
    if (range.end == vma.end && more <= user_end(m) - range.end && range_is_free(space, behind)) {
        return grow_in_place(m, space, range, vma, more);
    }
    return may_move ? move_away(m, space, range, vma, pages, result) : OUTCOME_ENOMEM;
}
