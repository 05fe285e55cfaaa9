/* test_hands_and_queues.c - what makes LIRS, CLOCK-Pro, S3-FIFO, SIEVE and Linux's two kinds of
 * lists what they are, what their papers leave out, and that their hands are cheap.
 *
 * That they agree with their definitions reference by reference is the business of
 * tests/reference/steps.txt.
 */
#include "fake_kernel.h"

#define SEED 42

static const char *const names[] = {"lirs",
                                    "lirs:bound=1",
                                    "lirs:bound=9",
                                    "lirs:lhirs=3",
                                    "lirs:lhirs=1000",
                                    "clock-pro",
                                    "sieve",
                                    "linux-two-list",
                                    "mglru",
                                    "s3-fifo",
                                    "s3-fifo:ghost_taken=after"};

/* ---- helpers ----------------------------------------------------------------------------- */

static bool is_resident(const FakeKernel *k, PageKey page) {
    return fake_find(k, page) != PFN_NONE;
}

/* Faults of `rounds` times round a loop that is one page longer than memory. */
static uint64_t faults_of_loop(const char *policy, uint32_t frames, unsigned rounds) {
    FakeKernel *k = fake_kernel_named(policy, frames, SEED);
    for (unsigned i = 0; i < rounds; i++) {
        fake_scan(k, 0, frames + UINT64_C(1));
    }
    uint64_t faults = k->faults;
    fake_kernel_destroy(k);
    return faults;
}

/* ---- LIRS -------------------------------------------------------------------------------- */

/* LRU faults always.  Nine LIR pages stay; the other two share the one frame that is left. */
static void test_lirs_loop(void) {
    g_assert_cmpuint(faults_of_loop("lru", 10, 20), ==, 11 * 20);
    g_assert_cmpuint(faults_of_loop("lirs", 10, 20), ==, 11 + 19 * 2);
}

/* Demoted LIR pages are in Q and not in S: the first hit leads into S, the second to LIR.  One call
 * with a count says the same as many. */
static void test_lirs_twice_in_a_row(void) {
    static const struct {
        unsigned calls;
        uint64_t count;
    } runs[] = {{1, 1}, {2, 1}, {1, 2}, {3, 1}, {1, 1000000}};
    PageKey victims[G_N_ELEMENTS(runs)];
    for (unsigned i = 0; i < G_N_ELEMENTS(runs); i++) {
        FakeKernel *k = fake_kernel_named("lirs", 3, SEED);
        fake_read(k, "1 2 3 2 3"); /* LIR: 1, 2; then 3 for 1, and 1 is in Q alone */
        for (unsigned n = 0; n < runs[i].calls; n++) {
            k->ops->touched(k->policy, fake_find(k, 1), runs[i].count);
            assert_policy_sound(k);
        }
        victims[i] = fake_read(k, "4");
        fake_kernel_destroy(k);
    }
    g_assert_cmpuint(victims[0], ==, 1);
    g_assert_cmpuint(victims[1], ==, 2);
    g_assert_cmpuint(victims[2], ==, 2);
    g_assert_cmpuint(victims[3], ==, 2);
    g_assert_cmpuint(victims[4], ==, 2);
}

/* Q's only page is pinned: the LIR page that was idle for longest goes. */
static void test_lirs_without_hir(void) {
    FakeKernel *k = fake_kernel_named("lirs", 4, SEED);
    fake_read(k, "1 2 3 4 1 3");
    k->frames[fake_find(k, 4)].pinned = true;
    g_assert_cmpuint(fake_read(k, "5"), ==, 2);
    g_assert_cmpuint(fake_read(k, "6"), ==, 1); /* 5 took the place of 2 among the LIR pages */
    fake_kernel_destroy(k);
}

/* With lhirs = 2 a HIR page lives through one fault more. */
static void test_lirs_lhirs(void) {
    FakeKernel *one = fake_kernel_named("lirs", 4, SEED);
    FakeKernel *two = fake_kernel_named("lirs:lhirs=2", 4, SEED);
    fake_read(one, "1 2 3 4 5");
    fake_read(two, "1 2 3 4 5");
    g_assert_true(!is_resident(one, 4) && is_resident(one, 3));
    g_assert_true(!is_resident(two, 3) && is_resident(two, 4));
    fake_kernel_destroy(one);
    fake_kernel_destroy(two);
}

/* A ghost beyond the bound is not known any more: its return proves nothing. */
static void test_lirs_bound(void) {
    for (unsigned bounded = 0; bounded < 2; bounded++) {
        FakeKernel *k = fake_kernel_named(bounded ? "lirs:bound=5" : "lirs", 3, SEED);
        fake_read(k, "1 2 3 4 5 6 7 3"); /* S: 3 7 6 5 4 2 1, or without 3 and 4 */
        g_assert_cmpuint(fake_read(k, "8"), ==, bounded ? 3 : 1);
        fake_kernel_destroy(k);
    }
}

/* ---- CLOCK-Pro --------------------------------------------------------------------------- */

static void test_clock_pro_loop(void) {
    g_assert_cmpuint(faults_of_loop("clock", 10, 20), ==, 11 * 20);
    g_assert_cmpuint(faults_of_loop("clock-pro", 10, 20), <, 11 * 20 / 2);
}

/* A page back in its test period becomes hot, and a scan does not reach it. */
static void test_clock_pro_ghost(void) {
    FakeKernel *k = fake_kernel_named("clock-pro", 4, SEED);
    g_assert_cmpuint(fake_read(k, "1 2 3 4 5"), ==, 4);
    g_assert_cmpuint(fake_read(k, "4"), ==, 5);
    fake_scan(k, 10, 12);
    g_assert_true(is_resident(k, 4));
    fake_kernel_destroy(k);
}

/* ---- S3-FIFO ----------------------------------------------------------------------------- */

/* One of c = 3 frames is for S, and there are 2 ghosts.  Page 1 is the older one when it returns;
 * the ghost of its fault's victim must not push it out.  So it goes to M, where no scan is. */
static void test_s3_fifo_ghost_first(void) {
    FakeKernel *k = fake_kernel_named("s3-fifo", 3, SEED);
    g_assert_cmpuint(fake_read(k, "1 2 3 4"), ==, 1);
    g_assert_cmpuint(fake_read(k, "5"), ==, 2);
    g_assert_cmpuint(fake_read(k, "1"), ==, 3);
    fake_scan(k, 10, 50);
    g_assert_true(is_resident(k, 1));
    fake_kernel_destroy(k);
}

/* As published, room is made first: there, the ghost of 2 pushes out that of 1. */
static void test_s3_fifo_ghost_taken_after(void) {
    FakeKernel *k = fake_kernel_named("s3-fifo:ghost_taken=after", 3, SEED);
    g_assert_cmpuint(fake_read(k, "1 2 3 4 5 1"), ==, 3);
    fake_scan(k, 10, 50);
    g_assert_false(is_resident(k, 1));
    fake_kernel_destroy(k);
}

/* Three uses at most are remembered: round M a page goes three times, not a million. */
static void test_s3_fifo_frequency(void) {
    FakeKernel *k = fake_kernel_named("s3-fifo", 3, SEED);
    fake_read(k, "1 2 3");
    k->ops->touched(k->policy, fake_find(k, 1), UINT64_MAX);
    k->ops->touched(k->policy, fake_find(k, 1), 70000);
    assert_policy_sound(k);
    g_assert_cmpuint(fake_read(k, "4"), ==, 2); /* 1 went over to M */
    k->ops->touched(k->policy, fake_find(k, 1), 1);
    k->ops->touched(k->policy, fake_find(k, 3), 1); /* once is not enough for M */
    g_assert_cmpuint(fake_read(k, "5"), ==, 3);
    fake_kernel_destroy(k);
}

/* ---- SIEVE ------------------------------------------------------------------------------- */

/* New pages come in behind all others, not where the victim was; off the end, from the beginning. */
static void test_sieve(void) {
    FakeKernel *k = fake_kernel_named("sieve", 3, SEED);
    g_assert_cmpuint(fake_read(k, "1 2 3 1 4"), ==, 2);
    g_assert_cmpuint(fake_read(k, "5"), ==, 3);
    g_assert_cmpuint(fake_read(k, "4 6"), ==, 5);
    g_assert_cmpuint(fake_read(k, "7"), ==, 1);
    fake_kernel_destroy(k);
}

/* The page under the hand is unmapped: the hand is on the next one. */
static void test_sieve_hand_is_unmapped(void) {
    FakeKernel *k = fake_kernel_named("sieve", 4, SEED);
    g_assert_cmpuint(fake_read(k, "1 2 3 4 1 5"), ==, 2);
    fake_munmap(k, 3, 1);
    g_assert_cmpuint(fake_read(k, "6 7"), ==, 4);
    fake_kernel_destroy(k);
}

/* ---- Linux ------------------------------------------------------------------------------- */

/* Two active pages.  One that is back within two evictions, its own and that of its return, starts
 * active; within three it does not, and a scan takes it. */
static void test_two_list_refault_distance(void) {
    static const char *const strings[] = {"1 2 3 4 1 2 5 3", "1 2 3 4 1 2 5 6 3"};
    for (unsigned far = 0; far < G_N_ELEMENTS(strings); far++) {
        FakeKernel *k = fake_kernel_named("linux-two-list", 4, SEED);
        fake_read(k, strings[far]);
        fake_scan(k, 10, 12);
        g_assert_cmpint(is_resident(k, 3), ==, !far);
        fake_kernel_destroy(k);
    }
}

/* Used pages pass into the young generation; they are all asked once, not at each fault. */
static void test_mglru_generations(void) {
    FakeKernel *k = fake_kernel_named("mglru", 4, SEED);
    g_assert_cmpuint(fake_read(k, "1 2 3 4 2 5"), ==, 1);
    g_assert_cmpuint(fake_read(k, "3 6"), ==, 4); /* 3, still old, proves to be used */
    g_assert_cmpuint(fake_read(k, "7"), ==, 2);   /* one generation again: 2 5 3 6 */
    fake_kernel_destroy(k);
}

/* ---- all of them ------------------------------------------------------------------------- */

/* Two faults whose frames are found before either page comes, as when processes wait. */
static void overlapping_faults(FakeKernel *k, PageKey a, PageKey b) {
    Pfn first = fake_take_frame(k, a);
    Pfn second = k->ops->victim(k->policy, b);
    if (second != PFN_NONE) {
        fake_unload(k, second, UNLOAD_EVICTED);
        k->frames[second] = (FakeFrame){.used = true, .referenced = true, .page = b};
        k->ops->loaded(k->policy, second, b);
        assert_policy_sound(k);
    }
    k->frames[first] = (FakeFrame){.used = true, .referenced = true, .page = a};
    k->ops->loaded(k->policy, first, a);
    assert_policy_sound(k);
}

static void test_overlapping_faults(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        for (uint32_t frames = 1; frames <= 12; frames++) {
            FakeKernel *k = fake_kernel_named(names[i], frames, SEED);
            Rng rng = {frames};
            for (int step = 0; step < 1000; step++) {
                PageKey a = rng_below(&rng, UINT64_C(2) * frames + 1);
                PageKey b = rng_below(&rng, UINT64_C(2) * frames + 1);
                if (a != b && !is_resident(k, a) && !is_resident(k, b)) {
                    overlapping_faults(k, a, b);
                } else {
                    fake_access(k, a, false);
                }
            }
            fake_kernel_destroy(k);
        }
    }
}

/* Random lives with pages pinned and unmapped, for the parameters that the contract test, which
 * has the defaults only, does not try. */
static void test_lives_with_parameters(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        for (uint32_t frames = 1; frames <= 12; frames++) {
            FakeKernel *k = fake_kernel_named(names[i], frames, SEED);
            Rng rng = {frames};
            for (int step = 0; step < 2000; step++) {
                Pfn frame = (Pfn)rng_below(&rng, frames);
                PageKey page = rng_below(&rng, UINT64_C(3) * frames);
                uint64_t what = rng_below(&rng, 16);
                if (what == 0) {
                    fake_munmap(k, page, rng_below(&rng, 3));
                } else if (what < 3) {
                    k->frames[frame].pinned = k->frames[frame].used && !k->frames[frame].pinned;
                } else {
                    fake_access(k, page, false);
                }
            }
            fake_kernel_destroy(k);
        }
    }
}

static const char *const with_ghosts[] = {"lirs", "clock-pro", "s3-fifo",
                                          "s3-fifo:ghost_taken=after", "linux-two-list"};

/* A page that is removed leaves no ghost, even before the kernel says that it is forgotten. */
static void test_removed_leaves_no_ghost(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(with_ghosts); i++) {
        FakeKernel *removed = fake_kernel_named(with_ghosts[i], 8, SEED);
        FakeKernel *forgotten = fake_kernel_named(with_ghosts[i], 8, SEED);
        Rng rng = {SEED};
        for (int t = 0; t < 3000; t++) {
            PageKey page = rng_below(&rng, rng_below(&rng, 2) == 0 ? 24 : 6);
            Pfn frame = fake_find(removed, page);
            if (frame != PFN_NONE && rng_below(&rng, 10) == 0) {
                fake_unload(removed, frame, UNLOAD_REMOVED);
                fake_munmap(forgotten, page, 1);
            }
            bool fault = fake_access(removed, page, false);
            g_assert_cmpint(fake_access(forgotten, page, false), ==, fault);
            g_assert_cmpuint(removed->evicted, ==, forgotten->evicted);
        }
        fake_kernel_destroy(removed);
        fake_kernel_destroy(forgotten);
    }
}

/* A page that was unmapped after its eviction comes back as if for the first time. */
static void test_unmapped_is_forgotten(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(with_ghosts); i++) {
        FakeKernel *unmapped = fake_kernel_named(with_ghosts[i], 8, SEED);
        FakeKernel *renumbered = fake_kernel_named(with_ghosts[i], 8, SEED);
        Rng rng = {SEED};
        uint64_t life = 0; /* every 50 references all pages that are not resident begin a new one */
        uint64_t lives[24] = {0};
        for (int t = 0; t < 3000; t++) {
            for (PageKey page = 0; t % 50 == 0 && page < 24; page++) {
                if (!is_resident(unmapped, page)) {
                    fake_munmap(unmapped, page, 1);
                    fake_munmap(renumbered, page + 24 * lives[page], 1);
                    lives[page] = ++life;
                }
            }
            PageKey page = rng_below(&rng, rng_below(&rng, 2) == 0 ? 24 : 6);
            bool fault = fake_access(unmapped, page, false);
            g_assert_cmpint(fake_access(renumbered, page + 24 * lives[page], false), ==, fault);
        }
        fake_kernel_destroy(unmapped);
        fake_kernel_destroy(renumbered);
    }
}

/* The questions that a policy asks are counted in `draws`, which none of these uses. */
static bool counted_referenced(void *host, Pfn frame) {
    ((FakeKernel *)host)->draws++;
    return fake_referenced(host, frame);
}

static bool counted_evictable(void *host, Pfn frame) {
    ((FakeKernel *)host)->draws++;
    return fake_evictable(host, frame);
}

/* O(1) amortised: a constant number of questions a reference, however large memory is.  Nearly
 * all pages are in use here, which is when hands have far to go. */
static void test_hands_are_cheap(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        FakeKernel *k = fake_kernel_named(names[i], FAKE_FRAMES_MAX, SEED);
        k->env.referenced = counted_referenced;
        k->env.evictable = counted_evictable;
        Rng rng = {SEED};
        for (int t = 0; t < 6000; t++) {
            fake_access(k, rng_below(&rng, FAKE_FRAMES_MAX * 9 / 8), false);
        }
        g_assert_cmpuint(k->draws, <, 4 * k->references);
        g_assert_cmpuint(k->clears, <, 2 * k->references);
        fake_kernel_destroy(k);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lirs/loop", test_lirs_loop);
    g_test_add_func("/lirs/twice-in-a-row", test_lirs_twice_in_a_row);
    g_test_add_func("/lirs/without-hir", test_lirs_without_hir);
    g_test_add_func("/lirs/lhirs", test_lirs_lhirs);
    g_test_add_func("/lirs/bound", test_lirs_bound);
    g_test_add_func("/clock-pro/loop", test_clock_pro_loop);
    g_test_add_func("/clock-pro/ghost", test_clock_pro_ghost);
    g_test_add_func("/s3-fifo/ghost-first", test_s3_fifo_ghost_first);
    g_test_add_func("/s3-fifo/ghost-taken-after", test_s3_fifo_ghost_taken_after);
    g_test_add_func("/s3-fifo/frequency", test_s3_fifo_frequency);
    g_test_add_func("/sieve/queue", test_sieve);
    g_test_add_func("/sieve/unmapped", test_sieve_hand_is_unmapped);
    g_test_add_func("/linux-two-list/distance", test_two_list_refault_distance);
    g_test_add_func("/mglru/generations", test_mglru_generations);
    g_test_add_func("/all/overlapping", test_overlapping_faults);
    g_test_add_func("/all/lives", test_lives_with_parameters);
    g_test_add_func("/all/removed", test_removed_leaves_no_ghost);
    g_test_add_func("/all/unmapped", test_unmapped_is_forgotten);
    g_test_add_func("/all/cheap", test_hands_are_cheap);
    return g_test_run();
}
