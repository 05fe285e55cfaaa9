/* lirs.c - LIRS: pages are judged by the distance between their last two uses, not by the age of
 * the last one.
 *
 *     stack S (recency)                       queue Q (resident HIR pages)
 *     top  [LIR] [hir] (ghost) [LIR] ... [LIR] bottom      first [hir] ... [hir] last
 *
 * Idea: IRR, the inter-reference recency, is how many other pages were used between two uses of
 * a page.  Who has a low one (LIR) keeps its place in memory; the others (HIR) share a few frames,
 * Q, and its first one is the victim.  S shows who improves: a HIR page that is used again while it
 * is still in S was away for a shorter time than the LIR page at the bottom has been idle, so the
 * two change places.  Pages that left memory stay in S as ghosts to be judged by.
 *
 * S is a list of nodes, so "is in S" is one byte of a node; Q is a list of frames, as nobody
 * without one is in it.  Pages in both keep the same order in both, so pages become ghosts from the
 * bottom of S upward, and a hand that only climbs finds the oldest ghost when S has to be cut.
 * (A page that could not go in its turn may become a ghost below the hand, which then finds it
 * on its next round.)
 *
 * Invariant: resident = LIR + Q; LIR <= c - lhirs; all LIR pages and all ghosts are in S; the bottom
 * of S is LIR; |S| <= bound, or S has no ghosts.
 */
#include "policies.h"

#include "frame_list.h"
#include "page_book.h"

#include <stdlib.h>

enum { HIR, LIR }; /* node.state */

/* As published, S grows without bound; the host's memory does not: some 300 MiB at most. */
#define GHOSTS_MAX (UINT64_C(1) << 22)

typedef struct Lirs {
    const PolicyEnv *env;
    PageBook book;
    PageList stack;  /* S; head: top */
    FrameList queue; /* Q */
    uint64_t lir_max, bound;
    uint32_t lir, ghosts;
    uint32_t ghost_hand; /* in S; NODE_NONE: at the bottom */
} Lirs;

static PageNode *node_at(const Lirs *lirs, uint32_t node) { return page_node(&lirs->book, node); }

static bool in_stack(const Lirs *lirs, uint32_t node) { return node_at(lirs, node)->list != 0; }

static bool is_lir(const Lirs *lirs, uint32_t node) { return node_at(lirs, node)->state == LIR; }

static bool is_ghost(const Lirs *lirs, uint32_t node) {
    return node_at(lirs, node)->frame == PFN_NONE;
}

static void *lirs_create(const PolicyEnv *env, const uint64_t *params) {
    Lirs *lirs = calloc(1, sizeof(Lirs));
    if (lirs == NULL || !page_book_init(&lirs->book, env->frame_count)) {
        free(lirs);
        return NULL;
    }
    if (!frame_list_init(&lirs->queue, env->frame_count)) {
        page_book_clear(&lirs->book);
        free(lirs);
        return NULL;
    }
    uint64_t c = env->capacity, lhirs = params[0];
    if (lhirs == 0) {
        lhirs = c < 100 ? 1 : c / 100;
    }
    lirs->env = env;
    lirs->stack.number = 1;
    lirs->lir_max = lhirs < c ? c - lhirs : 0;
    lirs->bound = params[1] != 0 && params[1] < c + GHOSTS_MAX ? params[1] : c + GHOSTS_MAX;
    return lirs;
}

static void lirs_destroy(void *self) {
    Lirs *lirs = self;
    frame_list_clear(&lirs->queue);
    page_book_clear(&lirs->book);
    free(lirs);
}

/* ---- the stack ---------------------------------------------------------------------------- */

static void stack_leave(Lirs *lirs, uint32_t node) {
    if (lirs->ghost_hand == node) {
        lirs->ghost_hand = node_at(lirs, node)->prev;
    }
    page_list_remove(&lirs->book, &lirs->stack, node);
}

/* Without LIR pages (one frame) there is nothing to be compared with: no stack. */
static void stack_to_top(Lirs *lirs, uint32_t node) {
    if (lirs->lir_max == 0 || node == lirs->stack.head) {
        return;
    }
    if (in_stack(lirs, node)) {
        stack_leave(lirs, node);
    }
    page_list_push_head(&lirs->book, &lirs->stack, node);
}

static void ghost_forget(void *self, uint32_t node) {
    Lirs *lirs = self;
    stack_leave(lirs, node);
    page_book_forget(&lirs->book, node);
    lirs->ghosts--;
}

/* The bottom of the stack is the LIR page that was idle for longest: who is below cannot win. */
static void stack_prune(Lirs *lirs) {
    for (uint32_t node; (node = lirs->stack.tail) != NODE_NONE && !is_lir(lirs, node);) {
        if (is_ghost(lirs, node)) {
            ghost_forget(lirs, node);
        } else {
            stack_leave(lirs, node);
        }
    }
}

/* Called only if there is a ghost. */
static uint32_t oldest_ghost(Lirs *lirs) {
    uint32_t node = lirs->ghost_hand;
    while (node == NODE_NONE || !is_ghost(lirs, node)) {
        node = node == NODE_NONE ? lirs->stack.tail : node_at(lirs, node)->prev;
    }
    lirs->ghost_hand = node;
    return node;
}

static void stack_cut(Lirs *lirs) {
    while (lirs->stack.count > lirs->bound && lirs->ghosts > 0) {
        ghost_forget(lirs, oldest_ghost(lirs));
    }
}

/* ---- LIR and HIR -------------------------------------------------------------------------- */

static void bottom_becomes_hir(Lirs *lirs) {
    uint32_t bottom = lirs->stack.tail;
    node_at(lirs, bottom)->state = HIR;
    lirs->lir--;
    frame_list_append(&lirs->queue, node_at(lirs, bottom)->frame);
    stack_prune(lirs);
}

/* A page that is not in Q, or not any more. */
static void become_lir(Lirs *lirs, uint32_t node) {
    stack_to_top(lirs, node);
    node_at(lirs, node)->state = LIR;
    if (++lirs->lir > lirs->lir_max) {
        bottom_becomes_hir(lirs);
    }
}

/* (There is room among the LIR pages only after some were unmapped.) */
static void page_hit(Lirs *lirs, uint32_t node) {
    Pfn frame = node_at(lirs, node)->frame;
    if (is_lir(lirs, node)) {
        stack_to_top(lirs, node);
        stack_prune(lirs);
    } else if (in_stack(lirs, node) || lirs->lir < lirs->lir_max) {
        frame_list_remove(&lirs->queue, frame);
        become_lir(lirs, node);
    } else {
        stack_to_top(lirs, node);
        frame_list_remove(&lirs->queue, frame);
        frame_list_append(&lirs->queue, frame);
    }
}

/* ---- what the kernel calls ------------------------------------------------------------------ */

static void lirs_loaded(void *self, Pfn frame, PageKey page) {
    Lirs *lirs = self;
    uint32_t node = page_book_find(&lirs->book, page);
    bool ghost = node != NODE_NONE;
    if (ghost) {
        lirs->ghosts--;
        page_book_set_frame(&lirs->book, node, frame);
    } else {
        node = page_book_add(&lirs->book, page, frame);
    }
    if (ghost || lirs->lir < lirs->lir_max) {
        become_lir(lirs, node);
    } else {
        stack_to_top(lirs, node);
        frame_list_append(&lirs->queue, frame);
    }
    stack_cut(lirs);
}

/* Used twice in a row is IRR 0: the second use may make a page LIR that the first one only put
 * into the stack.  A third changes nothing. */
static void lirs_touched(void *self, Pfn frame, uint64_t count) {
    Lirs *lirs = self;
    uint32_t node = page_book_at(&lirs->book, frame);
    page_hit(lirs, node);
    if (count > 1) {
        page_hit(lirs, node);
    }
    stack_cut(lirs);
}

/* The first of Q that may go; if none may, the LIR page that was idle for longest. */
static Pfn lirs_victim(void *self, PageKey incoming) {
    (void)incoming;
    const Lirs *lirs = self;
    const PolicyEnv *env = lirs->env;
    Pfn frame = frame_list_first_evictable(&lirs->queue, env);
    uint32_t node = frame == PFN_NONE ? lirs->stack.tail : NODE_NONE;
    for (; node != NODE_NONE && frame == PFN_NONE; node = node_at(lirs, node)->prev) {
        if (is_lir(lirs, node) && env->evictable(env->host, node_at(lirs, node)->frame)) {
            frame = node_at(lirs, node)->frame;
        }
    }
    return frame;
}

static void lirs_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page;
    Lirs *lirs = self;
    uint32_t node = page_book_at(&lirs->book, frame);
    if (is_lir(lirs, node)) {
        node_at(lirs, node)->state = HIR;
        lirs->lir--;
    } else {
        frame_list_remove(&lirs->queue, frame);
    }
    page_book_set_frame(&lirs->book, node, PFN_NONE);
    if (!in_stack(lirs, node)) {
        page_book_forget(&lirs->book, node);
    } else {
        lirs->ghosts++;
        if (reason == UNLOAD_REMOVED) {
            ghost_forget(lirs, node);
        }
    }
    stack_prune(lirs);
    stack_cut(lirs);
}

static void lirs_forgotten(void *self, PageKey first, uint64_t count) {
    page_book_each_ghost(&((Lirs *)self)->book, first, count, ghost_forget, self);
}

static void lirs_renamed(void *self, Pfn frame, PageKey page) {
    Lirs *lirs = self;
    lirs_forgotten(lirs, page, 1);
    page_book_rename(&lirs->book, page_book_at(&lirs->book, frame), page);
}

static bool lirs_holds(const void *self, Pfn frame) {
    return page_book_holds(&((const Lirs *)self)->book, frame);
}

/* ---- invariants ----------------------------------------------------------------------------- */

static const char *stack_check(const Lirs *lirs) {
    uint32_t lir = 0, ghosts = 0;
    for (uint32_t node = lirs->stack.head; node != NODE_NONE; node = node_at(lirs, node)->next) {
        bool queued = frame_list_has(&lirs->queue, node_at(lirs, node)->frame);
        if (queued == (is_lir(lirs, node) || is_ghost(lirs, node))) {
            return "lirs: a page of S is in Q and LIR or not resident, or is nowhere";
        }
        lir += is_lir(lirs, node);
        ghosts += is_ghost(lirs, node);
    }
    uint32_t bottom = lirs->stack.tail;
    return lir != lirs->lir || ghosts != lirs->ghosts ? "lirs: LIR pages or ghosts of S != count"
           : bottom != NODE_NONE && !is_lir(lirs, bottom) ? "lirs: the bottom of S is not LIR"
                                                          : NULL;
}

static const char *lirs_check(const void *self) {
    const Lirs *lirs = self;
    const char *wrong = page_book_check(&lirs->book);
    wrong = wrong != NULL ? wrong : page_list_check(&lirs->book, &lirs->stack);
    wrong = wrong != NULL ? wrong : frame_list_check(&lirs->queue);
    wrong = wrong != NULL ? wrong : stack_check(lirs);
    return wrong != NULL ? wrong
           : lirs->lir + lirs->queue.count + lirs->ghosts != lirs->book.live
               ? "lirs: LIR + Q + ghosts != pages known"
           : lirs->lir > lirs->lir_max ? "lirs: more LIR pages than c - lhirs"
           : lirs->stack.count > lirs->bound && lirs->ghosts > 0
               ? "lirs: S is above its bound and has ghosts"
               : NULL;
}

static const Param lirs_params[] = {
    {.name = "lhirs",
     .kind = PARAM_COUNT,
     .max = UINT32_MAX,
     .help = "frames for HIR pages; 0: a hundredth of memory, at least 1"},
    {.name = "bound",
     .kind = PARAM_COUNT,
     .max = UINT32_MAX,
     .help = "most entries of the stack, beyond which its oldest ghosts go; 0: unbounded, as "
             "published (up to 4194304 ghosts)"},
    {.name = NULL},
};

const PolicyOps policy_lirs = {
    .info = {.name = "lirs",
             .summary = "low inter-reference recency: pages used again soon keep their frames, the "
                        "rest share lhirs of them",
             .source = "Jiang and Zhang, LIRS, SIGMETRICS 2002",
             .params = lirs_params},
    .create = lirs_create,
    .destroy = lirs_destroy,
    .loaded = lirs_loaded,
    .touched = lirs_touched,
    .victim = lirs_victim,
    .unloaded = lirs_unloaded,
    .renamed = lirs_renamed,
    .forgotten = lirs_forgotten,
    .holds = lirs_holds,
    .check = lirs_check,
};
