/* linux_two_list.c - Linux's active and inactive lists, with the refault distance.
 *
 *      fault -> [ inactive ] -R=1-> [ active ]
 *                 |     ^               |
 *       evicted <-'     '--- too long --'
 *          |
 *          '- shadow: the age at which it left;   fault again soon -> [ active ]
 *
 * Idea: a page is on probation (inactive) until it is seen used.  The age, Linux's
 * nonresident_age, counts evictions and activations; so when a page comes back, age - shadow is how
 * many frames the inactive list would have needed besides for it to have stayed.  If the active
 * list has that many, the page may contend with those there, and starts active.
 *
 * A shadow more than c old can never count again, as |active| <= c and the age only grows: it is
 * forgotten, so there are at most c, and 32 bits of the age are enough.
 *
 * The plain form: one kind of pages, no memory cgroups, one page at a time; R=0 on load.
 * Invariant: active + inactive = resident frames (first: the next to be looked at); shadows in the
 * order of their age, each 1..c behind.
 */
#include "policies.h"

#include "faultline/lazy.h"
#include "frame_list.h"
#include "page_book.h"

#include <stdlib.h>

typedef struct TwoList {
    const PolicyEnv *env;
    FrameList active, inactive;
    PageBook ghosts;
    PageList order;   /* of the ghosts; head: the youngest */
    uint32_t *shadow; /* lazy, of each node: the age at which the page left */
    uint32_t age;     /* modulo 2^32 */
} TwoList;

/* Nodes are numbered from 1, and there are at most c of them. */
static uint64_t shadow_count(const PolicyEnv *env) { return env->capacity + UINT64_C(1); }

static void two_list_destroy(void *self) {
    TwoList *two = self;
    frame_list_clear(&two->active);
    frame_list_clear(&two->inactive);
    page_book_clear(&two->ghosts);
    lazy_free(two->shadow, shadow_count(two->env), sizeof(uint32_t));
    free(two);
}

static void *two_list_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    TwoList *two = calloc(1, sizeof(TwoList));
    if (two == NULL) {
        return NULL;
    }
    two->env = env;
    two->order.number = 1;
    two->shadow = lazy_alloc(shadow_count(env), sizeof(uint32_t));
    bool ok = two->shadow != NULL;
    ok &= frame_list_init(&two->active, env->frame_count);
    ok &= frame_list_init(&two->inactive, env->frame_count);
    ok &= page_book_init(&two->ghosts, env->frame_count);
    if (!ok) {
        two_list_destroy(two);
        return NULL;
    }
    return two;
}

/* ---- shadows -------------------------------------------------------------------------------- */

static uint32_t refault_distance(const TwoList *two, uint32_t ghost) {
    return two->age - two->shadow[ghost];
}

static void shadow_forget(void *self, uint32_t ghost) {
    TwoList *two = self;
    page_list_remove(&two->ghosts, &two->order, ghost);
    page_book_forget(&two->ghosts, ghost);
}

static void age_grow(TwoList *two) {
    two->age++;
    uint32_t oldest = two->order.tail;
    if (oldest != NODE_NONE && refault_distance(two, oldest) > two->env->capacity) {
        shadow_forget(two, oldest);
    }
}

static void shadow_leave(TwoList *two, PageKey page) {
    uint32_t age = two->age;
    age_grow(two); /* first, for it makes room */
    uint32_t ghost = page_book_add(&two->ghosts, page, PFN_NONE);
    two->shadow[ghost] = age;
    page_list_push_head(&two->ghosts, &two->order, ghost);
}

/* ---- the lists ------------------------------------------------------------------------------ */

static void activate(TwoList *two, Pfn frame) {
    frame_list_append(&two->active, frame);
    age_grow(two);
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
    uint32_t ghost = page_book_find(&two->ghosts, page);
    two->env->clear_referenced(two->env->host, frame);
    bool workingset = ghost != NODE_NONE && refault_distance(two, ghost) <= two->active.count;
    if (ghost != NODE_NONE) {
        shadow_forget(two, ghost);
    }
    if (workingset) {
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
        shadow_leave(two, page);
    }
}

static void two_list_forgotten(void *self, PageKey first, uint64_t count) {
    page_book_each_ghost(&((TwoList *)self)->ghosts, first, count, shadow_forget, self);
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

static const char *shadows_check(const TwoList *two) {
    uint32_t behind = 0; /* grows from the youngest on */
    for (uint32_t ghost = two->order.head; ghost != NODE_NONE;) {
        uint32_t distance = refault_distance(two, ghost);
        if (distance <= behind || distance > two->env->capacity) {
            return "linux-two-list: shadows are out of order or too old";
        }
        behind = distance;
        ghost = page_node(&two->ghosts, ghost)->next;
    }
    return two->order.count == two->ghosts.live ? NULL : "linux-two-list: a shadow is lost";
}

static const char *two_list_check(const void *self) {
    const TwoList *two = self;
    const char *wrong = frame_list_check(&two->active);
    wrong = wrong != NULL ? wrong : frame_list_check(&two->inactive);
    wrong = wrong != NULL ? wrong : page_book_check(&two->ghosts);
    wrong = wrong != NULL ? wrong : page_list_check(&two->ghosts, &two->order);
    wrong = wrong != NULL ? wrong : shadows_check(two);
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
