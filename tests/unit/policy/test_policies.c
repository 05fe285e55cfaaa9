/* test_policies.c - every built-in policy, with no machine around it, against the answers of
 * tests/reference, and on random lives with removals.
 */
#include "reference_answers.h"
#include "fake_kernel.h"

#define SEED 42 /* of `random`, in all tables */

/* The next use of each reference, found from the end. */
static uint64_t *string_future(const GArray *string) {
    uint64_t *future = g_new(uint64_t, string->len);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    for (guint t = string->len; t-- > 0;) {
        gpointer page = GUINT_TO_POINTER(g_array_index(string, Reference, t).page);
        gpointer next = g_hash_table_lookup(seen, page);
        future[t] = next == NULL ? NEXT_USE_NEVER : GPOINTER_TO_UINT(next);
        g_hash_table_insert(seen, page, GUINT_TO_POINTER(t));
    }
    return future;
}

/* As many frames as any string has pages, for policies that need no limit. */
#define FRAMES_ENOUGH "512"

/* What tables say of a run; `frames` may be "-".  Long strings are checked every 16 references. */
static FakeKernel *kernel_for(const char *policy, const char *settings, const char *frames,
                              const GArray *string) {
    bool enough = strcmp(frames, "-") == 0, defaults = strcmp(settings, "-") == 0;
    const PolicyOps *ops = policy_named(policy);
    g_assert_nonnull(ops);
    FakeKernel *k = fake_kernel_create_with(ops, (uint32_t)number(enough ? FRAMES_ENOUGH : frames),
                                            SEED, defaults ? "" : settings);
    k->check_every = string->len < 1000 ? 1 : 16;
    k->future = string_future(string);
    return k;
}

static FakeKernel *replay(const char *policy, const char *settings, const char *frames,
                          const GArray *string) {
    FakeKernel *k = kernel_for(policy, settings, frames, string);
    for (guint i = 0; i < string->len; i++) {
        const Reference *r = &g_array_index(string, Reference, i);
        fake_access(k, r->page, r->write);
    }
    return k;
}

/* ---- the reference answers ------------------------------------------------------------- */

static void check_faults(char **words, const GArray *string) {
    FakeKernel *k = replay(words[1], words[2], words[3], string);
    g_assert_cmpuint(k->faults, ==, number(words[4]));
    fake_kernel_destroy(k);
}

static void test_textbook(void) {
    g_autoptr(GPtrArray) table = read_table("reference/textbook.txt");
    g_assert_cmpuint(each_run(table, check_faults), ==, 47);
}

static void follow_run(char **words, const GArray *string) {
    FakeKernel *k = kernel_for(words[1], words[2], words[3], string);
    for (guint i = 0; i < string->len; i++) {
        const Reference *r = &g_array_index(string, Reference, i);
        bool faulted = fake_access(k, r->page, r->write);
        g_autofree char *word = step_word(faulted, k->left, k->left_count);
        g_assert_cmpstr(word, ==, words[5 + i]);
    }
    g_assert_null(words[5 + string->len]);
    g_assert_cmpuint(k->writebacks, ==, number(words[4]));
    fake_kernel_destroy(k);
}

static void test_steps(void) {
    g_autoptr(GPtrArray) table = read_table("reference/steps.txt");
    g_assert_cmpuint(each_run(table, follow_run), ==, 989);
}

static void check_case(char **words, const GArray *string) {
    FakeKernel *k = replay(words[2], words[3], words[4], string);
    g_assert_cmpuint(k->faults, ==, number(words[5]));
    g_assert_cmpuint(k->evictions, ==, number(words[6]));
    g_assert_cmpuint(k->writebacks, ==, number(words[7]));
    fake_kernel_destroy(k);
}

static void test_cases(gconstpointer name) {
    g_assert_cmpuint(each_case(name, check_case), >, 100);
}

/* ---- the contract ---------------------------------------------------------------------- */

static void test_list(void) {
    g_assert_cmpstr(policies_builtin[0]->info.name, ==, "clock"); /* the default */
    for (const PolicyOps *const *ops = policies_builtin; *ops != NULL; ops++) {
        g_assert_true(policy_named((*ops)->info.name) == *ops); /* names are unique */
        g_assert_nonnull((*ops)->info.summary);
        g_assert_nonnull((*ops)->info.source);
        g_assert_nonnull((*ops)->info.params);
    }
}

/* Where victims come from when pages come and go in any order and some may not be chosen:
 * fake_take_frame() and assert_policy_sound() look at every answer. */
static void run_lives(const char *policy, uint32_t frames, uint64_t seed) {
    FakeKernel *k = fake_kernel_named(policy, frames, seed);
    Rng rng = {seed};
    for (int step = 0; step < 4000; step++) {
        Pfn frame = (Pfn)rng_below(&rng, frames);
        PageKey page = rng_below(&rng, UINT64_C(2) * frames);
        switch (rng_below(&rng, 12)) {
        case 0:
            if (k->frames[frame].used) {
                fake_unload(k, frame, UNLOAD_REMOVED);
            }
            break;
        case 3:
            fake_munmap(k, page, rng_below(&rng, 4));
            break;
        case 4:
            if (k->frames[frame].used && fake_find(k, page) == PFN_NONE) {
                fake_rename(k, frame, page);
            }
            break;
        case 5: /* madvise, or a write-back: bits are cleared that the policy did not clear */
            k->frames[frame].referenced &= rng_below(&rng, 2) == 0;
            k->frames[frame].dirty &= rng_below(&rng, 2) == 0;
            break;
        case 1: /* a fault in progress begins or ends */
            k->frames[frame].pinned = k->frames[frame].used && !k->frames[frame].pinned;
            break;
        case 2: /* a victim that the kernel then lets be */
            (void)k->ops->victim(k->policy, 0);
            assert_policy_sound(k);
            break;
        default:
            fake_access(k, page, rng_below(&rng, 3) == 0);
        }
    }
    fake_kernel_destroy(k);
}

static void test_lives(void) {
    g_autoptr(GPtrArray) policies = policies_and_variants();
    for (guint i = 0; i < policies->len; i++) {
        const char *policy = g_ptr_array_index(policies, i);
        for (uint32_t frames = 1; frames <= 20; frames++) {
            run_lives(policy, frames, frames);
        }
        run_lives(policy, 128, 1);
    }
}

static void test_nothing_evictable(void) {
    for (const PolicyOps *const *ops = policies_builtin; *ops != NULL; ops++) {
        FakeKernel *k = fake_kernel_create(*ops, 5, SEED);
        g_assert_cmpuint((*ops)->victim(k->policy, 0), ==, PFN_NONE); /* holds nothing */
        g_assert_cmpuint(k->draws, ==, 0);
        for (PageKey page = 0; page < 5; page++) {
            fake_access(k, page, false);
            k->frames[page].pinned = true;
        }
        g_assert_cmpuint((*ops)->victim(k->policy, 9), ==, PFN_NONE);
        k->frames[3].pinned = false;
        g_assert_cmpuint((*ops)->victim(k->policy, 9), ==, 3);
        assert_policy_sound(k);
        fake_kernel_destroy(k);
    }
}

/* 2^28 frames, 1 TiB of memory: nothing may take time or memory in proportion. */
static void test_a_large_machine_starts_at_once(void) {
    for (const PolicyOps *const *ops = policies_builtin; *ops != NULL; ops++) {
        FakeKernel *k = fake_kernel_create(*ops, 4, SEED);
        (*ops)->destroy(k->policy);
        k->env.frame_count = k->env.capacity = UINT32_C(1) << 28;
        for (int i = 0; i < 1000; i++) {
            k->policy = (*ops)->create(&k->env, k->params);
            (*ops)->loaded(k->policy, 0, 7);
            k->frames[0] = (FakeFrame){.used = true, .page = 7};
            g_assert_cmpuint((*ops)->victim(k->policy, 8), ==, 0);
            g_assert_false((*ops)->holds(k->policy, k->env.frame_count - 1));
            g_assert_cmpstr((*ops)->check(k->policy), ==, NULL);
            (*ops)->destroy(k->policy);
        }
        g_free(k);
    }
}

/* ---- what makes each policy what it is ------------------------------------------------- */

/* Four pages, all referenced: the first victim costs a whole turn, the second one step. */
static void test_clock_hand(void) {
    FakeKernel *k = fake_kernel_create(policy_named("clock"), 4, SEED);
    for (PageKey page = 0; page < 5; page++) {
        fake_access(k, page, false);
    }
    g_assert_cmpuint(k->clears, ==, 4);
    g_assert_cmpuint(k->evicted, ==, 0);
    fake_access(k, 2, false); /* a second chance for 2 */
    fake_access(k, 5, false);
    g_assert_cmpuint(k->evicted, ==, 1);
    fake_access(k, 6, false);
    g_assert_cmpuint(k->evicted, ==, 3);
    g_assert_cmpuint(k->clears, ==, 5);
    g_assert_null(k->ops->touched);
    fake_kernel_destroy(k);
}

/* The circle is in the order of loading: other frame numbers, same victims. */
static void test_clock_does_not_know_frame_numbers(void) {
    static const Pfn numbers[][4] = {{0, 1, 2, 3}, {9, 4, 7, 0}};
    for (unsigned n = 0; n < G_N_ELEMENTS(numbers); n++) {
        FakeKernel *k = fake_kernel_create(policy_named("clock"), 10, SEED);
        for (unsigned i = 0; i < 4; i++) {
            k->frames[numbers[n][i]] = (FakeFrame){.used = true, .referenced = i < 2, .page = i};
            k->ops->loaded(k->policy, numbers[n][i], i);
        }
        g_assert_cmpuint(k->ops->victim(k->policy, 9), ==, numbers[n][2]);
        fake_kernel_destroy(k);
    }
}

/* A page touched many times in a row is no more recent than one touched once. */
static void test_lru_counts_no_repetitions(void) {
    FakeKernel *k = fake_kernel_create(policy_named("lru"), 3, SEED);
    for (PageKey page = 0; page < 3; page++) {
        fake_access(k, page, false);
    }
    k->ops->touched(k->policy, 0, 1000000);
    k->ops->touched(k->policy, 1, 1);
    k->ops->touched(k->policy, 1, 5);
    g_assert_cmpuint(k->ops->victim(k->policy, 9), ==, 2);
    k->ops->touched(k->policy, 2, 1);
    g_assert_cmpuint(k->ops->victim(k->policy, 9), ==, 0);
    fake_kernel_destroy(k);
}

/* One draw an eviction; a frame that cannot go hands the lot on to the next higher one. */
static void test_random_draw(void) {
    FakeKernel *k = fake_kernel_create(policy_named("random"), 100, SEED);
    for (PageKey page = 0; page < 100; page++) {
        fake_access(k, page, false);
    }
    for (int i = 0; i < 300; i++) {
        Rng next = k->rng;
        Pfn drawn = (Pfn)rng_below(&next, 100);
        Pfn expected = drawn;
        while (!k->frames[expected].used || k->frames[expected].pinned) {
            expected = (expected + 1) % 100;
        }
        g_assert_cmpuint(k->ops->victim(k->policy, 0), ==, expected);
        g_assert_cmpuint(k->draws, ==, i + 1);
        if (i % 4 == 0 && i < 120) {
            fake_unload(k, expected, UNLOAD_REMOVED);
        } else if (i % 4 == 1 && i < 120) {
            k->frames[expected].pinned = true;
        }
    }
    fake_kernel_destroy(k);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/policies/list", test_list);
    g_test_add_func("/policies/textbook", test_textbook);
    g_test_add_func("/policies/steps", test_steps);
    for (unsigned s = 0; s < G_N_ELEMENTS(seeded); s++) {
        g_autofree char *path = g_strconcat("/policies/cases/", seeded[s].name, NULL);
        g_test_add_data_func(path, seeded[s].name, test_cases);
    }
    g_test_add_func("/policies/lives", test_lives);
    g_test_add_func("/policies/nothing-evictable", test_nothing_evictable);
    g_test_add_func("/policies/large-machine", test_a_large_machine_starts_at_once);
    g_test_add_func("/clock/hand", test_clock_hand);
    g_test_add_func("/clock/frame-numbers", test_clock_does_not_know_frame_numbers);
    g_test_add_func("/lru/repetitions", test_lru_counts_no_repetitions);
    g_test_add_func("/random/draw", test_random_draw);
    return g_test_run();
}
