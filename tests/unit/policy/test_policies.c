/* test_policies.c - every built-in policy on textbook strings, on strings followed reference by
 * reference (steps.txt), on seeded strings (cases.txt), and on random lives with removals.
 */
#include "fake_kernel.h"

#define SEED 42 /* of `random`, in both tables */

/* ---- reference strings ----------------------------------------------------------------- */

typedef struct Reference {
    uint32_t page;
    bool write;
} Reference;

static void string_add(GArray *string, uint64_t page, bool write) {
    Reference reference = {(uint32_t)page, write};
    g_array_append_val(string, reference);
}

/* "1 2w 3" */
static GArray *string_parse(char **words) {
    GArray *string = g_array_new(FALSE, FALSE, sizeof(Reference));
    for (; *words != NULL; words++) {
        char *end;
        uint64_t page = g_ascii_strtoull(*words, &end, 10);
        string_add(string, page, *end == 'w');
    }
    return string;
}

static FakeKernel *replay(const char *policy, uint32_t frames, const GArray *string) {
    const PolicyOps *ops = policy_named(policy);
    g_assert_nonnull(ops);
    FakeKernel *k = fake_kernel_create(ops, frames, SEED);
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

/* The lines of a table that are not comments, as words. */
static GPtrArray *read_table(const char *file) {
    g_autofree char *path = g_build_filename(SOURCE_DIR, "tests/unit/policy", file, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GPtrArray *table = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    for (char **line = lines; *line != NULL; line++) {
        if (**line != '\0' && **line != '#') {
            g_ptr_array_add(table, g_strsplit(*line, " ", -1));
        }
    }
    return table;
}

/* What a reference did, in the words of steps.txt. */
static char *step_word(const FakeKernel *k, bool fault) {
    return !fault                     ? g_strdup(".")
           : k->evicted == UINT64_MAX ? g_strdup("+")
                                      : g_strdup_printf("%" G_GUINT64_FORMAT, k->evicted);
}

static void follow_run(char **words, const GArray *string) {
    g_test_message("%s with %s frames", words[1], words[2]);
    const PolicyOps *ops = policy_named(words[1]);
    g_assert_nonnull(ops);
    FakeKernel *k = fake_kernel_create(ops, (uint32_t)g_ascii_strtoull(words[2], NULL, 10), SEED);
    for (guint i = 0; i < string->len; i++) {
        const Reference *r = &g_array_index(string, Reference, i);
        g_autofree char *word = step_word(k, fake_access(k, r->page, r->write));
        g_assert_cmpstr(word, ==, words[3 + i]);
    }
    g_assert_null(words[3 + string->len]);
    fake_kernel_destroy(k);
}

static void test_steps(void) {
    g_autoptr(GPtrArray) table = read_table("steps.txt");
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
    g_assert_cmpuint(runs, ==, 100);
}

/* ---- seeded strings -------------------------------------------------------------------- */

/* Zipf's law over n ranks in integers: rank k has weight 2^32 / (k + 1). */
typedef struct Zipf {
    uint64_t cumulative[64];
    uint64_t n;
} Zipf;

static Zipf zipf_make(uint64_t n) {
    Zipf zipf = {.n = n};
    g_assert_cmpuint(n, <=, G_N_ELEMENTS(zipf.cumulative));
    for (uint64_t k = 0, total = 0; k < n; k++) {
        total += (UINT64_C(1) << 32) / (k + 1);
        zipf.cumulative[k] = total;
    }
    return zipf;
}

static uint64_t zipf_draw(const Zipf *zipf, Rng *rng) {
    uint64_t r = rng_next(rng) % zipf->cumulative[zipf->n - 1], k = 0;
    while (r >= zipf->cumulative[k]) {
        k++;
    }
    return k;
}

static bool percent(Rng *rng, unsigned chance) { return rng_below(rng, 100) < chance; }

static void shuffle(Rng *rng, uint64_t *pages, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        pages[i] = i;
    }
    for (uint64_t i = n - 1; i > 0; i--) {
        uint64_t j = rng_below(rng, i + 1), swap = pages[i];
        pages[i] = pages[j];
        pages[j] = swap;
    }
}

static void make_zipf_1k(GArray *string) {
    Rng rng = {1};
    uint64_t pages[64];
    Zipf zipf = zipf_make(64);
    shuffle(&rng, pages, 64);
    while (string->len < 1000) {
        uint64_t page = pages[zipf_draw(&zipf, &rng)];
        string_add(string, page, percent(&rng, 30));
    }
}

/* Nine tenths: a cyclic sweep over pages 0..99; one tenth: one of 20 hot pages. */
static void make_loop_5k(GArray *string) {
    Rng rng = {2};
    for (uint64_t sweep = 0; string->len < 5000;) {
        uint64_t page = rng_below(&rng, 10) == 0 ? 100 + rng_below(&rng, 20) : sweep++ % 100;
        string_add(string, page, percent(&rng, 20));
    }
}

/* Localities of 8..48 pages out of 400, held for 200..1999 references, 5 % noise. */
static void make_phases_20k(GArray *string) {
    Rng rng = {3};
    uint64_t pages[400];
    while (string->len < 20000) {
        shuffle(&rng, pages, 400);
        Zipf zipf = zipf_make(8 + rng_below(&rng, 41));
        uint64_t hold = 200 + rng_below(&rng, 1800);
        for (; hold > 0 && string->len < 20000; hold--) {
            uint64_t page = percent(&rng, 5) ? rng_below(&rng, 400) : pages[zipf_draw(&zipf, &rng)];
            string_add(string, page, percent(&rng, 30));
        }
    }
}

static const struct {
    const char *name;
    void (*make)(GArray *string);
    const char *sha256; /* of its lines "page,write" */
} seeded[] = {
    {"zipf_1k", make_zipf_1k, "cdc0a9671766da376b06e8a50d1b3e4503160ed46ff454a4c37886490a31f430"},
    {"loop_5k", make_loop_5k, "a064b6c645c9931f141b7386f50a308c4fbe6cabf97e655b16052059969e36a3"},
    {"phases_20k", make_phases_20k,
     "d7f4e3202942dd104e257a253c7201bec185867e1eb0250aa5bb1e64773e945a"},
};

static void assert_digest(const GArray *string, const char *sha256) {
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (guint i = 0; i < string->len; i++) {
        const Reference *r = &g_array_index(string, Reference, i);
        g_autofree char *line = g_strdup_printf("%u,%d\n", r->page, r->write);
        g_checksum_update(sum, (const guchar *)line, -1);
    }
    g_assert_cmpstr(g_checksum_get_string(sum), ==, sha256);
}

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
    g_autoptr(GPtrArray) table = read_table("cases.txt");
    unsigned cases = 0;
    for (unsigned s = 0; s < G_N_ELEMENTS(seeded); s++) {
        g_autoptr(GArray) string = g_array_new(FALSE, FALSE, sizeof(Reference));
        seeded[s].make(string);
        assert_digest(string, seeded[s].sha256);
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
        switch (rng_below(&rng, 8)) {
        case 0: /* munmap */
            if (k->frames[frame].used) {
                fake_unload(k, frame, UNLOAD_REMOVED);
            }
            break;
        case 1: /* a fault in progress begins or ends */
            k->frames[frame].pinned = k->frames[frame].used && !k->frames[frame].pinned;
            break;
        case 2: /* a victim that the kernel then lets be */
            (void)ops->victim(k->policy, 0);
            assert_policy_sound(k);
            break;
        default:
            fake_access(k, rng_below(&rng, UINT64_C(2) * frames), rng_below(&rng, 3) == 0);
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
        k->env.frame_count = UINT32_C(1) << 28;
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
