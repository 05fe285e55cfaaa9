/* lfu.c - counting uses: least frequently used, its variants, and its opposite.
 *
 *                 victim             ties               counts of pages that left
 *   lfu           smallest count     least recent use   forgotten
 *   lfu-fifo      smallest count     oldest load        forgotten
 *   lfu-perfect   smallest count     least recent use   kept
 *   mfu           largest count      least recent use   forgotten
 *
 * The count is 1 at load and grows by 1 with every use.  LFU trusts the past: what was popular
 * once stays, long after anybody wants it.  MFU argues that a page with a small count has only
 * just come and is yet to be used.
 *
 * With counts forgotten, LFU is no stack algorithm, and more memory may mean more faults; with
 * counts kept it is one.
 * Invariant: the heap holds the resident frames; no page that `past` remembers is resident.
 */
#include "policies.h"

#include "frame_heap.h"
#include "page_counts.h"

#include <stdlib.h>

typedef struct LfuVariant {
    bool tie_by_load, keeps_counts, largest_first;
} LfuVariant;

typedef struct Lfu {
    const PolicyEnv *env;
    LfuVariant variant;
    FrameHeap heap;
    PageCounts past; /* of pages that left; only where counts are kept */
    uint64_t events; /* loads and uses so far: the time for ties */
} Lfu;

static void lfu_destroy(void *self) {
    Lfu *lfu = self;
    frame_heap_clear(&lfu->heap);
    page_counts_clear(&lfu->past);
    free(lfu);
}

static void *variant_create(const PolicyEnv *env, LfuVariant variant) {
    Lfu *lfu = calloc(1, sizeof(Lfu));
    if (lfu == NULL) {
        return NULL;
    }
    lfu->env = env;
    lfu->variant = variant;
    bool ready = frame_heap_init(&lfu->heap, env->frame_count);
    if (ready && (!variant.keeps_counts || page_counts_init(&lfu->past))) {
        return lfu;
    }
    lfu_destroy(lfu);
    return NULL;
}

static void *lfu_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    return variant_create(env, (LfuVariant){0});
}

static void *lfu_fifo_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    return variant_create(env, (LfuVariant){.tie_by_load = true});
}

static void *lfu_perfect_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    return variant_create(env, (LfuVariant){.keeps_counts = true});
}

static void *mfu_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    return variant_create(env, (LfuVariant){.largest_first = true});
}

/* The heap has its smallest on top: where the largest count goes first, ranks are complements.
 * The same function leads back. */
static uint64_t rank_of(const Lfu *lfu, uint64_t count) {
    return lfu->variant.largest_first ? ~count : count;
}

static uint64_t count_sum(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void lfu_loaded(void *self, Pfn frame, PageKey page) {
    Lfu *lfu = self;
    uint64_t past = lfu->variant.keeps_counts ? page_counts_take(&lfu->past, page) : 0;
    frame_heap_add(&lfu->heap, frame, rank_of(lfu, count_sum(past, 1)), lfu->events++);
}

static void lfu_touched(void *self, Pfn frame, uint64_t count) {
    Lfu *lfu = self;
    HeapNode *node = frame_heap_node(&lfu->heap, frame);
    node->rank = rank_of(lfu, count_sum(rank_of(lfu, node->rank), count));
    if (!lfu->variant.tie_by_load) {
        node->tie = lfu->events++;
    }
    frame_heap_moved(&lfu->heap, frame);
}

static Pfn lfu_victim(void *self, PageKey incoming) {
    (void)incoming;
    Lfu *lfu = self;
    return frame_heap_first_evictable(&lfu->heap, lfu->env, NULL, NULL);
}

static void lfu_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    Lfu *lfu = self;
    if (lfu->variant.keeps_counts && reason == UNLOAD_EVICTED) {
        page_counts_put(&lfu->past, page, rank_of(lfu, frame_heap_node(&lfu->heap, frame)->rank));
    }
    frame_heap_remove(&lfu->heap, frame);
}

/* Only for lfu-perfect.  A ghost that bears a resident page's new name is of another page. */
static void past_renamed(void *self, Pfn frame, PageKey page) {
    (void)frame;
    (void)page_counts_take(&((Lfu *)self)->past, page);
}

static void past_forgotten(void *self, PageKey first, uint64_t count) {
    page_counts_forget(&((Lfu *)self)->past, first, count);
}

static bool lfu_holds(const void *self, Pfn frame) {
    return frame_heap_has(&((const Lfu *)self)->heap, frame);
}

static const char *lfu_check(const void *self) {
    const Lfu *lfu = self;
    const char *wrong = frame_heap_check(&lfu->heap);
    return wrong != NULL || !lfu->variant.keeps_counts ? wrong : page_counts_check(&lfu->past);
}

/* What all four have in common. */
#define LFU_OPS                                                                                    \
    .destroy = lfu_destroy, .loaded = lfu_loaded, .touched = lfu_touched, .victim = lfu_victim,    \
    .unloaded = lfu_unloaded, .holds = lfu_holds, .check = lfu_check

const PolicyOps policy_lfu = {
    .info = {.name = "lfu",
             .summary = "least frequently used, counts forgotten on eviction; ties: least recently "
                        "used",
             .source = "Silberschatz, Galvin and Gagne, Operating System Concepts",
             .params = PARAMS_NONE},
    .create = lfu_create,
    LFU_OPS,
};

const PolicyOps policy_lfu_fifo = {
    .info = {.name = "lfu-fifo",
             .summary = "least frequently used, counts forgotten on eviction; ties: loaded first",
             .source = "Silberschatz, Galvin and Gagne, Operating System Concepts",
             .params = PARAMS_NONE},
    .create = lfu_fifo_create,
    LFU_OPS,
};

const PolicyOps policy_lfu_perfect = {
    .info = {.name = "lfu-perfect",
             .summary = "least frequently used, counts of evicted pages kept; ties: least recently "
                        "used",
             .source = "Mattson, Gecsei, Slutz and Traiger, IBM Systems Journal 9(2), 1970",
             .params = PARAMS_NONE},
    .create = lfu_perfect_create,
    LFU_OPS,
    .renamed = past_renamed,
    .forgotten = past_forgotten,
};

const PolicyOps policy_mfu = {
    .info = {.name = "mfu",
             .summary = "most frequently used goes first; ties: least recently used",
             .source = "Silberschatz, Galvin and Gagne, Operating System Concepts",
             .params = PARAMS_NONE},
    .create = mfu_create,
    LFU_OPS,
};
