/* test_ghosts.c - what makes 2Q, ARC, CAR and CART what they are, and what their papers leave out.
 *
 * That they agree with their figures reference by reference is the business of
 * tests/reference/steps.txt.
 */
#include "fake_kernel.h"

static const char *const names[] = {"2q",
                                    "2q:ghost_taken=after",
                                    "arc",
                                    "arc:adaptation=exact",
                                    "arc:adaptation=integer",
                                    "car",
                                    "car:adaptation=double",
                                    "car:adaptation=integer",
                                    "cart"};

#define SEED 42

/* ---- helpers ----------------------------------------------------------------------------- */

/* A quarter of the pages are wanted much more often than the others. */
static PageKey draw(Rng *rng, uint64_t pages) {
    uint64_t from = rng_below(rng, 3) != 0 ? pages / 4 + 1 : pages;
    return rng_below(rng, from);
}

/* ---- 2Q ---------------------------------------------------------------------------------- */

/* Hits in A1in change nothing: the first that came is the first that goes. */
static void test_2q_a_burst_proves_nothing(void) {
    FakeKernel *k = fake_kernel_named("2q", 4, SEED);
    g_assert_cmpuint(fake_read(k, "1 2 3 4 1 1 1 1 5"), ==, 1);
    /* From A1out to Am, where a scan does not reach it. */
    g_assert_cmpuint(fake_read(k, "1"), ==, 2);
    fake_scan(k, 10, 100);
    g_assert_cmpuint(fake_find(k, 1), !=, PFN_NONE);
    fake_kernel_destroy(k);
}

/* The page that returns has left A1out before the victim's ghost comes: with Kout = 1, page 1 is
 * still known, goes to Am, and as its only page is the next victim (A1in has no more than Kin). */
static void test_2q_ghost_first(void) {
    FakeKernel *k = fake_kernel_named("2q", 2, SEED);
    g_assert_cmpuint(fake_read(k, "1 2 3"), ==, 1);
    g_assert_cmpuint(fake_read(k, "1"), ==, 2);
    g_assert_cmpuint(fake_read(k, "4"), ==, 1);
    fake_kernel_destroy(k);
}

/* As published, room is made first.  A1out is full with 9 and 4 when 4 returns, and the ghost of 1,
 * the victim, pushes out 9: a page that is new when it comes again, and does not get into Am. */
static void test_2q_ghost_taken_after(void) {
    static const char *const policies[] = {"2q", "2q:ghost_taken=after"};
    for (unsigned after = 0; after < G_N_ELEMENTS(policies); after++) {
        FakeKernel *k = fake_kernel_named(policies[after], 4, SEED);
        fake_read(k, "9 4 1 7 3 6");
        g_assert_cmpuint(fake_read(k, "4"), ==, 1);
        fake_read(k, "1 9");
        fake_scan(k, 10, 20);
        g_assert_cmpint(fake_find(k, 9) != PFN_NONE, ==, !after);
        fake_kernel_destroy(k);
    }
}

static void test_2q_parameters(void) {
    /* Kin = 3: A1in keeps three pages though Am has one to give. */
    static const struct {
        const char *policy;
        PageKey evicted;
    } expected[] = {{"2q", 3}, {"2q:kin=3", 1}, {"2q:kin=2", 3}, {"2q:kout=1", 3}};
    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
        FakeKernel *k = fake_kernel_named(expected[i].policy, 4, SEED);
        fake_read(k, "1 2 3 4 5 1"); /* A1in: 5 4 3 (2 is a ghost), Am: 1 */
        g_assert_cmpuint(fake_read(k, "6"), ==, expected[i].evicted);
        fake_kernel_destroy(k);
    }
    FakeKernel *k = fake_kernel_named("2q:kout=3", 4, SEED);
    g_assert_cmpuint(fake_read(k, "1 2 3 4 5 6 7 1"), ==, 4); /* three ghosts: 1 is still known */
    fake_scan(k, 10, 20);
    g_assert_cmpuint(fake_find(k, 1), !=, PFN_NONE);
    fake_kernel_destroy(k);
}

/* ---- ARC --------------------------------------------------------------------------------- */

/* What was used twice survives any number of pages used once. */
static void test_arc_resists_a_scan(void) {
    FakeKernel *k = fake_kernel_named("arc", 4, SEED);
    fake_read(k, "1 1 2 2");
    fake_scan(k, 10, 1000);
    g_assert_cmpuint(fake_find(k, 1), !=, PFN_NONE);
    g_assert_cmpuint(fake_find(k, 2), !=, PFN_NONE);
    fake_kernel_destroy(k);
}

/* Ghosts of B1 that return raise p until T2 has to give. */
static void test_arc_learns(void) {
    FakeKernel *k = fake_kernel_named("arc", 4, SEED);
    fake_read(k, "1 1 2 2 3 4");
    g_assert_cmpuint(fake_read(k, "5"), ==, 3);
    g_assert_cmpuint(fake_read(k, "3"), ==, 4); /* p = 1 < |T1| = 2: still from T1 */
    g_assert_cmpuint(fake_read(k, "4"), ==, 1); /* p = 2 > |T1| = 1: from T2 */
    g_assert_cmpuint(fake_read(k, "1"), ==, 5); /* back from B2: p = 1 = |T1|, so from T1 */
    fake_kernel_destroy(k);
}

/* ---- CAR, CART --------------------------------------------------------------------------- */

/* The reference that brings a page does not count: nobody has R, the first goes. */
static void test_loaded_without_r(void) {
    static const char *const clocks[] = {"car", "cart"};
    for (unsigned i = 0; i < G_N_ELEMENTS(clocks); i++) {
        FakeKernel *k = fake_kernel_named(clocks[i], 3, SEED);
        g_assert_null(k->ops->touched);
        g_assert_cmpuint(fake_read(k, "1 2 3 4"), ==, 1);
        g_assert_cmpuint(k->clears, ==, 4); /* one a load, none by the hands */
        g_assert_cmpuint(fake_read(k, "2 5"), ==, 3);
        fake_kernel_destroy(k);
    }
}

/* The quotients here add up to a whole number, which sums of doubles miss. */
static void test_car_adds_fractions(void) {
    static const char *const policies[] = {"car", "car:adaptation=exact", "car:adaptation=double"};
    static const char string[] = "2 9 4 0 12 8 12 4 2 0 11 6 7 9 1 10 5 13 1 11 3 10 4 0 5 2 9";
    for (unsigned i = 0; i < G_N_ELEMENTS(policies); i++) {
        FakeKernel *k = fake_kernel_named(policies[i], 8, SEED);
        g_assert_cmpuint(fake_read(k, string), ==, i < 2 ? 3 : 1);
        fake_kernel_destroy(k);
    }
}

/* |B2|/|B1| is 3/2 when 12 returns from B1: p moves on by that, or rounded down by 1.  The last
 * reference shows it. */
#define ARC_STRING "13 8 6 6 12 5 13 5 2 11 8 7 13 10 10 1 2 12 8"
#define CAR_STRING "7 2 6 4 6 3 7 2 5 3 5 12 13 13 1 7 1 12 1 8 11 9"

static void test_rounded_down(void) {
    static const struct {
        const char *policy, *string;
        PageKey evicted;
    } expected[] = {
        {"arc:adaptation=exact", ARC_STRING, 10},  {"arc:adaptation=double", ARC_STRING, 10},
        {"arc:adaptation=integer", ARC_STRING, 7}, {"car:adaptation=exact", CAR_STRING, 7},
        {"car:adaptation=double", CAR_STRING, 7},  {"car:adaptation=integer", CAR_STRING, 8},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
        FakeKernel *k = fake_kernel_named(expected[i].policy, 5, SEED);
        g_assert_cmpuint(fake_read(k, expected[i].string), ==, expected[i].evicted);
        fake_kernel_destroy(k);
    }
}

/* What returned once, and is used now and then, outlives a scan of pages used once. */
static void test_cart_resists_a_scan(void) {
    FakeKernel *k = fake_kernel_named("cart", 4, SEED);
    fake_read(k, "1 2 3 4 5");
    g_assert_cmpuint(fake_read(k, "1"), ==, 2); /* wanted again after having left: L */
    for (PageKey page = 10; page < 100; page++) {
        fake_access(k, page, false);
        fake_access(k, 1, false);
    }
    g_assert_cmpuint(k->faults, ==, 6 + 90); /* 1 never faulted again */
    fake_kernel_destroy(k);
}

/* ---- what papers leave out --------------------------------------------------------------- */

/* A kernel may ask for a victim and then let it be: asking again changes nothing. */
static void test_asking_twice_is_asking_once(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        for (uint32_t frames = 1; frames <= 12; frames++) {
            FakeKernel *once = fake_kernel_named(names[i], frames, SEED);
            FakeKernel *often = fake_kernel_named(names[i], frames, SEED);
            Rng rng = {frames};
            for (int step = 0; step < 2000; step++) {
                PageKey page = draw(&rng, UINT64_C(3) * frames);
                if (fake_find(often, page) == PFN_NONE && fake_free_frame(often) == PFN_NONE) {
                    (void)often->ops->victim(often->policy, page);
                    (void)often->ops->victim(often->policy, page);
                }
                fake_access(once, page, false);
                fake_access(often, page, false);
                g_assert_cmpuint(once->evicted, ==, often->evicted);
            }
            fake_kernel_destroy(once);
            fake_kernel_destroy(often);
        }
    }
}

/* A page that was unmapped and comes again is new: its ghost went with it. */
static void test_unmapped_is_forgotten(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        FakeKernel *fresh = fake_kernel_named(names[i], 4, SEED);
        FakeKernel *used = fake_kernel_named(names[i], 4, SEED);
        fake_read(used, "1 1 2 2 3 3 4 5 6 7 8");
        fake_munmap(used, 0, UINT64_C(1) << 40);
        /* Other names in the fresh one, the same pattern: the same victims.  p is the same, 0,
         * for no ghost has returned. */
        Rng rng = {i};
        for (int step = 0; step < 300; step++) {
            PageKey page = 1 + rng_below(&rng, 9);
            fake_access(used, page, false);
            fake_access(fresh, page + 100, false);
            g_assert_cmpuint(used->evicted == UINT64_MAX ? UINT64_MAX : used->evicted + 100, ==,
                             fresh->evicted);
        }
        fake_kernel_destroy(fresh);
        fake_kernel_destroy(used);
    }
}

/* A page that is removed from its frame leaves no ghost, whatever its name was. */
static void test_removed_leaves_no_ghost(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        FakeKernel *same = fake_kernel_named(names[i], 4, SEED);
        FakeKernel *other = fake_kernel_named(names[i], 4, SEED);
        fake_read(same, "1 2 3 4");
        fake_read(other, "91 2 3 4");
        fake_unload(same, fake_find(same, 1), UNLOAD_REMOVED);
        fake_unload(other, fake_find(other, 91), UNLOAD_REMOVED);
        Rng rng = {i};
        for (int step = 0; step < 300; step++) {
            PageKey page = 1 + rng_below(&rng, 9);
            fake_access(same, page, false);
            fake_access(other, page, false);
            g_assert_cmpuint(same->evicted, ==, other->evicted);
        }
        fake_kernel_destroy(same);
        fake_kernel_destroy(other);
    }
}

/* mremap: the policy knows the page by its new name, and only by that. */
static void test_renamed_ghost_is_known(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        FakeKernel *plain = fake_kernel_named(names[i], 4, SEED);
        FakeKernel *moved = fake_kernel_named(names[i], 4, SEED);
        fake_read(plain, "1 2 3 4");
        fake_read(moved, "91 2 3 4");
        fake_rename(moved, fake_find(moved, 91), 1);
        Rng rng = {i};
        for (int step = 0; step < 300; step++) {
            PageKey page = 1 + rng_below(&rng, 9);
            fake_access(plain, page, false);
            fake_access(moved, page, false);
            g_assert_cmpuint(plain->evicted, ==, moved->evicted);
        }
        fake_kernel_destroy(plain);
        fake_kernel_destroy(moved);
    }
}

/* Faults of several processes that overlap: victims are chosen and leave before any of the pages
 * is loaded, and a process may be killed in between. */
#define PENDING_MAX 3

typedef struct Pending {
    PageKey page;
    Pfn frame;
} Pending;

static bool is_pending(const Pending *pending, unsigned count, PageKey page) {
    for (unsigned i = 0; i < count; i++) {
        if (pending[i].page == page) {
            return true;
        }
    }
    return false;
}

/* The frame that is neither used nor promised; else a victim's. */
static Pfn take_unpromised(FakeKernel *k, const Pending *pending, unsigned count, PageKey page) {
    for (Pfn frame = 0; frame < k->env.frame_count; frame++) {
        bool promised = k->frames[frame].used;
        for (unsigned i = 0; i < count; i++) {
            promised |= pending[i].frame == frame;
        }
        if (!promised) {
            return frame;
        }
    }
    Pfn frame = k->ops->victim(k->policy, page);
    g_assert_cmpint(frame != PFN_NONE, ==, fake_any_evictable(k));
    if (frame != PFN_NONE) {
        fake_unload(k, frame, UNLOAD_EVICTED);
    }
    return frame;
}

static void run_overlapping(const char *name, uint32_t frames) {
    FakeKernel *k = fake_kernel_named(name, frames, SEED);
    Pending pending[PENDING_MAX];
    unsigned count = 0;
    Rng rng = {frames};
    for (int step = 0; step < 5000; step++) {
        PageKey page = draw(&rng, UINT64_C(3) * frames);
        if (fake_find(k, page) != PFN_NONE) {
            fake_access(k, page, false);
        } else if (count < PENDING_MAX && !is_pending(pending, count, page)) {
            Pfn frame = take_unpromised(k, pending, count, page);
            if (frame != PFN_NONE) {
                pending[count++] = (Pending){page, frame};
            }
        }
        if (count > 0 && rng_below(&rng, 2) == 0) {
            unsigned which = (unsigned)rng_below(&rng, count);
            Pending done = pending[which];
            pending[which] = pending[--count];
            if (rng_below(&rng, 10) != 0) { /* else: killed */
                k->frames[done.frame] =
                    (FakeFrame){.used = true, .referenced = true, .page = done.page};
                k->ops->loaded(k->policy, done.frame, done.page);
                assert_policy_sound(k);
            }
        }
    }
    fake_kernel_destroy(k);
}

static void test_overlapping_faults(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        for (uint32_t frames = 1; frames <= 12; frames++) {
            run_overlapping(names[i], frames);
        }
    }
}

/* All but one page pinned: that one goes, wherever it is, and the hands come to a stop. */
static void test_the_only_one_that_may_go(void) {
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        FakeKernel *k = fake_kernel_named(names[i], 16, SEED);
        Rng rng = {i};
        for (int step = 0; step < 3000; step++) {
            fake_access(k, draw(&rng, 40), false);
            if (fake_free_frame(k) == PFN_NONE) {
                Pfn only = (Pfn)rng_below(&rng, 16);
                for (Pfn frame = 0; frame < 16; frame++) {
                    k->frames[frame].pinned = frame != only;
                }
                g_assert_cmpuint(k->ops->victim(k->policy, 1000), ==, only);
                for (Pfn frame = 0; frame < 16; frame++) {
                    k->frames[frame].pinned = false;
                }
            }
        }
        fake_kernel_destroy(k);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/2q/burst", test_2q_a_burst_proves_nothing);
    g_test_add_func("/2q/ghost-first", test_2q_ghost_first);
    g_test_add_func("/2q/ghost-taken-after", test_2q_ghost_taken_after);
    g_test_add_func("/2q/parameters", test_2q_parameters);
    g_test_add_func("/arc/scan", test_arc_resists_a_scan);
    g_test_add_func("/arc/learns", test_arc_learns);
    g_test_add_func("/clocks/loaded-without-r", test_loaded_without_r);
    g_test_add_func("/car/fractions", test_car_adds_fractions);
    g_test_add_func("/target/rounded-down", test_rounded_down);
    g_test_add_func("/cart/scan", test_cart_resists_a_scan);
    g_test_add_func("/ghosts/asking-twice", test_asking_twice_is_asking_once);
    g_test_add_func("/ghosts/unmapped", test_unmapped_is_forgotten);
    g_test_add_func("/ghosts/removed", test_removed_leaves_no_ghost);
    g_test_add_func("/ghosts/renamed", test_renamed_ghost_is_known);
    g_test_add_func("/ghosts/overlapping", test_overlapping_faults);
    g_test_add_func("/ghosts/only-one", test_the_only_one_that_may_go);
    return g_test_run();
}
