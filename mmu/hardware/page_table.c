/* page_table.c - trees of tables: see page_table.h.
 *
 * Idea: everything that looks for a page is one descent from the root, which ends at the
 * leaf's entry or at the empty entry where a table is missing.  find, walk, next and stamp
 * differ only in what they make of that end.  Only the hardware's walk stops at a huge entry; the
 * others go on to the table deposited beneath it.  Entries are arrays of their own, so a pointer
 * to one stays good while the arena grows.
 *
 * Units: page numbers, entries, table indices.  Used by mmu.c (walks) and by the kernel.
 */
#include "page_table_private.h"

#include <assert.h>

bool page_table_init(PageTable *pt, TableArena *arena) {
    *pt = (PageTable){.arena = arena, .root = table_take(arena, 0)};
    return pt->root != 0;
}

void page_table_clear(PageTable *pt) {
    page_table_prune(pt, 0, UINT64_MAX);
    table_give(pt->arena, 0, pt->root);
    *pt = (PageTable){.arena = pt->arena};
}

Pte *page_table_walk(const PageTable *pt, Vpn vpn, unsigned *entries_read) {
    *entries_read = 0;
    if (!covers(pt, vpn)) {
        return NULL;
    }
    Descent d = descend_walking(pt, vpn);
    Pte *entry = &d.table->entries[d.index];
    *entries_read = d.level + 1;
    return d.shift == 0 || *entry != PTE_NONE ? entry : NULL;
}

Pte *page_table_find(const PageTable *pt, Vpn vpn) {
    if (!covers(pt, vpn)) {
        return NULL;
    }
    Descent d = descend(pt, vpn);
    return d.shift == 0 ? &d.table->entries[d.index] : NULL;
}

uint32_t *page_table_stamp(const PageTable *pt, Vpn vpn) {
    assert(covers(pt, vpn));
    Descent d = descend(pt, vpn);
    assert(d.shift == 0);
    return &d.table->stamps[d.index];
}

/* Make the table that the way to `vpn` lacks next.  False: out of host memory. */
static bool make_next(PageTable *pt, Vpn vpn) {
    Descent d = descend(pt, vpn);
    Pte *entry = &d.table->entries[d.index]; /* stays good while the arena grows */
    uint32_t lower = table_take(pt->arena, d.level + 1);
    if (lower != 0) {
        *entry = pte_make(lower, UPPER_BITS);
        pt->tables++;
    }
    return lower != 0;
}

Pte *page_table_make(PageTable *pt, Vpn vpn) {
    assert(covers(pt, vpn));
    for (;;) {
        Descent d = descend(pt, vpn);
        if (d.shift == 0) {
            return &d.table->entries[d.index];
        }
        if (!make_next(pt, vpn)) {
            return NULL;
        }
    }
}

Pte *page_table_next(const PageTable *pt, Vpn *vpn, Vpn end) {
    while (*vpn < end && covers(pt, *vpn)) {
        Descent d = descend(pt, *vpn);
        uint64_t entries = level_entries(pt->arena, d.level);
        /* Here or further on in this table; an entry above the leaves leads further down. */
        for (; d.index < entries && *vpn < end; d.index++) {
            Pte *entry = &d.table->entries[d.index];
            if (*entry != PTE_NONE && d.shift == 0) {
                return entry;
            }
            if (*entry != PTE_NONE) {
                break;
            }
            *vpn = ((*vpn >> d.shift) + 1) << d.shift;
        }
    }
    return NULL;
}

bool page_table_copy_shape(PageTable *pt, const PageTable *from, Vpn first, Vpn end) {
    unsigned leaf_shift = pt->arena->geometry->bits[pt->arena->geometry->levels - 1];
    for (Vpn vpn = first; vpn < end && covers(from, vpn);) {
        Descent d = descend(from, vpn);
        if (!page_table_make_to(pt, vpn, d.level)) {
            return false;
        }
        unsigned shift = d.shift == 0 ? leaf_shift : d.shift; /* a leaf is done as a whole */
        vpn = ((vpn >> shift) + 1) << shift;
    }
    return true;
}

/* Prune below the table `index`, whose first page is `first`. */
static uint64_t prune(PageTable *pt, uint32_t index, unsigned level, Vpn first, Vpn floor,
                      Vpn ceiling) {
    const TableArena *arena = pt->arena;
    if (is_leaf(arena, level)) {
        return 0;
    }
    uint64_t went = 0;
    unsigned shift = geometry_span_shift(arena->geometry, level);
    uint64_t i = floor > first ? (floor - first) >> shift : 0;
    for (; i < level_entries(arena, level) && first + (i << shift) < ceiling; i++) {
        Pte *entry = &arena->tables[index].entries[i];
        if (*entry == PTE_NONE) {
            continue;
        }
        uint32_t lower = table_below(&arena->tables[index], i);
        Vpn lower_first = first + (i << shift);
        went += prune(pt, lower, level + 1, lower_first, floor, ceiling);
        if (floor <= lower_first && lower_first + (UINT64_C(1) << shift) <= ceiling) {
            pt->huge -= (*entry & PTE_HUGE) != 0;
            *entry = PTE_NONE;
            table_give(pt->arena, level + 1, lower);
            went++;
        }
    }
    return went;
}

uint64_t page_table_prune(PageTable *pt, Vpn floor, Vpn ceiling) {
    uint64_t went = prune(pt, pt->root, 0, 0, floor, ceiling);
    pt->tables -= went;
    return went;
}

uint64_t page_table_drop_leaves(PageTable *pt, Vpn first, Vpn end) {
    unsigned leaf = pt->arena->geometry->levels - 1;
    uint64_t span = level_entries(pt->arena, leaf), went = 0;
    Vpn vpn = (first + span - 1) & ~(span - 1);
    while (leaf > 0 && vpn < end && end - vpn >= span) {
        Descent d = descend(pt, vpn);
        if (d.shift == 0) {
            Pte *entry = upper_pte(upper_entry(pt, vpn, leaf));
            table_give(pt->arena, leaf, pte_number(*entry));
            *entry = PTE_NONE;
            went++;
        }
        /* On to the next leaf, or past all that the missing table would have covered. */
        unsigned shift = d.shift == 0 ? pt->arena->geometry->bits[leaf] : d.shift;
        vpn = ((vpn >> shift) + 1) << shift;
    }
    pt->tables -= went;
    return went;
}

unsigned page_table_depth(const PageTable *pt, Vpn vpn) { return descend(pt, vpn).level; }

bool page_table_make_to(PageTable *pt, Vpn vpn, unsigned level) {
    assert(covers(pt, vpn) && level < pt->arena->geometry->levels);
    while (page_table_depth(pt, vpn) < level) {
        if (!make_next(pt, vpn)) {
            return false;
        }
    }
    return true;
}

bool page_table_move(PageTable *pt, Vpn from, Vpn to, unsigned level) {
    UpperEntry source = upper_entry(pt, from, level), target = upper_entry(pt, to, level);
    if (source.table == NULL || target.table == NULL || *upper_pte(source) == PTE_NONE ||
        *upper_pte(target) != PTE_NONE) {
        return false;
    }
    if ((*upper_pte(source) & PTE_HUGE) != 0) {
        if (!table_make_deposits(pt->arena, target.table)) {
            return false;
        }
        target.table->deposits[target.index] = source.table->deposits[source.index];
    }
    *upper_pte(target) = *upper_pte(source);
    *upper_pte(source) = PTE_NONE;
    return true;
}
