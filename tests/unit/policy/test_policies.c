/* test_policies.c - every built-in policy on textbook strings, on strings followed reference by
 * reference (steps.txt), on seeded strings (cases.txt), and on random lives with removals.
 */
#include "reference_answers.h"
#include "fake_kernel.h"

#define SEED 42 /* of `random`, in both tables */

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

static FakeKernel *replay(const char *policy, uint32_t frames, const GArray *string) {
    FakeKernel *k = fake_kernel_named(policy, frames, SEED);
    k->future = string_future(string);
    for (guint i = 0; i < string->len; i++) {
        const Reference *r = &g_array_index(string, Reference, i);
        fake_access(k, r->page, r->write);
    }
    return k;
}

/* ---- textbooks ------------------------------------------------------------------------- */

#define BELADY       "1 2 3 4 1 2 5 1 2 3 4 5"
#define SILBERSCHATZ "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1"
#define PRACTICE     "1 2 3 4 2 1 5 6 2 1 2 3 7 6 3 2 1 2 3 6"
#define STALLINGS    "2 3 2 1 5 2 4 5 3 2 5 2"
#define OSTEP        "0 1 2 0 1 3 0 3 1 2 1"

static const struct {
    const char *string, *policy;
    uint32_t frames;
    uint64_t faults;
} textbook[] = {
    {BELADY, "fifo", 3, 9},       {BELADY, "fifo", 4, 10}, /* Belady's anomaly */
    {BELADY, "lru", 3, 10},       {BELADY, "lru", 4, 8},          {SILBERSCHATZ, "fifo", 3, 15},
    {SILBERSCHATZ, "lru", 3, 12}, {SILBERSCHATZ, "clock", 3, 14}, {PRACTICE, "lru", 1, 20},
    {PRACTICE, "fifo", 1, 20},    {PRACTICE, "lru", 2, 18},       {PRACTICE, "fifo", 2, 18},
    {PRACTICE, "lru", 3, 15},     {PRACTICE, "fifo", 3, 16},      {PRACTICE, "lru", 4, 10},
    {PRACTICE, "fifo", 4, 14},    {PRACTICE, "lru", 5, 8},        {PRACTICE, "fifo", 5, 10},
    {PRACTICE, "lru", 6, 7},      {PRACTICE, "fifo", 6, 10},      {PRACTICE, "lru", 7, 7},
    {PRACTICE, "fifo", 7, 7},     {STALLINGS, "lru", 3, 7},       {STALLINGS, "fifo", 3, 9},
    {STALLINGS, "clock", 3, 8},   {OSTEP, "fifo", 3, 7},          {OSTEP, "lru", 3, 5},
};

static void test_textbook(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(textbook); i++) {
        g_auto(GStrv) words = g_strsplit(textbook[i].string, " ", -1);
        g_autoptr(GArray) string = string_parse(words);
        FakeKernel *k = replay(textbook[i].policy, textbook[i].frames, string);
        g_assert_cmpuint(k->faults, ==, textbook[i].faults);
        fake_kernel_destroy(k);
    }
}

/* ---- reference by reference ------------------------------------------------------------ */

static int by_number(const void *a, const void *b) {
    PageKey one = *(const PageKey *)a, other = *(const PageKey *)b;
    return one < other ? -1 : one > other;
}

/* What a reference did, in the words of steps.txt. */
static char *step_word(FakeKernel *k, bool fault) {
    GString *word = g_string_new(fault ? "" : ".");
    qsort(k->left, k->left_count, sizeof(PageKey), by_number);
    for (unsigned i = 0; i < k->left_count; i++) {
        g_string_append_printf(word, "%s%" G_GUINT64_FORMAT, i > 0 ? "," : "", k->left[i]);
    }
    if (fault && k->left_count == 0) {
        g_string_append_c(word, '+');
    }
    return g_string_free(word, FALSE);
}

static void follow_run(char **words, const GArray *string) {
    g_test_message("%s with %s frames", words[1], words[2]);
    FakeKernel *k =
        fake_kernel_named(words[1], (uint32_t)g_ascii_strtoull(words[2], NULL, 10), SEED);
    k->future = string_future(string);
    for (guint i = 0; i < string->len; i++) {
        const Reference *r = &g_array_index(string, Reference, i);
        g_autofree char *word = step_word(k, fake_access(k, r->page, r->write));
        g_assert_cmpstr(word, ==, words[3 + i]);
    }
    g_assert_null(words[3 + string->len]);
    fake_kernel_destroy(k);
}

static void test_steps(void) {
    g_autoptr(GPtrArray) table = read_table("unit/policy/steps.txt");
    g_autoptr(GArray) string = NULL;
    unsigned runs = 0;
    for (guint i = 0; i < table->len; i++) {
        char **words = g_ptr_array_index(table, i);
        if (strcmp(words[0], "string") == 0) {
            g_clear_pointer(&string, g_array_unref);
            string = string_parse(words + 2);
        } else {
            follow_run(words, string);
            runs++;
        }
    }
    g_assert_cmpuint(runs, >=, 350);
}

/* ---- seeded strings -------------------------------------------------------------------- */

static void check_case(char **words, const GArray *string) {
    uint64_t numbers[4];
    for (unsigned i = 0; i < 4; i++) {
        numbers[i] = g_ascii_strtoull(words[2 + i], NULL, 10);
    }
    g_test_message("%s with %s frames", words[1], words[2]);
    FakeKernel *k = replay(words[1], (uint32_t)numbers[0], string);
    g_assert_cmpuint(k->faults, ==, numbers[1]);
    g_assert_cmpuint(k->evictions, ==, numbers[2]);
    g_assert_cmpuint(k->writebacks, ==, numbers[3]);
    fake_kernel_destroy(k);
}

static void test_seeded(void) {
    g_autoptr(GPtrArray) table = read_table("unit/policy/cases.txt");
    unsigned cases = 0;
    for (unsigned s = 0; s < G_N_ELEMENTS(seeded); s++) {
        g_autoptr(GArray) string = string_seeded(seeded[s].name);
        for (guint i = 0; i < table->len; i++) {
            char **words = g_ptr_array_index(table, i);
            if (strcmp(words[0], seeded[s].name) == 0) {
                check_case(words, string);
                cases++;
            }
        }
    }
    g_assert_cmpuint(cases, ==, table->len);
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
static void run_lives(const PolicyOps *ops, uint32_t frames, uint64_t seed) {
    FakeKernel *k = fake_kernel_create(ops, frames, seed);
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
            (void)ops->victim(k->policy, 0);
            assert_policy_sound(k);
            break;
        default:
            fake_access(k, page, rng_below(&rng, 3) == 0);
        }
    }
    fake_kernel_destroy(k);
}

static void test_lives(void) {
    for (const PolicyOps *const *ops = policies_builtin; *ops != NULL; ops++) {
        for (uint32_t frames = 1; frames <= 20; frames++) {
            run_lives(*ops, frames, frames);
        }
        run_lives(*ops, FAKE_FRAMES_MAX, 1);
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
    g_test_add_func("/policies/seeded", test_seeded);
    g_test_add_func("/policies/lives", test_lives);
    g_test_add_func("/policies/nothing-evictable", test_nothing_evictable);
    g_test_add_func("/policies/large-machine", test_a_large_machine_starts_at_once);
    g_test_add_func("/clock/hand", test_clock_hand);
    g_test_add_func("/clock/frame-numbers", test_clock_does_not_know_frame_numbers);
    g_test_add_func("/lru/repetitions", test_lru_counts_no_repetitions);
    g_test_add_func("/random/draw", test_random_draw);
    return g_test_run();
}
