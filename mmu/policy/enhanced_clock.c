/* enhanced_clock.c - the clock that would rather not write: R and M bits.
 *
 *   pass 1   from the hand, the first page with (R, M) = (0, 0); nothing is changed
 *   pass 2   from the same hand, the first page with (0, 1); the R bits of those passed are cleared
 *   again    pass 1 ...          The hand then stands just behind the victim's place.
 *
 * Done by the letter, pass 1 goes over all pages for every victim wherever most are dirty.  But
 * a page comes with R=1, bits are only ever set while nobody clears them, and who clears R is
 * pass 2: so whoever is (0, 0) was passed by pass 2.  Those are on the list `spared`; pass 1 reads
 * that list, and strikes off whom it finds used or dirty.  A page is struck off once for each time
 * that pass 2 put it there.  (One that advice or a write-back changes after that is taken for what
 * it was until the hand comes to it.)
 *
 * Invariant: the circle holds the resident frames in the order of loading, its first is under the
 * hand; `spared` is a part of the circle in the same order from the hand on.
 */
#include "policies.h"

#include "frame_list.h"

#include <stdlib.h>

typedef struct EnhancedClock {
    const PolicyEnv *env;
    FrameList circle;
    FrameList spared;
} EnhancedClock;

static void enhanced_destroy(void *self) {
    EnhancedClock *clock = self;
    frame_list_clear(&clock->circle);
    frame_list_clear(&clock->spared);
    free(clock);
}

static void *enhanced_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    EnhancedClock *clock = calloc(1, sizeof(EnhancedClock));
    if (clock == NULL) {
        return NULL;
    }
    clock->env = env;
    if (!frame_list_init(&clock->circle, env->frame_count) ||
        !frame_list_init(&clock->spared, env->frame_count)) {
        enhanced_destroy(clock);
        return NULL;
    }
    return clock;
}

/* Its R bit is set: not one for pass 1. */
static void enhanced_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    frame_list_append(&((EnhancedClock *)self)->circle, frame);
}

/* The first page with (0, 0), or PFN_NONE. */
static Pfn pass_one(EnhancedClock *clock) {
    const PolicyEnv *env = clock->env;
    Pfn frame = clock->spared.first;
    for (uint32_t left = clock->spared.count; left > 0; left--) {
        Pfn next = frame_list_next(&clock->spared, frame);
        if (env->evictable(env->host, frame)) {
            if (!env->referenced(env->host, frame) && !env->dirty(env->host, frame)) {
                return frame;
            }
            frame_list_remove(&clock->spared, frame);
        }
        frame = next;
    }
    return PFN_NONE;
}

/* The hand passes the page under it. */
static void hand_move(EnhancedClock *clock) {
    if (clock->spared.first == clock->circle.first) {
        frame_list_turn(&clock->spared);
    }
    frame_list_turn(&clock->circle);
}

/* The first page with R=0, which is dirty, or pass 1 would have it; else PFN_NONE. */
static Pfn pass_two(EnhancedClock *clock) {
    const PolicyEnv *env = clock->env;
    for (uint32_t left = clock->circle.count; left > 0; left--) {
        Pfn frame = clock->circle.first;
        if (env->evictable(env->host, frame)) {
            if (!env->referenced(env->host, frame)) {
                return frame;
            }
            env->clear_referenced(env->host, frame);
            frame_list_append(&clock->spared, frame);
        }
        hand_move(clock);
    }
    return PFN_NONE;
}

/* The hand goes to the victim; as that leaves, the hand stands behind its place. */
static void hand_go(EnhancedClock *clock, Pfn victim) {
    clock->circle.first = victim;
    clock->spared.first = victim;
}

/* The first pass 2 leaves no R bit set, so the second finds a page if any may go. */
static Pfn enhanced_victim(void *self, PageKey incoming) {
    (void)incoming;
    EnhancedClock *clock = self;
    for (int again = 0; again < 2; again++) {
        Pfn frame = pass_one(clock);
        if (frame != PFN_NONE) {
            hand_go(clock, frame);
            return frame;
        }
        frame = pass_two(clock);
        if (frame != PFN_NONE) {
            return frame;
        }
    }
    return PFN_NONE;
}

static void enhanced_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    EnhancedClock *clock = self;
    frame_list_remove(&clock->circle, frame);
    if (frame_list_has(&clock->spared, frame)) {
        frame_list_remove(&clock->spared, frame);
    }
}

static bool enhanced_holds(const void *self, Pfn frame) {
    return frame_list_has(&((const EnhancedClock *)self)->circle, frame);
}

/* Going round the circle meets all who are spared, in their order. */
static const char *enhanced_check(const void *self) {
    const EnhancedClock *clock = self;
    const FrameList *lists[] = {&clock->circle, &clock->spared};
    for (unsigned i = 0; i < 2; i++) {
        const char *wrong = frame_list_check(lists[i]);
        if (wrong != NULL) {
            return wrong;
        }
    }
    Pfn spared = clock->spared.first, frame = clock->circle.first;
    uint32_t met = 0;
    for (uint32_t left = clock->circle.count; left > 0 && met < clock->spared.count; left--) {
        if (frame == spared) {
            spared = frame_list_next(&clock->spared, spared);
            met++;
        }
        frame = frame_list_next(&clock->circle, frame);
    }
    return met == clock->spared.count ? NULL : "enhanced-clock: the spared are out of order";
}

const PolicyOps policy_enhanced_clock = {
    .info = {.name = "enhanced-clock",
             .summary = "clock with R and M: first (0,0) changing nothing, then first (0,1) "
                        "clearing R on the way, and again; R=1 on load",
             .source = "Silberschatz, Galvin and Gagne, Operating System Concepts; Stallings, "
                       "Operating Systems",
             .params = PARAMS_NONE},
    .create = enhanced_create,
    .destroy = enhanced_destroy,
    .loaded = enhanced_loaded,
    .victim = enhanced_victim,
    .unloaded = enhanced_unloaded,
    .holds = enhanced_holds,
    .check = enhanced_check,
};
