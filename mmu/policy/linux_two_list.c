/* linux_two_list.c - Linux's active and inactive lists, with the refault distance.
 *
 *      fault -> [ inactive ] -R=1-> [ active ]
 *                 |     ^               |
 *       evicted <-'     '--- too long --'
 *          |
 *          '- shadow: the age at which it left;   fault again soon -> [ active ]
 *
 * Idea: a page is on probation (inactive) until it is seen used.  A page that comes back within as
 * many frames as the active list has (nonresident.h) may contend with those there, and starts active.
 *
 * The plain form: one kind of pages, no memory cgroups, one page at a time; R=0 on load.
 * linux_lru.c is what the kernel does with the same two lists.
 * Invariant: active + inactive = resident frames (first: the next to be looked at).
 */
#include "policies.h"

#include "frame_list.h"
#include "nonresident.h"

#include <stdlib.h>

typedef struct TwoList {
    const PolicyEnv *env;
    FrameList active, inactive;
    Nonresident away;
} TwoList;

static void two_list_destroy(void *self) {
    TwoList *two = self;
    frame_list_clear(&two->active);
    frame_list_clear(&two->inactive);
    nonresident_clear(&two->away);
    free(two);
}

static void *two_list_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    TwoList *two = calloc(1, sizeof(TwoList));
    if (two == NULL) {
        return NULL;
    }
    two->env = env;
    bool ok = nonresident_init(&two->away, env->frame_count, env->capacity);
    ok &= frame_list_init(&two->active, env->frame_count);
    ok &= frame_list_init(&two->inactive, env->frame_count);
    if (!ok) {
        two_list_destroy(two);
        return NULL;
    }
    return two;
}

/* ---- the lists ------------------------------------------------------------------------------ */

static void activate(TwoList *two, Pfn frame) {
    frame_list_append(&two->active, frame);
    nonresident_age(&two->away, 1);
}

/* No more active pages than inactive ones: the oldest go on probation again. */
static void balance(TwoList *two) {
    while (two->active.count > two->inactive.count) {
        Pfn frame = two->active.first;
        two->env->clear_referenced(two->env->host, frame);
        frame_list_remove(&two->active, frame);
        frame_list_append(&two->inactive, frame);
    }
}

static Pfn victim_if_pinned(const TwoList *two) {
    Pfn frame = frame_list_first_evictable(&two->inactive, two->env);
    return frame != PFN_NONE ? frame : frame_list_first_evictable(&two->active, two->env);
}

/* Each page passed loses its bit or is pinned; so this ends. */
static Pfn two_list_victim(void *self, PageKey incoming) {
    (void)incoming;
    TwoList *two = self;
    const PolicyEnv *env = two->env;
    uint64_t left = UINT64_C(2) * (two->active.count + two->inactive.count);
    for (; left > 0; left--) {
        balance(two);
        Pfn frame = two->inactive.first;
        if (!env->evictable(env->host, frame)) {
            frame_list_turn(&two->inactive);
        } else if (env->referenced(env->host, frame)) {
            env->clear_referenced(env->host, frame);
            frame_list_remove(&two->inactive, frame);
            activate(two, frame);
        } else {
            return frame;
        }
    }
    return victim_if_pinned(two);
}

static void two_list_loaded(void *self, Pfn frame, PageKey page) {
    TwoList *two = self;
    uint32_t distance;
    two->env->clear_referenced(two->env->host, frame);
    if (nonresident_return(&two->away, page, &distance, NULL) && distance <= two->active.count) {
        activate(two, frame);
    } else {
        frame_list_append(&two->inactive, frame);
    }
}

static void two_list_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    TwoList *two = self;
    bool active = frame_list_has(&two->active, frame);
    frame_list_remove(active ? &two->active : &two->inactive, frame);
    if (reason == UNLOAD_EVICTED) {
        nonresident_leave(&two->away, page, false);
    }
}

static void two_list_forgotten(void *self, PageKey first, uint64_t count) {
    nonresident_forget(&((TwoList *)self)->away, first, count);
}

static void two_list_renamed(void *self, Pfn frame, PageKey page) {
    (void)frame;
    two_list_forgotten(self, page, 1);
}

static bool two_list_holds(const void *self, Pfn frame) {
    const TwoList *two = self;
    return frame_list_has(&two->active, frame) || frame_list_has(&two->inactive, frame);
}

/* ---- invariants ----------------------------------------------------------------------------- */

static const char *two_list_check(const void *self) {
    const TwoList *two = self;
    const char *wrong = frame_list_check(&two->active);
    wrong = wrong != NULL ? wrong : frame_list_check(&two->inactive);
    wrong = wrong != NULL ? wrong : nonresident_check(&two->away);
    for (Pfn frame = two->active.first, n = two->active.count; n > 0 && wrong == NULL; n--) {
        if (frame_list_has(&two->inactive, frame)) {
            wrong = "linux-two-list: a page is on both lists";
        }
        frame = frame_list_next(&two->active, frame);
    }
    return wrong;
}

const PolicyOps policy_linux_two_list = {
    .info = {.name = "linux-two-list",
             .summary = "active and inactive lists, 1:1 at most; a page back within |active| "
                        "evictions and activations starts active; R=0 on load",
             .source = "Linux, mm/vmscan.c and mm/workingset.c (Weiner, 2014), one page class",
             .params = PARAMS_NONE},
    .as_in_kernel = &policy_linux_lru,
    .create = two_list_create,
    .destroy = two_list_destroy,
    .loaded = two_list_loaded,
    .victim = two_list_victim,
    .unloaded = two_list_unloaded,
    .renamed = two_list_renamed,
    .forgotten = two_list_forgotten,
    .holds = two_list_holds,
    .check = two_list_check,
};
