/* test_counting.c - mru and the lfu family against their definitions, read off plain arrays:
 * every victim, in random lives with removals, pins, and many uses in a row.
 */
#include "fake_kernel.h"

#define PAGES 64u

/* The smallest (first, second) goes, taken from what is known of each page. */
typedef struct Known {
    uint64_t count, last, load;
} Known;

typedef struct Key {
    uint64_t first, second;
} Key;

typedef Key (*KeyOf)(const Known *page);

static Key key_mru(const Known *page) { return (Key){~page->last, 0}; }
static Key key_lfu(const Known *page) { return (Key){page->count, page->last}; }
static Key key_lfu_fifo(const Known *page) { return (Key){page->count, page->load}; }
static Key key_mfu(const Known *page) { return (Key){~page->count, page->last}; }

/* The page that should go now; UINT64_MAX: none may. */
static PageKey expected_victim(const FakeKernel *k, const Known *known, KeyOf key_of) {
    PageKey best = UINT64_MAX;
    for (Pfn f = 0; f < k->env.frame_count; f++) {
        if (!k->frames[f].used || k->frames[f].pinned) {
            continue;
        }
        PageKey page = k->frames[f].page;
        Key key = key_of(&known[page]);
        Key least = best == UINT64_MAX ? (Key){0, 0} : key_of(&known[best]);
        if (best == UINT64_MAX || key.first < least.first ||
            (key.first == least.first && key.second < least.second)) {
            best = page;
        }
    }
    return best;
}

static void use(FakeKernel *k, Known *known, Rng *rng, const char *policy, KeyOf key_of,
                uint64_t now) {
    PageKey page = rng_below(rng, PAGES);
    bool full = fake_free_frame(k) == PFN_NONE && fake_find(k, page) == PFN_NONE;
    PageKey expected = full ? expected_victim(k, known, key_of) : UINT64_MAX;
    bool fault = fake_access(k, page, false);
    g_assert_cmpuint(k->evicted, ==, expected);
    Pfn frame = fake_find(k, page);
    if (expected != UINT64_MAX && strcmp(policy, "lfu-perfect") != 0) {
        known[expected].count = 0;
    }
    if (frame == PFN_NONE) {
        return; /* all are pinned */
    }
    uint64_t more = fault ? 0 : rng_below(rng, 3);
    if (more > 0) {
        k->ops->touched(k->policy, frame, more);
    }
    known[page].count += 1 + more;
    known[page].last = now;
    known[page].load = fault ? now : known[page].load;
}

static void run_life(const char *policy, KeyOf key_of, uint32_t frames) {
    FakeKernel *k = fake_kernel_named(policy, frames, 1);
    Known known[PAGES] = {{0}};
    Rng rng = {frames};
    for (uint64_t now = 1; now < 4000; now++) {
        Pfn frame = (Pfn)rng_below(&rng, frames);
        uint64_t what = rng_below(&rng, 20);
        if (what == 0) {
            PageKey first = rng_below(&rng, PAGES);
            uint64_t count = 1 + rng_below(&rng, PAGES - first) / 4;
            fake_munmap(k, first, count);
            memset(&known[first], 0, count * sizeof(Known));
        } else if (what == 1 && k->frames[frame].used) {
            known[k->frames[frame].page].count = 0;
            fake_unload(k, frame, UNLOAD_REMOVED);
        } else if (what == 2) {
            k->frames[frame].pinned = k->frames[frame].used && !k->frames[frame].pinned;
        } else {
            use(k, known, &rng, policy, key_of, now);
        }
    }
    fake_kernel_destroy(k);
}

static void test_definitions(void) {
    static const struct {
        const char *policy;
        KeyOf key_of;
    } all[] = {{"mru", key_mru},
               {"lfu", key_lfu},
               {"lfu-fifo", key_lfu_fifo},
               {"lfu-perfect", key_lfu},
               {"mfu", key_mfu}};
    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        g_test_message("%s", all[i].policy);
        for (uint32_t frames = 1; frames <= 33; frames += frames < 8 ? 1 : 5) {
            run_life(all[i].policy, all[i].key_of, frames);
        }
    }
}

/* The loop that MRU is for: of 5 pages in 4 frames it keeps three out of four, LRU none. */
static void test_mru_loop(void) {
    FakeKernel *mru = fake_kernel_named("mru", 4, 1), *lru = fake_kernel_named("lru", 4, 1);
    for (PageKey i = 0; i < 400; i++) {
        fake_access(mru, i % 5, false);
        fake_access(lru, i % 5, false);
    }
    g_assert_cmpuint(lru->faults, ==, 400);
    g_assert_cmpuint(mru->faults, ==, 4 + 99);
    fake_kernel_destroy(mru);
    fake_kernel_destroy(lru);
}

/* A count that cannot grow any more stays the largest. */
static void test_counts_saturate(void) {
    FakeKernel *lfu = fake_kernel_named("lfu-perfect", 2, 1), *mfu = fake_kernel_named("mfu", 2, 1);
    FakeKernel *both[] = {lfu, mfu};
    for (unsigned i = 0; i < 2; i++) {
        fake_access(both[i], 0, false);
        fake_access(both[i], 1, false);
        both[i]->ops->touched(both[i]->policy, 0, UINT64_MAX);
        both[i]->ops->touched(both[i]->policy, 0, 7);
        both[i]->ops->touched(both[i]->policy, 1, 100);
    }
    g_assert_cmpuint(lfu->ops->victim(lfu->policy, 9), ==, 1);
    g_assert_cmpuint(mfu->ops->victim(mfu->policy, 9), ==, 0);
    lfu->frames[1].pinned = true;
    fake_access(lfu, 2, false); /* page 0 leaves, and comes back as popular as it was */
    g_assert_cmpuint(lfu->evicted, ==, 0);
    lfu->ops->touched(lfu->policy, 0, 1000);
    fake_access(lfu, 0, false);
    g_assert_cmpuint(lfu->evicted, ==, 2);
    lfu->frames[1].pinned = false;
    g_assert_cmpuint(lfu->ops->victim(lfu->policy, 9), ==, 1);
    fake_kernel_destroy(lfu);
    fake_kernel_destroy(mfu);
}

/* What a name stood for before it was given to another page is no business of that page's. */
static void test_lfu_perfect_names(void) {
    FakeKernel *k = fake_kernel_named("lfu-perfect", 1, 1);
    fake_access(k, 7, false);
    k->ops->touched(k->policy, 0, 50);
    fake_access(k, 8, false); /* 7 is a ghost with 51 */
    g_assert_cmpuint(k->evicted, ==, 7);
    fake_rename(k, 0, 7);     /* 8 is called 7 now */
    fake_access(k, 9, false); /* and leaves a ghost with 1 */
    fake_kernel_destroy(k);
}

/* Ghosts by the thousand, forgotten a few at a time and all at once. */
static void test_lfu_perfect_ghosts(void) {
    FakeKernel *k = fake_kernel_named("lfu-perfect", 2, 1);
    for (PageKey page = 0; page < 5000; page++) {
        fake_access(k, page, false);
        fake_access(k, page, false);
    }
    fake_munmap(k, 100, 10);
    fake_munmap(k, 1000, UINT64_C(1) << 48);
    fake_access(k, 1, false);    /* 3 uses */
    fake_access(k, 1001, false); /* 1 use: those before are forgotten */
    fake_access(k, 2, false);    /* 3 */
    g_assert_cmpuint(k->evicted, ==, 1001);
    fake_access(k, 105, false); /* 1, but no other has less than 3 */
    g_assert_cmpuint(k->evicted, ==, 1);
    fake_access(k, 3, false);
    g_assert_cmpuint(k->evicted, ==, 105);
    fake_kernel_destroy(k);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/counting/definitions", test_definitions);
    g_test_add_func("/mru/loop", test_mru_loop);
    g_test_add_func("/lfu/saturate", test_counts_saturate);
    g_test_add_func("/lfu-perfect/names", test_lfu_perfect_names);
    g_test_add_func("/lfu-perfect/ghosts", test_lfu_perfect_ghosts);
    return g_test_run();
}
