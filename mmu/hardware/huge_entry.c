/* huge_entry.c - entries above the leaves that map a huge page: see page_table.h.
 *
 * Idea: a huge entry says once what the entries of the table deposited beneath it say many times; so
 * joining and splitting change one entry, and the rest is kept alike.
 */
#include "page_table_private.h"

#include <assert.h>

Pte *page_table_huge(const PageTable *pt, Vpn vpn) {
    if (pt->huge == 0 || !covers(pt, vpn)) {
        return NULL;
    }
    Descent d = descend_walking(pt, vpn);
    Pte *entry = &d.table->entries[d.index];
    return d.shift != 0 && *entry != PTE_NONE ? entry : NULL;
}

Pte page_table_read(const PageTable *pt, Vpn vpn) {
    const Pte *leaf = page_table_find(pt, vpn), *huge = page_table_huge(pt, vpn);
    return (leaf == NULL ? PTE_NONE : *leaf) |
           (huge == NULL ? PTE_NONE : *huge & (PTE_ACCESSED | PTE_DIRTY | PTE_HUGE));
}

bool page_table_join(PageTable *pt, Vpn vpn) {
    const TableArena *arena = pt->arena;
    unsigned leaf = arena->geometry->levels - 1;
    UpperEntry upper = upper_entry(pt, vpn, leaf);
    if (!table_make_deposits(pt->arena, upper.table)) {
        return false;
    }
    uint32_t deposit = pte_number(*upper_pte(upper));
    Pte *entries = arena->tables[deposit].entries;
    Pte seen = PTE_NONE;
    for (uint64_t i = 0; i < level_entries(arena, leaf); i++) {
        seen |= entries[i] & (PTE_ACCESSED | PTE_DIRTY);
        entries[i] &= ~(PTE_ACCESSED | PTE_DIRTY);
    }
    *upper_pte(upper) = entries[0] | seen | PTE_HUGE;
    upper.table->deposits[upper.index] = deposit;
    pt->huge++;
    return true;
}

void page_table_spread(PageTable *pt, Vpn vpn) {
    const TableArena *arena = pt->arena;
    unsigned leaf = arena->geometry->levels - 1;
    UpperEntry upper = upper_entry(pt, vpn, leaf);
    Pte *huge = upper_pte(upper), seen = *huge & (PTE_ACCESSED | PTE_DIRTY);
    assert((*huge & PTE_HUGE) != 0);
    *huge &= ~seen;
    Pte *entries = arena->tables[upper.table->deposits[upper.index]].entries;
    for (uint64_t i = 0; seen != PTE_NONE && i < level_entries(arena, leaf); i++) {
        entries[i] |= seen;
    }
}

void page_table_renew(PageTable *pt, Vpn vpn) {
    UpperEntry upper = upper_entry(pt, vpn, pt->arena->geometry->levels - 1);
    Pte own = PTE_HUGE | PTE_ACCESSED | PTE_DIRTY, *huge = upper_pte(upper);
    Pte first = pt->arena->tables[upper.table->deposits[upper.index]].entries[0];
    *huge = (*huge & own) | (first & ~own);
}

void page_table_split(PageTable *pt, Vpn vpn) {
    page_table_spread(pt, vpn);
    UpperEntry upper = upper_entry(pt, vpn, pt->arena->geometry->levels - 1);
    *upper_pte(upper) = pte_make(upper.table->deposits[upper.index], UPPER_BITS);
    pt->huge--;
}
