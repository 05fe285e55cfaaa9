/* test_trim.c - working sets with limits: what is trimmed, where it stays, how it comes back; by
 * hand, reference by reference.
 */
#include "fixture.h"

/* A space that may have `most` pages resident, and has a right to `least`. */
static AddressSpace *space_limited(Fixture *f, uint64_t least, uint64_t most, Counters *counters) {
    Limits limits = *NO_LIMITS;
    limits.rss = most == 0 ? UINT64_MAX : most * PAGE;
    limits.rss_min = least * PAGE;
    AddressSpace *space = address_space_create(f->m, 2, &limits, NULL, counters);
    g_assert_nonnull(space);
    return space;
}

static VAddr map_pages(Fixture *f, AddressSpace *space, uint64_t pages, unsigned flags) {
    VAddr va = 0;
    g_assert_cmpint(space_mmap(f->m, space, 0, pages * PAGE, RW, flags, &va), ==, OUTCOME_OK);
    return va;
}

static void store_page(Fixture *f, AddressSpace *space, VAddr va, uint64_t page) {
    store(f, space, va + page * PAGE, 100 + page);
}

static void load_page(Fixture *f, AddressSpace *space, VAddr va, uint64_t page) {
    g_assert_cmpuint(load(f, space, va + page * PAGE), ==, 100 + page);
    assert_sound(f);
}

static void assert_census(const Fixture *f, uint64_t modified, uint64_t standby, uint64_t transit) {
    FrameCensus census = memory_census(f->m);
    g_assert_cmpuint(census.modified, ==, modified);
    g_assert_cmpuint(census.standby, ==, standby);
    g_assert_cmpuint(census.in_transit, ==, transit);
    g_assert_cmpuint(census.free + census.zeroed + census.resident + census.in_transit +
                         census.standby + census.modified + census.deactivated,
                     ==, census.total);
}

/* Two pages at most, eight frames.  clock, so whoever came first goes once all are referenced. */
static void test_limit(void) {
    Fixture f;
    Counters c = {0};
    fixture_start(&f, 8, 8);
    AddressSpace *space = space_limited(&f, 0, 2, &c);
    VAddr va = map_pages(&f, space, 4, 0);
    store_page(&f, space, va, 0);
    store_page(&f, space, va, 1);
    g_assert_cmpuint(c.trims, ==, 0);
    store_page(&f, space, va, 2); /* 0 goes */
    g_assert_cmpuint(c.trims, ==, 1);
    g_assert_cmpuint(c.evictions, ==, 0);
    g_assert_cmpuint(space->rss, ==, 2);
    assert_census(&f, 1, 0, 0);

    Tick before = f.clock.now;
    load_page(&f, space, va, 0); /* back, no I/O; 1 goes: its bit is clear since 0 went */
    g_assert_cmpuint(c.softflt, ==, 1);
    g_assert_cmpuint(c.majflt + f.machine.io_writes + f.machine.io_reads, ==, 0);
    g_assert_cmpuint(f.clock.now - before, ==, 1000 + 40 + 101);
    assert_census(&f, 1, 0, 0);

    store_page(&f, space, va, 3); /* 2 goes; two modified pages are a quarter of memory: written */
    g_assert_cmpuint(c.trims, ==, 3);
    g_assert_cmpuint(f.machine.modified_writes, ==, 2);
    g_assert_cmpuint(c.pswpout, ==, 2);
    assert_census(&f, 0, 0, 2);
    load_page(&f, space, va, 1); /* in the middle of its write; 0 goes, which is still dirty */
    g_assert_cmpuint(c.softflt, ==, 2);
    assert_census(&f, 1, 0, 1);

    f.clock.now += 1000000;
    fixture_run_background(&f);
    assert_census(&f, 1, 1, 0); /* 2 is on standby */
    load_page(&f, space, va, 2);
    g_assert_cmpuint(c.softflt, ==, 3);
    g_assert_cmpuint(c.majflt + c.evictions, ==, 0);
    fixture_close(&f);
}

/* Read back from standby a page is clean: when it is trimmed again it goes to standby at once. */
static void test_clean_page_goes_to_standby(void) {
    Fixture f;
    Counters c = {0};
    fixture_start(&f, 8, 0);
    AddressSpace *space = space_limited(&f, 0, 1, &c);
    VAddr va = map_pages(&f, space, 2, MAP_FLAG_FILE);
    uint64_t value = 1;
    space_load(&f, space, va, &value);
    space_load(&f, space, va + PAGE, &value);
    assert_census(&f, 0, 1, 0);
    g_assert_cmpuint(c.filein, ==, 2);
    space_load(&f, space, va, &value);
    assert_census(&f, 0, 1, 0);
    g_assert_cmpuint(c.filein, ==, 2);
    g_assert_cmpuint(c.softflt, ==, 1);
    fixture_close(&f);
}

/* Three frames, one page at most: what is on standby longest gives its frame, and is gone then. */
static void test_standby_is_reused(void) {
    Fixture f;
    Counters c = {0};
    fixture_start(&f, 3, 8);
    AddressSpace *space = space_limited(&f, 0, 1, &c);
    VAddr va = map_pages(&f, space, 4, 0);
    store_page(&f, space, va, 0);
    store_page(&f, space, va, 1); /* 0 is trimmed, and written: one of three is a quarter */
    assert_census(&f, 0, 0, 1);
    store_page(&f, space, va, 2); /* 1 is trimmed; the writer is busy */
    assert_census(&f, 1, 0, 1);
    f.clock.now += 100000;
    fixture_run_background(&f); /* 0 is on standby; 1 is being written */
    assert_census(&f, 0, 1, 1);
    g_assert_cmpuint(c.evictions, ==, 0);
    store_page(&f, space, va, 3); /* 2 is trimmed; 3 gets the frame of 0 */
    g_assert_cmpuint(f.machine.standby_reuse, ==, 1);
    g_assert_cmpuint(f.machine.pgsteal_direct, ==, 0);
    g_assert_cmpuint(c.evictions, ==, 1);
    g_assert_cmpuint(space->swap, ==, 1);
    assert_census(&f, 1, 0, 1);
    load_page(&f, space, va, 0);
    g_assert_cmpuint(c.majflt, ==, 1);
    g_assert_cmpuint(c.softflt, ==, 0);
    fixture_close(&f);
}

/* No frame but a modified page's: it is written while the fault waits. */
static void test_modified_is_reused(void) {
    Fixture f;
    Counters c = {0};
    fixture_start(&f, 2, 8);
    AddressSpace *space = space_limited(&f, 0, 1, &c);
    VAddr va = map_pages(&f, space, 3, 0);
    store_page(&f, space, va, 0);
    store_page(&f, space, va, 1); /* 0 is being written until then */
    Tick first = f.m->device.busy_until;
    store_page(&f, space, va, 2);
    g_assert_cmpuint(f.clock.now, >=, first + 30000);
    g_assert_cmpuint(f.machine.modified_writes, ==, 1);
    g_assert_cmpuint(c.evictions, ==, 1);
    g_assert_cmpuint(c.writebacks, ==, 2);
    load_page(&f, space, va, 1);
    load_page(&f, space, va, 0);
    fixture_close(&f);
}

static void test_idle_writer(void) {
    Fixture f;
    Counters c = {0};
    fixture_start(&f, 100, 64);
    AddressSpace *space = space_limited(&f, 0, 1, &c);
    VAddr va = map_pages(&f, space, 21, 0);
    for (uint64_t page = 0; page < 21; page++) {
        store_page(&f, space, va, page);
    }
    assert_census(&f, 20, 0, 0);
    memory_idle(f.m, 0); /* a cluster of 16, then the others */
    assert_census(&f, 4, 0, 16);
    memory_idle(f.m, 0);
    assert_census(&f, 4, 0, 16);
    g_assert_cmpuint(f.background_due, ==, f.m->writer_until);
    f.clock.now = f.background_due;
    fixture_run_background(&f);
    assert_census(&f, 4, 16, 0);
    memory_idle(f.m, 0);
    assert_census(&f, 0, 16, 4);
    g_assert_cmpuint(f.machine.modified_writes, ==, 20);
    fixture_close(&f);
}

/* What was trimmed goes with its mapping, and with its process. */
static void test_removal(void) {
    Fixture f;
    Counters c = {0};
    fixture_start(&f, 16, 16);
    AddressSpace *space = space_limited(&f, 0, 1, &c);
    VAddr va = map_pages(&f, space, 6, 0);
    for (uint64_t page = 0; page < 6; page++) {
        store_page(&f, space, va, page);
    }
    assert_census(&f, 1, 0, 4); /* the fourth made it a quarter */
    f.clock.now += 1000000;
    fixture_run_background(&f);
    assert_census(&f, 1, 4, 0);
    g_assert_cmpint(space_munmap(f.m, space, va, 2 * PAGE), ==, OUTCOME_OK);
    assert_census(&f, 1, 2, 0);
    g_assert_cmpint(space_madvise(f.m, space, va + 4 * PAGE, PAGE, ADVICE_DONTNEED), ==,
                    OUTCOME_OK);
    assert_census(&f, 0, 2, 0);
    VAddr to = 0;
    g_assert_cmpint(
        space_mremap(f.m, space, va + 2 * PAGE, 2 * PAGE, 9 * PAGE, REMAP_MAY_MOVE, 0, &to), ==,
        OUTCOME_OK);
    assert_sound(&f);
    load_page(&f, space, to - 2 * PAGE, 3);
    g_assert_cmpuint(c.softflt, ==, 1);
    address_space_destroy(f.m, space);
    assert_census(&f, 0, 0, 0);
    g_assert_cmpuint(memory_census(f.m).swap_used, ==, 0);
    fixture_close(&f);
}

/* A policy that deactivates pages holds them; trimmed ones it does not. */
static void test_deactivated_is_not_standby(void) {
    Fixture f;
    Counters c = {0};
    MemoryConfig config = fixture_config(8, 8);
    fixture_set_policy(&config, fixture_policy("segmented-fifo"));
    fixture_open(&f, &config);
    AddressSpace *space = space_limited(&f, 0, 2, &c);
    VAddr va = map_pages(&f, space, 3, 0);
    store_page(&f, space, va, 0);
    store_page(&f, space, va, 1); /* one is primary, one is not */
    g_assert_cmpuint(memory_census(f.m).deactivated, ==, 1);
    assert_census(&f, 0, 0, 0);
    store_page(&f, space, va, 2);
    g_assert_cmpuint(memory_census(f.m).deactivated, ==, 1);
    assert_census(&f, 1, 0, 0);
    load_page(&f, space, va, 0);
    fixture_close(&f);
}

/* ---- guarantees ------------------------------------------------------------------------ */

/* Four frames.  One has a right to its two; the other takes what is free, then its own. */
static void test_minimum(void) {
    Fixture f;
    Counters a = {0}, b = {0};
    fixture_start(&f, 4, 8);
    AddressSpace *one = space_limited(&f, 2, 0, &a), *other = space_limited(&f, 0, 0, &b);
    VAddr there = map_pages(&f, one, 3, 0), here = map_pages(&f, other, 4, 0);
    store_page(&f, one, there, 0);
    store_page(&f, one, there, 1);
    for (uint64_t page = 0; page < 4; page++) {
        store_page(&f, other, here, page);
    }
    g_assert_cmpuint(one->rss, ==, 2);
    g_assert_cmpuint(a.evictions, ==, 0);
    g_assert_cmpuint(b.evictions, ==, 2);
    store_page(&f, one, there, 2); /* on its own behalf anything may go */
    g_assert_cmpuint(one->rss + other->rss, ==, 4);
    fixture_close(&f);
}

static void test_emergency(void) {
    Fixture f;
    Counters a = {0}, b = {0};
    fixture_start(&f, 2, 8);
    AddressSpace *one = space_limited(&f, 2, 0, &a), *other = space_limited(&f, 0, 0, &b);
    VAddr there = map_pages(&f, one, 2, 0), here = map_pages(&f, other, 1, 0);
    store_page(&f, one, there, 0);
    store_page(&f, one, there, 1);
    store_page(&f, other, here, 0); /* nothing else to take */
    g_assert_cmpuint(one->rss, ==, 1);
    g_assert_cmpuint(a.evictions, ==, 1);
    load_page(&f, one, there, 0);
    load_page(&f, one, there, 1);
    fixture_close(&f);
}

/* Locked pages are not trimmed; a space cannot lock as many as it may hold. */
static void test_locked(void) {
    Fixture f;
    Counters counters = {0};
    fixture_start(&f, 32, 64);
    AddressSpace *space = space_limited(&f, 0, 3, &counters);
    VAddr va = map_pages(&f, space, 8, 0);
    g_assert_cmpint(space_mlock(f.m, space, va, 3 * PAGE, false), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(space_mlock(f.m, space, va, 2 * PAGE, false), ==, OUTCOME_OK);
    for (unsigned page = 2; page < 8; page++) {
        store_page(&f, space, va, page);
        uint64_t resident;
        g_assert_cmpint(space_mincore(f.m, space, va, 2 * PAGE, &resident), ==, OUTCOME_OK);
        g_assert_cmpuint(resident, ==, 2);
        g_assert_cmpuint(space->rss, ==, 3);
    }
    g_assert_cmpuint(counters.trims, ==, 5);
    address_space_destroy(f.m, space);
    fixture_close(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trim/limit", test_limit);
    g_test_add_func("/trim/clean", test_clean_page_goes_to_standby);
    g_test_add_func("/trim/standby", test_standby_is_reused);
    g_test_add_func("/trim/modified", test_modified_is_reused);
    g_test_add_func("/trim/idle-writer", test_idle_writer);
    g_test_add_func("/trim/removal", test_removal);
    g_test_add_func("/trim/deactivated", test_deactivated_is_not_standby);
    g_test_add_func("/trim/minimum", test_minimum);
    g_test_add_func("/trim/emergency", test_emergency);
    g_test_add_func("/trim/locked", test_locked);
    return g_test_run();
}
