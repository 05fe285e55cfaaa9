/* decay.c - slabs, whose unused pages go back to the system when they have been unused for long.
 *
 *     free                 dirty ns later                muzzy ns later
 *     ----->  dirty hole  ----------------> muzzy hole ------------------> clean hole
 *             in memory     MADV_FREE        in memory    MADV_DONTNEED     zero pages
 *                                            until it is short
 *
 * Idea: giving pages back at once costs a system call and then a fault for each page that is
 * wanted again soon; never giving them back keeps memory that nobody uses.  So a hole decays: what
 * was just freed is used again first, and what nobody wanted for a while goes.  A time of 0 is at
 * once (and skips the state), never is never.  The clock is looked at only when runs of pages are
 * taken or given: an idle program keeps what it has.
 *
 * Invariant (decay_check): that of slab_heap; a hole is muzzy only if muzzy is not 0.
 */
#include "allocators.h"
#include "slab_heap.h"

#include <stdlib.h>

typedef struct Decay {
    SlabHeap heap;     /* first: the functions of slab_heap take a Decay for one  */
    Tick dirty, muzzy; /* how long a hole stays in that state, or PARAM_NEVER     */
    uint64_t seen;     /* runs.events when the clock was looked at                */
} Decay;

enum { PARAM_DIRTY = SLAB_PARAMS, PARAM_MUZZY };
static const Param decay_params[] = {
    SLAB_PARAM_ROWS,
    [PARAM_DIRTY] = {.name = "dirty",
                     .kind = PARAM_TIME,
                     .initial = UINT64_C(10000000000),
                     .max = PARAM_NEVER,
                     .help = "after so long free pages are offered to the kernel (MADV_FREE)"},
    [PARAM_MUZZY] = {.name = "muzzy",
                     .kind = PARAM_TIME,
                     .initial = 0,
                     .max = PARAM_NEVER,
                     .help = "after so long again they are discarded (MADV_DONTNEED); 0: instead"},
    {.name = NULL},
};

static void *decay_create(const AllocatorEnv *env, const uint64_t *params) {
    Decay *decay = calloc(1, sizeof *decay);
    if (decay == NULL) {
        return NULL;
    }
    decay->dirty = params[PARAM_DIRTY];
    decay->muzzy = params[PARAM_MUZZY];
    if (!slab_heap_init(&decay->heap, env, params)) {
        slab_heap_destroy(decay);
        return NULL;
    }
    return decay;
}

static void *decay_clone(const void *self, const AllocatorEnv *env) {
    return slab_heap_clone(self, sizeof(Decay), env);
}

/* ---- purging ---- */

/* The first hole of the list that has been there for `age`, or 0. */
static VAddr find_aged(const PageRuns *runs, RunKind kind, Tick age) {
    const AllocatorEnv *env = runs->env;
    Tick now = env->now(env->host);
    VAddr hole = runs->holes[kind];
    while (hole != 0 && now - run_since(env, hole) < age) {
        hole = run_next(env, hole);
    }
    return hole;
}

/* All holes of a kind that are old enough become `to`, unless the system refuses. */
static void purge(PageRuns *runs, RunKind kind, Tick age, RunKind to) {
    const AllocatorEnv *env = runs->env;
    if (age == PARAM_NEVER) {
        return;
    }
    for (VAddr hole = 0; (hole = find_aged(runs, kind, age)) != 0;) {
        uint64_t length = info_pages(run_info(env, hole)) * env->page_size;
        if (!env->discard(env->host, run_address(runs, hole), length, to == RUN_MUZZY)) {
            return;
        }
        page_runs_turn(runs, hole, to);
    }
}

static void tick(Decay *decay) {
    PageRuns *runs = &decay->heap.runs;
    if (runs->events != decay->seen) {
        purge(runs, RUN_DIRTY, decay->dirty, decay->muzzy == 0 ? RUN_CLEAN : RUN_MUZZY);
        purge(runs, RUN_MUZZY, decay->muzzy, RUN_CLEAN);
        decay->seen = runs->events;
    }
}

static VAddr decay_aligned_alloc(void *self, uint64_t alignment, uint64_t size) {
    VAddr payload = slab_heap_aligned_alloc(self, alignment, size);
    tick(self);
    return payload;
}

static VAddr decay_malloc(void *self, uint64_t size) {
    return decay_aligned_alloc(self, SLAB_ALIGNMENT, size);
}

static void decay_free(void *self, VAddr payload) {
    slab_heap_free(self, payload);
    tick(self);
}

static bool decay_trim(void *self, uint64_t pad) {
    PageRuns *runs = &((Decay *)self)->heap.runs;
    (void)pad;
    bool has_some = runs->holes[RUN_DIRTY] != 0 || runs->holes[RUN_MUZZY] != 0;
    purge(runs, RUN_DIRTY, 0, RUN_CLEAN);
    purge(runs, RUN_MUZZY, 0, RUN_CLEAN);
    return page_runs_trim(runs) || has_some;
}

static const char *decay_check(void *self, const AllocatorEnv *peek) {
    const Decay *decay = self;
    if (decay->muzzy == 0 && decay->heap.runs.holes[RUN_MUZZY] != 0) {
        return "decay: a hole is muzzy";
    }
    return slab_heap_check(self, peek);
}

const AllocatorOps allocator_decay = {
    .info = {.name = "decay",
             .summary = "slab, and free pages go back to the system after a while",
             .source = "jemalloc 5 (dirty_decay_ms, muzzy_decay_ms), without its smoothing",
             .params = decay_params},
    .alignment = SLAB_ALIGNMENT,
    .create = decay_create,
    .destroy = slab_heap_destroy,
    .clone = decay_clone,
    .malloc = decay_malloc,
    .free = decay_free,
    .usable_size = slab_heap_usable_size,
    .aligned_alloc = decay_aligned_alloc,
    .walk = slab_heap_walk,
    .check = decay_check,
    .trim = decay_trim,
};
