/* test_sets.c - the wrapper's own books, compared with plain arrays under random use. */
#include <glib.h>

#include "block_set.h"
#include "range_set.h"

#define SPACE 512 /* addresses 1..SPACE-1 */

static void test_ranges(void) {
    RangeSet set = {0};
    bool there[SPACE + 64] = {false};
    Rng rng = {1};
    for (guint step = 0; step < 20000; step++) {
        uint64_t start = 1 + rng_below(&rng, SPACE - 1), length = rng_below(&rng, 40);
        bool add = rng_below(&rng, 2) == 0;
        g_assert_true(range_set_reserve(&set));
        (add ? range_set_add : range_set_remove)(&set, start, length);
        for (uint64_t i = start; i < start + length; i++) {
            there[i] = add;
        }
        uint64_t bytes = 0, from = 1 + rng_below(&rng, SPACE - 1), run = 0;
        for (uint64_t i = 0; i < SPACE + 64; i++) {
            bytes += there[i];
        }
        while (from + run < SPACE + 64 && there[from + run]) {
            run++;
        }
        g_assert_cmpuint(set.bytes, ==, bytes);
        g_assert_cmpint(range_set_covers(&set, from, run), ==, run > 0);
        g_assert_false(range_set_covers(&set, from, run + 1));
        g_assert_cmpstr(range_set_check(&set), ==, NULL);
    }
    range_set_clear(&set);
}

/* A block here is `length` addresses, `owner` says which block has an address. */
static void test_blocks(void) {
    BlockSet set = {0};
    uint64_t owner[SPACE + 64] = {0}, size_of[SPACE] = {0};
    bool dead[SPACE + 64] = {false};
    uint32_t live = 0;
    Rng rng = {2};
    for (guint step = 0; step < 20000; step++) {
        uint64_t va = 1 + rng_below(&rng, SPACE - 1), length = 1 + rng_below(&rng, 20);
        bool taken = false;
        for (uint64_t i = va; i < va + length; i++) {
            taken = taken || owner[i] != 0;
        }
        g_assert_cmpint(block_set_overlaps(&set, va, length), ==, taken);
        uint32_t entry = block_set_find(&set, va);
        g_assert_cmpint(entry != 0, ==, owner[va] == va);
        g_assert_cmpint(block_set_is_dead(&set, va), ==, dead[va]);
        if (entry != 0) {
            block_set_retire(&set, entry);
            memset(owner + va, 0, size_of[va] * sizeof *owner);
            dead[va] = true;
            live--;
        } else if (!taken) {
            g_assert_true(block_set_reserve(&set));
            block_set_add(&set, va, length, va);
            for (uint64_t i = va; i < va + length; i++) {
                owner[i] = va;
                dead[i] = false;
            }
            size_of[va] = length;
            live++;
        }
        uint32_t first = block_set_first(&set, va);
        while (va < SPACE && owner[va] != va) {
            va++;
        }
        g_assert_cmpuint(first == 0 ? SPACE : block_set_va(&set, first), ==, va);
        g_assert_cmpuint(set.live_count, ==, live);
        g_assert_cmpstr(block_set_check(&set), ==, NULL);
    }
    block_set_clear(&set);
}

/* Blocks in rising order, the worst case of a plain search tree: the treap stays shallow. */
static void test_depth(void) {
    IntervalTree tree = {0};
    for (uint64_t i = 1; i <= 100000; i++) {
        g_assert_true(interval_reserve(&tree, 1));
        interval_insert(&tree, i * 16, 16);
    }
    guint depth = 0;
    for (uint32_t node = tree.root; node != 0; depth++) {
        node = tree.nodes[node].right;
    }
    g_assert_cmpuint(depth, <, 60);
    g_assert_cmpstr(interval_check(&tree), ==, NULL);
    interval_tree_clear(&tree);
}

static void test_dead_are_bounded(void) {
    BlockSet set = {0};
    for (uint64_t i = 1; i <= 2 * BLOCK_SET_DEAD_MAX; i++) {
        g_assert_true(block_set_reserve(&set));
        block_set_add(&set, i * 16, 16, i * 16);
        block_set_retire(&set, block_set_find(&set, i * 16));
    }
    g_assert_cmpuint(set.dead_count, ==, BLOCK_SET_DEAD_MAX);
    g_assert_true(block_set_is_dead(&set, 2 * BLOCK_SET_DEAD_MAX * 16));
    g_assert_false(block_set_is_dead(&set, BLOCK_SET_DEAD_MAX * 16));
    g_assert_cmpstr(block_set_check(&set), ==, NULL);
    block_set_clear(&set);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sets/ranges", test_ranges);
    g_test_add_func("/sets/blocks", test_blocks);
    g_test_add_func("/sets/depth", test_depth);
    g_test_add_func("/sets/dead-are-bounded", test_dead_are_bounded);
    return g_test_run();
}
