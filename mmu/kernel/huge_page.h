/* huge_page.h - huge pages of anonymous memory: one page-table entry for as many pages as a leaf
 * table has entries (2 MiB on x86-64).
 *
 *   page table     ... [ HUGE frame 512 ] ...                     one entry, one TLB entry
 *   deposited              [512][513] ... [1023]                  what a split will find
 *   frames                  512  513  ...  1023                   each with its own mapper
 *
 * Idea: a huge page is that many small ones which happen to be neighbours in memory as they are in
 * the address space.  Frames, the reverse map, swap and the policies know its pages one by one; only
 * the hardware sees them as one.  So whoever does something to one page alone splits the entry
 * first, and the rest of the kernel needs to know nothing of it.  Accessed and dirty are one bit for
 * all: who clears a single page's spreads them first.
 *
 * Invariant (page_table_check, memory_check): beneath a huge entry all entries are present, lead to
 * consecutive frames and have its rights; a space's `huge` = pages beneath such entries, the huge
 * zero page's not counted.
 * Source: mm/huge_memory.c of Linux.  Not modelled: collapsing (khugepaged), compaction, and swapping
 * a huge page out whole.
 */
#ifndef FAULTLINE_HUGE_PAGE_H
#define FAULTLINE_HUGE_PAGE_H

#include "kernel/kernel.h"

/* A huge page is 2^this pages. */
static inline unsigned huge_page_order(const Memory *m) { return m->tables.huge_shift; }
static inline uint64_t huge_page_pages(const Memory *m) {
    return UINT64_C(1) << huge_page_order(m);
}
static inline Vpn huge_page_first(const Memory *m, Vpn vpn) {
    return vpn & ~(huge_page_pages(m) - 1);
}
/* With one level of tables there is no entry above the leaves. */
static inline bool huge_pages_possible(const Memory *m) {
    return m->config.huge_pages != HUGE_PAGES_NEVER && m->config.geometry.levels > 1;
}
/* Are there folios of several pages at all? */
static inline bool folios_possible(const Memory *m) {
    return huge_pages_possible(m) || (m->config.folio_orders | m->config.folio_orders_madvise) != 0;
}
/* Is the page mapped by a huge entry? */
static inline bool huge_page_at(const AddressSpace *space, Vpn vpn) {
    return page_table_huge(&space->page_table, vpn) != NULL;
}

/* May the 2^order pages around `vpn`, aligned, be mapped at once: do they lie within the mapping? */
bool pages_fit_mapping(const Vma *vma, Vpn vpn, unsigned order);
/* Thp_vma_allowable_orders() of Linux: does the machine want a huge page for this page? */
bool huge_page_wanted(const Memory *m, const Vma *vma, Vpn vpn);
/* Could the space have so many pages more, and at once, without anybody losing one? */
bool pages_affordable(const Memory *m, const AddressSpace *space, uint64_t pages);

/* The leaf table around `vpn` maps a huge page entry by entry: one huge entry does so from now on.
 * (Not if the host is out of memory, which changes nothing but the time that accesses take.) */
void huge_page_join(Memory *m, AddressSpace *space, Vpn vpn);
/* If a huge entry maps the page, small ones do so from now on. */
void huge_page_split(Memory *m, AddressSpace *space, Vpn vpn);
/* Split what lies across either end of the range. */
void huge_page_split_edges(Memory *m, AddressSpace *space, Vpn first, Vpn end);
/* Each page's own entry has its accessed and dirty bits, the huge entry none: the next access to
 * any of the pages sets them there again. */
void huge_page_spread(Memory *m, AddressSpace *space, Vpn vpn);

/* Does nobody else have any of its pages?  False for the huge zero page. */
bool huge_page_exclusive(const Memory *m, const AddressSpace *space, Vpn vpn);
/* The entry and those beneath it have these rights from now on (prot_bits). */
void huge_page_set_rights(Memory *m, AddressSpace *space, Vpn vpn, Pte rights);
/* All its pages are forgotten; the table that was deposited is in place, and empty. */
void huge_page_clear(Memory *m, AddressSpace *space, Vpn vpn);
/* The same, and the table goes, too. */
void huge_page_discard(Memory *m, AddressSpace *space, Vpn vpn);

#endif
