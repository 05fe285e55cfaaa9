/* table_walk.h - looking for used pages along page tables, table by table.
 *
 *   pages  128 129 ... 191 | 192 ... 255 | 256 ...          a window of 64 entries
 *          '--------- a table of 512 entries, e.g. pages 0..511 ---------'
 *
 * Idea: entries of one table lie side by side, so it is cheap to look at all of them, but only
 * worth it where many pages are used.  So a table is walked if the last walk found one entry in
 * eight used there, or if a used page that was met elsewhere had so many used neighbours.
 *
 * The first walk looks at every table.
 * Invariant (table_walk_check): a table is known while it has pages, or is to be walked next.
 * Source: Linux, mm/vmscan.c (walk_pte_range, lru_gen_look_around, suitable_to_scan); its Bloom
 * filter of tables is exact here.
 */
#ifndef FAULTLINE_TABLE_WALK_H
#define FAULTLINE_TABLE_WALK_H

#include "page_book.h"

#define TABLE_LOG    9u  /* a table has 512 entries */
#define WALK_WINDOW  64u /* MIN_LRU_BATCH: entries looked at around a used one */
#define WORTH_A_WALK 8u  /* one entry in so many used */

typedef struct TableWalk {
    const PolicyEnv *env;
    PageBook pages;  /* those in frames */
    PageBook tables; /* by the number of their first page / 512 */
    uint16_t *used;  /* of each table, in the walk under way */
    uint32_t used_capacity;
    bool begun; /* the first walk is over */
} TableWalk;

/* What is to be done with a page that was found used; its bit is cleared. */
typedef void TableWalkFound(void *self, Pfn frame);

bool table_walk_init(TableWalk *walk, const PolicyEnv *env);
void table_walk_clear(TableWalk *walk);

/* A page is in memory; it is no more; it bears another name from now on. */
void table_walk_add(TableWalk *walk, Pfn frame, PageKey page);
void table_walk_remove(TableWalk *walk, Pfn frame);
void table_walk_rename(TableWalk *walk, Pfn frame, PageKey page);

/* Look at every page of the tables that are worth it. */
void table_walk_all(TableWalk *walk, TableWalkFound *found, void *self);
/* The page in the frame was found used: look at its neighbours, too. */
void table_walk_around(TableWalk *walk, Pfn frame, TableWalkFound *found, void *self);

const char *table_walk_check(const TableWalk *walk);

#endif
