/* random.c - a frame drawn by lot: no bookkeeping to speak of, and no worst case to fear.
 *
 * One draw an eviction: a number below the highest frame that was ever loaded, plus one.  If
 * the policy does not hold that frame, or it may not go now, the next higher one that it may
 * take goes instead, beginning again at 0 after the last.  When all of frames 0..c-1 are
 * resident and evictable, as in a textbook's exercise, that is victim = below(c).
 * Invariant: bit f of the map is set iff frame f is resident; `count` bits are; none is at
 * `span` or above.
 */
#include "policies.h"

#include "faultline/lazy.h"

#include <assert.h>
#include <stdlib.h>

typedef struct RandomPolicy {
    const PolicyEnv *env;
    uint64_t *map; /* one bit a frame */
    uint64_t words;
    uint32_t span; /* 1 + the highest frame ever loaded */
    uint32_t count;
} RandomPolicy;

static void *random_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    RandomPolicy *random = calloc(1, sizeof(RandomPolicy));
    if (random == NULL) {
        return NULL;
    }
    random->env = env;
    random->words = ((uint64_t)env->frame_count + 63) / 64;
    random->map = lazy_alloc(random->words, sizeof(uint64_t));
    if (random->map == NULL) {
        free(random);
        return NULL;
    }
    return random;
}

static void random_destroy(void *self) {
    RandomPolicy *random = self;
    lazy_free(random->map, random->words, sizeof(uint64_t));
    free(random);
}

static bool random_holds(const void *self, Pfn frame) {
    const RandomPolicy *random = self;
    return frame < random->span && (random->map[frame / 64] >> frame % 64 & 1) != 0;
}

static void random_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    RandomPolicy *random = self;
    assert(frame < random->env->frame_count && !random_holds(random, frame));
    random->map[frame / 64] |= UINT64_C(1) << frame % 64;
    random->span = frame >= random->span ? frame + 1 : random->span;
    random->count++;
}

/* The first resident and evictable frame in from..end-1, or PFN_NONE. */
static Pfn random_first(const RandomPolicy *random, Pfn from, Pfn end) {
    const PolicyEnv *env = random->env;
    for (uint64_t frame = from; frame < end; frame++) {
        uint64_t rest = random->map[frame / 64] >> frame % 64;
        if (rest == 0) {
            frame |= 63; /* nothing in this word: on to the next */
            continue;
        }
        frame += (unsigned)__builtin_ctzll(rest);
        if (frame < end && env->evictable(env->host, (Pfn)frame)) {
            return (Pfn)frame;
        }
    }
    return PFN_NONE;
}

static Pfn random_victim(void *self, PageKey incoming) {
    (void)incoming;
    const RandomPolicy *random = self;
    if (random->count == 0) {
        return PFN_NONE;
    }
    Pfn drawn = (Pfn)random->env->random(random->env->host, random->span);
    Pfn frame = random_first(random, drawn, random->span);
    return frame != PFN_NONE ? frame : random_first(random, 0, drawn);
}

static void random_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    RandomPolicy *random = self;
    assert(random_holds(random, frame));
    random->map[frame / 64] &= ~(UINT64_C(1) << frame % 64);
    random->count--;
}

static const char *random_check(const void *self) {
    const RandomPolicy *random = self;
    uint64_t count = 0;
    for (uint64_t word = 0; word * 64 < random->span; word++) {
        count += (unsigned)__builtin_popcountll(random->map[word]);
    }
    return count == random->count ? NULL : "random: count != bits set in the map";
}

const PolicyOps policy_random = {
    .info = {.name = "random",
             .summary = "a frame drawn by lot, from the run's seed",
             .source = "Belady, IBM Systems Journal 5(2), 1966",
             .params = PARAMS_NONE},
    .create = random_create,
    .destroy = random_destroy,
    .loaded = random_loaded,
    .victim = random_victim,
    .unloaded = random_unloaded,
    .holds = random_holds,
    .check = random_check,
};
