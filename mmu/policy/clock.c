/* clock.c - CLOCK, also known as second chance: FIFO that spares what was used.
 *
 *        [R=1]<- hand          The hand goes round.  A page whose referenced bit is set
 *     [R=0]   [R=1]            loses the bit and is passed; the first one without it is the
 *        [R=1]                 victim.  The new page takes its place, just behind the hand,
 *                              with the bit set by the reference that brought it.
 *
 * clock-r0 is the other school, FIFO-reinsertion: a new page comes without the bit, and only a
 * second use earns it a second chance.  The same string, other faults: say which one you mean.
 *
 * The circle is in the order of loading, so frame numbers mean nothing; while memory fills up
 * the hand stays where it is.
 * Invariant: the list holds the resident frames; its first is under the hand.
 */
#include "policies.h"

#include "frame_list.h"

#include <stdlib.h>

typedef struct ClockPolicy {
    const PolicyEnv *env;
    FrameList circle;
} ClockPolicy;

static void *clock_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    ClockPolicy *clock = calloc(1, sizeof(ClockPolicy));
    if (clock == NULL || !frame_list_init(&clock->circle, env->frame_count)) {
        free(clock);
        return NULL;
    }
    clock->env = env;
    return clock;
}

static void clock_destroy(void *self) {
    ClockPolicy *clock = self;
    frame_list_clear(&clock->circle);
    free(clock);
}

static void clock_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    frame_list_append(&((ClockPolicy *)self)->circle, frame);
}

/* The first turn clears every bit on its way, so the second finds a victim if there is any;
 * pages that may not go now are passed as if they were not there. */
static Pfn clock_victim(void *self, PageKey incoming) {
    (void)incoming;
    ClockPolicy *clock = self;
    const PolicyEnv *env = clock->env;
    for (uint64_t left = UINT64_C(2) * clock->circle.count; left > 0; left--) {
        Pfn frame = clock->circle.first;
        if (env->evictable(env->host, frame)) {
            if (!env->referenced(env->host, frame)) {
                return frame;
            }
            env->clear_referenced(env->host, frame);
        }
        frame_list_turn(&clock->circle);
    }
    return PFN_NONE;
}

/* clock-r0: the reference that brought the page does not count. */
static void clock_r0_loaded(void *self, Pfn frame, PageKey page) {
    const PolicyEnv *env = ((const ClockPolicy *)self)->env;
    clock_loaded(self, frame, page);
    env->clear_referenced(env->host, frame);
}

static void clock_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    frame_list_remove(&((ClockPolicy *)self)->circle, frame);
}

static bool clock_holds(const void *self, Pfn frame) {
    return frame_list_has(&((const ClockPolicy *)self)->circle, frame);
}

static const char *clock_check(const void *self) {
    return frame_list_check(&((const ClockPolicy *)self)->circle);
}

const PolicyOps policy_clock = {
    .info = {.name = "clock",
             .summary = "second chance: a hand goes round, clears referenced bits, takes the first "
                        "page without one; R=1 on load",
             .source = "Corbato, MIT Project MAC memo, 1968; Tanenbaum, Modern Operating Systems",
             .params = PARAMS_NONE},
    .create = clock_create,
    .destroy = clock_destroy,
    .loaded = clock_loaded,
    .victim = clock_victim,
    .unloaded = clock_unloaded,
    .holds = clock_holds,
    .check = clock_check,
};

const PolicyOps policy_clock_r0 = {
    .info = {.name = "clock-r0",
             .summary = "clock, but R=0 on load: only a second use earns a second chance "
                        "(FIFO-reinsertion)",
             .source = "the form that cache simulators use; Tanenbaum has R=1",
             .params = PARAMS_NONE},
    .create = clock_create,
    .destroy = clock_destroy,
    .loaded = clock_r0_loaded,
    .victim = clock_victim,
    .unloaded = clock_unloaded,
    .holds = clock_holds,
    .check = clock_check,
};
