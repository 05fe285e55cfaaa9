/* test_watermarks.c - who reclaims when, what it counts and costs: the background reclaimer, faults
 * below min, the balance-set manager, and the bounds of Windows' working sets.
 */
#include "fixture.h"

/* Pages of a file, which are clean; page after page. */
typedef struct Reader {
    AddressSpace *space;
    Counters counters;
    VAddr va;
    uint64_t next;
} Reader;

static void reader_open(Fixture *f, Reader *r) {
    *r = (Reader){.space = address_space_create(f->m, 2, NO_LIMITS, NULL, &r->counters)};
    g_assert_cmpint(space_mmap(f->m, r->space, 0, 64 * PAGE, RW, MAP_FLAG_FILE, &r->va), ==,
                    OUTCOME_OK);
}

static void reader_read(Fixture *f, Reader *r, uint64_t pages) {
    for (; pages > 0; pages--) {
        uint64_t value;
        VAddr va = r->va + r->next++ * PAGE;
        g_assert_cmpint(space_load(f, r->space, va, &value), ==, OUTCOME_OK);
        assert_sound(f);
    }
}

static void test_background(void) {
    Fixture f;
    Reader r;
    MemoryConfig config = fixture_config(16, 64);
    config.watermarks = (Watermarks){2, 4, 6, true};
    config.costs.page_scan_ns = 50;
    fixture_open(&f, &config);
    reader_open(&f, &r);
    reader_read(&f, &r, 12);
    g_assert_cmpuint(f.background_due, ==, TICK_NEVER); /* four are left: not below low */
    reader_read(&f, &r, 1);
    g_assert_cmpuint(f.machine.pageoutrun, ==, 1);
    g_assert_cmpuint(f.machine.pgsteal_kswapd, ==, 0);

    Tick before = f.clock.now;
    g_assert_cmpuint(memory_background(f.m), ==, 16 * 50);
    g_assert_cmpuint(f.clock.now - before, ==, 16 * 50);
    /* 13 referenced pages, then the first again; the next two at once. */
    g_assert_cmpuint(f.machine.pgscan_kswapd, ==, 13 + 1 + 1 + 1);
    g_assert_cmpuint(f.machine.pgsteal_kswapd, ==, 3);
    g_assert_cmpuint(f.machine.reclaim_ns, ==, 16 * 50);
    g_assert_cmpuint(r.space->rss, ==, 10);
    g_assert_cmpuint(r.counters.evictions, ==, 3);
    g_assert_cmpuint(f.machine.allocstall + f.machine.pgscan_direct, ==, 0);
    g_assert_false(f.m->daemon_awake);
    reader_read(&f, &r, 3);
    g_assert_cmpuint(f.machine.pageoutrun, ==, 2);
    fixture_close(&f);
}

/* 40 pages to take: a batch of 32 first, the rest when others have had their turn. */
static void test_batches(void) {
    Fixture f;
    Reader r;
    MemoryConfig config = fixture_config(60, 64);
    config.watermarks = (Watermarks){0, 20, 59, true};
    fixture_open(&f, &config);
    reader_open(&f, &r);
    reader_read(&f, &r, 41);
    f.background_due = TICK_NEVER;
    memory_background(f.m);
    g_assert_cmpuint(f.machine.pgsteal_kswapd, ==, 32);
    g_assert_cmpuint(f.background_due, ==, f.clock.now);
    fixture_run_background(&f);
    g_assert_cmpuint(f.machine.pgsteal_kswapd, ==, 40);
    g_assert_cmpuint(f.machine.pageoutrun, ==, 1);
    fixture_close(&f);
}

/* Dirty pages are available only once they are written, but are not taken twice. */
static void test_dirty_pages_are_coming(void) {
    Fixture f;
    MemoryConfig config = fixture_config(16, 64);
    config.watermarks = (Watermarks){1, 4, 6, true};
    fixture_open(&f, &config);
    VAddr va = fixture_map(&f, 16 * PAGE, RW, 0);
    fixture_touch(&f, va, 13, ACCESS_WRITE);
    fixture_run_background(&f);
    g_assert_cmpuint(f.machine.pgsteal_kswapd, ==, 3);
    g_assert_cmpuint(memory_census(f.m).in_transit, ==, 3);
    memory_background(f.m);
    g_assert_cmpuint(f.machine.pgsteal_kswapd, ==, 3);
    f.clock.now += 1000000;
    memory_background(f.m);
    g_assert_cmpuint(memory_census(f.m).in_transit, ==, 0);
    g_assert_cmpuint(f.space->swap, ==, 3);
    fixture_close(&f);
}

static void test_direct(void) {
    Fixture f;
    Reader r;
    MemoryConfig config = fixture_config(16, 64);
    config.watermarks = (Watermarks){2, 4, 6, false};
    config.costs.page_scan_ns = 50;
    fixture_open(&f, &config);
    reader_open(&f, &r);
    reader_read(&f, &r, 15);
    g_assert_cmpuint(f.background_due, ==, TICK_NEVER);
    g_assert_cmpuint(f.machine.allocstall, ==, 0);
    g_assert_cmpuint(memory_census(f.m).zeroed, ==, 1); /* the last fault found two, which is min */
    Tick fault_ns = r.counters.fault_ns;
    reader_read(&f, &r, 1);
    g_assert_cmpuint(f.machine.allocstall, ==, 1);
    g_assert_cmpuint(f.machine.pgsteal_direct, ==, 1);
    g_assert_cmpuint(f.machine.pgscan_direct, ==, 16);
    g_assert_cmpuint(r.counters.fault_ns - fault_ns, ==, 1000 + 16 * 50); /* its own time */
    g_assert_cmpuint(f.machine.reclaim_ns + f.machine.pageoutrun, ==, 0);
    g_assert_cmpuint(r.space->rss, ==, 15);
    fixture_close(&f);
}

/* No watermarks: memory fills to the last frame, and a fault takes one page when none is left. */
static void test_none(void) {
    Fixture f;
    Reader r;
    fixture_start(&f, 16, 64);
    reader_open(&f, &r);
    reader_read(&f, &r, 16);
    g_assert_cmpuint(f.machine.allocstall, ==, 0);
    reader_read(&f, &r, 2);
    g_assert_cmpuint(f.machine.allocstall, ==, 2);
    g_assert_cmpuint(f.machine.pgsteal_direct, ==, 2);
    g_assert_cmpuint(r.space->rss, ==, 16);
    g_assert_cmpuint(f.background_due, ==, TICK_NEVER);
    fixture_close(&f);
}

/* ---- Windows --------------------------------------------------------------------------- */

static MemoryConfig windows(uint32_t frames, uint64_t minimum, uint64_t maximum, bool hard) {
    MemoryConfig config = fixture_config(frames, 64);
    fixture_set_policy(&config, fixture_policy("windows-ws"));
    config.policy_params[0] = minimum;
    config.policy_params[1] = maximum;
    config.policy_params[2] = hard;
    return config;
}

static void test_balance_set(void) {
    Fixture f;
    Reader a, b;
    MemoryConfig config = windows(10, 1, 100, false);
    config.watermarks = (Watermarks){1, 3, 5, true};
    fixture_open(&f, &config);
    reader_open(&f, &a);
    reader_open(&f, &b);
    reader_read(&f, &a, 5);
    reader_read(&f, &b, 3); /* two are left: below low */
    g_assert_cmpuint(f.machine.pageoutrun, ==, 1);
    fixture_run_background(&f);
    /* The first pass finds all pages referenced, and clears their bits. */
    g_assert_cmpuint(a.counters.trims + b.counters.trims, ==, 0);
    g_assert_cmpuint(f.machine.pgscan_kswapd, ==, 8);
    reader_read(&f, &b, 1);
    g_assert_cmpuint(f.machine.pageoutrun, ==, 2);
    fixture_run_background(&f);
    /* One is left, five are wanted: a gives four, and so is at its minimum. */
    g_assert_cmpuint(a.counters.trims, ==, 4);
    g_assert_cmpuint(b.counters.trims, ==, 0);
    g_assert_cmpuint(a.space->rss, ==, 1);
    g_assert_cmpuint(memory_census(f.m).standby, ==, 4);
    g_assert_cmpuint(f.machine.pgsteal_kswapd + a.counters.evictions, ==, 0);
    uint64_t value;
    space_load(&f, a.space, a.va, &value);
    g_assert_cmpuint(a.counters.softflt, ==, 1);
    g_assert_cmpuint(a.counters.majflt, ==, 5);
    fixture_close(&f);
}

/* Without watermarks memory is plentiful until its last frame. */
static void test_soft_maximum(void) {
    Fixture f;
    Reader a;
    MemoryConfig config = windows(6, 0, 2, false);
    fixture_open(&f, &config);
    reader_open(&f, &a);
    reader_read(&f, &a, 6);
    g_assert_cmpuint(a.space->rss, ==, 6);
    g_assert_cmpuint(a.counters.trims, ==, 0);
    reader_read(&f, &a, 1); /* one page for one page */
    g_assert_cmpuint(a.space->rss, ==, 6);
    g_assert_cmpuint(a.counters.trims, ==, 1);
    g_assert_cmpuint(f.machine.standby_reuse, ==, 1);
    fixture_close(&f);
}

static void test_hard_maximum(void) {
    Fixture f;
    Reader a;
    MemoryConfig config = windows(6, 0, 2, true);
    fixture_open(&f, &config);
    reader_open(&f, &a);
    reader_read(&f, &a, 5);
    g_assert_cmpuint(a.space->rss, ==, 2);
    g_assert_cmpuint(a.counters.trims, ==, 3);
    g_assert_cmpuint(memory_census(f.m).standby, ==, 3);
    g_assert_cmpuint(a.counters.evictions, ==, 0);
    fixture_close(&f);
}

/* Nothing is left but what others hold: the largest excess goes first, not the asking process. */
static void test_largest_excess(void) {
    Fixture f;
    Reader a, b;
    MemoryConfig config = windows(6, 1, 100, false);
    fixture_open(&f, &config);
    reader_open(&f, &a);
    reader_open(&f, &b);
    reader_read(&f, &a, 6);
    reader_read(&f, &b, 2);
    g_assert_cmpuint(a.space->rss, ==, 4);
    g_assert_cmpuint(b.space->rss, ==, 2);
    reader_read(&f, &b, 2);
    g_assert_cmpuint(a.space->rss, ==, 2); /* of equals the one with the lower number */
    g_assert_cmpuint(b.space->rss, ==, 4);
    reader_read(&f, &b, 1);
    g_assert_cmpuint(a.space->rss, ==, 2); /* its own */
    fixture_close(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/watermarks/background", test_background);
    g_test_add_func("/watermarks/batches", test_batches);
    g_test_add_func("/watermarks/dirty", test_dirty_pages_are_coming);
    g_test_add_func("/watermarks/direct", test_direct);
    g_test_add_func("/watermarks/none", test_none);
    g_test_add_func("/windows/balance-set", test_balance_set);
    g_test_add_func("/windows/soft-maximum", test_soft_maximum);
    g_test_add_func("/windows/hard-maximum", test_hard_maximum);
    g_test_add_func("/windows/largest-excess", test_largest_excess);
    return g_test_run();
}
