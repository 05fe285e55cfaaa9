/* s3_fifo.c - S3-FIFO: three queues and no list is ever reordered on a hit.
 *
 *    new -> [ small S, a tenth ] -used twice-> [ main M ] -> out
 *                    |                          ^   '-used: round again-'
 *                    '-> out, ghost G ---fault--'
 *
 * Idea: most pages are used once.  So all pass through a small queue first, and only those used
 * more than once on their way, or again soon after, get into the main one.  A hit only counts:
 * freq + 1, up to 3.  In M a page goes round once for each count.
 *
 * The page that comes is looked up in G before the victim's ghost enters (`ghost_taken` before): here
 * the victim's joins first and G is cut only after the page has come and taken its own ghost out,
 * which is the same.  The paper's algorithm 1 makes room first (`ghost_taken` after): G is cut before the
 * page is looked up, and what the victim's ghost pushed out may have been the page's own.
 *
 * Invariant: S + M = resident pages; G holds the ghosts, at most 9c/10, and one more while a fault
 * is served; freq <= 3.
 */
#include "policies.h"

#include "page_book.h"

#include <stdlib.h>

enum { SMALL = 1, MAIN, GHOST, QUEUES };

enum { TAKEN_BEFORE, TAKEN_AFTER }; /* as in s3_fifo_params */

#define FREQUENCY_MAX 3u

typedef struct S3Fifo {
    const PolicyEnv *env;
    PageBook book;
    PageList queue[QUEUES];           /* head: newest, tail: next to go */
    uint64_t small_target, ghost_max; /* pages */
    uint64_t ghost_taken;
} S3Fifo;

static PageNode *node_at(const S3Fifo *s3, uint32_t node) { return page_node(&s3->book, node); }

static void *s3_fifo_create(const PolicyEnv *env, const uint64_t *params) {
    S3Fifo *s3 = calloc(1, sizeof(S3Fifo));
    if (s3 == NULL || !page_book_init(&s3->book, env->frame_count)) {
        free(s3);
        return NULL;
    }
    for (uint8_t number = SMALL; number < QUEUES; number++) {
        s3->queue[number].number = number;
    }
    s3->env = env;
    s3->small_target = env->capacity < 10 ? 1 : env->capacity / 10;
    s3->ghost_max = UINT64_C(9) * env->capacity / 10;
    s3->ghost_taken = params[0];
    return s3;
}

static void s3_fifo_destroy(void *self) {
    page_book_clear(&((S3Fifo *)self)->book);
    free(self);
}

static void put_at_head(S3Fifo *s3, unsigned queue, uint32_t node) {
    unsigned before = node_at(s3, node)->list;
    if (before != 0) {
        page_list_remove(&s3->book, &s3->queue[before], node);
    }
    page_list_push_head(&s3->book, &s3->queue[queue], node);
}

static void page_forget(void *self, uint32_t node) {
    S3Fifo *s3 = self;
    page_list_remove(&s3->book, &s3->queue[node_at(s3, node)->list], node);
    page_book_forget(&s3->book, node);
}

static void ghosts_cut(S3Fifo *s3) {
    while (s3->queue[GHOST].count > s3->ghost_max) {
        page_forget(s3, s3->queue[GHOST].tail);
    }
}

static bool is_evictable(const S3Fifo *s3, uint32_t node) {
    return s3->env->evictable(s3->env->host, node_at(s3, node)->frame);
}

/* EVICTS: who was used more than once moves to M; the first other one is the victim. */
static Pfn victim_of_small(S3Fifo *s3) {
    for (uint32_t left = s3->queue[SMALL].count; left > 0; left--) {
        uint32_t node = s3->queue[SMALL].tail;
        if (node_at(s3, node)->count > 1) {
            node_at(s3, node)->count = 0;
            put_at_head(s3, MAIN, node);
        } else if (is_evictable(s3, node)) {
            return node_at(s3, node)->frame;
        } else {
            put_at_head(s3, SMALL, node);
        }
    }
    return PFN_NONE;
}

/* EVICTM: after FREQUENCY_MAX rounds there is a page without uses left, if one may go at all. */
static Pfn victim_of_main(S3Fifo *s3) {
    uint64_t left = (FREQUENCY_MAX + UINT64_C(1)) * s3->queue[MAIN].count;
    for (; left > 0; left--) {
        uint32_t node = s3->queue[MAIN].tail;
        if (node_at(s3, node)->count > 0) {
            node_at(s3, node)->count--;
        } else if (is_evictable(s3, node)) {
            return node_at(s3, node)->frame;
        }
        put_at_head(s3, MAIN, node);
    }
    return PFN_NONE;
}

/* From S while it is larger than it should be.  If the pages of one queue are all pinned, the
 * other one gives; S may have moved its last page that can go to M, so M is asked last. */
static Pfn s3_fifo_victim(void *self, PageKey incoming) {
    (void)incoming;
    S3Fifo *s3 = self;
    Pfn frame = PFN_NONE;
    if (s3->queue[SMALL].count < s3->small_target) {
        frame = victim_of_main(s3);
    }
    if (frame == PFN_NONE) {
        frame = victim_of_small(s3);
    }
    return frame != PFN_NONE ? frame : victim_of_main(s3);
}

static void s3_fifo_loaded(void *self, Pfn frame, PageKey page) {
    S3Fifo *s3 = self;
    if (s3->ghost_taken == TAKEN_AFTER) {
        ghosts_cut(s3);
    }
    uint32_t node = page_book_find(&s3->book, page);
    if (node != NODE_NONE) {
        page_book_set_frame(&s3->book, node, frame);
        put_at_head(s3, MAIN, node);
    } else {
        put_at_head(s3, SMALL, page_book_add(&s3->book, page, frame));
    }
    ghosts_cut(s3);
}

static void s3_fifo_touched(void *self, Pfn frame, uint64_t count) {
    S3Fifo *s3 = self;
    PageNode *node = node_at(s3, page_book_at(&s3->book, frame));
    uint64_t room = FREQUENCY_MAX - node->count;
    node->count += (uint16_t)(count < room ? count : room);
}

static void s3_fifo_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page;
    S3Fifo *s3 = self;
    uint32_t node = page_book_at(&s3->book, frame);
    ghosts_cut(s3);
    if (reason == UNLOAD_REMOVED || node_at(s3, node)->list == MAIN || s3->ghost_max == 0) {
        page_forget(s3, node);
        return;
    }
    page_book_set_frame(&s3->book, node, PFN_NONE);
    node_at(s3, node)->count = 0;
    put_at_head(s3, GHOST, node);
}

static void s3_fifo_forgotten(void *self, PageKey first, uint64_t count) {
    page_book_each_ghost(&((S3Fifo *)self)->book, first, count, page_forget, self);
}

static void s3_fifo_renamed(void *self, Pfn frame, PageKey page) {
    S3Fifo *s3 = self;
    s3_fifo_forgotten(s3, page, 1);
    page_book_rename(&s3->book, page_book_at(&s3->book, frame), page);
}

static bool s3_fifo_holds(const void *self, Pfn frame) {
    return page_book_holds(&((const S3Fifo *)self)->book, frame);
}

static bool frequencies_are_sane(const S3Fifo *s3, const PageList *queue) {
    uint32_t node = queue->head;
    while (node != NODE_NONE && node_at(s3, node)->count <= FREQUENCY_MAX) {
        node = node_at(s3, node)->next;
    }
    return node == NODE_NONE;
}

static const char *s3_fifo_check(const void *self) {
    const S3Fifo *s3 = self;
    const char *wrong = page_book_check(&s3->book);
    uint64_t pages = 0;
    for (unsigned i = SMALL; i < QUEUES && wrong == NULL; i++) {
        wrong = page_list_check(&s3->book, &s3->queue[i]);
        if (wrong == NULL && !page_list_is(&s3->book, &s3->queue[i], i != GHOST)) {
            wrong = "s3-fifo: a ghost in S or M, or a resident page in G";
        } else if (wrong == NULL && !frequencies_are_sane(s3, &s3->queue[i])) {
            wrong = "s3-fifo: a frequency above 3";
        }
        pages += s3->queue[i].count;
    }
    return wrong != NULL            ? wrong
           : pages != s3->book.live ? "s3-fifo: a page is in no queue"
           : s3->queue[GHOST].count > s3->ghost_max + (s3->ghost_max > 0)
               ? "s3-fifo: too many ghosts"
               : NULL;
}

static const Param s3_fifo_params[] = {
    {.name = "ghost_taken",
     .kind = PARAM_CHOICE,
     .initial = TAKEN_BEFORE,
     .choices = "before|after",
     .help = "the page that comes is looked up among the ghosts, and its own taken out, before or, "
             "as published, after the victim's goes in"},
    {.name = NULL},
};

const PolicyOps policy_s3_fifo = {
    .info = {.name = "s3-fifo",
             .summary = "a small queue of new pages, a main one of those used again, and ghosts",
             .source = "Yang, Zhang, Qiu, Yue and Rashmi, FIFO queues are all you need, SOSP 2023",
             .params = s3_fifo_params},
    .create = s3_fifo_create,
    .destroy = s3_fifo_destroy,
    .loaded = s3_fifo_loaded,
    .touched = s3_fifo_touched,
    .victim = s3_fifo_victim,
    .unloaded = s3_fifo_unloaded,
    .renamed = s3_fifo_renamed,
    .forgotten = s3_fifo_forgotten,
    .holds = s3_fifo_holds,
    .check = s3_fifo_check,
};
