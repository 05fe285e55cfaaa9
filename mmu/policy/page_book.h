/* page_book.h - the pages that a policy remembers: those in frames, and ghosts of those that left.
 *
 *   page 7 --(hash)--> node 3 <--(by_frame)-- frame 12
 *                        | prev, next: on one list at a time
 *   T1: head [3] <-> [9] <-> [1] tail         B1: head [4] <-> [2] tail    (ghosts: frame none)
 *
 * Idea: one record a page, found by its key or by its frame, linked into the lists of which
 * papers speak (T1, B1, A1out, stack S, queue Q ...).  Links are indices; index 0 is nobody.
 * Every operation is O(1).  Policies for which a frame alone is enough use frame_list.h.
 *
 * Invariant (page_book_check, page_list_check): each node is found by its page, and by its frame
 * if it has one; a list's nodes bear its number, and their number is its count.
 */
#ifndef FAULTLINE_PAGE_BOOK_H
#define FAULTLINE_PAGE_BOOK_H

#include "faultline/policy.h"

#define NODE_NONE 0u

typedef struct PageNode {
    PageKey page;
    Pfn frame;           /* PFN_NONE: a ghost */
    uint32_t prev, next; /* towards the head, towards the tail */
    uint8_t list;        /* number of the list that it is on, from 1; 0: on none */
    uint8_t state;       /* the policy's own: hot, cold, filter bit ... */
    uint16_t count;      /* the policy's own: frequency ... */
} PageNode;

typedef struct PageBook {
    PageNode *nodes; /* grows; index 0 is never used */
    uint32_t capacity, used_high, free_node, live;
    uint32_t *slots; /* hash table of node indices, open addressing; a power of two */
    uint32_t slot_mask;
    uint32_t *by_frame; /* lazy: node index of each frame */
    uint32_t frame_count;
} PageBook;

typedef struct PageList {
    uint32_t head, tail;
    uint32_t count;
    uint8_t number; /* from 1, unique among the lists of a policy */
} PageList;

/* False: out of host memory. */
bool page_book_init(PageBook *book, uint32_t frame_count);
void page_book_clear(PageBook *book);

static inline PageNode *page_node(const PageBook *book, uint32_t node) {
    return &book->nodes[node];
}
/* The node of a page, or NODE_NONE. */
uint32_t page_book_find(const PageBook *book, PageKey page);
/* The node of a resident frame, or NODE_NONE. */
static inline uint32_t page_book_at(const PageBook *book, Pfn frame) {
    return book->by_frame[frame];
}
/* The frame of a node; PFN_NONE for a ghost and for NODE_NONE. */
static inline Pfn page_book_frame(const PageBook *book, uint32_t node) {
    return node == NODE_NONE ? PFN_NONE : book->nodes[node].frame;
}
static inline bool page_book_holds(const PageBook *book, Pfn frame) {
    return frame < book->frame_count && book->by_frame[frame] != NODE_NONE;
}
/* A new node for a page that has none, on no list.  `frame` may be PFN_NONE.  Pointers to nodes do
 * not survive this call; indices do.  Being out of host memory ends the program. */
uint32_t page_book_add(PageBook *book, PageKey page, Pfn frame);
/* The page comes into a frame, or (PFN_NONE) leaves it and becomes a ghost. */
void page_book_set_frame(PageBook *book, uint32_t node, Pfn frame);
/* The page bears another name from now on (mremap); there is no node of that name. */
void page_book_rename(PageBook *book, uint32_t node, PageKey page);
/* Call `drop` for each ghost among the pages first..first+count-1.  It may forget that node. */
void page_book_each_ghost(PageBook *book, PageKey first, uint64_t count,
                          void (*drop)(void *self, uint32_t node), void *self);
/* Forget a page that is on no list. */
void page_book_forget(PageBook *book, uint32_t node);

/* A node that is on no list joins one. */
void page_list_push_head(PageBook *book, PageList *list, uint32_t node);
void page_list_push_tail(PageBook *book, PageList *list, uint32_t node);
/* Put the node just before `place` (towards the head); NODE_NONE: at the tail. */
void page_list_insert_before(PageBook *book, PageList *list, uint32_t node, uint32_t place);
void page_list_remove(PageBook *book, PageList *list, uint32_t node);

/* The page nearest to the head (first), to the tail (last), that env->evictable() lets go, or
 * NODE_NONE.  The list holds no ghosts. */
uint32_t page_list_first_evictable(const PageBook *book, const PageList *list,
                                   const PolicyEnv *env);
uint32_t page_list_last_evictable(const PageBook *book, const PageList *list, const PolicyEnv *env);

const char *page_book_check(const PageBook *book);
const char *page_list_check(const PageBook *book, const PageList *list);
/* Are all pages of the list in frames (resident), or all ghosts (not resident)? */
bool page_list_is(const PageBook *book, const PageList *list, bool resident);

#endif
