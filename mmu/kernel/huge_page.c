/* huge_page.c - see huge_page.h. */
#include "kernel/huge_page.h"

#include "kernel/group.h"
#include "kernel/page.h"
#include "kernel/trim.h"

/* ---- may there be one? -------------------------------------------------------------------- */

bool pages_fit_mapping(const Vma *vma, Vpn vpn, unsigned order) {
    Vpn first = vpn >> order << order;
    return first >= vma->first && vma->end - first >= UINT64_C(1) << order;
}

bool huge_page_wanted(const Memory *m, const Vma *vma, Vpn vpn) {
    bool asked = (vma->flags & VMA_HUGE_PAGE) != 0;
    return huge_pages_possible(m) && vma->kind == VMA_ANONYMOUS &&
           !(vma->flags & VMA_NO_HUGE_PAGE) &&
           (asked || m->config.huge_pages == HUGE_PAGES_ALWAYS) &&
           pages_fit_mapping(vma, vpn, huge_page_order(m));
}

static bool below(uint64_t held, uint64_t pages, uint64_t most) {
    return pages <= most && held <= most - pages;
}

bool pages_affordable(const Memory *m, const AddressSpace *space, uint64_t pages) {
    uint64_t held = space->owned + flight_count(&m->flights, space->asid);
    uint64_t idle = frames_free(&m->frames) + frames_zeroed(&m->frames);
    return below(held, pages, space->quota) && below(held, pages, space->rss_max) &&
           (memory_plentiful(m) || below(held, pages, space->rss_soft_max)) &&
           below(m->config.watermarks.min, pages, idle) && group_has_room(m, space, pages);
}

/* ---- joining and splitting ---------------------------------------------------------------- */

/* Pages that the huge entry adds to the space's sum. */
static uint64_t counted_pages(const Memory *m, Pte huge) {
    return pte_zero_page(huge) ? 0 : huge_page_pages(m);
}

void huge_page_join(Memory *m, AddressSpace *space, Vpn vpn) {
    if (page_table_join(&space->page_table, vpn)) {
        space->huge += counted_pages(m, *page_table_huge(&space->page_table, vpn));
    }
}

/* The huge entry goes, whatever for. */
static void take_apart(Memory *m, AddressSpace *space, Vpn vpn) {
    space->huge -= counted_pages(m, *page_table_huge(&space->page_table, vpn));
    page_table_split(&space->page_table, vpn);
    tlb_shootdown(m, space, vpn);
}

void huge_page_split(Memory *m, AddressSpace *space, Vpn vpn) {
    if (huge_page_at(space, vpn)) {
        take_apart(m, space, vpn);
        space->counters->thp_split_pmd++;
    }
}

void huge_page_split_edges(Memory *m, AddressSpace *space, Vpn first, Vpn end) {
    if (huge_page_first(m, first) != first) {
        huge_page_split(m, space, first);
    }
    if (huge_page_first(m, end) != end) {
        huge_page_split(m, space, end);
    }
}

void huge_page_spread(Memory *m, AddressSpace *space, Vpn vpn) {
    page_table_spread(&space->page_table, vpn);
    tlb_forget(m, space, vpn);
}

/* ---- the whole of it ---------------------------------------------------------------------- */

bool huge_page_exclusive(const Memory *m, const AddressSpace *space, Vpn vpn) {
    const Pte *huge = page_table_huge(&space->page_table, vpn);
    Pfn first = pte_number(*huge);
    bool exclusive = !pte_zero_page(*huge);
    for (uint64_t i = 0; exclusive && i < huge_page_pages(m); i++) {
        exclusive = page_exclusive(m, first + (Pfn)i);
    }
    return exclusive;
}

void huge_page_set_rights(Memory *m, AddressSpace *space, Vpn vpn, Pte rights) {
    const Pte all = PTE_PRESENT | PTE_USER | PTE_WRITABLE | PTE_NO_EXECUTE;
    Pte *entries = page_table_find(&space->page_table, huge_page_first(m, vpn));
    for (uint64_t i = 0; i < huge_page_pages(m); i++) {
        entries[i] = (entries[i] & ~all) | rights;
    }
    page_table_renew(&space->page_table, vpn);
    tlb_shootdown(m, space, vpn);
}

void huge_page_clear(Memory *m, AddressSpace *space, Vpn vpn) {
    Vpn first = huge_page_first(m, vpn);
    take_apart(m, space, first);
    Pte *entries = page_table_find(&space->page_table, first);
    for (uint64_t i = 0; i < huge_page_pages(m); i++) {
        page_discard(m, space, first + i, &entries[i]);
    }
}

void huge_page_discard(Memory *m, AddressSpace *space, Vpn vpn) {
    Vpn first = huge_page_first(m, vpn);
    huge_page_clear(m, space, first);
    page_table_drop_leaves(&space->page_table, first, first + huge_page_pages(m));
}
