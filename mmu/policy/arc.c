/* arc.c - ARC, the adaptive replacement cache: recency against frequency, and the string decides.
 *
 *      L1: seen once                          L2: seen twice or more
 *   ( B1 ghosts ) [ T1 resident ]  <- p ->  [ T2 resident ] ( B2 ghosts )
 *     LRU    MRU   LRU       MRU             MRU       LRU   MRU     LRU
 *
 * Idea: p is how many pages T1 should have.  A fault on a ghost of B1 says that T1 was too small:
 * p grows; on a ghost of B2, p shrinks.  The step is 1, or how many times the other ghost list is
 * longer: adaptive_target.h.
 *
 * Figure 4 of the paper drops a ghost *before* REPLACE, when the lists are full (case IV).  Here
 * lists are cut after the new page came, to the same result: the victim's ghost joins at the MRU
 * end and the cut is at the LRU end.  The one page that the figure drops without a ghost (T1 has
 * c pages, B1 none) gets one that is cut at once.  So cutting needs no cases, and goes on working
 * when pages are unmapped, of which the paper does not speak: there, lists are full for ever.
 *
 * Invariant: |T1| + |T2| <= c; |T1| + |B1| <= c; |T1| + |T2| + |B1| + |B2| <= 2c; 0 <= p <= c.
 */
#include "policies.h"

#include "adaptive_target.h"
#include "page_book.h"

#include <stdlib.h>

enum { T1 = 1, T2, B1, B2, LISTS };

/* node.state of a ghost for which p has moved already: its fault is being served. */
enum { ADAPTED = 1 };

typedef struct Arc {
    const PolicyEnv *env;
    PageBook book;
    PageList list[LISTS]; /* head: MRU, tail: LRU */
    Target p;             /* of T1's size */
} Arc;

static uint32_t size(const Arc *arc, unsigned list) { return arc->list[list].count; }

static unsigned list_of(const Arc *arc, uint32_t node) {
    return node == NODE_NONE ? 0 : page_node(&arc->book, node)->list;
}

static void move_to_mru(Arc *arc, unsigned list, uint32_t node) {
    page_list_remove(&arc->book, &arc->list[list_of(arc, node)], node);
    page_list_push_head(&arc->book, &arc->list[list], node);
}

static void forget(void *self, uint32_t node) {
    Arc *arc = self;
    page_list_remove(&arc->book, &arc->list[list_of(arc, node)], node);
    page_book_forget(&arc->book, node);
}

static void *arc_create(const PolicyEnv *env, const uint64_t *params) {
    Arc *arc = calloc(1, sizeof(Arc));
    if (arc == NULL || !page_book_init(&arc->book, env->frame_count)) {
        free(arc);
        return NULL;
    }
    for (uint8_t i = 1; i < LISTS; i++) {
        arc->list[i].number = i;
    }
    arc->env = env;
    target_init(&arc->p, (Adaptation)params[0], env->capacity);
    return arc;
}

static void arc_destroy(void *self) {
    page_book_clear(&((Arc *)self)->book);
    free(self);
}

/* Cases II and III, once a fault: the kernel may ask for several victims. */
static void adapt(Arc *arc, uint32_t x) {
    if (x == NODE_NONE || page_node(&arc->book, x)->state == ADAPTED) {
        return;
    }
    if (list_of(arc, x) == B1) {
        target_grow(&arc->p, size(arc, B1), size(arc, B2));
        page_node(&arc->book, x)->state = ADAPTED;
    } else if (list_of(arc, x) == B2) {
        target_shrink(&arc->p, size(arc, B2), size(arc, B1));
        page_node(&arc->book, x)->state = ADAPTED;
    }
}

/* REPLACE(x, p); from the other list if none of the one's pages may go. */
static uint32_t replace(const Arc *arc, uint32_t x) {
    int above = target_compare(size(arc, T1), &arc->p);
    bool from_t1 = above > 0 || (above == 0 && list_of(arc, x) == B2);
    uint32_t y = page_list_last_evictable(&arc->book, &arc->list[from_t1 ? T1 : T2], arc->env);
    return y != NODE_NONE
               ? y
               : page_list_last_evictable(&arc->book, &arc->list[from_t1 ? T2 : T1], arc->env);
}

static Pfn arc_victim(void *self, PageKey incoming) {
    Arc *arc = self;
    uint32_t x = page_book_find(&arc->book, incoming);
    adapt(arc, x);
    return page_book_frame(&arc->book, replace(arc, x));
}

static void arc_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page;
    Arc *arc = self;
    uint32_t y = page_book_at(&arc->book, frame);
    if (reason == UNLOAD_EVICTED) {
        page_book_set_frame(&arc->book, y, PFN_NONE);
        move_to_mru(arc, list_of(arc, y) == T1 ? B1 : B2, y);
    } else {
        forget(arc, y);
    }
}

/* T1 has c - 1 pages at most when a page comes, so a full L1 has ghosts; so has L2 if both together
 * have more than 2c. */
static void cut_ghosts(Arc *arc) {
    uint64_t c = arc->env->capacity;
    if ((uint64_t)size(arc, T1) + size(arc, B1) > c) {
        forget(arc, arc->list[B1].tail);
    }
    if (arc->book.live > 2 * c) {
        forget(arc, arc->list[B2].tail);
    }
}

static void arc_loaded(void *self, Pfn frame, PageKey page) {
    Arc *arc = self;
    uint32_t x = page_book_find(&arc->book, page);
    if (x == NODE_NONE) {
        x = page_book_add(&arc->book, page, frame);
        page_list_push_head(&arc->book, &arc->list[T1], x);
        cut_ghosts(arc);
    } else {
        adapt(arc, x);
        page_node(&arc->book, x)->state = 0;
        page_book_set_frame(&arc->book, x, frame);
        move_to_mru(arc, T2, x);
    }
}

/* Case I. */
static void arc_touched(void *self, Pfn frame, uint64_t count) {
    (void)count;
    Arc *arc = self;
    uint32_t x = page_book_at(&arc->book, frame);
    if (x != arc->list[T2].head) {
        move_to_mru(arc, T2, x);
    }
}

/* A ghost that bears the page's new name is of another page. */
static void arc_renamed(void *self, Pfn frame, PageKey page) {
    Arc *arc = self;
    uint32_t ghost = page_book_find(&arc->book, page);
    if (ghost != NODE_NONE) {
        forget(arc, ghost);
    }
    page_book_rename(&arc->book, page_book_at(&arc->book, frame), page);
}

static void arc_forgotten(void *self, PageKey first, uint64_t count) {
    Arc *arc = self;
    page_book_each_ghost(&arc->book, first, count, forget, arc);
}

static bool arc_holds(const void *self, Pfn frame) {
    return page_book_holds(&((const Arc *)self)->book, frame);
}

static const char *arc_check(const void *self) {
    const Arc *arc = self;
    uint64_t c = arc->env->capacity, t1 = size(arc, T1), t2 = size(arc, T2);
    const char *wrong = page_book_check(&arc->book);
    wrong = wrong != NULL ? wrong : target_check(&arc->p);
    for (unsigned i = 1; i < LISTS && wrong == NULL; i++) {
        wrong = page_list_check(&arc->book, &arc->list[i]);
        if (wrong == NULL && !page_list_is(&arc->book, &arc->list[i], i == T1 || i == T2)) {
            wrong = "arc: a ghost in T1 or T2, or a resident page in B1 or B2";
        }
    }
    return wrong != NULL                                               ? wrong
           : t1 + t2 + size(arc, B1) + size(arc, B2) != arc->book.live ? "arc: a page is on no list"
           : t1 + t2 > c                                               ? "arc: |T1| + |T2| > c"
           : t1 + size(arc, B1) > c                                    ? "arc: |T1| + |B1| > c"
           : arc->book.live > 2 * c ? "arc: |T1| + |T2| + |B1| + |B2| > 2c"
                                    : NULL;
}

static const Param arc_params[] = {
    ADAPTATION_PARAM(ADAPT_DOUBLE),
    {.name = NULL},
};

const PolicyOps policy_arc = {
    .info = {.name = "arc",
             .summary = "adaptive: a list seen once and one seen again, ghosts of both move the "
                        "border p between them",
             .source = "Megiddo and Modha, ARC, FAST 2003, figure 4",
             .params = arc_params},
    .create = arc_create,
    .destroy = arc_destroy,
    .loaded = arc_loaded,
    .touched = arc_touched,
    .victim = arc_victim,
    .unloaded = arc_unloaded,
    .renamed = arc_renamed,
    .forgotten = arc_forgotten,
    .holds = arc_holds,
    .check = arc_check,
};
