/* test_fault.c - each kind of fault: what it counts, what it costs, what it leaves behind. */
#include "fixture.h"

static void test_demand_zero(void) {
    Fixture f;
    fixture_start(&f, 8, 0);
    VAddr va = fixture_map(&f, 4 * PAGE, RW, 0);
    g_assert_cmpint(fixture_touch(&f, va, 3, ACCESS_WRITE), ==, OUTCOME_OK);
    g_assert_cmpuint(f.counters.minflt, ==, 3);
    g_assert_cmpuint(f.counters.ozfod, ==, 3);
    g_assert_cmpuint(f.counters.majflt, ==, 0);
    g_assert_cmpuint(f.space->rss, ==, 3);
    g_assert_cmpuint(f.space->page_table.tables, ==, 3);
    /* Three references of 101 ns, three walks of four levels, three faults. */
    g_assert_cmpuint(f.clock.now, ==, 3 * (101 + 40 + 800));
    g_assert_cmpuint(f.counters.tlb_misses, ==, 3);
    fixture_touch(&f, va, 3, ACCESS_WRITE);
    g_assert_cmpuint(f.counters.pgfault, ==, 3);
    g_assert_cmpuint(f.clock.now, ==, 3 * (101 + 40 + 800) + 3 * 101);
    fixture_close(&f);
}

static void test_zero_page(void) {
    Fixture f;
    fixture_start(&f, 8, 0);
    VAddr va = fixture_map(&f, 2 * PAGE, RW, 0);
    g_assert_cmpuint(load(&f, f.space, va), ==, 0);
    g_assert_cmpuint(f.counters.zero_page_reads, ==, 1);
    g_assert_cmpuint(f.space->rss, ==, 0);
    store(&f, f.space, va, 5);
    g_assert_cmpuint(f.counters.zero_page_upgrades, ==, 1);
    g_assert_cmpuint(f.counters.minflt, ==, 2);
    g_assert_cmpuint(f.space->rss, ==, 1);
    g_assert_cmpuint(load(&f, f.space, va), ==, 5);
    g_assert_cmpuint(load(&f, f.space, va + PAGE), ==, 0);
    fixture_close(&f);
}

static void test_without_zero_page(void) {
    Fixture f;
    MemoryConfig config = fixture_config(8, 0);
    config.shared_zero_page = false;
    fixture_open(&f, &config);
    VAddr va = fixture_map(&f, PAGE, RW, 0);
    fixture_touch(&f, va, 1, ACCESS_READ);
    g_assert_cmpuint(f.space->rss, ==, 1);
    fixture_touch(&f, va, 1, ACCESS_WRITE);
    g_assert_cmpuint(f.counters.minflt, ==, 1);
    fixture_close(&f);
}

static void test_invalid(void) {
    Fixture f;
    fixture_start(&f, 8, 0);
    VAddr va = fixture_map(&f, PAGE, VM_READ, 0);
    g_assert_cmpint(fixture_touch(&f, 0, 1, ACCESS_READ), ==, OUTCOME_SEGV_MAPERR);
    g_assert_cmpint(fixture_touch(&f, va, 1, ACCESS_WRITE), ==, OUTCOME_SEGV_ACCERR);
    g_assert_cmpuint(f.space->fault_address, ==, va);
    g_assert_cmpuint(f.counters.invalid_faults, ==, 2);
    g_assert_cmpuint(f.counters.pgfault, ==, 2);
    g_assert_cmpuint(f.space->page_table.tables, ==, 0);
    g_assert_cmpuint(f.counters.stores + f.counters.loads, ==, 0);
    fixture_close(&f);
}

static void test_protection_off_and_on(void) {
    Fixture f;
    fixture_start(&f, 8, 0);
    VAddr va = fixture_map(&f, PAGE, RW, 0);
    store(&f, f.space, va, 77);
    g_assert_cmpint(space_mprotect(f.m, f.space, va, PAGE, VM_NONE), ==, OUTCOME_OK);
    uint64_t value = 0;
    g_assert_cmpint(space_load(&f, f.space, va, &value), ==, OUTCOME_SEGV_ACCERR);
    g_assert_cmpuint(f.space->rss, ==, 1);
    g_assert_cmpint(space_mprotect(f.m, f.space, va, PAGE, VM_READ), ==, OUTCOME_OK);
    g_assert_cmpuint(load(&f, f.space, va), ==, 77);
    g_assert_cmpint(space_store(&f, f.space, va, 1), ==, OUTCOME_SEGV_ACCERR);
    g_assert_cmpint(space_mprotect(f.m, f.space, va, PAGE, RW), ==, OUTCOME_OK);
    store(&f, f.space, va, 1);
    g_assert_cmpuint(f.counters.minflt, ==, 1);
    fixture_close(&f);
}

/* Two frames, three pages: the first goes to swap and comes back with its bytes. */
static void test_swap(void) {
    Fixture f;
    fixture_start(&f, 2, 8);
    VAddr va = fixture_map(&f, 3 * PAGE, RW, 0);
    for (uint64_t i = 0; i < 3; i++) {
        store(&f, f.space, va + i * PAGE, 100 + i);
    }
    g_assert_cmpuint(f.counters.pswpout, ==, 1);
    g_assert_cmpuint(f.counters.evictions, ==, 1);
    g_assert_cmpuint(f.space->swap, ==, 1);
    g_assert_cmpuint(f.space->rss, ==, 2);
    Tick before = f.clock.now;
    g_assert_cmpuint(load(&f, f.space, va), ==, 100);
    g_assert_cmpuint(f.counters.majflt, ==, 1);
    g_assert_cmpuint(f.counters.pswpin, ==, 1);
    /* The victim's write goes first, then the read: the device serves in order. */
    g_assert_cmpuint(f.clock.now - before, ==, 1000 + 30000 + 100000 + 40 + 101);
    /* Read back and clean: evicting it again writes nothing. */
    uint64_t writes = f.counters.writebacks;
    fixture_touch(&f, va + PAGE, 2, ACCESS_READ);
    fixture_touch(&f, va, 3, ACCESS_READ);
    g_assert_cmpuint(f.counters.writebacks, <=, writes + 1);
    fixture_close(&f);
}

static void test_out_of_memory(void) {
    Fixture f;
    fixture_start(&f, 2, 0);
    VAddr va = fixture_map(&f, 3 * PAGE, RW, 0);
    g_assert_cmpint(fixture_touch(&f, va, 3, ACCESS_WRITE), ==, OUTCOME_OUT_OF_MEMORY);
    g_assert_cmpuint(f.space->fault_address, ==, va + 2 * PAGE);
    g_assert_cmpuint(f.counters.pgfault, ==, 2);
    g_assert_cmpint(space_munmap(f.m, f.space, va, PAGE), ==, OUTCOME_OK);
    g_assert_cmpint(fixture_touch(&f, va + 2 * PAGE, 1, ACCESS_WRITE), ==, OUTCOME_OK);
    fixture_close(&f);
}

/* Swap is full of copies that resident pages do not need: they give way. */
static void test_swap_copies_give_way(void) {
    Fixture f;
    fixture_start(&f, 3, 2);
    VAddr va = fixture_map(&f, 4 * PAGE, RW, 0);
    for (unsigned round = 0; round < 5; round++) {
        for (uint64_t i = 0; i < 4; i++) {
            if (round == 0) {
                store(&f, f.space, va + i * PAGE, i);
            }
            g_assert_cmpuint(load(&f, f.space, va + i * PAGE), ==, i);
            assert_sound(&f);
        }
    }
    fixture_close(&f);
}

/* The textbook's region: every first touch is a page-in, a dirty victim is one write-back. */
static void test_file_pages(void) {
    Fixture f;
    fixture_start(&f, 2, 0);
    VAddr va = fixture_map(&f, 3 * PAGE, RW, MAP_FLAG_FILE);
    store(&f, f.space, va, 1234);
    fixture_touch(&f, va + PAGE, 2, ACCESS_READ);
    g_assert_cmpuint(f.counters.majflt, ==, 3);
    g_assert_cmpuint(f.counters.filein, ==, 3);
    g_assert_cmpuint(f.counters.writebacks, ==, 1);
    g_assert_cmpuint(load(&f, f.space, va), ==, 1234);
    g_assert_cmpuint(f.counters.writebacks, ==, 1);
    g_assert_cmpuint(f.counters.pgfault, ==, 4);
    fixture_close(&f);
}

static void note_full(void *host) { ((Fixture *)host)->background_due = 0; }

/* What is written to files is held to a measure, and given back with them. */
static void test_files_full(void) {
    Fixture f;
    MemoryConfig config = fixture_config(2, 0);
    fixture_open(&f, &config);
    f.m->env.files_full = note_full;
    VAddr va = fixture_map(&f, 4 * PAGE, RW, MAP_FLAG_FILE);
    for (unsigned i = 0; i < 4; i++) {
        space_store(&f, f.space, va + i * PAGE, 7);
    }
    g_assert_cmpuint(f.m->files.data_pages, ==, 2); /* the others are in memory */
    g_assert_cmpuint(f.background_due, ==, TICK_NEVER);
    f.m->files.data_pages += (UINT64_C(1) << 30) / PAGE;
    space_store(&f, f.space, va, 8);
    g_assert_cmpuint(f.background_due, ==, 0);
    f.m->files.data_pages -= (UINT64_C(1) << 30) / PAGE;
    space_munmap(f.m, f.space, va, 4 * PAGE);
    g_assert_cmpuint(f.m->files.data_pages, ==, 0);
    fixture_close(&f);
}

/* Sent out, and wanted again: a soft fault while the write is under way, a major one after. */
static void test_soft_fault(void) {
    Fixture f;
    fixture_start(&f, 4, 4);
    VAddr va = fixture_map(&f, PAGE, RW, 0);
    store(&f, f.space, va, 9);
    g_assert_cmpint(space_madvise(f.m, f.space, va, PAGE, ADVICE_PAGEOUT), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->rss, ==, 0);
    g_assert_cmpuint(f.m->frames.in_transit, ==, 1);
    g_assert_cmpuint(load(&f, f.space, va), ==, 9);
    g_assert_cmpuint(f.counters.softflt, ==, 1);
    g_assert_cmpuint(f.counters.majflt, ==, 0);
    assert_sound(&f);
    space_madvise(f.m, f.space, va, PAGE, ADVICE_PAGEOUT);
    f.clock.now += 1000000;
    g_assert_cmpuint(load(&f, f.space, va), ==, 9);
    g_assert_cmpuint(f.counters.majflt, ==, 1);
    fixture_close(&f);
}

static void test_stack_grows(void) {
    Fixture f;
    fixture_start(&f, 8, 0);
    VAddr top = f.space->layout.stack_top;
    uint64_t size = f.space->vm_size;
    g_assert_cmpint(fixture_touch(&f, top - 10 * PAGE, 1, ACCESS_WRITE), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->vm_size, ==, size + 9);
    g_assert_cmpint(fixture_touch(&f, top - (UINT64_C(8) << 20) - PAGE, 1, ACCESS_WRITE), ==,
                    OUTCOME_SEGV_MAPERR);
    fixture_close(&f);
}

/* What the pool is for, and what happens without: the next owner reads the last one's bytes. */
static uint64_t reused_frame_value(ZeroPoolMode mode, Tick idle, Fixture *f) {
    MemoryConfig config = fixture_config(1, 0);
    config.zero_pool.mode = mode;
    fixture_open(f, &config);
    VAddr va = fixture_map(f, PAGE, RW, 0);
    store(f, f->space, va, 0xDEAD);
    address_space_destroy(f->m, f->space);
    memory_idle(f->m, idle);
    f->space = address_space_create(f->m, 2, NO_LIMITS, NULL, &f->counters);
    va = fixture_map(f, PAGE, RW, 0);
    fixture_touch(f, va, 1, ACCESS_WRITE);
    uint64_t value = 0;
    space_load(f, f->space, va, &value);
    return value;
}

static void test_zero_pool(void) {
    Fixture f;
    g_assert_cmpuint(reused_frame_value(ZERO_POOL_BACKGROUND, 0, &f), ==, 0);
    g_assert_cmpuint(f.machine.zeroed_on_demand, ==, 1);
    g_assert_cmpuint(f.counters.ozfod, ==, 1);
    fixture_close(&f);
    g_assert_cmpuint(reused_frame_value(ZERO_POOL_BACKGROUND, 250, &f), ==, 0);
    g_assert_cmpuint(f.machine.zeroed_in_background, ==, 1);
    g_assert_cmpuint(f.counters.ozfod, ==, 2);
    fixture_close(&f);
    g_assert_cmpuint(reused_frame_value(ZERO_POOL_ON_DEMAND, 1000, &f), ==, 0);
    g_assert_cmpuint(f.machine.zeroed_on_demand, ==, 2);
    fixture_close(&f);
    g_assert_cmpuint(reused_frame_value(ZERO_POOL_NEVER, 1000, &f), ==, 0xDEAD);
    fixture_close(&f);
}

/* Fewer than a third of the free frames zeroed: the idle task goes on until half of them are. */
static void test_pool_marks(void) {
    Fixture f;
    fixture_start(&f, 100, 0);
    VAddr va = fixture_map(&f, 80 * PAGE, RW, 0);
    fixture_touch(&f, va, 80, ACCESS_WRITE);
    space_munmap(f.m, f.space, va, 80 * PAGE);
    FrameCensus census = memory_census(f.m);
    g_assert_cmpuint(census.free, ==, 80);
    g_assert_cmpuint(census.zeroed, ==, 20);
    g_assert_cmpuint(memory_idle(f.m, 1100), ==, 1000);
    g_assert_cmpuint(memory_census(f.m).zeroed, ==, 25);
    g_assert_cmpuint(memory_idle(f.m, TICK_NEVER), ==, 25 * 200);
    g_assert_cmpuint(memory_census(f.m).zeroed, ==, 50);
    g_assert_cmpuint(memory_idle(f.m, TICK_NEVER), ==, 0);
    fixture_close(&f);
}

/* 4 pages of 3, one after another: W is what was touched in the window, resident or not. */
static void test_working_set(void) {
    Fixture f;
    fixture_start(&f, 2, 8);
    VAddr va = fixture_map(&f, 4 * PAGE, RW, 0);
    for (unsigned round = 0; round < 3; round++) {
        fixture_touch(&f, va, 3, ACCESS_WRITE);
    }
    memory_window_end(f.m);
    g_assert_cmpuint(f.space->working_set, ==, 3);
    fixture_touch(&f, va + 2 * PAGE, 1, ACCESS_READ);
    fixture_touch(&f, va + 2 * PAGE, 1, ACCESS_READ);
    memory_window_end(f.m);
    g_assert_cmpuint(f.space->working_set, ==, 1);
    memory_window_end(f.m);
    g_assert_cmpuint(f.space->working_set, ==, 0);
    fixture_close(&f);
}

/* Eight frames, of which each space may have two, and four pages. */
static VAddr open_with_quota(Fixture *f) {
    MemoryConfig config = fixture_config(8, 8);
    config.local_scope = true;
    config.local_frames = 2;
    fixture_open(f, &config);
    return fixture_map(f, 4 * PAGE, RW, 0);
}

/* A space with a quota replaces its own pages though frames are free; its neighbour has them. */
static void test_quota(void) {
    Fixture f;
    VAddr va = open_with_quota(&f);
    g_assert_cmpint(fixture_touch(&f, va, 4, ACCESS_WRITE), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->rss, ==, 2);
    g_assert_cmpuint(f.counters.evictions, ==, 2);
    g_assert_cmpuint(memory_census(f.m).resident, ==, 2);
    Limits limits = {UINT64_MAX, UINT64_MAX, UINT64_MAX, PAGE, 0, UINT64_MAX};
    AddressSpace *other = address_space_create(f.m, 2, &limits, NULL, &f.counters);
    VAddr there = 0;
    space_mmap(f.m, other, 0, 2 * PAGE, RW, 0, &there);
    store(&f, other, there, 1);
    store(&f, other, there + PAGE, 2);
    g_assert_cmpuint(other->rss, ==, 1);
    g_assert_cmpuint(f.space->rss, ==, 2);
    fixture_close(&f);
}

/* A page on its way out that is wanted again counts as well: another one has to go for it. */
static void test_quota_holds_in_soft_faults(void) {
    Fixture f;
    VAddr va = open_with_quota(&f);
    fixture_touch(&f, va, 2, ACCESS_WRITE);
    space_madvise(f.m, f.space, va, 2 * PAGE, ADVICE_PAGEOUT);
    fixture_touch(&f, va + 2 * PAGE, 2, ACCESS_WRITE);
    fixture_touch(&f, va, 2, ACCESS_READ);
    g_assert_cmpuint(f.counters.softflt, ==, 2);
    g_assert_cmpuint(f.space->rss, ==, 2);
    fixture_close(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fault/demand-zero", test_demand_zero);
    g_test_add_func("/fault/zero-page", test_zero_page);
    g_test_add_func("/fault/without-zero-page", test_without_zero_page);
    g_test_add_func("/fault/invalid", test_invalid);
    g_test_add_func("/fault/protection-off-and-on", test_protection_off_and_on);
    g_test_add_func("/fault/swap", test_swap);
    g_test_add_func("/fault/out-of-memory", test_out_of_memory);
    g_test_add_func("/fault/swap-copies-give-way", test_swap_copies_give_way);
    g_test_add_func("/fault/file-pages", test_file_pages);
    g_test_add_func("/fault/files-full", test_files_full);
    g_test_add_func("/fault/soft", test_soft_fault);
    g_test_add_func("/fault/stack-grows", test_stack_grows);
    g_test_add_func("/fault/zero-pool", test_zero_pool);
    g_test_add_func("/fault/pool-marks", test_pool_marks);
    g_test_add_func("/fault/quota", test_quota);
    g_test_add_func("/fault/quota-holds-in-soft-faults", test_quota_holds_in_soft_faults);
    g_test_add_func("/fault/working-set", test_working_set);
    return g_test_run();
}
