/* opt.c - Belady's optimal replacement: the page whose next use is farthest in the future goes.
 *
 *   string    7 0 1 2 ...              heap    [2: never again, page 3]
 *   t         0 1 2 3                         /                       \
 *   next use  5 4 - 9              [2: never again, page 8]        [0: t=90]
 *
 * Nobody can build it, and nobody can beat it: with it, students know how far from the best a
 * policy is.  A first run of the same program records its reference string; then the next use
 * of each page is known at each reference.  The only tie is between pages that are never used
 * again: the smallest page number goes.
 *
 * The string is in virtual page numbers: a page that mremap moves is another page to it.
 * O(log frames) a reference; 28 bytes a frame, and 4 bytes a reference for the future.
 * Invariant: the heap holds the resident frames, ranked by NEXT_USE_NEVER - next use, then page.
 */
#include "policies.h"

#include "frame_heap.h"

#include <stdlib.h>

typedef struct Opt {
    const PolicyEnv *env;
    FrameHeap heap;
} Opt;

static void *opt_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    Opt *opt = calloc(1, sizeof(Opt));
    if (opt == NULL || !frame_heap_init(&opt->heap, env->frame_count)) {
        free(opt);
        return NULL;
    }
    opt->env = env;
    return opt;
}

static void opt_destroy(void *self) {
    frame_heap_clear(&((Opt *)self)->heap);
    free(self);
}

/* The farther, the smaller: the top goes. */
static uint64_t opt_rank(const Opt *opt) {
    return NEXT_USE_NEVER - opt->env->next_use(opt->env->host);
}

static void opt_loaded(void *self, Pfn frame, PageKey page) {
    Opt *opt = self;
    frame_heap_add(&opt->heap, frame, opt_rank(opt), page);
}

static void opt_touched(void *self, Pfn frame, uint64_t count) {
    (void)count;
    Opt *opt = self;
    frame_heap_node(&opt->heap, frame)->rank = opt_rank(opt);
    frame_heap_moved(&opt->heap, frame);
}

static Pfn opt_victim(void *self, PageKey incoming) {
    (void)incoming;
    Opt *opt = self;
    return frame_heap_first_evictable(&opt->heap, opt->env, NULL, NULL);
}

static void opt_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    frame_heap_remove(&((Opt *)self)->heap, frame);
}

static void opt_renamed(void *self, Pfn frame, PageKey page) {
    FrameHeap *heap = &((Opt *)self)->heap;
    frame_heap_node(heap, frame)->tie = page;
    frame_heap_moved(heap, frame);
}

static bool opt_holds(const void *self, Pfn frame) {
    return frame_heap_has(&((const Opt *)self)->heap, frame);
}

static const char *opt_check(const void *self) {
    return frame_heap_check(&((const Opt *)self)->heap);
}

const PolicyOps policy_opt = {
    .info = {.name = "opt",
             .summary =
                 "optimal: the page whose next use is farthest goes; runs the workload twice "
                 "to know the future, so it wants a single process",
             .source = "Belady, IBM Systems Journal 5(2), 1966",
             .params = PARAMS_NONE},
    .needs = POLICY_NEEDS_FUTURE,
    .create = opt_create,
    .destroy = opt_destroy,
    .loaded = opt_loaded,
    .touched = opt_touched,
    .victim = opt_victim,
    .unloaded = opt_unloaded,
    .renamed = opt_renamed,
    .holds = opt_holds,
    .check = opt_check,
};
