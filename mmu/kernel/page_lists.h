/* page_lists.h - the modified list and the standby list: pages that were trimmed from a working
 * set and are still in memory.
 *
 *   oldest                                   newest
 *   [ 7 ] -> [ 2 ] -> [ 9 ]     modified: their only copy is here; the writer takes the oldest
 *   [ 4 ] -> [ 0 ]              standby: clean; a fault that needs a frame takes the oldest
 *
 * Source: the modified and standby lists of Windows (Solomon and Russinovich, Windows Internals),
 * without its priorities.
 *
 * Idea: both are queues from which any page may be taken out at any time, by a soft fault.  A frame
 * is on one list at most, so both share one array of links, by frame number plus one: all zero is
 * two empty lists, however large the machine (faultline/lazy.h).
 *
 * Invariant (page_lists_check): prev(next(f)) = f; each list meets exactly `count` frames, all
 * of which say that they are on it.
 * Used by trim.c, which knows what being on them means.
 */
#ifndef FAULTLINE_PAGE_LISTS_H
#define FAULTLINE_PAGE_LISTS_H

#include "faultline/types.h"

typedef enum PageListId { LIST_NONE, LIST_MODIFIED, LIST_STANDBY, LIST_COUNT } PageListId;

typedef struct PageLink {
    uint32_t older, newer; /* frame number + 1; 0: none */
    uint8_t list;          /* PageListId */
} PageLink;

typedef struct PageQueue {
    uint32_t oldest, newest; /* frame number + 1; 0: the list is empty */
    uint32_t count;
} PageQueue;

typedef struct PageLists {
    PageLink *links; /* one a frame */
    uint32_t frame_count;
    PageQueue lists[LIST_COUNT]; /* LIST_NONE's is not used */
} PageLists;

/* False: out of host memory. */
bool page_lists_init(PageLists *lists, uint32_t frame_count);
void page_lists_clear(PageLists *lists);

/* The frame, which is on neither list, becomes the newest of this one. */
void page_lists_add(PageLists *lists, PageListId list, Pfn pfn);
/* Take a frame out of the list that it is on. */
void page_lists_remove(PageLists *lists, Pfn pfn);

/* The oldest frame of a list; PFN_NONE: it is empty. */
static inline Pfn page_lists_oldest(const PageLists *lists, PageListId list) {
    return lists->lists[list].oldest - 1;
}
/* The next newer one behind a frame; PFN_NONE: it is the newest. */
static inline Pfn page_lists_newer(const PageLists *lists, Pfn pfn) {
    return lists->links[pfn].newer - 1;
}
static inline PageListId page_lists_which(const PageLists *lists, Pfn pfn) {
    return (PageListId)lists->links[pfn].list;
}
static inline uint32_t page_lists_count(const PageLists *lists, PageListId list) {
    return lists->lists[list].count;
}

const char *page_lists_check(const PageLists *lists);

#endif
