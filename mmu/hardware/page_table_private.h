/* page_table_private.h - what the files of page tables share; nobody else includes it.
 *
 *   table_arena.c        where tables come from
 *   page_table.c         trees: looking for entries, making and freeing tables
 *   huge_entry.c         entries above the leaves that map huge pages
 *   page_table_check.c   the invariants
 */
#ifndef FAULTLINE_PAGE_TABLE_PRIVATE_H
#define FAULTLINE_PAGE_TABLE_PRIVATE_H

#include "page_table.h"

/* What an upper entry holds beside the index of the lower table: all rights, as in most
 * kernels; the leaf decides. */
#define UPPER_BITS (PTE_PRESENT | PTE_WRITABLE | PTE_USER)

static inline uint64_t level_entries(const TableArena *arena, unsigned level) {
    return UINT64_C(1) << arena->geometry->bits[level];
}

static inline bool is_leaf(const TableArena *arena, unsigned level) {
    return level + 1 == arena->geometry->levels;
}

/* An empty table for `level`: one that was given back, or a new one.  0: no memory. */
uint32_t table_take(TableArena *arena, unsigned level);
void table_give(TableArena *arena, unsigned level, uint32_t index);
/* Room beside the entries of a table for the numbers of those deposited beneath huge ones.  False: out
 * of host memory. */
bool table_make_deposits(TableArena *arena, Table *table);

/* Page numbers that the root does not cover have no entry. */
static inline bool covers(const PageTable *pt, Vpn vpn) { return vpn >> pt->arena->vpn_bits == 0; }

/* Where the way down to a page ends: at entry `index` of `table`.  Each entry there covers
 * 2^shift pages. */
typedef struct Descent {
    Table *table;
    uint64_t index;
    unsigned level, shift;
} Descent;

/* As the hardware goes: to a huge entry and no further. */
static inline Descent descend_walking(const PageTable *pt, Vpn vpn) {
    const TableArena *arena = pt->arena;
    const Geometry *g = arena->geometry;
    Descent d = {.table = &arena->tables[pt->root], .shift = arena->vpn_bits};
    for (;;) {
        d.shift -= g->bits[d.level];
        d.index = vpn >> d.shift & ((UINT64_C(1) << g->bits[d.level]) - 1);
        Pte entry = d.table->entries[d.index];
        if (d.shift == 0 || (entry & (PTE_PRESENT | PTE_HUGE)) != PTE_PRESENT) {
            return d;
        }
        d.table = &arena->tables[pte_number(entry)];
        d.level++;
    }
}

/* To the page's own entry, beneath a huge one, too. */
static inline Descent descend(const PageTable *pt, Vpn vpn) {
    Descent d = descend_walking(pt, vpn);
    if (d.shift != 0 && d.table->entries[d.index] != PTE_NONE) {
        d.table = &pt->arena->tables[d.table->deposits[d.index]];
        d.level++;
        d.shift = 0;
        d.index = vpn & ((UINT64_C(1) << pt->arena->huge_shift) - 1);
    }
    return d;
}

/* The entry that leads, or would lead, to the table of `level` > 0 that covers a page. */
typedef struct UpperEntry {
    Table *table; /* that it stands in; NULL: that is missing */
    uint64_t index;
} UpperEntry;

static inline UpperEntry upper_entry(const PageTable *pt, Vpn vpn, unsigned level) {
    const Geometry *g = pt->arena->geometry;
    Table *table = &pt->arena->tables[pt->root];
    for (unsigned above = 0; above + 1 < level; above++) {
        uint64_t index = geometry_index(g, above, vpn);
        if (table->entries[index] == PTE_NONE) {
            return (UpperEntry){.table = NULL};
        }
        table = &pt->arena->tables[pte_number(table->entries[index])];
    }
    return (UpperEntry){table, geometry_index(g, level - 1, vpn)};
}

static inline Pte *upper_pte(UpperEntry upper) { return &upper.table->entries[upper.index]; }

#endif
