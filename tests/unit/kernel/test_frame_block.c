/* test_frame_block.c - blocks of free frames against a search by hand. */
#include <glib.h>

#include "faultline/rng.h"
#include "kernel/frame_block.h"

#define FRAMES 2500 /* no whole number of the largest blocks */

typedef struct Fixture {
    Contents contents;
    FrameTable table;
    bool idle[FRAMES];
} Fixture;

static void set_up(Fixture *f, bool zeroed) {
    g_assert_true(contents_init(&f->contents, 4096));
    g_assert_true(frame_table_init(&f->table, FRAMES, zeroed, &f->contents));
    memset(f->idle, true, sizeof f->idle);
}

static void tear_down(Fixture *f) {
    g_assert_cmpstr(frame_table_check(&f->table), ==, NULL);
    frame_table_clear(&f->table);
    contents_clear(&f->contents);
}

static bool wholly_idle(const Fixture *f, uint64_t first, unsigned order) {
    bool idle = first + (UINT64_C(1) << order) <= FRAMES;
    for (uint64_t at = first; idle && at < first + (UINT64_C(1) << order); at++) {
        idle = f->idle[at];
    }
    return idle;
}

static Pfn lowest_block(const Fixture *f, unsigned order) {
    for (uint64_t first = 0; first < FRAMES; first += UINT64_C(1) << order) {
        if (wholly_idle(f, first, order)) {
            return (Pfn)first;
        }
    }
    return PFN_NONE;
}

/* What a buddy allocator has: free blocks that are not half of a larger free one. */
static uint64_t blocks_of_order(const Fixture *f, unsigned order) {
    uint64_t count = 0;
    for (uint64_t first = 0; first < FRAMES; first += UINT64_C(1) << order) {
        uint64_t larger = first >> (order + 1) << (order + 1);
        count += wholly_idle(f, first, order) &&
                 (order == FRAME_BLOCK_ORDER_MAX || !wholly_idle(f, larger, order + 1));
    }
    return count;
}

static void assert_counts(const Fixture *f) {
    FrameBlocks blocks = frame_count_blocks(&f->table);
    uint64_t frames = 0;
    for (unsigned order = 0; order <= FRAME_BLOCK_ORDER_MAX; order++) {
        g_assert_cmpuint(blocks.count[order], ==, blocks_of_order(f, order));
        frames += blocks.count[order] << order;
    }
    g_assert_cmpuint(frames, ==, f->table.free.count + f->table.zeroed.count);
    g_assert_cmpuint(frame_unusable_index(&blocks, 0), ==, 0);
}

static void take(Fixture *f, unsigned order) {
    uint64_t dirty = 0;
    Pfn expected = lowest_block(f, order);
    g_assert_cmpuint(frame_take_block(&f->table, order, true, &dirty), ==, expected);
    for (uint64_t i = 0; expected != PFN_NONE && i < UINT64_C(1) << order; i++) {
        f->idle[expected + i] = false;
    }
    g_assert_cmpuint(dirty, <=, UINT64_C(1) << order);
}

static void test_random(void) {
    for (uint64_t seed = 1; seed <= (g_test_slow() ? 40 : 6); seed++) {
        Fixture f;
        Rng rng = {seed};
        set_up(&f, seed % 2 == 0);
        for (unsigned step = 0; step < 400; step++) {
            Pfn pfn = (Pfn)rng_below(&rng, FRAMES);
            if (rng_below(&rng, 3) == 0) {
                take(&f, (unsigned)rng_below(&rng, FRAME_BLOCK_ORDER_MAX + 1));
            }
            for (unsigned i = 0; i < 40 && pfn < FRAMES; i++, pfn++) {
                if (!f.idle[pfn]) {
                    frame_release(&f.table, pfn);
                    f.idle[pfn] = true;
                }
            }
            if (rng_below(&rng, 20) == 0) {
                frame_zero_one(&f.table);
                assert_counts(&f);
            }
        }
        tear_down(&f);
    }
}

static void test_unusable(void) {
    FrameBlocks blocks = {.count = {[0] = 4, [3] = 1, [9] = 1}};
    g_assert_cmpuint(frame_unusable_index(&blocks, 9), ==, 12 * 1000 / 524);
    g_assert_cmpuint(frame_unusable_index(&blocks, 10), ==, 1000);
    blocks = (FrameBlocks){{0}};
    g_assert_cmpuint(frame_unusable_index(&blocks, 3), ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frame-block/random", test_random);
    g_test_add_func("/frame-block/unusable", test_unusable);
    return g_test_run();
}
