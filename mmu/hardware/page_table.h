/* page_table.h - radix trees of real tables.
 *
 *   root            level 1         leaf: entries            and stamps
 *   +---+---+--     +---+---+--     +-------+-------+--      +----+----+--
 *   | . | 3 |   --> | 7 | . |   --> | frame | none  |        | 12 |  0 |
 *   +---+---+--     +---+---+--     +-------+-------+--      +----+----+--
 *         table 3         table 7
 *
 * Idea: a table is an array of 2^bits entries; an upper entry holds the index of a lower
 * table in the arena that all address spaces of a machine share.  Tables appear when
 * page_table_make() first needs them and go when page_table_prune() is told that nothing is
 * mapped around them any more: when exactly is the kernel's rule, not the hardware's.
 * Tables that were given back are kept, one list a level (levels differ in size), for reuse.
 *
 * A huge page is mapped by one entry above the leaves, which holds a frame instead of a table:
 *
 *   level 2: entries                     the table deposited beneath: entries
 *   +-------+-----------------+--        +-----+-----+-----+--
 *   | 7  .  | frame 512, HUGE |    - ->  | 512 | 513 | 514 |
 *   +-------+-----------------+--        +-----+-----+-----+--
 *
 * The hardware reads the huge entry and stops there.  The leaf table that would map the same pages
 * one by one is kept beside it (deposited), with all its entries in place: so splitting a huge page
 * needs no memory and cannot fail, and a kernel that asks for the entry of a single page gets that
 * page's.  Only accessed and dirty are in the huge entry alone, until they are spread.
 *
 * Invariant (page_table_check): every table but the roots is referenced by exactly one
 * present upper entry, or deposited beneath one; accessed and dirty stand only in present entries;
 * the entries beneath a huge one lead to its frames, in order, with its rights.
 * Invariant (table_arena_check): live + given back = tables ever made.
 * So, over all trees of an arena: live = sum of (tables + 1).
 */
#ifndef FAULTLINE_PAGE_TABLE_H
#define FAULTLINE_PAGE_TABLE_H

#include "geometry.h"
#include "pte.h"

/* One table, and beside each of its entries a number: in a leaf the working-set window in which
 * its page was last referenced (see kernel/working_set.h), above the leaves the table that is
 * deposited beneath a huge entry. */
typedef struct Table {
    Pte *entries;
    union {
        uint32_t *stamps;   /* leaves: always there */
        uint32_t *deposits; /* others: NULL until the first huge entry */
    };
} Table;

typedef struct TableArena {
    const Geometry *geometry;
    unsigned vpn_bits;                       /* geometry_vpn_bits(geometry) */
    unsigned huge_shift;                     /* a huge page has 2^this pages: a leaf's entries */
    Table *tables;                           /* index 0 is never used */
    uint32_t capacity;                       /* of the array `tables` */
    uint32_t made;                           /* tables ever made; their indices are 1..made */
    uint32_t live;                           /* of these, in use now */
    uint32_t free_head[GEOMETRY_LEVELS_MAX]; /* the others, linked through entries[0] */
} TableArena;

typedef struct PageTable {
    TableArena *arena;
    uint32_t root;
    uint64_t tables; /* below the root, deposited ones included */
    uint64_t huge;   /* huge entries */
} PageTable;

/* The table below entry `index` of an upper table, which is not PTE_NONE; beneath a huge entry the
 * deposited one. */
static inline uint32_t table_below(const Table *table, uint64_t index) {
    Pte entry = table->entries[index];
    return (entry & PTE_HUGE) != 0 ? table->deposits[index] : pte_number(entry);
}

/* `geometry` passes geometry_check() and outlives the arena. */
void table_arena_init(TableArena *arena, const Geometry *geometry);
void table_arena_clear(TableArena *arena);
const char *table_arena_check(const TableArena *arena);

/* An empty tree: a root and nothing below.  False: out of host memory (or 2^32 tables). */
bool page_table_init(PageTable *pt, TableArena *arena);
/* Give every table back, the root too. */
void page_table_clear(PageTable *pt);

/* What the hardware does: the leaf entry of `vpn`, or the huge one that covers it, or NULL if a
 * table on the way is missing.  *entries_read: how many entries that took, the last one included. */
Pte *page_table_walk(const PageTable *pt, Vpn vpn, unsigned *entries_read);
/* The leaf entry of `vpn`, beneath a huge one if need be, for those who do not count. */
Pte *page_table_find(const PageTable *pt, Vpn vpn);
/* The same, making missing tables.  NULL: out of host memory. */
Pte *page_table_make(PageTable *pt, Vpn vpn);
/* The window stamp beside an entry that find or make returned for `vpn`. */
uint32_t *page_table_stamp(const PageTable *pt, Vpn vpn);

/* A hint to the host: entry and stamp of `vpn` will be wanted soon.  Changes nothing; it stands here
 * because compilers take a call of such a function for one that can be left out. */
static inline __attribute__((always_inline)) void page_table_expect(const PageTable *pt, Vpn vpn) {
    const TableArena *arena = pt->arena;
    unsigned leaf = arena->geometry->levels - 1;
    const Table *table = &arena->tables[pt->root];
    for (unsigned level = 0; level < leaf; level++) {
        Pte entry = table->entries[geometry_index(arena->geometry, level, vpn)];
        if ((entry & (PTE_PRESENT | PTE_HUGE)) != PTE_PRESENT) {
            return;
        }
        table = &arena->tables[pte_number(entry)];
    }
    uint64_t index = geometry_index(arena->geometry, leaf, vpn);
    __builtin_prefetch(&table->entries[index], 1);
    __builtin_prefetch(&table->stamps[index], 1);
}

/* The first leaf entry that is not PTE_NONE with *vpn <= its number < end; *vpn becomes its
 * number.  NULL if there is none.  Skips missing tables whole, so sparse ranges are cheap. */
Pte *page_table_next(const PageTable *pt, Vpn *vpn, Vpn end);

/* Make every table that `from` has for pages of first..end-1, empty.  False: out of host memory. */
bool page_table_copy_shape(PageTable *pt, const PageTable *from, Vpn first, Vpn end);

/* Free every table (never the root) whose whole span lies in floor <= vpn < ceiling.
 * The caller has emptied their entries.  Returns how many went. */
uint64_t page_table_prune(PageTable *pt, Vpn floor, Vpn ceiling);

/* Free the leaf tables whose whole span lies in first <= vpn < end; nothing above them.  The caller
 * has emptied their entries.  Returns how many went. */
uint64_t page_table_drop_leaves(PageTable *pt, Vpn first, Vpn end);

/* The level of the deepest table on the way to `vpn`: 0, the root, to levels - 1, a leaf. */
unsigned page_table_depth(const PageTable *pt, Vpn vpn);
/* Make the tables on the way to `vpn` down to that of `level`.  False: out of host memory. */
bool page_table_make_to(PageTable *pt, Vpn vpn, unsigned level);
/* The table of `level` > 0 that covers `from`, with all below it, covers `to` instead.  False, and
 * nothing is changed: there is none, or the place at `to` is taken or has no table above it. */
bool page_table_move(PageTable *pt, Vpn from, Vpn to, unsigned level);

/* ---- huge pages ------------------------------------------------------------------------- */

/* The huge entry that covers `vpn`, or NULL. */
Pte *page_table_huge(const PageTable *pt, Vpn vpn);
/* What the tables say of a single page: its leaf entry, or PTE_NONE; with the accessed, dirty and
 * huge bits of a huge entry that covers it. */
Pte page_table_read(const PageTable *pt, Vpn vpn);
/* One huge entry takes the place of the leaf table of `vpn`, whose entries are all present with
 * the same rights, and lead to consecutive frames (or all to the shared zero page).  It gets their
 * rights, and accessed and dirty if any of them has them; the TLB must hold none of them.  The
 * table is deposited.  False, and nothing is changed: out of host memory. */
bool page_table_join(PageTable *pt, Vpn vpn);
/* The accessed and dirty bits of the huge entry that covers `vpn` go to all the entries beneath it,
 * and are clear in itself. */
void page_table_spread(PageTable *pt, Vpn vpn);
/* The rights of the entries beneath a huge one were all changed alike: it gets them, too. */
void page_table_renew(PageTable *pt, Vpn vpn);
/* The deposited table takes the place of the huge entry again. */
void page_table_split(PageTable *pt, Vpn vpn);

/* NULL if the tree is sound, else what is wrong. */
const char *page_table_check(const PageTable *pt);

#endif
