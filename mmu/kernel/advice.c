/* advice.c - madvise: what a program tells the kernel about its pages.
 *
 * Idea: advice is one of three things: a deed on each page, a flag of the mapping, or a request to
 * fault pages in.  A range with holes: the work is done for what is mapped, and the answer is
 * ENOMEM; a mapping that the advice does not fit ends the work with EINVAL.
 *
 * Source: madvise(2), mm/madvise.c of Linux.
 */
#include "kernel/fault.h"
#include "kernel/folio.h"
#include "kernel/huge_page.h"
#include "kernel/mapping.h"
#include "kernel/object.h"
#include "kernel/page.h"
#include "kernel/reclaim.h"

/* ---- deeds on pages ----------------------------------------------------------------------- */

/* Send one resident page out now, if it may go and is nobody else's.  Shared memory that cannot be
 * written to swap is unmapped at least. */
static void page_out(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte) {
    if (!pte_present(*pte) || pte_zero_page(*pte)) {
        return;
    }
    Pfn pfn = pte_number(*pte);
    const Frame *frame = frame_at(m, pfn);
    if (frame->mapcount > 1) {
        return;
    }
    if (page_can_leave(m, pfn)) {
        page_send_out(m, pfn, UNLOAD_REMOVED);
    } else if (frame->kind == PAGE_SHMEM && !page_can_be_written(m, pfn)) {
        page_discard(m, space, vpn, pte);
    }
}

/* The page may be dropped unwritten until it is written to again: clean, and no copy in swap.  Of one
 * that a fork shares only the entry says so: as long as another is dirty, the page is. */
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
    } else if (!pte_zero_page(*pte) && !frame_at(m, pte_number(*pte))->dirty &&
               frame_at(m, pte_number(*pte))->slot == SLOT_NONE) {
        *pte &= ~(PTE_ACCESSED | PTE_DIRTY);
        tlb_shootdown(m, space, vpn);
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
    if (has_own_file(m, vma)) {
        page_out(m, space, vpn, pte);
    } else {
        page_discard(m, space, vpn, pte);
    }
}

static void page_advise(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, const Vma *vma,
                        Advice advice) {
    if (advice == ADVICE_DONTNEED) {
        page_dont_need(m, space, vpn, pte, vma);
    } else if (advice == ADVICE_FREE) {
        page_lazy_free(m, space, vpn, pte);
    } else if (advice == ADVICE_COLD) {
        page_cold(m, space, vpn, pte);
    } else {
        page_out(m, space, vpn, pte);
    }
}

/* Leaf tables that the range covers whole are empty now, and go. */
static void tables_drop(Memory *m, AddressSpace *space, PageRange range) {
    if (m->config.profile->dontneed_frees_tables) {
        page_table_drop_leaves(&space->page_table, range.first, range.end);
    }
}

/* The end of what there is to say of a huge page that the range has `vpn` of, and what follows. */
static Vpn huge_page_rest(const Memory *m, PageRange range, Vpn vpn) {
    Vpn end = huge_page_first(m, vpn) + huge_page_pages(m);
    return end < range.end ? end : range.end;
}

static bool is_whole_huge_page(const Memory *m, PageRange range, Vpn vpn) {
    return huge_page_first(m, vpn) == vpn && range.end - vpn >= huge_page_pages(m);
}

/* The pages of a huge page go: all at once, or it is split first.  The first that is left to do. */
static Vpn huge_page_dont_need(Memory *m, AddressSpace *space, PageRange range, Vpn vpn) {
    if (is_whole_huge_page(m, range, vpn)) {
        huge_page_discard(m, space, vpn);
        return huge_page_rest(m, range, vpn);
    }
    huge_page_split(m, space, vpn);
    return vpn;
}

/* To be written out as a whole a folio needs as many slots; else it goes by the page. */
static bool folio_stays_whole(const Memory *m, Pfn pfn, Advice advice) {
    return advice != ADVICE_PAGEOUT ||
           m->swap.free.count >= UINT64_C(1) << m->frames.frames[pfn].folio_order;
}

/* Of a folio that is not advised of as a whole the single pages are, if nobody else has any.  The
 * first page that is left to do; then `*pages` are to be done alike. */
static Vpn folio_advise(Memory *m, AddressSpace *space, PageRange range, Vpn vpn, Pte pte,
                        Advice advice, uint64_t *pages) {
    bool huge = huge_page_at(space, vpn);
    if (huge && !huge_page_exclusive(m, space, vpn)) {
        return huge_page_rest(m, range, vpn);
    }
    if (folio_mapped_whole(m, space, vpn, range.end) &&
        folio_stays_whole(m, pte_number(pte), advice)) {
        *pages = UINT64_C(1) << frame_at(m, pte_number(pte))->folio_order;
        if (huge) {
            huge_page_spread(m, space, vpn);
        }
        return vpn;
    }
    if (folio_is_shared(m, space, pte_number(pte))) {
        return vpn + 1;
    }
    folio_split(m, space, pte_number(pte));
    return vpn;
}

static bool leads_to_folio(const Memory *m, const AddressSpace *space, Vpn vpn, Pte pte) {
    if (pte_zero_page(pte)) {
        return huge_page_at(space, vpn);
    }
    return pte_present(pte) && m->frames.frames[pte_number(pte)].folio_order > 0;
}

/* One step of a walk over pages: at the entry of `vpn`, which is not empty.  The next page. */
static Vpn pages_advise(Memory *m, AddressSpace *space, PageRange range, Vpn vpn, Pte *pte,
                        const Vma *vma, Advice advice) {
    uint64_t pages = 1;
    Vpn left = vpn;
    if (advice == ADVICE_DONTNEED && huge_page_at(space, vpn)) {
        left = huge_page_dont_need(m, space, range, vpn);
    } else if (advice != ADVICE_DONTNEED && leads_to_folio(m, space, vpn, *pte)) {
        left = folio_advise(m, space, range, vpn, *pte, advice, &pages);
    }
    for (uint64_t i = 0; left == vpn && i < pages; i++) {
        page_advise(m, space, vpn + i, &pte[i], vma, advice);
    }
    return left == vpn ? vpn + pages : left;
}

static void range_advise_pages(Memory *m, AddressSpace *space, PageRange range, const Vma *vma,
                               Advice advice) {
    Vpn vpn = range.first;
    for (Pte *pte; (pte = page_table_next(&space->page_table, &vpn, range.end)) != NULL;) {
        step_count(m);
        vpn = pages_advise(m, space, range, vpn, pte, vma, advice);
    }
    if (advice == ADVICE_DONTNEED && vma->kind == VMA_ANONYMOUS) {
        policy_forget(m, space, range.first, range.end);
    }
    if (advice == ADVICE_DONTNEED && !has_own_file(m, vma)) {
        tables_drop(m, space, range);
    }
}

/* Read in what is in swap or in a file; stops quietly when memory does not allow more. */
static void range_will_need(Memory *m, AddressSpace *space, PageRange range, const Vma *vma) {
    for (Vpn vpn = range.first; vpn < range.end; vpn++) {
        step_make(m);
        if (vma->kind == VMA_ANONYMOUS &&
            page_table_next(&space->page_table, &vpn, range.end) == NULL) {
            return;
        }
        if (fault_prefetch(m, space, vpn) != OUTCOME_OK) {
            return;
        }
    }
}

/* ---- flags of mappings -------------------------------------------------------------------- */

typedef struct FlagRule {
    unsigned set, clear; /* VmaFlags */
} FlagRule;

/* Advice that is remembered with the mapping. */
static const FlagRule flag_rules[ADVICES] = {
    [ADVICE_NORMAL] = {.clear = VMA_RANDOM | VMA_SEQUENTIAL},
    [ADVICE_RANDOM] = {VMA_RANDOM, VMA_SEQUENTIAL},
    [ADVICE_SEQUENTIAL] = {VMA_SEQUENTIAL, VMA_RANDOM},
    [ADVICE_DONTFORK] = {.set = VMA_DONT_FORK},
    [ADVICE_DOFORK] = {.clear = VMA_DONT_FORK},
    [ADVICE_WIPEONFORK] = {.set = VMA_WIPE_ON_FORK},
    [ADVICE_KEEPONFORK] = {.clear = VMA_WIPE_ON_FORK},
    [ADVICE_HUGEPAGE] = {VMA_HUGE_PAGE, VMA_NO_HUGE_PAGE},
    [ADVICE_NOHUGEPAGE] = {VMA_NO_HUGE_PAGE, VMA_HUGE_PAGE},
};

static Outcome range_advise_flags(Memory *m, AddressSpace *space, PageRange range, const Vma *vma,
                                  Advice advice) {
    const FlagRule *rule = &flag_rules[advice];
    unsigned flags = (vma->flags & ~rule->clear) | rule->set;
    return flags == vma->flags ? OUTCOME_OK : range_change(m, space, range, vma->prot, flags);
}

/* ---- faulting in -------------------------------------------------------------------------- */

/* Needs the right in so many words: a page that may only be written is not read. */
static Outcome range_advise_populate(Memory *m, AddressSpace *space, PageRange range,
                                     const Vma *vma, Advice advice) {
    bool write = advice == ADVICE_POPULATE_WRITE;
    if (!(vma->prot & (write ? VM_WRITE : VM_READ))) {
        return OUTCOME_EINVAL;
    }
    return range_fault_in(m, space, range, write ? ACCESS_WRITE : ACCESS_READ);
}

/* ---- the call ----------------------------------------------------------------------------- */

/* Can such advice be given about such a mapping? */
static bool advice_fits(const Vma *vma, Advice advice) {
    bool private_anonymous = vma->kind == VMA_ANONYMOUS && !(vma->flags & VMA_SHARED);
    switch (advice) {
    case ADVICE_FREE:
        return private_anonymous && !(vma->flags & VMA_LOCKED);
    case ADVICE_DONTNEED:
    case ADVICE_COLD:
    case ADVICE_PAGEOUT:
        return !(vma->flags & VMA_LOCKED);
    case ADVICE_WIPEONFORK:
        return private_anonymous;
    default:
        return true;
    }
}

static Outcome range_advise(Memory *m, AddressSpace *space, PageRange range, const Vma *vma,
                            Advice advice) {
    if (!advice_fits(vma, advice)) {
        return OUTCOME_EINVAL;
    }
    switch (advice) {
    case ADVICE_DONTNEED:
    case ADVICE_FREE:
    case ADVICE_COLD:
    case ADVICE_PAGEOUT:
        range_advise_pages(m, space, range, vma, advice);
        return OUTCOME_OK;
    case ADVICE_WILLNEED:
        range_will_need(m, space, range, vma);
        return OUTCOME_OK;
    case ADVICE_POPULATE_READ:
    case ADVICE_POPULATE_WRITE:
        return range_advise_populate(m, space, range, vma, advice);
    default:
        return range_advise_flags(m, space, range, vma, advice);
    }
}

static bool hole_ends(const Memory *m, Advice advice) {
    bool populates = advice == ADVICE_POPULATE_READ || advice == ADVICE_POPULATE_WRITE;
    return populates && m->config.profile->populate_stops_at_hole;
}

Outcome space_madvise(Memory *m, AddressSpace *space, VAddr va, uint64_t length, Advice advice) {
    PageRange range = {va >> page_shift(m), 0};
    range.end = range.first + pages_of(m, length);
    if ((va & (page_size(m) - 1)) != 0 || va + (range_pages(range) << page_shift(m)) < va ||
        range_pages(range) >> (64 - page_shift(m)) != 0) {
        return OUTCOME_EINVAL;
    }
    bool hole = false;
    for (Vpn at = range.first; at < range.end;) {
        const Vma *next = mapping_next(space, at, range.end);
        hole = hole || next == NULL || next->first > at;
        if (next == NULL || (hole && hole_ends(m, advice))) {
            return OUTCOME_ENOMEM;
        }
        Vma vma = *next; /* faults and flags may move the list */
        PageRange part = range_within(&vma, (PageRange){at, range.end});
        Outcome outcome = range_advise(m, space, part, &vma, advice);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        at = part.end;
    }
    return hole ? OUTCOME_ENOMEM : OUTCOME_OK;
}

void memory_await_writes(Memory *m) {
    if (m->config.swap_by_cpu && m->device.busy_until > m->clock->now) {
        m->env.wait(m->env.host, m->device.busy_until);
        transit_settle(m);
    }
}
