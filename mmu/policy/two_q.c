/* two_q.c - 2Q: a page has to come twice before it counts as hot.
 *
 *   first fault --> [ A1in: FIFO ] --evicted--> ( A1out: ghosts, FIFO ) --> forgotten
 *                                                      | fault again
 *                                                      v
 *                                               [ Am: LRU ] --evicted--> forgotten
 *
 * Idea: the first references to a page come in a burst that says nothing about its future, so
 * hits in A1in change nothing.  Who is wanted again after having left A1in goes to Am.  A scan
 * runs through A1in and never disturbs Am.
 *
 * The victim is the oldest of A1in while that holds more than Kin pages, else Am's least recent.
 * A1out is cut to Kout when a page is loaded: the page that returns has left it by then, so the
 * ghost of the victim never pushes it out (`ghost_taken` before).  The paper makes room first: the
 * victim's ghost may push out one that could have stayed (`ghost_taken` after).
 *
 * Invariant: |A1in| + |Am| <= c; |A1in| + |Am| + |A1out| <= c + Kout.  As long as no page is
 * unmapped, |A1out| <= Kout between faults.
 */
#include "policies.h"

#include "page_book.h"

#include <stdlib.h>

enum { A1IN = 1, A1OUT, AM, LISTS };

enum { TAKEN_BEFORE, TAKEN_AFTER }; /* as in two_q_params */

typedef struct TwoQ {
    const PolicyEnv *env;
    PageBook book;
    PageList list[LISTS]; /* head: newest, tail: oldest */
    uint64_t kin, kout;
    uint64_t ghost_taken;
} TwoQ;

static uint32_t size(const TwoQ *q, unsigned list) { return q->list[list].count; }

static void take_off(TwoQ *q, uint32_t node) {
    page_list_remove(&q->book, &q->list[page_node(&q->book, node)->list], node);
}

static void put_at_head(TwoQ *q, unsigned list, uint32_t node) {
    page_list_push_head(&q->book, &q->list[list], node);
}

static void forget(void *self, uint32_t node) {
    TwoQ *q = self;
    take_off(q, node);
    page_book_forget(&q->book, node);
}

static void *two_q_create(const PolicyEnv *env, const uint64_t *params) {
    TwoQ *q = calloc(1, sizeof(TwoQ));
    if (q == NULL || !page_book_init(&q->book, env->frame_count)) {
        free(q);
        return NULL;
    }
    for (uint8_t i = 1; i < LISTS; i++) {
        q->list[i].number = i;
    }
    q->env = env;
    q->kin = params[0] != 0 ? params[0] : env->capacity < 4 ? 1 : env->capacity / 4;
    q->kout = params[1] != 0 ? params[1] : env->capacity < 2 ? 1 : env->capacity / 2;
    q->ghost_taken = params[2];
    return q;
}

static void two_q_destroy(void *self) {
    page_book_clear(&((TwoQ *)self)->book);
    free(self);
}

/* Oldest first.  Not x: where it is the one that the victim's ghost pushes out, it leaves A1out all
 * the same, but for Am. */
static void ghosts_cut(TwoQ *q, uint32_t x) {
    while (size(q, A1OUT) > q->kout && q->list[A1OUT].tail != x) {
        forget(q, q->list[A1OUT].tail);
    }
}

static void two_q_loaded(void *self, Pfn frame, PageKey page) {
    TwoQ *q = self;
    uint32_t x = page_book_find(&q->book, page);
    if (q->ghost_taken == TAKEN_AFTER) {
        ghosts_cut(q, x);
    }
    if (x != NODE_NONE) {
        take_off(q, x);
        page_book_set_frame(&q->book, x, frame);
        put_at_head(q, AM, x);
    } else {
        put_at_head(q, A1IN, page_book_add(&q->book, page, frame));
    }
    ghosts_cut(q, NODE_NONE);
}

static void two_q_touched(void *self, Pfn frame, uint64_t count) {
    (void)count;
    TwoQ *q = self;
    uint32_t x = page_book_at(&q->book, frame);
    if (page_node(&q->book, x)->list == AM && x != q->list[AM].head) {
        take_off(q, x);
        put_at_head(q, AM, x);
    }
}

static Pfn two_q_victim(void *self, PageKey incoming) {
    (void)incoming;
    TwoQ *q = self;
    bool from_a1in = size(q, A1IN) > q->kin;
    uint32_t y = page_list_last_evictable(&q->book, &q->list[from_a1in ? A1IN : AM], q->env);
    if (y == NODE_NONE) {
        y = page_list_last_evictable(&q->book, &q->list[from_a1in ? AM : A1IN], q->env);
    }
    return page_book_frame(&q->book, y);
}

static void two_q_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page;
    TwoQ *q = self;
    uint32_t y = page_book_at(&q->book, frame);
    if (reason == UNLOAD_EVICTED && page_node(&q->book, y)->list == A1IN) {
        take_off(q, y);
        page_book_set_frame(&q->book, y, PFN_NONE);
        put_at_head(q, A1OUT, y);
    } else {
        forget(q, y);
    }
}

/* A ghost that bears the page's new name is of another page. */
static void two_q_renamed(void *self, Pfn frame, PageKey page) {
    TwoQ *q = self;
    uint32_t ghost = page_book_find(&q->book, page);
    if (ghost != NODE_NONE) {
        forget(q, ghost);
    }
    page_book_rename(&q->book, page_book_at(&q->book, frame), page);
}

static void two_q_forgotten(void *self, PageKey first, uint64_t count) {
    TwoQ *q = self;
    page_book_each_ghost(&q->book, first, count, forget, q);
}

static bool two_q_holds(const void *self, Pfn frame) {
    return page_book_holds(&((const TwoQ *)self)->book, frame);
}

static const char *two_q_check(const void *self) {
    const TwoQ *q = self;
    uint64_t c = q->env->capacity, resident = (uint64_t)size(q, A1IN) + size(q, AM);
    const char *wrong = page_book_check(&q->book);
    for (unsigned i = 1; i < LISTS && wrong == NULL; i++) {
        wrong = page_list_check(&q->book, &q->list[i]);
        if (wrong == NULL && !page_list_is(&q->book, &q->list[i], i != A1OUT)) {
            wrong = "2q: a ghost among the resident pages, or the reverse";
        }
    }
    return wrong != NULL                               ? wrong
           : resident + size(q, A1OUT) != q->book.live ? "2q: a page is on no list"
           : resident > c                              ? "2q: |A1in| + |Am| > c"
           : resident + size(q, A1OUT) > c + q->kout   ? "2q: |A1in| + |Am| + |A1out| > c + Kout"
                                                       : NULL;
}

static const Param two_q_params[] = {
    {.name = "kin",
     .kind = PARAM_COUNT,
     .max = 1000000000,
     .help = "A1in gives the victim while it has more pages than this; 0: a quarter of memory"},
    {.name = "kout",
     .kind = PARAM_COUNT,
     .max = 1000000000,
     .help = "ghosts remembered in A1out; 0: half as many as memory has pages"},
    {.name = "ghost_taken",
     .kind = PARAM_CHOICE,
     .initial = TAKEN_BEFORE,
     .choices = "before|after",
     .help = "the ghost of the page that returns is taken out before or, as published, after the "
             "victim's goes in"},
    {.name = NULL},
};

const PolicyOps policy_two_q = {
    .info = {.name = "2q",
             .summary = "full 2Q: new pages pass a FIFO; those that return after it go to an LRU "
                        "list",
             .source = "Johnson and Shasha, 2Q, VLDB 1994",
             .params = two_q_params},
    .create = two_q_create,
    .destroy = two_q_destroy,
    .loaded = two_q_loaded,
    .touched = two_q_touched,
    .victim = two_q_victim,
    .unloaded = two_q_unloaded,
    .renamed = two_q_renamed,
    .forgotten = two_q_forgotten,
    .holds = two_q_holds,
    .check = two_q_check,
};
