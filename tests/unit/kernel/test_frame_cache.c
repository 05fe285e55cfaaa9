/* test_frame_cache.c - the idle frames that CPUs keep at hand, by hand and at random. */
#include <glib.h>

#include "faultline/rng.h"
#include "kernel/frame.h"

#define FRAMES 20

typedef struct Fixture {
    Contents contents;
    Counters counters;
    FrameTable table;
} Fixture;

static void set_up(Fixture *f, uint32_t cpus, PerCpuPages size) {
    f->counters = (Counters){0};
    g_assert_true(contents_init(&f->contents, 4096));
    g_assert_true(frame_table_init(&f->table, FRAMES, true, &f->contents));
    g_assert_true(frame_caches_init(&f->table.caches, size, cpus, &f->counters));
}

static void tear_down(Fixture *f) {
    g_assert_cmpstr(frame_table_check(&f->table), ==, NULL);
    frame_table_clear(&f->table);
    contents_clear(&f->contents);
}

static Pfn take(Fixture *f, uint32_t cpu, bool want_zeroed) {
    bool zeroed = false;
    f->table.caches.cpu = cpu;
    Pfn pfn = frame_take(&f->table, want_zeroed, &zeroed);
    g_assert_cmpstr(frame_table_check(&f->table), ==, NULL);
    return pfn;
}

static void give(Fixture *f, uint32_t cpu, Pfn pfn) {
    f->table.caches.cpu = cpu;
    frame_release(&f->table, pfn);
    g_assert_cmpstr(frame_table_check(&f->table), ==, NULL);
}

/* Batches of 3: CPU 0 takes 0 1 2 for itself, CPU 1 then 3 4 5. */
static void test_batches(void) {
    Fixture f;
    set_up(&f, 2, (PerCpuPages){3, 4});
    g_assert_cmpuint(take(&f, 0, true), ==, 0);
    g_assert_cmpuint(take(&f, 1, true), ==, 3);
    g_assert_cmpuint(take(&f, 0, true), ==, 1);
    g_assert_cmpuint(take(&f, 0, true), ==, 2);
    g_assert_cmpuint(f.counters.pcp_refills, ==, 2);
    g_assert_cmpuint(take(&f, 0, true), ==, 6);
    g_assert_cmpuint(f.counters.pcp_refills, ==, 3);
    g_assert_cmpuint(frames_zeroed(&f.table), ==, FRAMES - 5);
    tear_down(&f);
}

/* The last one that came is the first to go; the fifth is one too many, and the oldest 3 leave. */
static void test_last_in_first_out(void) {
    Fixture f;
    set_up(&f, 2, (PerCpuPages){3, 4});
    for (Pfn pfn = 0; pfn < 6; pfn++) {
        g_assert_cmpuint(take(&f, 0, true), ==, pfn);
    }
    for (Pfn pfn = 0; pfn < 4; pfn++) {
        give(&f, 0, pfn);
    }
    g_assert_cmpuint(f.table.free.count, ==, 0);
    g_assert_cmpuint(take(&f, 0, false), ==, 3);
    give(&f, 0, 3);
    give(&f, 0, 4);
    g_assert_cmpuint(f.table.free.count, ==, 3);
    g_assert_cmpuint(f.counters.pcp_drains, ==, 1);
    g_assert_cmpuint(frames_free(&f.table), ==, 5);
    g_assert_cmpuint(take(&f, 0, false), ==, 4);
    g_assert_cmpuint(take(&f, 1, false), ==, 0);
    tear_down(&f);
}

/* What lies in the lists of others is found in the end. */
static void test_none_is_lost(void) {
    Fixture f;
    set_up(&f, 3, (PerCpuPages){4, 8});
    take(&f, 0, true);
    take(&f, 1, true);
    for (unsigned i = 2; i < FRAMES; i++) {
        g_assert_cmpuint(take(&f, 2, i % 2 == 0), !=, PFN_NONE);
    }
    g_assert_cmpuint(take(&f, 2, true), ==, PFN_NONE);
    tear_down(&f);
}

static void test_random(void) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        Fixture f;
        Rng rng = rng_stream(seed, 1);
        set_up(&f, 3, (PerCpuPages){2, 5});
        Pfn held[FRAMES];
        uint32_t count = 0;
        for (unsigned step = 0; step < 500; step++) {
            uint32_t cpu = (uint32_t)rng_below(&rng, 3);
            uint64_t what = rng_below(&rng, 5);
            if (what == 0) {
                frame_zero_one(&f.table);
            } else if (what < 3 && count > 0) {
                uint32_t at = (uint32_t)rng_below(&rng, count);
                give(&f, cpu, held[at]);
                held[at] = held[--count];
            } else if (count < FRAMES) {
                held[count] = take(&f, cpu, what == 4);
                g_assert_cmpuint(held[count++], !=, PFN_NONE);
            }
            g_assert_cmpuint(frames_free(&f.table) + frames_zeroed(&f.table), ==, FRAMES - count);
        }
        tear_down(&f);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kernel/frame_cache/batches", test_batches);
    g_test_add_func("/kernel/frame_cache/last_in_first_out", test_last_in_first_out);
    g_test_add_func("/kernel/frame_cache/none_is_lost", test_none_is_lost);
    g_test_add_func("/kernel/frame_cache/random", test_random);
    return g_test_run();
}
