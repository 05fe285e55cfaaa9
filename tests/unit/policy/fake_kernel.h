/* fake_kernel.h - the least that a policy needs of a kernel: frames with R and M bits.
 *
 * Idea: replay a reference string on it and count.  As in the real one, free frames are taken
 * lowest number first, and the reference that brings a page sets its R bit.  After every call
 * the policy's invariant is checked, and that it holds just the frames that are in use.
 */
#ifndef FAULTLINE_TEST_FAKE_KERNEL_H
#define FAULTLINE_TEST_FAKE_KERNEL_H

#include "policies.h"

#include "faultline/rng.h"

#include <glib.h>
#include <string.h>

#define FAKE_FRAMES_MAX 128

typedef struct FakeFrame {
    bool used, referenced, dirty, pinned;
    PageKey page;
} FakeFrame;

typedef struct FakeKernel {
    const PolicyOps *ops;
    void *policy;
    PolicyEnv env;
    uint64_t params[PARAMS_MAX]; /* the defaults */
    FakeFrame frames[FAKE_FRAMES_MAX];
    Rng rng;
    uint64_t faults, evictions, writebacks, draws, clears;
    PageKey evicted; /* by the last access; UINT64_MAX: none was */
} FakeKernel;

static inline bool fake_referenced(void *host, Pfn frame) {
    return ((FakeKernel *)host)->frames[frame].referenced;
}
static inline void fake_clear_referenced(void *host, Pfn frame) {
    ((FakeKernel *)host)->frames[frame].referenced = false;
    ((FakeKernel *)host)->clears++;
}
static inline bool fake_dirty(void *host, Pfn frame) {
    return ((FakeKernel *)host)->frames[frame].dirty;
}
static inline bool fake_evictable(void *host, Pfn frame) {
    return !((FakeKernel *)host)->frames[frame].pinned;
}
static inline uint64_t fake_random(void *host, uint64_t bound) {
    ((FakeKernel *)host)->draws++;
    return rng_below(&((FakeKernel *)host)->rng, bound);
}
static inline Tick fake_now(void *host) { return ((FakeKernel *)host)->faults; }

/* The built-in of that name, or NULL. */
static inline const PolicyOps *policy_named(const char *name) {
    const PolicyOps *const *ops = policies_builtin;
    while (*ops != NULL && strcmp((*ops)->info.name, name) != 0) {
        ops++;
    }
    return *ops;
}

static inline FakeKernel *fake_kernel_create(const PolicyOps *ops, uint32_t frames, uint64_t seed) {
    g_assert_cmpuint(frames, <=, FAKE_FRAMES_MAX);
    FakeKernel *k = g_new0(FakeKernel, 1);
    k->ops = ops;
    k->rng.state = seed;
    k->env = (PolicyEnv){.host = k,
                         .frame_count = frames,
                         .referenced = fake_referenced,
                         .clear_referenced = fake_clear_referenced,
                         .dirty = fake_dirty,
                         .evictable = fake_evictable,
                         .random = fake_random,
                         .now = fake_now};
    for (unsigned i = 0; ops->info.params[i].name != NULL; i++) {
        g_assert_cmpuint(i, <, PARAMS_MAX);
        k->params[i] = ops->info.params[i].initial;
    }
    k->policy = ops->create(&k->env, k->params);
    g_assert_nonnull(k->policy);
    return k;
}

static inline void fake_kernel_destroy(FakeKernel *k) {
    k->ops->destroy(k->policy);
    g_free(k);
}

static inline void assert_policy_sound(const FakeKernel *k) {
    g_assert_cmpstr(k->ops->check(k->policy), ==, NULL);
    for (Pfn frame = 0; frame < k->env.frame_count; frame++) {
        g_assert_cmpint(k->ops->holds(k->policy, frame), ==, k->frames[frame].used);
    }
    g_assert_false(k->ops->holds(k->policy, k->env.frame_count));
}

/* The frame of a page, or PFN_NONE. */
static inline Pfn fake_find(const FakeKernel *k, PageKey page) {
    for (Pfn frame = 0; frame < k->env.frame_count; frame++) {
        if (k->frames[frame].used && k->frames[frame].page == page) {
            return frame;
        }
    }
    return PFN_NONE;
}

static inline Pfn fake_free_frame(const FakeKernel *k) {
    Pfn frame = 0;
    while (frame < k->env.frame_count && k->frames[frame].used) {
        frame++;
    }
    return frame < k->env.frame_count ? frame : PFN_NONE;
}

static inline void fake_unload(FakeKernel *k, Pfn frame, UnloadReason reason) {
    FakeFrame old = k->frames[frame];
    k->frames[frame] = (FakeFrame){0};
    k->ops->unloaded(k->policy, frame, old.page, reason);
    if (reason == UNLOAD_EVICTED) {
        k->evicted = old.page;
        k->evictions++;
        k->writebacks += old.dirty;
    }
    assert_policy_sound(k);
}

static inline bool fake_any_evictable(const FakeKernel *k) {
    bool any = false;
    for (Pfn frame = 0; frame < k->env.frame_count; frame++) {
        any |= k->frames[frame].used && !k->frames[frame].pinned;
    }
    return any;
}

/* A frame for `page`, evicting if none is free.  PFN_NONE if none can be had. */
static inline Pfn fake_take_frame(FakeKernel *k, PageKey page) {
    Pfn frame = fake_free_frame(k);
    if (frame == PFN_NONE) {
        frame = k->ops->victim(k->policy, page);
        g_assert_cmpint(frame != PFN_NONE, ==, fake_any_evictable(k));
        if (frame != PFN_NONE) {
            g_assert_cmpuint(frame, <, k->env.frame_count);
            g_assert_true(k->frames[frame].used && !k->frames[frame].pinned);
            fake_unload(k, frame, UNLOAD_EVICTED);
        }
    }
    return frame;
}

/* One reference.  True: it faulted. */
static inline bool fake_access(FakeKernel *k, PageKey page, bool write) {
    k->evicted = UINT64_MAX;
    Pfn frame = fake_find(k, page);
    bool fault = frame == PFN_NONE;
    if (fault) {
        k->faults++;
        frame = fake_take_frame(k, page);
        if (frame == PFN_NONE) {
            return true;
        }
        k->frames[frame] = (FakeFrame){.used = true, .referenced = true, .page = page};
        k->ops->loaded(k->policy, frame, page);
    } else if (k->ops->touched != NULL) {
        k->ops->touched(k->policy, frame, 1);
    }
    k->frames[frame].referenced = true;
    k->frames[frame].dirty |= write;
    assert_policy_sound(k);
    return fault;
}

#endif
