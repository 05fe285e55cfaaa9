/* page_table.h - radix trees of real tables.
 *
 * Idea: a table is an array of 2^bits entries; an upper entry holds the index of a lower
 * table in the arena that all address spaces of a machine share.  Tables appear when
 * page_table_make() first needs them and go when page_table_prune() is told that nothing is
 * mapped around them any more: when exactly is the kernel's rule, not the hardware's.
 *
 * Invariant (page_table_check): every table but the roots is referenced by exactly one
 * present upper entry; arena in use = sum of all trees' tables + their roots; accessed and
 * dirty stand only in present entries.
 */
#ifndef FAULTLINE_PAGE_TABLE_H
#define FAULTLINE_PAGE_TABLE_H

#include "geometry.h"
#include "pte.h"

/* One table.  Leaf tables also keep, for each entry, the working-set window in which its
 * page was last referenced (see kernel/working_set.h). */
typedef struct Table {
    Pte *entries;
    uint32_t *stamps; /* NULL in upper tables */
} Table;

typedef struct TableArena {
    const Geometry *geometry;
    Table *tables; /* index 0 is never used */
    uint32_t capacity, used_high;
    uint32_t free_head;  /* list of given-back tables, linked through entries[0] */
    uint32_t live;       /* tables in use */
} TableArena;

typedef struct PageTable {
    TableArena *arena;
    uint32_t root;
    uint64_t tables; /* below the root */
} PageTable;

void table_arena_init(TableArena *arena, const Geometry *geometry);
void table_arena_clear(TableArena *arena);

/* An empty tree: a root and nothing below.  False: out of host memory (or 2^32 tables). */
bool page_table_init(PageTable *pt, TableArena *arena);
/* Give every table back, the root too. */
void page_table_clear(PageTable *pt);

/* The leaf entry of `vpn`, or NULL if a table on the way is missing. */
Pte *page_table_find(const PageTable *pt, Vpn vpn);
/* The same, making missing tables.  NULL: out of host memory. */
Pte *page_table_make(PageTable *pt, Vpn vpn);
/* The window stamp beside an entry that find or make returned for `vpn`. */
uint32_t *page_table_stamp(const PageTable *pt, Vpn vpn);

/* The first leaf entry that is not PTE_NONE with *vpn <= its number < end; *vpn becomes its
 * number.  NULL if there is none.  Skips missing tables whole, so sparse ranges are cheap. */
Pte *page_table_next(const PageTable *pt, Vpn *vpn, Vpn end);

/* Free every table (never the root) whose whole span lies in floor <= vpn < ceiling.
 * The caller has emptied their entries.  Returns how many went. */
uint64_t page_table_prune(PageTable *pt, Vpn floor, Vpn ceiling);

/* NULL if the tree is sound, else what is wrong. */
const char *page_table_check(const PageTable *pt);

#endif
