/* page_counts.h - how often pages that left memory were used: a number for each ghost.
 *
 * A page_book of ghosts gives each page a node; the numbers are an array beside it, by node,
 * because they need more bits than a node has to spare.  32 bytes a page remembered, and its
 * share of the hash table.  Used by lfu.c.
 *
 * Invariant (page_counts_check): the book is sound, and there is a number
 * for each of its nodes.
 */
#ifndef FAULTLINE_PAGE_COUNTS_H
#define FAULTLINE_PAGE_COUNTS_H

#include "page_book.h"

typedef struct PageCounts {
    PageBook book;
    uint64_t *counts;  /* of each node */
    uint32_t capacity; /* of counts */
} PageCounts;

/* False: out of host memory. */
bool page_counts_init(PageCounts *past);
void page_counts_clear(PageCounts *past);

/* Remember a count >= 1 for a page that has none.  Being out of host memory ends the program. */
void page_counts_put(PageCounts *past, PageKey page, uint64_t count);
/* The page's count, which is forgotten; 0: it has none. */
uint64_t page_counts_take(PageCounts *past, PageKey page);
/* Forget the counts of the pages first..first+count-1. */
void page_counts_forget(PageCounts *past, PageKey first, uint64_t count);

const char *page_counts_check(const PageCounts *past);

#endif
