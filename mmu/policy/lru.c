/* lru.c - exact least recently used: the page that was not used for longest goes.
 *
 * What all the others approximate.  No kernel can afford it: it must hear of every single
 * reference, so it gives `touched`, and the run is slower for it.  A stack algorithm: more
 * memory never means more faults.
 * Invariant: the list holds the resident frames, least recently used first.
 */
#include "policies.h"

#include "frame_list.h"

#include <stdlib.h>

typedef struct Lru {
    const PolicyEnv *env;
    FrameList queue;
} Lru;

static void *lru_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    Lru *lru = calloc(1, sizeof(Lru));
    if (lru == NULL || !frame_list_init(&lru->queue, env->frame_count)) {
        free(lru);
        return NULL;
    }
    lru->env = env;
    return lru;
}

static void lru_destroy(void *self) {
    Lru *lru = self;
    frame_list_clear(&lru->queue);
    free(lru);
}

static void lru_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    frame_list_append(&((Lru *)self)->queue, frame);
}

/* However often in a row: once used, a page is the most recently used one. */
static void lru_touched(void *self, Pfn frame, uint64_t count) {
    (void)count;
    FrameList *queue = &((Lru *)self)->queue;
    if (frame == frame_list_last(queue)) {
        return;
    }
    if (frame == queue->first) {
        frame_list_turn(queue);
        return;
    }
    frame_list_remove(queue, frame);
    frame_list_append(queue, frame);
}

static Pfn lru_victim(void *self, PageKey incoming) {
    (void)incoming;
    const Lru *lru = self;
    return frame_list_first_evictable(&lru->queue, lru->env);
}

static void lru_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    frame_list_remove(&((Lru *)self)->queue, frame);
}

static bool lru_holds(const void *self, Pfn frame) {
    return frame_list_has(&((const Lru *)self)->queue, frame);
}

static const char *lru_check(const void *self) {
    return frame_list_check(&((const Lru *)self)->queue);
}

const PolicyOps policy_lru = {
    .info = {.name = "lru",
             .summary = "least recently used, exact: follows every reference, so runs are slower",
             .source = "Mattson, Gecsei, Slutz and Traiger, IBM Systems Journal 9(2), 1970",
             .params = PARAMS_NONE},
    .create = lru_create,
    .destroy = lru_destroy,
    .loaded = lru_loaded,
    .touched = lru_touched,
    .victim = lru_victim,
    .unloaded = lru_unloaded,
    .holds = lru_holds,
    .check = lru_check,
};
