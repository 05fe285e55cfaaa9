/* mru.c - most recently used: the page of the last reference goes first.
 *
 * Madness for most programs, and the best there is for one kind: a loop over one page more than
 * fits.  There LRU always evicts the page that is needed next; MRU gives up one frame to the
 * newcomers and keeps all the others.  Like LRU a stack algorithm, and like LRU it has to hear
 * of every reference.
 * Invariant: the list holds the resident frames, most recently used first.
 */
#include "policies.h"

#include "frame_list.h"

#include <stdlib.h>

typedef struct Mru {
    const PolicyEnv *env;
    FrameList stack;
} Mru;

static void *mru_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    Mru *mru = calloc(1, sizeof(Mru));
    if (mru == NULL || !frame_list_init(&mru->stack, env->frame_count)) {
        free(mru);
        return NULL;
    }
    mru->env = env;
    return mru;
}

static void mru_destroy(void *self) {
    Mru *mru = self;
    frame_list_clear(&mru->stack);
    free(mru);
}

/* The last place of a circle is just before the first: call it the first instead. */
static void push(FrameList *stack, Pfn frame) {
    frame_list_append(stack, frame);
    stack->first = frame;
}

static void mru_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    push(&((Mru *)self)->stack, frame);
}

static void mru_touched(void *self, Pfn frame, uint64_t count) {
    (void)count;
    FrameList *stack = &((Mru *)self)->stack;
    if (frame != stack->first) {
        frame_list_remove(stack, frame);
        push(stack, frame);
    }
}

static Pfn mru_victim(void *self, PageKey incoming) {
    (void)incoming;
    const Mru *mru = self;
    return frame_list_first_evictable(&mru->stack, mru->env);
}

static void mru_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    frame_list_remove(&((Mru *)self)->stack, frame);
}

static bool mru_holds(const void *self, Pfn frame) {
    return frame_list_has(&((const Mru *)self)->stack, frame);
}

static const char *mru_check(const void *self) {
    return frame_list_check(&((const Mru *)self)->stack);
}

const PolicyOps policy_mru = {
    .info = {.name = "mru",
             .summary = "most recently used, exact: right for a loop that does not fit, and for "
                        "little else",
             .source = "Mattson, Gecsei, Slutz and Traiger, IBM Systems Journal 9(2), 1970",
             .params = PARAMS_NONE},
    .create = mru_create,
    .destroy = mru_destroy,
    .loaded = mru_loaded,
    .touched = mru_touched,
    .victim = mru_victim,
    .unloaded = mru_unloaded,
    .holds = mru_holds,
    .check = mru_check,
};
