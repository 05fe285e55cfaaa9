/* mglru.c - the multi-generational LRU of Linux, in its plain form: age is counted in generations.
 *
 *      old generation                 young generation
 *      [R=0] [R=1] [R=0] ...          [..] [..] <- new pages, and old ones that were used
 *        ^ next to be looked at
 *
 * Idea: do not put pages in order when they are used; look at all referenced bits now and then
 * (aging) and open a new generation for those that are set.  Victims come from the oldest
 * generation; a page there that turns out to be used after all joins the youngest.
 *
 * Aging looks at every page, but only when the oldest generation has been used up.  Whom it finds
 * used was used since the last time; whom it does not find used is in the old generation, and has to
 * leave it before the next aging.  So the cost is O(1) a reference, amortised.
 *
 * The plain form: one kind of pages, no tiers, aging only when there is but one generation left.
 * So there never are more than two, where Linux, which ages ahead of need, has up to four.  R=0 on
 * load.
 * Invariant: old + young = resident frames, each in the order in which it joined.
 */
#include "policies.h"

#include "frame_list.h"

#include <stdlib.h>

typedef struct Mglru {
    const PolicyEnv *env;
    FrameList generation[2];
    unsigned oldest; /* the other one is the youngest */
} Mglru;

static FrameList *old_of(Mglru *mglru) { return &mglru->generation[mglru->oldest]; }

static FrameList *young_of(Mglru *mglru) { return &mglru->generation[1 - mglru->oldest]; }

static void mglru_destroy(void *self) {
    Mglru *mglru = self;
    frame_list_clear(&mglru->generation[0]);
    frame_list_clear(&mglru->generation[1]);
    free(mglru);
}

static void *mglru_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    Mglru *mglru = calloc(1, sizeof(Mglru));
    if (mglru == NULL) {
        return NULL;
    }
    mglru->env = env;
    bool ok = frame_list_init(&mglru->generation[0], env->frame_count);
    ok &= frame_list_init(&mglru->generation[1], env->frame_count);
    if (!ok) {
        mglru_destroy(mglru);
        return NULL;
    }
    return mglru;
}

static void mglru_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    Mglru *mglru = self;
    mglru->env->clear_referenced(mglru->env->host, frame);
    frame_list_append(young_of(mglru), frame);
}

static void first_to_young(Mglru *mglru) {
    Pfn frame = old_of(mglru)->first;
    frame_list_remove(old_of(mglru), frame);
    frame_list_append(young_of(mglru), frame);
}

/* The old generation is empty: the young one takes its place, and who was used goes on from there
 * into a new one. */
static void age(Mglru *mglru) {
    const PolicyEnv *env = mglru->env;
    mglru->oldest = 1 - mglru->oldest;
    for (uint32_t left = old_of(mglru)->count; left > 0; left--) {
        Pfn frame = old_of(mglru)->first;
        if (env->referenced(env->host, frame)) {
            env->clear_referenced(env->host, frame);
            first_to_young(mglru);
        } else {
            frame_list_turn(old_of(mglru));
        }
    }
}

/* A page that may not go now passes as used, but keeps its bit.  Each generation is used up at most
 * three times: once with bits set before, once by aging, and once without any. */
static Pfn mglru_victim(void *self, PageKey incoming) {
    (void)incoming;
    Mglru *mglru = self;
    const PolicyEnv *env = mglru->env;
    uint64_t left = UINT64_C(4) * (old_of(mglru)->count + young_of(mglru)->count);
    for (; left > 0; left--) {
        Pfn frame = old_of(mglru)->first;
        if (frame == PFN_NONE) {
            age(mglru);
            continue;
        }
        if (env->evictable(env->host, frame)) {
            if (!env->referenced(env->host, frame)) {
                return frame;
            }
            env->clear_referenced(env->host, frame);
        }
        first_to_young(mglru);
    }
    return PFN_NONE;
}

static void mglru_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    Mglru *mglru = self;
    bool old = frame_list_has(old_of(mglru), frame);
    frame_list_remove(old ? old_of(mglru) : young_of(mglru), frame);
}

static bool mglru_holds(const void *self, Pfn frame) {
    const Mglru *mglru = self;
    return frame_list_has(&mglru->generation[0], frame) ||
           frame_list_has(&mglru->generation[1], frame);
}

static const char *mglru_check(const void *self) {
    const Mglru *mglru = self;
    const FrameList *a = &mglru->generation[0], *b = &mglru->generation[1];
    Pfn frame = a->first;
    for (uint32_t left = a->count; left > 0; left--) {
        if (frame_list_has(b, frame)) {
            return "mglru: a page is in both generations";
        }
        frame = frame_list_next(a, frame);
    }
    const char *wrong = frame_list_check(a);
    return wrong != NULL ? wrong : frame_list_check(b);
}

const PolicyOps policy_mglru = {
    .info = {.name = "mglru",
             .summary = "generations: victims from the oldest, used pages to the youngest, all "
                        "bits sampled when one generation is left; R=0 on load",
             .source = "Linux, mm/vmscan.c (Yu Zhao, 2022), one page class, no tiers",
             .params = PARAMS_NONE},
    .as_in_kernel = &policy_linux_mglru,
    .create = mglru_create,
    .destroy = mglru_destroy,
    .loaded = mglru_loaded,
    .victim = mglru_victim,
    .unloaded = mglru_unloaded,
    .holds = mglru_holds,
    .check = mglru_check,
};
