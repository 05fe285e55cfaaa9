/* sieve.c - SIEVE: a clock whose survivors stay where they are.
 *
 *     oldest [R=0] [R=1] [R=0] [R=1] [R=1] newest  <- new pages
 *                          ^hand -->
 *
 * Idea: the hand goes from the oldest page to the newest, clears referenced bits, and takes the
 * first page without one; then it begins again at the oldest.  That is CLOCK but for one thing:
 * a new page goes to the end of the queue, not to where the victim was.  So pages that survive sink
 * together towards the old end, and new ones are sieved quickly.  R=0 on load.
 *
 * Invariant: the list holds the resident frames, oldest load first; the hand is one of them, or
 * PFN_NONE: it begins at the oldest.
 */
#include "policies.h"

#include "frame_list.h"

#include <stdlib.h>

typedef struct Sieve {
    const PolicyEnv *env;
    FrameList queue;
    Pfn hand;
} Sieve;

static void *sieve_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    Sieve *sieve = calloc(1, sizeof(Sieve));
    if (sieve == NULL || !frame_list_init(&sieve->queue, env->frame_count)) {
        free(sieve);
        return NULL;
    }
    sieve->env = env;
    sieve->hand = PFN_NONE;
    return sieve;
}

static void sieve_destroy(void *self) {
    frame_list_clear(&((Sieve *)self)->queue);
    free(self);
}

static void sieve_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    Sieve *sieve = self;
    sieve->env->clear_referenced(sieve->env->host, frame);
    frame_list_append(&sieve->queue, frame);
}

static Pfn newer(const Sieve *sieve, Pfn frame) {
    return frame == frame_list_last(&sieve->queue) ? PFN_NONE
                                                   : frame_list_next(&sieve->queue, frame);
}

/* As in clock.c: the first round clears, the second finds. */
static Pfn sieve_victim(void *self, PageKey incoming) {
    (void)incoming;
    Sieve *sieve = self;
    const PolicyEnv *env = sieve->env;
    for (uint64_t left = UINT64_C(2) * sieve->queue.count; left > 0; left--) {
        if (sieve->hand == PFN_NONE) {
            sieve->hand = sieve->queue.first;
        }
        if (env->evictable(env->host, sieve->hand)) {
            if (!env->referenced(env->host, sieve->hand)) {
                return sieve->hand;
            }
            env->clear_referenced(env->host, sieve->hand);
        }
        sieve->hand = newer(sieve, sieve->hand);
    }
    return PFN_NONE;
}

static void sieve_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    Sieve *sieve = self;
    if (sieve->hand == frame) {
        sieve->hand = newer(sieve, frame);
    }
    frame_list_remove(&sieve->queue, frame);
}

static bool sieve_holds(const void *self, Pfn frame) {
    return frame_list_has(&((const Sieve *)self)->queue, frame);
}

static const char *sieve_check(const void *self) {
    const Sieve *sieve = self;
    if (sieve->hand != PFN_NONE && !frame_list_has(&sieve->queue, sieve->hand)) {
        return "sieve: the hand points at a page that is gone";
    }
    return frame_list_check(&sieve->queue);
}

const PolicyOps policy_sieve = {
    .info = {.name = "sieve",
             .summary = "a hand sweeps a queue from old to new, clears referenced bits, takes the "
                        "first page without one; survivors stay in place; R=0 on load",
             .source = "Zhang, Yang, Yue, Vigfusson and Rashmi, SIEVE, NSDI 2024",
             .params = PARAMS_NONE},
    .create = sieve_create,
    .destroy = sieve_destroy,
    .loaded = sieve_loaded,
    .victim = sieve_victim,
    .unloaded = sieve_unloaded,
    .holds = sieve_holds,
    .check = sieve_check,
};
