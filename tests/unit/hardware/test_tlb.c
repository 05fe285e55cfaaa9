/* test_tlb.c - levels against lists that say in which order each set was used. */
#include "tlb.h"

#include "faultline/rng.h"

#include <glib.h>
#include <string.h>

static Tlb one_level(uint32_t entries, uint32_t ways, TlbReplacement replacement) {
    Tlb tlb;
    TlbLevelConfig config = {entries, ways, replacement};
    g_assert_true(tlb_init(&tlb, &config, 1));
    return tlb;
}

/* Look for a page as an access does, and put it in if it is not there.  True: it was. */
static bool use(Tlb *tlb, Vpn vpn) {
    uint64_t tag = tlb_tag(1, vpn);
    uint64_t *data = tlb_level_find(&tlb->level[0], tag);
    if (data != NULL) {
        g_assert_cmpuint(*data >> TLB_FRAME_SHIFT, ==, vpn + 100);
        return true;
    }
    data = tlb_level_insert(&tlb->level[0], tag, (vpn + 100) << TLB_FRAME_SHIFT);
    g_assert_cmpuint(*data >> TLB_FRAME_SHIFT, ==, vpn + 100);
    return false;
}

static bool has(const Tlb *tlb, Vpn vpn) {
    return tlb_level_peek(&tlb->level[0], tlb_tag(1, vpn)) != NULL;
}

/* ---- shapes ---------------------------------------------------------------------------- */

static void test_shapes(void) {
    static const struct {
        TlbLevelConfig config;
        bool ok;
    } shapes[] = {
        {{64, 4, TLB_LRU}, true},      {{1536, 12, TLB_LRU}, true},
        {{1, 1, TLB_LRU}, true},       {{7, 7, TLB_LRU}, true},
        {{4096, 4096, TLB_LRU}, true}, {{64, 64, TLB_PLRU}, true},
        {{0, 1, TLB_LRU}, false},      {{64, 0, TLB_LRU}, false},
        {{64, 5, TLB_LRU}, false},     {{12, 4, TLB_LRU}, false},
        {{4, 8, TLB_LRU}, false},      {{128, 128, TLB_PLRU}, false},
        {{12, 12, TLB_PLRU}, false},   {{8192, 8192, TLB_LRU}, false},
        {{131072, 4, TLB_LRU}, false}, {{UINT32_MAX, 1, TLB_LRU}, false},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++) {
        Tlb tlb;
        g_assert_cmpint(tlb_config_check(&shapes[i].config, 1) == NULL, ==, shapes[i].ok);
        g_assert_cmpint(tlb_init(&tlb, &shapes[i].config, 1), ==, shapes[i].ok);
        tlb_clear(&tlb);
    }
    static const TlbLevelConfig four[4] = {{1, 1, TLB_LRU}, {1, 1, TLB_LRU}};
    g_assert_nonnull(tlb_config_check(four, 4));
}

static void test_no_tlb_never_hits(void) {
    Tlb tlb;
    unsigned hit;
    g_assert_true(tlb_init(&tlb, NULL, 0));
    tlb_insert(&tlb, tlb_tag(1, 0), TLB_SEEN);
    g_assert_cmpuint(tlb_hit(&tlb, tlb_tag(1, 0), TLB_NEED_READ), ==, PFN_NONE);
    g_assert_null(tlb_find(&tlb, tlb_tag(1, 0), &hit));
    g_assert_false(tlb_drop(&tlb, tlb_tag(1, 0)));
    tlb_flush_all(&tlb);
    tlb_forget_seen(&tlb);
    g_assert_cmpstr(tlb_check(&tlb), ==, NULL);
    tlb_clear(&tlb);
}

/* ---- replacement ----------------------------------------------------------------------- */

/* One set of 4 ways, tree-PLRU, worked by hand: after 0 1 2 3 both halves point to their
 * left, the root to the left half; so 4 takes 0's place.  Then the root points right, where
 * 2 is older: 5 takes its place, although 1 is the least recently used. */
static void test_plru_by_hand(void) {
    Tlb tlb = one_level(4, 4, TLB_PLRU);
    for (Vpn vpn = 0; vpn < 6; vpn++) {
        g_assert_false(use(&tlb, vpn));
    }
    static const bool there[] = {false, true, false, true, true, true};
    for (Vpn vpn = 0; vpn < 6; vpn++) {
        g_assert_cmpint(has(&tlb, vpn), ==, there[vpn]);
    }
    tlb_clear(&tlb);
}

/* Move `vpn` to the front of the four latest different pages. */
static void note_latest(Vpn latest[4], Vpn vpn) {
    unsigned i = 0;
    while (i < 3 && latest[i] != vpn) {
        i++;
    }
    memmove(&latest[1], &latest[0], i * sizeof latest[0]);
    latest[0] = vpn;
}

/* The promise of tree-PLRU (Reineke et al., Real-Time Systems 37, 2007): the latest
 * log2(ways) + 1 different pages are there, four of them with 8 ways. */
static void test_plru_keeps_the_latest(void) {
    Tlb tlb = one_level(8, 8, TLB_PLRU);
    Rng rng = {5};
    Vpn latest[4] = {0, 1, 2, 3};
    for (Vpn vpn = 4; vpn-- > 0;) {
        use(&tlb, vpn);
    }
    for (int step = 0; step < 5000; step++) {
        Vpn vpn = rng_below(&rng, 14);
        use(&tlb, vpn);
        note_latest(latest, vpn);
        for (unsigned i = 0; i < 4; i++) {
            g_assert_true(has(&tlb, latest[i]));
        }
        g_assert_cmpstr(tlb_check(&tlb), ==, NULL);
    }
    tlb_clear(&tlb);
}

/* The naive truth: each set is a list, most recent first. */
typedef struct Model {
    GList *sets[64];
    unsigned set_count, ways;
} Model;

static bool model_use(Model *model, Vpn vpn) {
    GList **set = &model->sets[vpn % model->set_count];
    gpointer key = GUINT_TO_POINTER((guint)vpn + 1);
    GList *found = g_list_find(*set, key);
    if (found != NULL) {
        *set = g_list_delete_link(*set, found);
    } else if (g_list_length(*set) == model->ways) {
        *set = g_list_delete_link(*set, g_list_last(*set));
    }
    *set = g_list_prepend(*set, key);
    return found != NULL;
}

static bool model_drop(Model *model, Vpn vpn) {
    GList **set = &model->sets[vpn % model->set_count];
    GList *found = g_list_find(*set, GUINT_TO_POINTER((guint)vpn + 1));
    *set = g_list_delete_link(*set, found);
    return found != NULL;
}

static void run_lru(uint32_t entries, uint32_t ways, uint64_t seed) {
    Tlb tlb = one_level(entries, ways, TLB_LRU);
    Model model = {.set_count = entries / ways, .ways = ways};
    Rng rng = {seed};
    for (int step = 0; step < 4000; step++) {
        Vpn vpn = rng_below(&rng, entries + entries / 2 + 2);
        if (rng_below(&rng, 8) == 0) {
            g_assert_cmpint(tlb_drop(&tlb, tlb_tag(1, vpn)), ==, model_drop(&model, vpn));
        } else {
            g_assert_cmpint(use(&tlb, vpn), ==, model_use(&model, vpn));
        }
        g_assert_cmpstr(tlb_check(&tlb), ==, NULL);
    }
    for (unsigned i = 0; i < model.set_count; i++) {
        g_list_free(model.sets[i]);
    }
    tlb_clear(&tlb);
}

static void test_lru_against_lists(void) {
    static const uint32_t shapes[][2] = {{1, 1},   {4, 4}, {64, 4}, {64, 1},
                                         {96, 12}, {9, 9}, {64, 64}};
    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++) {
        run_lru(shapes[i][0], shapes[i][1], i);
    }
}

/* ---- the hot path ---------------------------------------------------------------------- */

/* tlb_hit() is tlb_level_find() with a question about the bits: same answers, same order. */
static void run_hit(TlbReplacement replacement) {
    Tlb fast = one_level(16, 4, replacement), slow = one_level(16, 4, replacement);
    Rng rng = {9};
    for (int step = 0; step < 5000; step++) {
        uint64_t tag = tlb_tag((Asid)(1 + rng_below(&rng, 2)), rng_below(&rng, 14));
        uint64_t data = rng_next(&rng) & (UINT64_C(0xffff07));
        uint64_t need = rng_below(&rng, 2) == 0 ? TLB_NEED_READ : TLB_NEED_WRITE;
        const uint64_t *expected = tlb_level_find(&slow.level[0], tag);
        bool hits = expected != NULL && (*expected & need) == need;
        g_assert_cmpuint(tlb_hit(&fast, tag, need), ==,
                         hits ? *expected >> TLB_FRAME_SHIFT : PFN_NONE);
        if (expected == NULL) {
            tlb_insert(&fast, tag, data);
            tlb_insert(&slow, tag, data);
        }
        g_assert_cmpmem(fast.level[0].tags, 128, slow.level[0].tags, 128);
    }
    tlb_clear(&fast);
    tlb_clear(&slow);
}

static void test_hit_is_find(void) {
    run_hit(TLB_LRU);
    run_hit(TLB_PLRU);
}

/* ---- several levels -------------------------------------------------------------------- */

static const TlbLevelConfig three_levels[] = {{2, 2, TLB_LRU}, {4, 4, TLB_LRU}, {16, 4, TLB_PLRU}};

static void test_a_hit_below_is_promoted(void) {
    Tlb tlb;
    unsigned hit;
    g_assert_true(tlb_init(&tlb, three_levels, 3));
    for (Vpn vpn = 0; vpn < 3; vpn++) {
        tlb_insert(&tlb, tlb_tag(1, vpn), vpn << TLB_FRAME_SHIFT | TLB_SEEN);
    }
    g_assert_cmpuint(tlb_hit(&tlb, tlb_tag(1, 0), TLB_NEED_READ), ==, PFN_NONE);
    g_assert_nonnull(tlb_find(&tlb, tlb_tag(1, 0), &hit));
    g_assert_cmpuint(hit, ==, 2);
    g_assert_cmpuint(tlb_hit(&tlb, tlb_tag(1, 0), TLB_NEED_READ), ==, 0);
    g_assert_nonnull(tlb_find(&tlb, tlb_tag(1, 0), &hit));
    g_assert_cmpuint(hit, ==, 1);
    g_assert_nonnull(tlb_level_peek(&tlb.level[1], tlb_tag(1, 0))); /* level 2 keeps it */
    for (Vpn vpn = 3; vpn < 7; vpn++) {
        tlb_insert(&tlb, tlb_tag(1, vpn), vpn << TLB_FRAME_SHIFT);
    }
    g_assert_cmpuint(*tlb_find(&tlb, tlb_tag(1, 2), &hit) >> TLB_FRAME_SHIFT, ==, 2);
    g_assert_cmpuint(hit, ==, 3);
    g_assert_nonnull(tlb_level_peek(&tlb.level[0], tlb_tag(1, 2)));
    g_assert_nonnull(tlb_level_peek(&tlb.level[1], tlb_tag(1, 2)));
    g_assert_null(tlb_find(&tlb, tlb_tag(2, 2), &hit));
    g_assert_cmpuint(hit, ==, 0);
    g_assert_cmpstr(tlb_check(&tlb), ==, NULL);
    tlb_clear(&tlb);
}

static void test_drops_and_flushes(void) {
    Tlb tlb;
    g_assert_true(tlb_init(&tlb, three_levels, 3));
    for (Vpn vpn = 0; vpn < 4; vpn++) {
        tlb_insert(&tlb, tlb_tag((Asid)(1 + vpn % 2), vpn), TLB_SEEN);
    }
    g_assert_true(tlb_drop(&tlb, tlb_tag(1, 0)));
    g_assert_false(tlb_drop(&tlb, tlb_tag(1, 0)));
    tlb_flush_asid(&tlb, 2);
    unsigned hit;
    g_assert_null(tlb_find(&tlb, tlb_tag(2, 1), &hit));
    g_assert_null(tlb_find(&tlb, tlb_tag(2, 3), &hit));
    g_assert_nonnull(tlb_find(&tlb, tlb_tag(1, 2), &hit));
    tlb_forget_seen(&tlb);
    g_assert_cmpuint(tlb_hit(&tlb, tlb_tag(1, 2), TLB_NEED_READ), ==, PFN_NONE);
    tlb_add_bits(&tlb, tlb_tag(1, 2), TLB_SEEN);
    g_assert_cmpuint(tlb_hit(&tlb, tlb_tag(1, 2), TLB_NEED_READ), ==, 0);
    tlb_flush_all(&tlb);
    g_assert_null(tlb_find(&tlb, tlb_tag(1, 2), &hit));
    g_assert_cmpstr(tlb_check(&tlb), ==, NULL);
    tlb_clear(&tlb);
}

/* Flushing one space leaves the others' entries, in their order. */
static void test_flush_asid_keeps_the_rest(void) {
    Tlb tlb = one_level(8, 8, TLB_LRU);
    for (Vpn vpn = 0; vpn < 8; vpn++) {
        tlb_insert(&tlb, tlb_tag((Asid)(1 + vpn % 2), vpn), 0);
    }
    tlb_flush_asid(&tlb, 2);
    static const Vpn left[] = {6, 4, 2, 0};
    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmpuint(tlb.level[0].tags[i], ==, tlb_tag(1, left[i]));
        g_assert_cmpuint(tlb.level[0].tags[4 + i], ==, 0);
    }
    tlb_clear(&tlb);
}

/* ---- the check must be able to fail ---------------------------------------------------- */

static void test_check_sees_damage(void) {
    Tlb tlb = one_level(8, 4, TLB_LRU);
    use(&tlb, 0);
    use(&tlb, 2);
    uint64_t *tags = tlb.level[0].tags; /* set 0: pages 2, 0 */
    tags[1] = tlb_tag(1, 2);
    g_assert_nonnull(tlb_check(&tlb)); /* twice */
    tags[1] = tlb_tag(1, 1);
    g_assert_nonnull(tlb_check(&tlb)); /* wrong set */
    tags[1] = 0;
    tags[2] = tlb_tag(1, 0);
    g_assert_nonnull(tlb_check(&tlb)); /* a gap */
    tags[1] = tlb_tag(1, 4);
    g_assert_cmpstr(tlb_check(&tlb), ==, NULL);
    tlb_clear(&tlb);
}

/* One entry for 512 pages, in an array of its own; a drop of any of them drops it. */
static void test_huge(void) {
    static const TlbLevelConfig small[] = {{2, 2, TLB_LRU}, {4, 4, TLB_LRU}};
    static const TlbLevelConfig huge[] = {{2, 2, TLB_LRU}, {4, 4, TLB_PLRU}};
    Tlb tlb;
    unsigned hit;
    g_assert_true(tlb_init(&tlb, small, 2));
    g_assert_true(tlb_init_huge(&tlb, huge, 9));
    for (Vpn page = 0; page < 3; page++) {
        tlb_insert(&tlb, tlb_tag(1, page * 512), (page * 512) << TLB_FRAME_SHIFT | TLB_HUGE);
    }
    g_assert_cmpstr(tlb_check(&tlb), ==, NULL);
    g_assert_cmpuint(tlb_hit_huge(&tlb, tlb_tag(1, 1030), 0), ==, 1030);
    g_assert_cmpuint(tlb_hit_huge(&tlb, tlb_tag(2, 1030), 0), ==, PFN_NONE);
    g_assert_cmpuint(tlb_hit_huge(&tlb, tlb_tag(1, 7), 0), ==,
                     PFN_NONE); /* only two fit in there */
    const uint64_t *found = tlb_find(&tlb, tlb_tag(1, 7), &hit);
    g_assert_cmpuint(hit, ==, 2);
    g_assert_cmpuint(tlb_frame(&tlb, tlb_tag(1, 7), *found), ==, 7);
    g_assert_cmpuint(tlb_hit_huge(&tlb, tlb_tag(1, 8), 0), ==, 8);
    tlb_add_bits(&tlb, tlb_tag(1, 9), TLB_WRITABLE);
    g_assert_cmpuint(tlb_hit_huge(&tlb, tlb_tag(1, 8), TLB_WRITABLE), ==, 8);
    g_assert_true(tlb_drop(&tlb, tlb_tag(1, 500)));
    g_assert_null(tlb_find(&tlb, tlb_tag(1, 8), &hit));
    tlb_flush_asid(&tlb, 1);
    g_assert_null(tlb_find(&tlb, tlb_tag(1, 1030), &hit));
    tlb_clear(&tlb);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tlb/shapes", test_shapes);
    g_test_add_func("/tlb/none", test_no_tlb_never_hits);
    g_test_add_func("/tlb/plru-by-hand", test_plru_by_hand);
    g_test_add_func("/tlb/plru-latest", test_plru_keeps_the_latest);
    g_test_add_func("/tlb/lru", test_lru_against_lists);
    g_test_add_func("/tlb/hit-is-find", test_hit_is_find);
    g_test_add_func("/tlb/promotion", test_a_hit_below_is_promoted);
    g_test_add_func("/tlb/drops-and-flushes", test_drops_and_flushes);
    g_test_add_func("/tlb/flush-asid", test_flush_asid_keeps_the_rest);
    g_test_add_func("/tlb/check-sees-damage", test_check_sees_damage);
    g_test_add_func("/tlb/huge", test_huge);
    return g_test_run();
}
