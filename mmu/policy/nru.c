/* nru.c - not recently used: pages in four classes by their referenced and modified bits.
 *
 *   class   R M                        Every interval all R bits are cleared, so R says "used
 *     0     0 0   goes first           since then".  The victim comes from the lowest class that
 *     1     0 1                        has a page that may go: of these the one in the lowest
 *     2     1 0                        frame, or (nru-random) one drawn by lot.
 *     3     1 1   goes last
 *
 * Between two ticks bits are only ever set, so a page can only rise.  That saves looking at all
 * pages for each victim: a page is kept in the class that it was last seen in, and when it turns
 * out to be in a higher one it is moved there, three times a tick at most.  (A bit that advice or
 * a write-back cleared meanwhile is noticed at the next tick.)
 *
 * Invariant: a frame is in the set of class k iff seen[frame] = k + 1; the sets' counts add up to
 * `held`.
 */
#include "policies.h"

#include "faultline/lazy.h"
#include "frame_set.h"

#include <assert.h>
#include <stdlib.h>

#define CLASSES 4u

typedef struct Nru {
    const PolicyEnv *env;
    bool by_lot; /* the variant: how ties are broken */
    uint64_t interval;
    FrameSet classes[CLASSES];
    uint8_t *seen; /* of each frame: 1 + its class when last looked at; 0: not held */
    uint32_t held;
} Nru;

static void nru_destroy(void *self) {
    Nru *nru = self;
    for (unsigned k = 0; k < CLASSES; k++) {
        frame_set_clear(&nru->classes[k]);
    }
    lazy_free(nru->seen, nru->env->frame_count, 1);
    free(nru);
}

static void *variant_create(const PolicyEnv *env, const uint64_t *params, bool by_lot) {
    Nru *nru = calloc(1, sizeof(Nru));
    if (nru == NULL) {
        return NULL;
    }
    nru->env = env;
    nru->by_lot = by_lot;
    nru->interval = params[0] != 0 ? params[0] : env->capacity;
    nru->seen = lazy_alloc(env->frame_count, 1);
    bool ready = nru->seen != NULL;
    for (unsigned k = 0; k < CLASSES && ready; k++) {
        ready = frame_set_init(&nru->classes[k], env->frame_count);
    }
    if (!ready) {
        nru_destroy(nru);
        return NULL;
    }
    return nru;
}

static void *nru_create(const PolicyEnv *env, const uint64_t *params) {
    return variant_create(env, params, false);
}

static void *nru_random_create(const PolicyEnv *env, const uint64_t *params) {
    return variant_create(env, params, true);
}

static unsigned class_now(const PolicyEnv *env, Pfn frame) {
    return 2u * env->referenced(env->host, frame) + env->dirty(env->host, frame);
}

static void frame_leave(Nru *nru, Pfn frame) {
    frame_set_remove(&nru->classes[nru->seen[frame] - 1], frame);
    nru->seen[frame] = 0;
}

static void frame_join(Nru *nru, Pfn frame, unsigned k) {
    frame_set_add(&nru->classes[k], frame);
    nru->seen[frame] = (uint8_t)(k + 1);
}

static bool nru_holds(const void *self, Pfn frame) {
    const Nru *nru = self;
    return frame < nru->env->frame_count && nru->seen[frame] != 0;
}

static void nru_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    Nru *nru = self;
    assert(frame < nru->env->frame_count && !nru_holds(nru, frame));
    frame_join(nru, frame, class_now(nru->env, frame));
    nru->held++;
}

static void nru_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    Nru *nru = self;
    assert(nru_holds(nru, frame));
    frame_leave(nru, frame);
    nru->held--;
}

/* At which rank to begin to look for a victim among `count` equals. */
static uint32_t first_rank(const Nru *nru, uint32_t count) {
    return nru->by_lot && count > 1 ? (uint32_t)nru->env->random(nru->env->host, count) : 0;
}

/* A frame of class k that may go, or PFN_NONE.  Who turns out to have risen is moved, and the
 * lot is drawn again among the rest; who may not go now hands on to the next one. */
static Pfn class_victim(Nru *nru, unsigned k) {
    const PolicyEnv *env = nru->env;
    FrameSet *set = &nru->classes[k];
    uint32_t rank = first_rank(nru, set->count);
    for (uint32_t passed = 0; passed < set->count;) {
        Pfn frame = frame_set_at(set, rank % set->count);
        if (!env->evictable(env->host, frame)) {
            passed++;
            rank++;
            continue;
        }
        unsigned now = class_now(env, frame);
        if (now <= k) {
            return frame;
        }
        frame_leave(nru, frame);
        frame_join(nru, frame, now);
        if (nru->by_lot) {
            passed = 0;
            rank = first_rank(nru, set->count);
        }
    }
    return PFN_NONE;
}

static Pfn nru_victim(void *self, PageKey incoming) {
    (void)incoming;
    Pfn frame = PFN_NONE;
    for (unsigned k = 0; k < CLASSES && frame == PFN_NONE; k++) {
        frame = class_victim(self, k);
    }
    return frame;
}

static uint64_t nru_interval(const void *self) { return ((const Nru *)self)->interval; }

/* Every R bit is cleared, which leaves classes 0 and 1. */
static void nru_tick(void *self) {
    Nru *nru = self;
    const PolicyEnv *env = nru->env;
    for (unsigned k = CLASSES; k-- > 0;) {
        const FrameSet *set = &nru->classes[k];
        for (uint32_t rank = set->count; rank-- > 0;) {
            Pfn frame = frame_set_at(set, rank);
            if (env->referenced(env->host, frame)) {
                env->clear_referenced(env->host, frame);
            }
            unsigned now = env->dirty(env->host, frame);
            if (now != k) {
                frame_leave(nru, frame);
                frame_join(nru, frame, now);
            }
        }
    }
}

static const char *nru_check(const void *self) {
    const Nru *nru = self;
    uint64_t count = 0;
    for (unsigned k = 0; k < CLASSES; k++) {
        const FrameSet *set = &nru->classes[k];
        const char *wrong = frame_set_check(set);
        if (wrong != NULL) {
            return wrong;
        }
        for (uint32_t rank = 0; rank < set->count; rank++) {
            if (nru->seen[frame_set_at(set, rank)] != k + 1) {
                return "nru: a frame is not in the class that it was seen in";
            }
        }
        count += set->count;
    }
    return count == nru->held ? NULL : "nru: the classes do not add up to the frames held";
}

static const Param nru_params[] = {
    {.name = "interval",
     .kind = PARAM_WINDOW,
     .initial = 0,
     .min = 0,
     .max = 1000000000000,
     .help = "R bits are cleared every so many references (100), or that often (\"20ms\"); 0: as "
             "many references as there are frames"},
    {.name = NULL},
};

/* What nru and nru-random have in common: all but how ties are broken. */
#define NRU_OPS                                                                                    \
    .destroy = nru_destroy, .loaded = nru_loaded, .victim = nru_victim, .unloaded = nru_unloaded,  \
    .interval = nru_interval, .tick = nru_tick, .holds = nru_holds, .check = nru_check

const PolicyOps policy_nru = {
    .info = {.name = "nru",
             .summary = "not recently used: lowest class 2R+M, R cleared every interval; ties: "
                        "lowest frame",
             .source = "Tanenbaum, Modern Operating Systems",
             .params = nru_params},
    .create = nru_create,
    NRU_OPS,
};

const PolicyOps policy_nru_random = {
    .info = {.name = "nru-random",
             .summary = "not recently used: lowest class 2R+M, R cleared every interval; ties: "
                        "drawn by lot",
             .source = "Tanenbaum, Modern Operating Systems",
             .params = nru_params},
    .create = nru_random_create,
    NRU_OPS,
};
