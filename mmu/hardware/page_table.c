/* page_table.c - the arena of tables, and the trees in it.
 *
 * Idea: everything that looks for a page is one descent from the root, which ends at the
 * leaf's entry or at the empty entry where a table is missing.  find, walk, next and stamp
 * differ only in what they make of that end.  Only the hardware's walk stops at a huge entry; the
 * others go on to the table deposited beneath it.  Entries are arrays of their own, so a pointer
 * to one stays good while the arena grows.
 *
 * Units: page numbers, entries, table indices.  Used by mmu.c (walks) and by the kernel.
 */
#include "page_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What an upper entry holds beside the index of the lower table: all rights, as in most
 * kernels; the leaf decides. */
#define UPPER_BITS (PTE_PRESENT | PTE_WRITABLE | PTE_USER)

/* ---- the arena ------------------------------------------------------------------------- */

void table_arena_init(TableArena *arena, const Geometry *geometry) {
    *arena = (TableArena){.geometry = geometry,
                          .vpn_bits = geometry_vpn_bits(geometry),
                          .huge_shift = geometry->bits[geometry->levels - 1]};
}

void table_arena_clear(TableArena *arena) {
    for (uint32_t i = 1; i <= arena->made; i++) {
        free(arena->tables[i].entries);
        free(arena->tables[i].stamps);
    }
    free(arena->tables);
    table_arena_init(arena, arena->geometry);
}

static uint64_t level_entries(const TableArena *arena, unsigned level) {
    return UINT64_C(1) << arena->geometry->bits[level];
}

static bool is_leaf(const TableArena *arena, unsigned level) {
    return level + 1 == arena->geometry->levels;
}

/* Room for one more index. */
static bool arena_grow(TableArena *arena) {
    if (arena->made + 1 < arena->capacity) {
        return true;
    }
    if (arena->capacity > UINT32_MAX / 2) {
        return false;
    }
    uint32_t capacity = arena->capacity == 0 ? 64 : 2 * arena->capacity;
    Table *tables = realloc(arena->tables, capacity * sizeof(Table));
    if (tables == NULL) {
        return false;
    }
    arena->host_bytes += (capacity - arena->capacity) * sizeof(Table);
    arena->tables = tables;
    arena->capacity = capacity;
    return true;
}

/* A table from the host, all zero; 0 if it has no memory left. */
static uint32_t table_new(TableArena *arena, unsigned level) {
    if (!arena_grow(arena)) {
        return 0;
    }
    uint64_t entries = level_entries(arena, level);
    Table table = {.entries = calloc(entries, sizeof(Pte))};
    if (is_leaf(arena, level)) {
        table.stamps = calloc(entries, sizeof(uint32_t));
    }
    if (table.entries == NULL || (is_leaf(arena, level) && table.stamps == NULL)) {
        free(table.entries);
        free(table.stamps);
        return 0;
    }
    arena->host_bytes += entries * (sizeof(Pte) + (table.stamps ? sizeof(uint32_t) : 0));
    arena->tables[++arena->made] = table;
    return arena->made;
}

/* An empty table for `level`: one that was given back, or a new one.  0: no memory. */
static uint32_t table_take(TableArena *arena, unsigned level) {
    uint32_t index = arena->free_head[level];
    if (index == 0) {
        index = table_new(arena, level);
    } else {
        Table *table = &arena->tables[index];
        arena->free_head[level] = (uint32_t)table->entries[0];
        memset(table->entries, 0, level_entries(arena, level) * sizeof(Pte));
        if (table->stamps != NULL) {
            memset(table->stamps, 0, level_entries(arena, level) * sizeof(uint32_t));
        }
    }
    arena->live += index != 0;
    return index;
}

static void table_give(TableArena *arena, unsigned level, uint32_t index) {
    arena->tables[index].entries[0] = arena->free_head[level];
    arena->free_head[level] = index;
    arena->live--;
}

const char *table_arena_check(const TableArena *arena) {
    uint64_t given = 0;
    for (unsigned level = 0; level < arena->geometry->levels; level++) {
        for (uint32_t i = arena->free_head[level]; i != 0;
             i = (uint32_t)arena->tables[i].entries[0]) {
            if (i > arena->made || ++given > arena->made) {
                return "page-table arena: a list of free tables is damaged";
            }
        }
    }
    return given + arena->live == arena->made ? NULL
                                              : "page-table arena: live + given back != made";
}

/* ---- trees ----------------------------------------------------------------------------- */

bool page_table_init(PageTable *pt, TableArena *arena) {
    *pt = (PageTable){.arena = arena, .root = table_take(arena, 0)};
    return pt->root != 0;
}

void page_table_clear(PageTable *pt) {
    page_table_prune(pt, 0, UINT64_MAX);
    table_give(pt->arena, 0, pt->root);
    *pt = (PageTable){.arena = pt->arena};
}

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

/* Page numbers that the root does not cover have no entry. */
static inline bool covers(const PageTable *pt, Vpn vpn) { return vpn >> pt->arena->vpn_bits == 0; }

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

/* The entry that leads, or would lead, to the table of `level` > 0 that covers a page. */
typedef struct UpperEntry {
    Table *table; /* that it stands in; NULL: that is missing */
    uint64_t index;
} UpperEntry;

static UpperEntry upper_entry(const PageTable *pt, Vpn vpn, unsigned level) {
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

static Pte *upper_pte(UpperEntry upper) { return &upper.table->entries[upper.index]; }

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

/* Room for the numbers of tables deposited beneath huge entries.  False: out of host memory. */
static bool deposits_make(TableArena *arena, Table *table) {
    uint64_t entries = level_entries(arena, arena->geometry->levels - 2);
    if (table->deposits == NULL) {
        table->deposits = calloc(entries, sizeof(uint32_t));
        arena->host_bytes += table->deposits == NULL ? 0 : entries * sizeof(uint32_t);
    }
    return table->deposits != NULL;
}

bool page_table_move(PageTable *pt, Vpn from, Vpn to, unsigned level) {
    UpperEntry source = upper_entry(pt, from, level), target = upper_entry(pt, to, level);
    if (source.table == NULL || target.table == NULL || *upper_pte(source) == PTE_NONE ||
        *upper_pte(target) != PTE_NONE) {
        return false;
    }
    if ((*upper_pte(source) & PTE_HUGE) != 0) {
        if (!deposits_make(pt->arena, target.table)) {
            return false;
        }
        target.table->deposits[target.index] = source.table->deposits[source.index];
    }
    *upper_pte(target) = *upper_pte(source);
    *upper_pte(source) = PTE_NONE;
    return true;
}

/* ---- huge pages ------------------------------------------------------------------------ */

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
    if (!deposits_make(pt->arena, upper.table)) {
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

/* ---- the invariant --------------------------------------------------------------------- */

/* A check under way: which tables were met so far, one bit each. */
typedef struct Survey {
    const PageTable *pt;
    uint8_t *met;
    uint64_t count, huge;
} Survey;

static const char *check_leaf_entry(Pte pte) {
    if (pte_present(pte)) {
        return NULL;
    }
    if ((pte & (PTE_ACCESSED | PTE_DIRTY)) != 0) {
        return "page table: accessed or dirty stands in an entry that is not present";
    }
    if (pte != PTE_NONE && !pte_swapped(pte) && !pte_transit(pte)) {
        return "page table: an entry is neither none, present, swapped nor in transit";
    }
    return NULL;
}

static const char *check_table(Survey *survey, uint32_t index, unsigned level);

/* The entries beneath a huge one say of each of its pages what it says of all. */
static const char *check_huge_entry(Survey *survey, const Table *table, uint64_t i,
                                    unsigned level) {
    const TableArena *arena = survey->pt->arena;
    Pte huge = table->entries[i], seen = PTE_ACCESSED | PTE_DIRTY;
    if (level + 2 != arena->geometry->levels || table->deposits == NULL) {
        return "page table: a huge entry stands at the wrong level, or has no table beneath it";
    }
    const char *wrong = check_table(survey, table->deposits[i], level + 1);
    survey->huge++;
    for (uint64_t j = 0; wrong == NULL && j < level_entries(arena, level + 1); j++) {
        Pte entry = arena->tables[table->deposits[i]].entries[j];
        uint64_t step = pte_zero_page(huge) ? 0 : j;
        if ((entry & ~seen) != ((huge & ~(seen | PTE_HUGE)) + (step << PTE_FRAME_SHIFT))) {
            wrong = "page table: an entry beneath a huge one says something else";
        }
    }
    return wrong;
}

static const char *check_upper_entry(Survey *survey, const Table *table, uint64_t i,
                                     unsigned level) {
    Pte pte = table->entries[i];
    if (pte == PTE_NONE) {
        return NULL;
    }
    if ((pte & PTE_HUGE) != 0) {
        return check_huge_entry(survey, table, i, level);
    }
    return (pte & ~PTE_FRAME_MASK) == UPPER_BITS ? check_table(survey, pte_number(pte), level + 1)
                                                 : "page table: an upper entry has strange bits";
}

static const char *check_table(Survey *survey, uint32_t index, unsigned level) {
    const TableArena *arena = survey->pt->arena;
    if (index == 0 || index > arena->made) {
        return "page table: an upper entry leads to no table";
    }
    if ((survey->met[index / 8] >> index % 8 & 1) != 0) {
        return "page table: two upper entries lead to the same table";
    }
    survey->met[index / 8] |= (uint8_t)(1U << index % 8);
    survey->count++;
    const Table *table = &arena->tables[index];
    if (is_leaf(arena, level) && table->stamps == NULL) {
        return "page table: a table stands at the wrong level";
    }
    const char *wrong = NULL;
    for (uint64_t i = 0; i < level_entries(arena, level) && wrong == NULL; i++) {
        wrong = is_leaf(arena, level) ? check_leaf_entry(table->entries[i])
                                      : check_upper_entry(survey, table, i, level);
    }
    return wrong;
}

const char *page_table_check(const PageTable *pt) {
    Survey survey = {.pt = pt, .met = calloc(pt->arena->made / 8 + 1, 1)};
    if (survey.met == NULL) {
        return "page table: no host memory left for the check";
    }
    const char *wrong = check_table(&survey, pt->root, 0);
    free(survey.met);
    if (wrong == NULL && (survey.count != pt->tables + 1 || survey.huge != pt->huge)) {
        wrong = "page table: tables or huge != those that can be reached";
    }
    return wrong;
}
