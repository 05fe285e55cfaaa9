/* fake_kernel.h - the least that a policy needs of a kernel: frames with R and M bits.
 *
 * Idea: replay a reference string on it and count.  As in the real one, free frames are taken
 * lowest number first, and the reference that brings a page sets its R bit.  After every call
 * the policy's invariant is checked, and that it holds just the frames that are in use; a test
 * that makes millions of references has that done more rarely.
 */
#ifndef FAULTLINE_TEST_FAKE_KERNEL_H
#define FAULTLINE_TEST_FAKE_KERNEL_H

#include "policies.h"

#include "faultline/rng.h"

#include <glib.h>
#include <string.h>

#define FAKE_FRAMES_MAX 512

typedef struct FakeFrame {
    bool used, referenced, dirty, pinned;
    bool standby; /* deactivated: in memory, but unmapped */
    PageKey page;
} FakeFrame;

typedef struct FakeKernel {
    const PolicyOps *ops;
    void *policy;
    PolicyEnv env;
    uint64_t params[PARAMS_MAX];
    FakeFrame frames[FAKE_FRAMES_MAX];
    Rng rng;
    uint64_t references, tick_due;
    uint64_t check_every; /* references; 0: never */
    uint64_t faults, evictions, writebacks, draws, looks, clears;
    uint64_t counted[POLICY_COUNT_WORKINGSET_RESTORE + 1];
    uint64_t soft;                 /* soft faults; `faults` are the others */
    PageKey evicted;               /* by the last access; UINT64_MAX: none was */
    PageKey left[FAKE_FRAMES_MAX]; /* all that were: one, unless there is a surplus */
    unsigned left_count;
    uint64_t *future; /* next use of each reference; NULL: made up.  Given to g_free() */
} FakeKernel;

static inline bool fake_referenced(void *host, Pfn frame) {
    ((FakeKernel *)host)->looks++;
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
static inline uint64_t fake_references(void *host) { return ((FakeKernel *)host)->references; }

/* A made-up future is soon, or never. */
static inline uint64_t fake_next_use(void *host) {
    const FakeKernel *k = host;
    uint64_t hash = k->references * UINT64_C(0x9E3779B97F4A7C15) >> 58;
    return k->future != NULL ? k->future[k->references]
           : hash % 4 == 0   ? NEXT_USE_NEVER
                             : k->references + 1 + hash;
}
static inline void fake_clean(void *host, Pfn frame) {
    FakeKernel *k = host;
    g_assert_true(k->frames[frame].used && !k->frames[frame].pinned);
    k->writebacks += k->frames[frame].dirty;
    k->frames[frame].dirty = false;
}
static inline void fake_deactivate(void *host, Pfn frame) {
    FakeKernel *k = host;
    g_assert_true(k->frames[frame].used && !k->frames[frame].standby);
    k->frames[frame].standby = true;
    k->frames[frame].referenced = false;
}

static inline void fake_count(void *host, PolicyCount what) {
    ((FakeKernel *)host)->counted[what]++;
}

/* The built-in of that name, which ends at a colon if there is one; or NULL. */
static inline const PolicyOps *policy_named(const char *name) {
    size_t length = strcspn(name, ":");
    const PolicyOps *const *ops = policies_builtin;
    while (*ops != NULL &&
           (strncmp((*ops)->info.name, name, length) != 0 || (*ops)->info.name[length] != '\0')) {
        ops++;
    }
    return *ops;
}

/* A number, or the index of a word of a choice. */
static inline uint64_t fake_param_value(const Param *param, const char *word) {
    if (param->kind != PARAM_CHOICE) {
        return g_ascii_strtoull(word, NULL, 10);
    }
    g_auto(GStrv) choices = g_strsplit(param->choices, "|", -1);
    uint64_t index = 0;
    while (g_strcmp0(choices[index], word) != 0) {
        g_assert_nonnull(choices[index++]);
    }
    return index;
}

/* "interval=8,fit=best": what is not named has its default. */
static inline void fake_set_params(FakeKernel *k, const char *settings) {
    g_auto(GStrv) words = g_strsplit_set(settings, "=,", -1);
    unsigned used = 0;
    for (unsigned i = 0; k->ops->info.params[i].name != NULL; i++) {
        g_assert_cmpuint(i, <, PARAMS_MAX);
        k->params[i] = k->ops->info.params[i].initial;
        for (char **word = words; *word != NULL && word[1] != NULL; word += 2) {
            if (strcmp(*word, k->ops->info.params[i].name) == 0) {
                k->params[i] = fake_param_value(&k->ops->info.params[i], word[1]);
                used++;
            }
        }
    }
    g_assert_cmpuint(used, ==, g_strv_length(words) / 2);
}

/* When tick() is due first.  All times are counts here: of references, or of faults (now). */
static inline void fake_tick_start(FakeKernel *k) {
    k->tick_due = UINT64_MAX;
    if (k->ops->interval != NULL) {
        g_assert_nonnull(k->ops->tick);
        k->tick_due = k->ops->interval(k->policy) & ~WINDOW_IS_TIME;
        g_assert_cmpuint(k->tick_due, >, 0);
    }
}

static inline FakeKernel *fake_kernel_create_with(const PolicyOps *ops, uint32_t frames,
                                                  uint64_t seed, const char *settings) {
    g_assert_cmpuint(frames, <=, FAKE_FRAMES_MAX);
    FakeKernel *k = g_new0(FakeKernel, 1);
    k->ops = ops;
    k->rng.state = seed;
    k->check_every = 1;
    k->env = (PolicyEnv){.host = k,
                         .frame_count = frames,
                         .capacity = frames,
                         .referenced = fake_referenced,
                         .clear_referenced = fake_clear_referenced,
                         .dirty = fake_dirty,
                         .evictable = fake_evictable,
                         .random = fake_random,
                         .now = fake_now,
                         .references = fake_references,
                         .next_use = fake_next_use,
                         .clean = fake_clean,
                         .deactivate = fake_deactivate,
                         .count = fake_count};
    fake_set_params(k, settings);
    k->policy = ops->create(&k->env, k->params);
    g_assert_nonnull(k->policy);
    fake_tick_start(k);
    return k;
}

static inline FakeKernel *fake_kernel_create(const PolicyOps *ops, uint32_t frames, uint64_t seed) {
    return fake_kernel_create_with(ops, frames, seed, "");
}

/* "lru", or with parameters, "nru:interval=8". */
static inline FakeKernel *fake_kernel_named(const char *policy, uint32_t frames, uint64_t seed) {
    const PolicyOps *ops = policy_named(policy);
    g_assert_nonnull(ops);
    const char *settings = strchr(policy, ':');
    return fake_kernel_create_with(ops, frames, seed, settings == NULL ? "" : settings + 1);
}

/* Every built-in policy, and it once more with each other word of each choice that it offers:
 * "arc", "arc:adaptation=exact" ...  What must hold for every policy must hold for these. */
static inline GPtrArray *policies_and_variants(void) {
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const PolicyOps *const *ops = policies_builtin; *ops != NULL; ops++) {
        g_ptr_array_add(names, g_strdup((*ops)->info.name));
        for (const Param *param = (*ops)->info.params; param->name != NULL; param++) {
            bool choice = param->kind == PARAM_CHOICE;
            g_auto(GStrv) words = g_strsplit(choice ? param->choices : "", "|", -1);
            for (unsigned i = 0; words[i] != NULL; i++) {
                if (i != param->initial) {
                    g_ptr_array_add(names, g_strdup_printf("%s:%s=%s", (*ops)->info.name,
                                                           param->name, words[i]));
                }
            }
        }
    }
    return names;
}

static inline void fake_kernel_destroy(FakeKernel *k) {
    k->ops->destroy(k->policy);
    g_free(k->future);
    g_free(k);
}

static inline void assert_policy_sound(const FakeKernel *k) {
    g_assert_cmpstr(k->ops->check(k->policy), ==, NULL);
    for (Pfn frame = 0; frame < k->env.frame_count; frame++) {
        g_assert_cmpint(k->ops->holds(k->policy, frame), ==, k->frames[frame].used);
    }
    g_assert_false(k->ops->holds(k->policy, k->env.frame_count));
}

static inline void fake_check(const FakeKernel *k) {
    if (k->check_every != 0 && k->references % k->check_every == 0) {
        assert_policy_sound(k);
    }
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
        k->left[k->left_count++ % FAKE_FRAMES_MAX] = old.page;
        k->evictions++;
        k->writebacks += old.dirty;
    }
    fake_check(k);
}

/* munmap: those of the pages first..first+count-1 that are resident leave, and all are forgotten. */
static inline void fake_munmap(FakeKernel *k, PageKey first, uint64_t count) {
    for (Pfn frame = 0; frame < k->env.frame_count; frame++) {
        if (k->frames[frame].used && k->frames[frame].page - first < count) {
            fake_unload(k, frame, UNLOAD_REMOVED);
        }
    }
    if (k->ops->forgotten != NULL) {
        k->ops->forgotten(k->policy, first, count);
        fake_check(k);
    }
}

/* mremap: the page in the frame has another name from now on, which no resident page has. */
static inline void fake_rename(FakeKernel *k, Pfn frame, PageKey page) {
    k->frames[frame].page = page;
    if (k->ops->renamed != NULL) {
        k->ops->renamed(k->policy, frame, page);
        fake_check(k);
    }
}

static inline bool fake_any_evictable(const FakeKernel *k) {
    bool any = false;
    for (Pfn frame = 0; frame < k->env.frame_count; frame++) {
        any |= k->frames[frame].used && !k->frames[frame].pinned;
    }
    return any;
}

static inline void fake_evict(FakeKernel *k, Pfn frame) {
    g_assert_cmpuint(frame, <, k->env.frame_count);
    g_assert_true(k->frames[frame].used && !k->frames[frame].pinned);
    fake_unload(k, frame, UNLOAD_EVICTED);
}

/* A frame for `page`, evicting if none is free: the rest of the victim's batch leaves, too.
 * PFN_NONE if none can be had. */
static inline Pfn fake_take_frame(FakeKernel *k, PageKey page) {
    Pfn frame = fake_free_frame(k);
    if (frame == PFN_NONE) {
        frame = k->ops->victim(k->policy, page);
        g_assert_cmpint(frame != PFN_NONE, ==, fake_any_evictable(k));
        if (frame != PFN_NONE) {
            fake_evict(k, frame);
        }
        for (Pfn also = frame; also != PFN_NONE && k->ops->more != NULL;) {
            also = k->ops->more(k->policy);
            if (also != PFN_NONE) {
                fake_evict(k, also);
            }
        }
    }
    return frame;
}

static inline void fake_surplus(FakeKernel *k) {
    Pfn frame;
    while (k->ops->surplus != NULL && (frame = k->ops->surplus(k->policy)) != PFN_NONE) {
        fake_evict(k, frame);
    }
    fake_check(k);
}

/* What comes before a reference. */
static inline void fake_before(FakeKernel *k) {
    k->evicted = UINT64_MAX;
    k->left_count = 0;
    if (k->tick_due != UINT64_MAX) {
        uint64_t interval = k->ops->interval(k->policy);
        if ((interval & WINDOW_IS_TIME ? k->faults : k->references) >= k->tick_due) {
            k->tick_due += interval & ~WINDOW_IS_TIME;
            k->ops->tick(k->policy);
            fake_check(k);
        }
    }
    fake_surplus(k);
}

static inline void fake_reactivate(FakeKernel *k, Pfn frame) {
    k->soft++;
    k->frames[frame].standby = false;
    k->ops->reactivated(k->policy, frame);
}

static inline bool fake_refer(FakeKernel *k, PageKey page, bool write) {
    Pfn frame = fake_find(k, page);
    bool fault = frame == PFN_NONE;
    if (fault) {
        k->faults++;
        if (k->ops->faulting != NULL) {
            k->ops->faulting(k->policy, page);
            fake_surplus(k);
        }
        frame = fake_take_frame(k, page);
        if (frame == PFN_NONE) {
            return true;
        }
        k->frames[frame] = (FakeFrame){.used = true, .referenced = true, .page = page};
        k->frames[frame].dirty = write;
        k->ops->loaded(k->policy, frame, page);
    } else {
        k->frames[frame].referenced = true;
        k->frames[frame].dirty |= write;
        if (k->frames[frame].standby) {
            fake_reactivate(k, frame);
        } else if (k->ops->touched != NULL) {
            k->ops->touched(k->policy, frame, 1);
        }
    }
    fake_check(k);
    return fault;
}

/* One reference.  True: it faulted. */
static inline bool fake_access(FakeKernel *k, PageKey page, bool write) {
    fake_before(k);
    bool fault = fake_refer(k, page, write);
    k->references++;
    return fault;
}

/* Reads "1 2 3"; the page that the last of them evicted, UINT64_MAX: none. */
static inline PageKey fake_read(FakeKernel *k, const char *string) {
    g_auto(GStrv) words = g_strsplit(string, " ", -1);
    for (char **word = words; *word != NULL; word++) {
        fake_access(k, g_ascii_strtoull(*word, NULL, 10), false);
    }
    return k->evicted;
}

/* Reads of first..end-1. */
static inline void fake_scan(FakeKernel *k, PageKey first, PageKey end) {
    for (PageKey page = first; page < end; page++) {
        fake_access(k, page, false);
    }
}

#endif
