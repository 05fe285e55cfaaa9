/* test_windows.c - the policies of variable space, wsclock, segmented-fifo and opt: what must hold
 * between them and their neighbours on any string, and what happens when pages may not go.
 */
#include "fake_kernel.h"

#define LENGTH 600u
#define PAGES  24u

/* Seeded references with some locality; a third are writes. */
typedef struct String {
    PageKey pages[LENGTH];
    bool writes[LENGTH];
} String;

static String string_make(uint64_t seed) {
    String string;
    Rng rng = {seed};
    uint64_t base = 0;
    for (unsigned t = 0; t < LENGTH; t++) {
        base = rng_below(&rng, 40) == 0 ? rng_below(&rng, PAGES) : base;
        uint64_t range = rng_below(&rng, 8) == 0 ? PAGES : 6;
        string.pages[t] = (base + rng_below(&rng, range)) % PAGES;
        string.writes[t] = rng_below(&rng, 3) == 0;
    }
    return string;
}

static uint64_t next_use(const String *string, unsigned t) {
    for (unsigned later = t + 1; later < LENGTH; later++) {
        if (string->pages[later] == string->pages[t]) {
            return later;
        }
    }
    return NEXT_USE_NEVER;
}

static FakeKernel *kernel_for(const char *policy, uint32_t frames, const String *string) {
    FakeKernel *k = fake_kernel_named(policy, frames, 1);
    k->future = g_new(uint64_t, LENGTH);
    for (unsigned t = 0; t < LENGTH; t++) {
        k->future[t] = next_use(string, t);
    }
    return k;
}

typedef struct Outcome {
    uint64_t faults, soft, space; /* space: resident pages, summed over references */
} Outcome;

static uint32_t resident(const FakeKernel *k) {
    uint32_t count = 0;
    for (Pfn f = 0; f < k->env.frame_count; f++) {
        count += k->frames[f].used;
    }
    return count;
}

static Outcome replay(const char *policy, uint32_t frames, const String *string) {
    FakeKernel *k = kernel_for(policy, frames, string);
    Outcome outcome = {0};
    for (unsigned t = 0; t < LENGTH; t++) {
        fake_access(k, string->pages[t], string->writes[t]);
        outcome.space += resident(k);
    }
    outcome.faults = k->faults;
    outcome.soft = k->soft;
    fake_kernel_destroy(k);
    return outcome;
}

/* ---- what must hold between policies ------------------------------------------------------ */

static void test_opt_is_a_lower_bound(void) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        String string = string_make(seed);
        for (uint32_t frames = 1; frames <= 12; frames++) {
            uint64_t best = replay("opt", frames, &string).faults;
            for (const PolicyOps *const *ops = policies_builtin; *ops != NULL; ops++) {
                if ((*ops)->surplus == NULL) {
                    g_assert_cmpuint(replay((*ops)->info.name, frames, &string).faults, >=, best);
                }
            }
        }
    }
}

static void test_segmented_fifo_between_fifo_and_lru(void) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        String string = string_make(seed);
        for (uint32_t frames = 1; frames <= 12; frames++) {
            g_autofree char *all = g_strdup_printf("segmented-fifo:primary=%u", frames);
            Outcome whole = replay(all, frames, &string);
            g_assert_cmpuint(whole.faults, ==, replay("fifo", frames, &string).faults);
            g_assert_cmpuint(whole.soft, ==, 0);
            g_assert_cmpuint(replay("segmented-fifo:primary=1", frames, &string).faults, ==,
                             replay("lru", frames, &string).faults);
        }
    }
}

/* The working set of the definition: distinct pages of references t-tau+1 .. t. */
static uint32_t working_set(const String *string, unsigned t, unsigned tau) {
    uint32_t set = 0;
    for (unsigned back = 0; back < tau && back <= t; back++) {
        set |= UINT32_C(1) << string->pages[t - back];
    }
    return set;
}

/* Resident after reference t: W(t, tau), and perhaps the page that only t itself pushed out. */
static void test_ws_is_the_working_set(void) {
    static const unsigned windows[] = {1, 2, 5, 30, 1000};
    for (unsigned w = 0; w < G_N_ELEMENTS(windows); w++) {
        String string = string_make(w + 1);
        g_autofree char *policy = g_strdup_printf("ws:window=%u", windows[w]);
        FakeKernel *k = kernel_for(policy, PAGES, &string);
        for (unsigned t = 0; t < LENGTH; t++) {
            fake_access(k, string.pages[t], string.writes[t]);
            uint32_t held = 0;
            for (Pfn f = 0; f < k->env.frame_count; f++) {
                held |= k->frames[f].used ? UINT32_C(1) << k->frames[f].page : 0;
            }
            uint32_t exact = working_set(&string, t, windows[w]);
            g_assert_cmpuint(held & exact, ==, exact);
            g_assert_cmpuint(held & ~working_set(&string, t, windows[w] + 1), ==, 0);
        }
        fake_kernel_destroy(k);
    }
}

static void test_vmin_faults_like_ws_in_less_space(void) {
    static const unsigned windows[] = {1, 3, 10, 40, 1000};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        String string = string_make(seed);
        for (unsigned w = 0; w < G_N_ELEMENTS(windows); w++) {
            g_autofree char *ws = g_strdup_printf("ws:window=%u", windows[w]);
            g_autofree char *vmin = g_strdup_printf("vmin:window=%u", windows[w]);
            Outcome one = replay(ws, PAGES, &string), other = replay(vmin, PAGES, &string);
            g_assert_cmpuint(one.faults, ==, other.faults);
            g_assert_cmpuint(other.space, <=, one.space);
        }
    }
}

/* With fewer frames than it wants, ws is lru among what it keeps, and vmin is opt. */
static void test_when_frames_run_out(void) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        String string = string_make(seed);
        for (uint32_t frames = 1; frames <= 12; frames++) {
            g_assert_cmpuint(replay("ws:window=100000", frames, &string).faults, ==,
                             replay("lru", frames, &string).faults);
            g_assert_cmpuint(replay("pff:threshold=100000", frames, &string).faults, ==,
                             replay("lru", frames, &string).faults);
            g_assert_cmpuint(replay("vmin:window=100000", frames, &string).faults, ==,
                             replay("opt", frames, &string).faults);
        }
    }
}

/* ---- pages that may not go ------------------------------------------------------------------ */

/* A page that is overdue and pinned stays, keeps nobody else, and leaves when it may. */
static void stuck_page(const char *policy) {
    FakeKernel *k = fake_kernel_named(policy, 8, 1);
    k->future = g_new(uint64_t, 100);
    memset(k->future, 0xff, 100 * sizeof(uint64_t)); /* never again */
    for (PageKey page = 0; page < 4; page++) {
        fake_access(k, page, false);
        k->frames[fake_find(k, page)].pinned = page == 0;
    }
    for (PageKey page = 4; page < 9; page++) {
        fake_access(k, page, false);
    }
    g_assert_cmpuint(fake_find(k, 0), ==, 0);
    g_assert_cmpuint(resident(k), <=, 4);
    k->frames[0].pinned = false;
    fake_access(k, 9, false);
    g_assert_cmpuint(fake_find(k, 0), ==, PFN_NONE);
    fake_kernel_destroy(k);
}

static void test_stuck_pages(void) {
    stuck_page("ws:window=1");
    stuck_page("vmin:window=1");
    stuck_page("pff:threshold=0");
}

/* A window in ns: fake_now() counts faults. */
static void test_a_window_in_time(void) {
    FakeKernel *k = fake_kernel_create(policy_named("ws"), 8, 1);
    k->ops->destroy(k->policy);
    k->params[0] = WINDOW_IS_TIME | 2;
    k->policy = k->ops->create(&k->env, k->params);
    fake_access(k, 0, false);
    for (int i = 0; i < 10; i++) {
        fake_access(k, 1, false); /* many references, no time */
    }
    g_assert_cmpuint(resident(k), ==, 2);
    fake_access(k, 2, false);
    fake_access(k, 3, false);
    fake_access(k, 1, false);
    g_assert_cmpuint(fake_find(k, 0), ==, PFN_NONE);
    g_assert_cmpuint(resident(k), ==, 3);
    fake_kernel_destroy(k);
}

/* ---- wsclock, step by step ------------------------------------------------------------------- */

/* Old and dirty is written and spared for a turn; what was clean and old goes before it. */
static void test_wsclock_writes_before_it_takes(void) {
    FakeKernel *k = fake_kernel_named("wsclock:window=3", 3, 1);
    fake_access(k, 0, true);
    fake_access(k, 1, false);
    fake_access(k, 2, true);
    fake_access(k, 3, false); /* all R=1: nobody is old; 1 is clean and goes; hand on 2 */
    g_assert_cmpuint(k->evicted, ==, 1);
    g_assert_cmpuint(k->writebacks, ==, 0);
    for (int i = 0; i < 4; i++) {
        fake_access(k, 3, false);
    }
    fake_access(k, 4, false); /* 2 and 0 are written in the first turn; 2 goes in the second */
    g_assert_cmpuint(k->evicted, ==, 2);
    g_assert_cmpuint(k->writebacks, ==, 2);
    fake_access(k, 5, false); /* 0 is old and clean by now, and under the hand */
    g_assert_cmpuint(k->evicted, ==, 0);
    fake_kernel_destroy(k);
}

/* All in use and all dirty: the one at the hand, or the first from there that may go. */
static void test_wsclock_all_dirty(void) {
    FakeKernel *k = fake_kernel_named("wsclock:window=1000", 3, 1);
    for (PageKey page = 0; page < 3; page++) {
        fake_access(k, page, true);
    }
    k->frames[0].pinned = true;
    fake_access(k, 3, true);
    g_assert_cmpuint(k->evicted, ==, 1);
    fake_access(k, 4, true);
    g_assert_cmpuint(k->evicted, ==, 2);
    k->frames[0].pinned = false;
    fake_access(k, 5, true);
    g_assert_cmpuint(k->evicted, ==, 0);
    g_assert_cmpuint(k->writebacks, ==, 3);
    fake_kernel_destroy(k);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/opt/lower-bound", test_opt_is_a_lower_bound);
    g_test_add_func("/segmented-fifo/between", test_segmented_fifo_between_fifo_and_lru);
    g_test_add_func("/ws/definition", test_ws_is_the_working_set);
    g_test_add_func("/vmin/like-ws", test_vmin_faults_like_ws_in_less_space);
    g_test_add_func("/windows/few-frames", test_when_frames_run_out);
    g_test_add_func("/windows/stuck", test_stuck_pages);
    g_test_add_func("/windows/time", test_a_window_in_time);
    g_test_add_func("/wsclock/writes", test_wsclock_writes_before_it_takes);
    g_test_add_func("/wsclock/all-dirty", test_wsclock_all_dirty);
    return g_test_run();
}
