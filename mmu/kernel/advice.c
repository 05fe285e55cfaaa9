/* advice.c - madvise: what a program tells the kernel about its pages.
 *
 * Source: madvise(2), mm/madvise.c of Linux.  A range with holes: the work is done for what is
 * mapped, and the answer is ENOMEM.
 */
#include "kernel/fault.h"
#include "kernel/mapping.h"
#include "kernel/page.h"

/* Send one resident page out now, if it may go. */
static void page_out(Memory *m, const Pte *pte) {
    if (pte_present(*pte) && !pte_zero_page(*pte) && page_can_leave(m, pte_number(*pte))) {
        page_send_out(m, pte_number(*pte), UNLOAD_REMOVED);
    }
}

/* The page may be dropped unwritten until it is written to again: clean, and no copy in swap. */
static void page_lazy_free(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte) {
    if (!pte_present(*pte)) {
        page_discard(m, space, vpn, pte);
    } else if (!pte_zero_page(*pte) && page_exclusive(m, pte_number(*pte))) {
        *pte &= ~PTE_ACCESSED;
        tlb_shootdown(m, space, vpn);
        page_clear_dirty(m, pte_number(*pte));
        if (frame_at(m, pte_number(*pte))->slot != SLOT_NONE) {
            page_drop_slot(m, pte_number(*pte));
        }
    }
}

static void page_cold(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte) {
    if (pte_present(*pte)) {
        *pte &= ~PTE_ACCESSED;
        tlb_shootdown(m, space, vpn);
    }
}

/* Dropping a page of a file must not lose what was written to it. */
static void page_dont_need(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, const Vma *vma) {
    if (vma->kind == VMA_FILE) {
        page_out(m, pte);
    } else {
        page_discard(m, space, vpn, pte);
    }
}

static void page_advise(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, const Vma *vma,
                        Advice advice) {
    switch (advice) {
    case ADVICE_DONTNEED:
        page_dont_need(m, space, vpn, pte, vma);
        break;
    case ADVICE_FREE:
        page_lazy_free(m, space, vpn, pte);
        break;
    case ADVICE_COLD:
        page_cold(m, space, vpn, pte);
        break;
    case ADVICE_PAGEOUT:
        page_out(m, pte);
        break;
    case ADVICE_NORMAL:
    case ADVICE_WILLNEED:
        break;
    }
}

/* Read in what is in swap or in a file; stops quietly when memory does not allow more. */
static void range_will_need(Memory *m, AddressSpace *space, PageRange range, const Vma *vma) {
    for (Vpn vpn = range.first; vpn < range.end; vpn++) {
        if (vma->kind == VMA_ANONYMOUS &&
            page_table_next(&space->page_table, &vpn, range.end) == NULL) {
            return;
        }
        if (fault_prefetch(m, space, vpn) != OUTCOME_OK) {
            return;
        }
    }
}

static void range_advise(Memory *m, AddressSpace *space, PageRange range, const Vma *vma,
                         Advice advice) {
    if (advice == ADVICE_WILLNEED) {
        range_will_need(m, space, range, vma);
        return;
    }
    Vpn vpn = range.first;
    for (Pte *pte; (pte = page_table_next(&space->page_table, &vpn, range.end)) != NULL; vpn++) {
        page_advise(m, space, vpn, pte, vma, advice);
    }
    if (advice == ADVICE_DONTNEED && vma->kind == VMA_ANONYMOUS) {
        policy_forget(m, space, range.first, range.end);
    }
}

Outcome space_madvise(Memory *m, AddressSpace *space, VAddr va, uint64_t length, Advice advice) {
    PageRange range;
    if ((va & (page_size(m) - 1)) != 0) {
        return OUTCOME_EINVAL;
    }
    if (!range_of(m, va, length, &range)) {
        return OUTCOME_ENOMEM;
    }
    Vpn reached = range.first;
    bool hole = false;
    uint32_t at = vma_lower_bound(&space->vmas, range.first);
    for (; at < space->vmas.count && space->vmas.list[at].first < range.end; at++) {
        Vma vma = space->vmas.list[at];
        if (advice == ADVICE_FREE && vma.kind == VMA_FILE) {
            return OUTCOME_EINVAL;
        }
        PageRange part = {vma.first > range.first ? vma.first : range.first,
                          vma.end < range.end ? vma.end : range.end};
        hole = hole || part.first > reached;
        reached = part.end;
        range_advise(m, space, part, &vma, advice);
    }
    return hole || reached < range.end ? OUTCOME_ENOMEM : OUTCOME_OK;
}
