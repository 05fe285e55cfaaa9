/* fault_huge.c - faults where the machine wants a huge page.
 *
 *   untouched, read        the huge zero page, for everybody the same one
 *   untouched, write       a free block of frames, zeroed: one fault for all of its pages
 *   huge zero page, write  the same
 *   shared since a fork    nobody else's any more: reused as it is; else split, and only the page
 *                          that is written is copied (fault_write.c)
 *
 * Untouched means that not even a leaf table is there: where a small page ever was, small ones stay.
 * Without a block, or room for it within the space's limits, the fault is served with a small page.
 *
 * Source: do_huge_pmd_anonymous_page() and do_huge_pmd_wp_page() of mm/huge_memory.c in Linux.
 */
#include "kernel/fault_private.h"
#include "kernel/huge_page.h"

/* A huge page of one's own, where no entry is in use. */
static bool map_block(FaultContext *f, Pfn block) {
    Vpn first = huge_page_first(f->m, f->vpn);
    Pte *entries = page_table_find(&f->space->page_table, first);
    fault_map_block(f, first, entries, block, huge_page_order(f->m));
    counters_of(f)->thp_fault_alloc++;
    return true;
}

static Pfn take_block(FaultContext *f) {
    Pfn block = fault_take_block(f, huge_page_order(f->m));
    counters_of(f)->thp_fault_fallback += block == PFN_NONE;
    return block;
}

static bool map_huge_zero(FaultContext *f, Pte *entries) {
    Memory *m = f->m;
    for (uint64_t i = 0; i < huge_page_pages(m); i++) {
        page_map_zero(m, &entries[i], f->vma);
    }
    huge_page_join(m, f->space, f->vpn);
    m->machine->thp_zero_page_alloc += !m->huge_zero_made;
    m->huge_zero_made = true;
    f->kind = FAULT_ZERO_PAGE;
    f->pfn = m->zero_frame;
    f->pages = (uint32_t)huge_page_pages(m);
    f->pte = &entries[f->vpn - huge_page_first(m, f->vpn)];
    charge_minor(f);
    return true;
}

bool fault_huge(FaultContext *f) {
    Memory *m = f->m;
    PageTable *pt = &f->space->page_table;
    if (page_table_find(pt, f->vpn) != NULL || tables_are_full(m)) {
        return false;
    }
    Pte *entries = page_table_make(pt, huge_page_first(m, f->vpn));
    if (entries == NULL) {
        return false;
    }
    vma_prepare_anon(&f->space->vmas, f->vma);
    if (f->access == ACCESS_READ && m->config.shared_zero_page &&
        m->config.profile->huge_zero_page) {
        return map_huge_zero(f, entries);
    }
    Pfn block = take_block(f);
    return block != PFN_NONE && map_block(f, block);
}

/* The first write: the zero page's entries go, and a huge page takes their place. */
static bool upgrade_huge_zero(FaultContext *f) {
    Pfn block = f->m->config.profile->huge_zero_becomes_huge ? take_block(f) : PFN_NONE;
    if (block == PFN_NONE) {
        return false;
    }
    counters_of(f)->zero_page_upgrades += f->kind != FAULT_UNZEROED;
    huge_page_clear(f->m, f->space, f->vpn);
    return map_block(f, block);
}

static bool reuse_huge(FaultContext *f) {
    Memory *m = f->m;
    f->kind = FAULT_REUSE;
    f->pages = (uint32_t)huge_page_pages(m);
    f->pfn = pte_number(*f->pte);
    charge_minor(f);
    huge_page_set_rights(m, f->space, f->vpn, prot_bits(f->vma->prot) | PTE_EXCLUSIVE);
    *page_table_huge(&f->space->page_table, f->vpn) |= PTE_ACCESSED | PTE_DIRTY;
    return true;
}

bool fault_huge_protected(FaultContext *f) {
    bool zero = pte_zero_page(*f->pte);
    if (zero ? upgrade_huge_zero(f)
             : huge_page_exclusive(f->m, f->space, f->vpn) && reuse_huge(f)) {
        return true;
    }
    huge_page_split(f->m, f->space, f->vpn);
    f->seen = *f->pte;
    return false;
}
