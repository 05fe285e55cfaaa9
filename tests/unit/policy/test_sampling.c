/* test_sampling.c - the policies that sample referenced bits against their definitions, which look
 * at every frame for every victim: random lives with removals and pins.
 */
#include "fake_kernel.h"

/* All that a definition may need to know beside the bits. */
typedef struct Definition Definition;
struct Definition {
    FakeKernel *k;
    Pfn (*victim)(Definition *d); /* PFN_NONE: none may go */
    bool r[FAKE_FRAMES_MAX];      /* R bits that victim() leaves */
    uint64_t counter[FAKE_FRAMES_MAX];
    unsigned bits;
    Pfn circle[FAKE_FRAMES_MAX]; /* in order of loading, from the hand on */
    uint32_t held;
};

static bool can_go(const Definition *d, Pfn f) {
    return d->k->frames[f].used && !d->k->frames[f].pinned;
}

/* The first frame with the smallest key. */
static Pfn smallest(const Definition *d, uint64_t (*key)(const Definition *d, Pfn f)) {
    Pfn best = PFN_NONE;
    for (Pfn f = 0; f < d->k->env.frame_count; f++) {
        if (can_go(d, f) && (best == PFN_NONE || key(d, f) < key(d, best))) {
            best = f;
        }
    }
    return best;
}

static uint64_t nru_key(const Definition *d, Pfn f) {
    return 2u * d->k->frames[f].referenced + d->k->frames[f].dirty;
}
static Pfn nru_victim(Definition *d) { return smallest(d, nru_key); }

static uint64_t aging_key(const Definition *d, Pfn f) {
    return (uint64_t)d->k->frames[f].referenced << d->bits | d->counter[f];
}
static Pfn aging_victim(Definition *d) { return smallest(d, aging_key); }

static uint64_t tanenbaum_key(const Definition *d, Pfn f) { return d->counter[f]; }
static Pfn tanenbaum_victim(Definition *d) { return smallest(d, tanenbaum_key); }

static void turn(Definition *d, uint32_t steps) {
    for (; steps > 0; steps--) {
        Pfn first = d->circle[0];
        memmove(&d->circle[0], &d->circle[1], (d->held - 1) * sizeof(Pfn));
        d->circle[d->held - 1] = first;
    }
}

/* Place of the first frame from the hand on with (R, M) = (0, m). */
static uint32_t place_of(const Definition *d, bool m) {
    uint32_t i = 0;
    while (i < d->held && (!can_go(d, d->circle[i]) || d->r[d->circle[i]] ||
                           d->k->frames[d->circle[i]].dirty != m)) {
        i++;
    }
    return i;
}

static Pfn enhanced_victim(Definition *d) {
    for (int again = 0; again < 2; again++) {
        uint32_t place = place_of(d, false);
        if (place == d->held) {
            place = place_of(d, true);
            for (uint32_t i = 0; i < place; i++) {
                d->r[d->circle[i]] &= !can_go(d, d->circle[i]);
            }
        }
        if (place < d->held) {
            turn(d, place);
            return d->circle[0];
        }
    }
    return PFN_NONE;
}

static void circle_leave(Definition *d, Pfn frame) {
    uint32_t i = 0;
    while (d->circle[i] != frame) {
        i++;
    }
    memmove(&d->circle[i], &d->circle[i + 1], (--d->held - i) * sizeof(Pfn));
}

static void definition_tick(Definition *d) {
    for (Pfn f = 0; f < d->k->env.frame_count; f++) {
        d->counter[f] = d->counter[f] >> 1 | (uint64_t)d->k->frames[f].referenced << (d->bits - 1);
    }
}

static void assert_bits(const Definition *d, Pfn but) {
    for (Pfn f = 0; f < d->k->env.frame_count; f++) {
        if (d->k->frames[f].used && f != but) {
            g_assert_cmpint(d->k->frames[f].referenced, ==, d->r[f]);
        }
    }
}

static void refer(Definition *d, PageKey page, bool write) {
    FakeKernel *k = d->k;
    bool tick = k->references >= k->tick_due;
    if (tick) {
        definition_tick(d);
        fake_before(k); /* so that the bits are those that victim() sees */
    }
    for (Pfn f = 0; f < k->env.frame_count; f++) {
        d->r[f] = k->frames[f].referenced;
    }
    bool full = fake_free_frame(k) == PFN_NONE && fake_find(k, page) == PFN_NONE;
    Pfn expected = full ? d->victim(d) : PFN_NONE;
    PageKey expected_page = expected == PFN_NONE ? UINT64_MAX : k->frames[expected].page;
    bool fault = fake_access(k, page, write);
    g_assert_cmpuint(k->evicted, ==, expected_page);
    Pfn frame = fake_find(k, page);
    assert_bits(d, frame);
    if (expected != PFN_NONE) {
        circle_leave(d, expected);
    }
    if (fault && frame != PFN_NONE) {
        d->circle[d->held++] = frame;
        d->counter[frame] = 0;
    }
}

static void run_life(const char *policy, Pfn (*victim)(Definition *d), unsigned bits,
                     uint32_t frames) {
    Definition d = {.k = fake_kernel_named(policy, frames, 1), .victim = victim, .bits = bits};
    Rng rng = {frames};
    for (int step = 0; step < 5000; step++) {
        Pfn frame = (Pfn)rng_below(&rng, frames);
        uint64_t what = rng_below(&rng, 20);
        if (what == 0 && d.k->frames[frame].used) {
            fake_unload(d.k, frame, UNLOAD_REMOVED);
            circle_leave(&d, frame);
        } else if (what == 1) {
            d.k->frames[frame].pinned = d.k->frames[frame].used && !d.k->frames[frame].pinned;
        } else {
            refer(&d, rng_below(&rng, frames + frames / 2 + 1), rng_below(&rng, 3) == 0);
        }
    }
    fake_kernel_destroy(d.k);
}

static void test_definitions(void) {
    static const struct {
        const char *policy;
        Pfn (*victim)(Definition *d);
        unsigned bits;
    } all[] = {{"nru", nru_victim, 8},
               {"nru:interval=1", nru_victim, 8},
               {"nru:interval=50", nru_victim, 8},
               {"aging", aging_victim, 8},
               {"aging:interval=5,bits=1", aging_victim, 1},
               {"aging:interval=3,bits=31", aging_victim, 31},
               {"aging-tanenbaum", tanenbaum_victim, 8},
               {"aging-tanenbaum:interval=7,bits=3", tanenbaum_victim, 3},
               {"enhanced-clock", enhanced_victim, 8}};
    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        g_test_message("%s", all[i].policy);
        for (uint32_t frames = 1; frames <= 33; frames += frames < 8 ? 1 : 5) {
            run_life(all[i].policy, all[i].victim, all[i].bits, frames);
        }
    }
}

/* By default a tick is due every so many references as there are frames. */
static void test_default_interval(void) {
    static const char *const policies[] = {"nru", "nru-random", "aging", "aging-tanenbaum"};
    for (unsigned i = 0; i < G_N_ELEMENTS(policies); i++) {
        FakeKernel *k = fake_kernel_named(policies[i], 12, 1);
        g_assert_cmpuint(k->ops->interval(k->policy), ==, 12);
        fake_kernel_destroy(k);
    }
    FakeKernel *k = fake_kernel_named("aging:interval=100", 12, 1);
    g_assert_cmpuint(k->ops->interval(k->policy), ==, 100);
    fake_kernel_destroy(k);
}

/* Every page of the lowest class gets its turn, no other does, and a class of one needs no lot. */
static void test_nru_random_lot(void) {
    FakeKernel *k = fake_kernel_named("nru-random:interval=1000000", 8, 7);
    unsigned drawn[8] = {0};
    for (PageKey page = 0; page < 8; page++) {
        fake_access(k, page, page >= 6);
    }
    k->ops->tick(k->policy);
    k->frames[2].referenced = true; /* 0 1 3 4 5 are left in class 0; 4 is pinned */
    k->frames[4].pinned = true;
    for (int i = 0; i < 1000; i++) {
        drawn[k->ops->victim(k->policy, 9)]++;
        assert_policy_sound(k);
    }
    g_assert_cmpuint(drawn[2] + drawn[4] + drawn[6] + drawn[7], ==, 0);
    g_assert_cmpuint(drawn[0], >, 150);
    g_assert_cmpuint(drawn[1], >, 150);
    g_assert_cmpuint(drawn[3], >, 150);
    g_assert_cmpuint(drawn[5], >, 300); /* its own lot, and that of 4 before it */
    uint64_t draws = k->draws;
    k->frames[0].referenced = k->frames[1].referenced = k->frames[3].referenced = true;
    k->frames[4].referenced = true;
    k->frames[4].pinned = false;
    g_assert_cmpuint(k->ops->victim(k->policy, 9), ==, 5);
    g_assert_cmpuint(k->ops->victim(k->policy, 9), ==, 5);
    g_assert_cmpuint(k->draws, <=, draws + 6);
    fake_kernel_destroy(k);
}

/* Whoever is drawn is of the lowest class that has a page that may go. */
static void test_nru_random_class(void) {
    for (uint32_t frames = 1; frames <= 20; frames++) {
        FakeKernel *k = fake_kernel_named("nru-random:interval=30", frames, 1);
        Definition d = {.k = k};
        Rng rng = {frames};
        for (int step = 0; step < 3000; step++) {
            Pfn frame = (Pfn)rng_below(&rng, frames), expected = nru_victim(&d);
            Pfn victim = k->ops->victim(k->policy, 0);
            g_assert_cmpint(victim == PFN_NONE, ==, expected == PFN_NONE);
            if (victim != PFN_NONE) {
                g_assert_cmpuint(nru_key(&d, victim), ==, nru_key(&d, expected));
            }
            k->frames[frame].pinned = k->frames[frame].used && rng_below(&rng, 3) == 0;
            fake_access(k, rng_below(&rng, 2 * frames), rng_below(&rng, 3) == 0);
        }
        fake_kernel_destroy(k);
    }
}

/* Written once and never again: victims must not cost a look at every frame. */
static void test_victims_are_cheap(void) {
    static const char *const policies[] = {"clock-r0", "enhanced-clock", "nru",
                                           "aging",    "nru-random",     "aging-tanenbaum"};
    for (unsigned i = 0; i < G_N_ELEMENTS(policies); i++) {
        FakeKernel *k = fake_kernel_named(policies[i], FAKE_FRAMES_MAX, 1);
        for (PageKey page = 0; page < 4000; page++) {
            fake_access(k, page, true);
        }
        g_test_message("%s: %" G_GUINT64_FORMAT " looks", policies[i], k->looks);
        g_assert_cmpuint(k->looks, <, 4 * 4000);
        g_assert_null(k->ops->touched);
        fake_kernel_destroy(k);
    }
}

/* One used again, one not: the other school of clocks tells them apart at the first turn. */
static void test_clock_r0(void) {
    FakeKernel *k = fake_kernel_named("clock-r0", 3, 1);
    for (PageKey page = 0; page < 3; page++) {
        fake_access(k, page, false);
    }
    fake_access(k, 0, false);
    fake_access(k, 3, false);
    g_assert_cmpuint(k->evicted, ==, 1);
    fake_access(k, 4, false);
    g_assert_cmpuint(k->evicted, ==, 2);
    fake_access(k, 5, false);
    g_assert_cmpuint(k->evicted, ==, 0);
    fake_kernel_destroy(k);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sampling/definitions", test_definitions);
    g_test_add_func("/sampling/default-interval", test_default_interval);
    g_test_add_func("/sampling/cheap", test_victims_are_cheap);
    g_test_add_func("/nru-random/lot", test_nru_random_lot);
    g_test_add_func("/nru-random/class", test_nru_random_class);
    g_test_add_func("/clock-r0/second-use", test_clock_r0);
    return g_test_run();
}
