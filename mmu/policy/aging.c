/* aging.c - aging: LRU in software, from one referenced bit a page and a clock tick.
 *
 *   tick   R            counter, 8 bits       Every interval each page's R bit is shifted into its
 *     1    1   ------>  1000 0000             counter from the left, and cleared.  Read as a
 *     2    0            0100 0000             number, the counter says how long ago the page was
 *     3    1            1010 0000             last used, in ticks, and then the time before that.
 *
 * The victim has the smallest rank; ties: the lowest frame.  A page comes with counter 0 and R=1.
 *   aging              rank = R<<bits | counter: use since the last tick counts most
 *   aging-tanenbaum    rank = counter: as the book has it.  A page that came since the last tick
 *                      has 0, and is everybody's favourite victim.
 *
 * Between two ticks counters stand still and R bits are only ever set, so ranks only grow; the
 * heap finds the smallest without looking at all of them (frame_heap.h).  A tick looks at all.
 *
 * Invariant: the heap holds the resident frames; a rank in the heap is less than 2^(bits + 1),
 * and without its R bit is the counter.
 */
#include "policies.h"

#include "frame_heap.h"

#include <stdlib.h>

typedef struct Aging {
    const PolicyEnv *env;
    bool counts_r; /* the variant: does use since the last tick count? */
    uint64_t interval;
    uint64_t r_bit; /* 1 << bits: R's place in the rank, just left of the counter */
    FrameHeap heap;
} Aging;

static void *variant_create(const PolicyEnv *env, const uint64_t *params, bool counts_r) {
    Aging *aging = calloc(1, sizeof(Aging));
    if (aging == NULL || !frame_heap_init(&aging->heap, env->frame_count)) {
        free(aging);
        return NULL;
    }
    aging->env = env;
    aging->counts_r = counts_r;
    aging->interval = params[0] != 0 ? params[0] : env->capacity;
    aging->r_bit = UINT64_C(1) << params[1];
    return aging;
}

static void *aging_create(const PolicyEnv *env, const uint64_t *params) {
    return variant_create(env, params, true);
}

static void *aging_tanenbaum_create(const PolicyEnv *env, const uint64_t *params) {
    return variant_create(env, params, false);
}

static void aging_destroy(void *self) {
    Aging *aging = self;
    frame_heap_clear(&aging->heap);
    free(aging);
}

static void aging_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    Aging *aging = self;
    frame_heap_add(&aging->heap, frame, aging->counts_r ? aging->r_bit : 0, frame);
}

/* What the page's rank is now that its R bit may have been set. */
static uint64_t rank_now(const void *self, Pfn frame) {
    const Aging *aging = self;
    uint64_t rank = frame_heap_node(&aging->heap, frame)->rank;
    bool used = aging->counts_r && aging->env->referenced(aging->env->host, frame);
    return used ? rank | aging->r_bit : rank;
}

static Pfn aging_victim(void *self, PageKey incoming) {
    (void)incoming;
    Aging *aging = self;
    return frame_heap_first_evictable(&aging->heap, aging->env, rank_now, aging);
}

static void aging_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    frame_heap_remove(&((Aging *)self)->heap, frame);
}

static uint64_t aging_interval(const void *self) { return ((const Aging *)self)->interval; }

/* (R, counter) read as one number: the shift moves R in from the left.  What R was is read anew,
 * not taken from the rank. */
static void aging_tick(void *self) {
    Aging *aging = self;
    const PolicyEnv *env = aging->env;
    for (uint32_t i = 0; i < aging->heap.count; i++) {
        HeapNode *node = &aging->heap.nodes[i];
        uint64_t counter = node->rank & (aging->r_bit - 1);
        if (env->referenced(env->host, node->frame)) {
            counter |= aging->r_bit;
            env->clear_referenced(env->host, node->frame);
        }
        node->rank = counter >> 1;
    }
    frame_heap_rebuild(&aging->heap);
}

static bool aging_holds(const void *self, Pfn frame) {
    return frame_heap_has(&((const Aging *)self)->heap, frame);
}

static const char *aging_check(const void *self) {
    const Aging *aging = self;
    for (uint32_t i = 0; i < aging->heap.count; i++) {
        if (aging->heap.nodes[i].rank >= aging->r_bit << 1) {
            return "aging: a rank has more bits than a counter and R";
        }
    }
    return frame_heap_check(&aging->heap);
}

static const Param aging_params[] = {
    {.name = "interval",
     .kind = PARAM_WINDOW,
     .initial = 0,
     .min = 0,
     .max = 1000000000000,
     .help = "counters age every so many references (100), or that often (\"20ms\"); 0: as many "
             "references as there are frames"},
    {.name = "bits",
     .kind = PARAM_COUNT,
     .initial = 8,
     .min = 1,
     .max = 31,
     .help = "how many ticks a counter remembers"},
    {.name = NULL},
};

/* What both have in common: all but whether R counts between ticks. */
#define AGING_OPS                                                                                  \
    .destroy = aging_destroy, .loaded = aging_loaded, .victim = aging_victim,                      \
    .unloaded = aging_unloaded, .interval = aging_interval, .tick = aging_tick,                    \
    .holds = aging_holds, .check = aging_check

const PolicyOps policy_aging = {
    .info = {.name = "aging",
             .summary = "R bits shifted into counters every interval, smallest goes; R since the "
                        "last tick counts most; ties: lowest frame",
             .source = "Tanenbaum, Modern Operating Systems, with R as the highest bit",
             .params = aging_params},
    .create = aging_create,
    AGING_OPS,
};

const PolicyOps policy_aging_tanenbaum = {
    .info = {.name = "aging-tanenbaum",
             .summary = "aging to the letter: R counts only from the next tick on; ties: lowest "
                        "frame",
             .source = "Tanenbaum, Modern Operating Systems",
             .params = aging_params},
    .create = aging_tanenbaum_create,
    AGING_OPS,
};
