/* wsclock.c - WSClock: the circle of CLOCK, the window of the working set.
 *
 *          [R=1]<- hand             R=1: the page is in somebody's working set.  R=0, LT=now.
 *     [R=0 young]   [R=0 old, M]    R=0, last seen used at most theta ago: still in it.  Pass.
 *          [R=0 old, clean]         R=0, older, dirty: start to write it, pass.
 *                                   R=0, older, clean: the victim.
 *
 * A whole turn without a victim: if writes were started, go round again, and one of those pages,
 * clean now, goes.  Else all memory is working sets (a system would suspend a process): the first
 * clean page from the hand goes; if all are dirty, the one at the hand.  The new page comes just
 * behind the hand; LT is the time of its loading, and R is set by the reference that brought it.
 * Pages that may not go now are passed as if they were not there.
 *
 * Virtual time is the machine's: references made by everybody, or ns.  LT only tells when the hand
 * saw the bit: that is the approximation, and nobody has to follow references.
 *
 * Cost: a reference nothing.  A fault looks at every page up to the first one that is old and
 * clean; if there is none, at all n of them, once, or twice if some are written.  So O(n) a fault
 * while memory is smaller than the working sets; 16 bytes a frame.  A bound on when the next page
 * can grow old does not help: a turn that finds nobody still dates every page that it sees used
 * (LT = t), and which those are only their bits tell.  Leaving the turn out would date them later,
 * and other pages would go.
 * Invariant: the circle holds the resident frames; its first is under the hand.
 */
#include "policies.h"

#include "faultline/lazy.h"
#include "frame_list.h"
#include "window.h"

#include <stdlib.h>

typedef struct WsClock {
    const PolicyEnv *env;
    FrameList circle;
    uint64_t *last_seen; /* LT of each resident frame */
    uint64_t window;
} WsClock;

static void wsclock_destroy(void *self) {
    WsClock *clock = self;
    lazy_free(clock->last_seen, clock->env->frame_count, sizeof(uint64_t));
    frame_list_clear(&clock->circle);
    free(clock);
}

static void *wsclock_create(const PolicyEnv *env, const uint64_t *params) {
    WsClock *clock = calloc(1, sizeof(WsClock));
    if (clock == NULL) {
        return NULL;
    }
    clock->env = env;
    clock->window = params[0];
    clock->last_seen = lazy_alloc(env->frame_count, sizeof(uint64_t));
    if (!frame_list_init(&clock->circle, env->frame_count) || clock->last_seen == NULL) {
        wsclock_destroy(clock);
        return NULL;
    }
    return clock;
}

static void wsclock_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    WsClock *clock = self;
    clock->last_seen[frame] = window_now(clock->env, clock->window);
    frame_list_append(&clock->circle, frame);
}

/* The page under the hand: in use or young (stay), old and dirty (write it), old and clean (go). */
typedef enum Verdict { STAYS, WRITTEN, GOES } Verdict;

static Verdict page_judge(WsClock *clock, Pfn frame, uint64_t now) {
    const PolicyEnv *env = clock->env;
    if (env->referenced(env->host, frame)) {
        env->clear_referenced(env->host, frame);
        clock->last_seen[frame] = now;
        return STAYS;
    }
    if (now - clock->last_seen[frame] <= window_length(clock->window)) {
        return STAYS;
    }
    if (env->dirty(env->host, frame)) {
        env->clean(env->host, frame);
        return WRITTEN;
    }
    return GOES;
}

/* One turn of the hand.  PFN_NONE: nobody goes; *written: but somebody could the next time. */
static Pfn clock_turn(WsClock *clock, uint64_t now, bool *written) {
    const PolicyEnv *env = clock->env;
    *written = false;
    for (uint32_t left = clock->circle.count; left > 0; left--) {
        Pfn frame = clock->circle.first;
        if (env->evictable(env->host, frame)) {
            Verdict verdict = page_judge(clock, frame, now);
            if (verdict == GOES) {
                return frame;
            }
            *written = *written || verdict == WRITTEN;
        }
        frame_list_turn(&clock->circle);
    }
    return PFN_NONE;
}

/* Everybody is in a working set: the hand goes on to the first clean page, else it stays. */
static Pfn clock_fallback(WsClock *clock) {
    const PolicyEnv *env = clock->env;
    Pfn chosen = frame_list_first_evictable(&clock->circle, env), frame = clock->circle.first;
    for (uint32_t left = clock->circle.count; left > 0; left--) {
        if (env->evictable(env->host, frame) && !env->dirty(env->host, frame)) {
            chosen = frame;
            break;
        }
        frame = frame_list_next(&clock->circle, frame);
    }
    clock->circle.first = chosen != PFN_NONE ? chosen : clock->circle.first;
    return chosen;
}

static Pfn wsclock_victim(void *self, PageKey incoming) {
    (void)incoming;
    WsClock *clock = self;
    uint64_t now = window_now(clock->env, clock->window);
    bool written;
    Pfn frame = clock_turn(clock, now, &written);
    if (frame == PFN_NONE && written) {
        frame = clock_turn(clock, now, &written);
    }
    return frame != PFN_NONE ? frame : clock_fallback(clock);
}

static void wsclock_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    frame_list_remove(&((WsClock *)self)->circle, frame);
}

static bool wsclock_holds(const void *self, Pfn frame) {
    return frame_list_has(&((const WsClock *)self)->circle, frame);
}

static const char *wsclock_check(const void *self) {
    return frame_list_check(&((const WsClock *)self)->circle);
}

static const Param wsclock_params[] = {
    {.name = "window",
     .kind = PARAM_WINDOW,
     .initial = 10000,
     .min = 1,
     .max = WINDOW_MAX,
     .help = "theta: a page not seen in use for longer than this is in no working set"},
    {.name = NULL},
};

const PolicyOps policy_wsclock = {
    .info = {.name = "wsclock",
             .summary = "the hand of clock takes the first clean page older than the window, and "
                        "starts to write old dirty ones; R=1 on load; writes are over at once; a "
                        "fault with nobody old looks at all pages",
             .source = "Carr and Hennessy, SOSP 1981",
             .params = wsclock_params},
    .create = wsclock_create,
    .destroy = wsclock_destroy,
    .loaded = wsclock_loaded,
    .victim = wsclock_victim,
    .unloaded = wsclock_unloaded,
    .holds = wsclock_holds,
    .check = wsclock_check,
};
