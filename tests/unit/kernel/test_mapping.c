/* test_mapping.c - the system calls on mappings, as their manual pages promise. */
#include "fixture.h"
#include "kernel/page.h"

static void test_mmap_places_top_down(void) {
    Fixture f;
    fixture_start(&f, 8, 0);
    VAddr top = f.space->layout.mmap_top;
    VAddr first = fixture_map(&f, 2 * PAGE, RW, 0);
    VAddr second = fixture_map(&f, PAGE + 1, VM_READ, 0);
    g_assert_cmphex(first, ==, top - 2 * PAGE);
    g_assert_cmphex(second, ==, top - 4 * PAGE);
    g_assert_cmpint(space_munmap(f.m, f.space, first, 2 * PAGE), ==, OUTCOME_OK);
    g_assert_cmphex(fixture_map(&f, PAGE, RW, 0), ==, top - PAGE);
    fixture_close(&f);
}

static void test_mmap_refuses(void) {
    Fixture f;
    fixture_start(&f, 8, 0);
    VAddr va = 0;
    Memory *m = f.m;
    AddressSpace *space = f.space;
    g_assert_cmpint(space_mmap(m, space, 0, 0, RW, 0, &va), ==, OUTCOME_EINVAL);
    g_assert_cmpint(space_mmap(m, space, 0, UINT64_MAX, RW, 0, &va), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(space_mmap(m, space, 0, UINT64_C(1) << 48, RW, 0, &va), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(space_mmap(m, space, 0x100001, PAGE, RW, MAP_FLAG_FIXED, &va), ==,
                    OUTCOME_EINVAL);
    g_assert_cmpint(space_mmap(m, space, UINT64_MAX & ~0xFFFul, PAGE, RW, MAP_FLAG_FIXED, &va), ==,
                    OUTCOME_ENOMEM);
    VAddr last = (UINT64_C(1) << 47) - PAGE; /* the last page of user space is nobody's */
    g_assert_cmpint(space_mmap(m, space, last, PAGE, RW, MAP_FLAG_FIXED, &va), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(
        space_mmap(m, space, last - PAGE, PAGE, VM_NONE, MAP_FLAG_FIXED | MAP_FLAG_NOREPLACE, &va),
        ==, OUTCOME_EEXIST); /* the stack */
    g_assert_cmpint(space_mmap(m, space, 0x100000, PAGE, RW, MAP_FLAG_FIXED, &va), ==, OUTCOME_OK);
    g_assert_cmpint(
        space_mmap(m, space, 0x100000, PAGE, RW, MAP_FLAG_FIXED | MAP_FLAG_NOREPLACE, &va), ==,
        OUTCOME_EEXIST);
    g_assert_cmpint(space_munmap(m, space, 0x100000, 0), ==, OUTCOME_EINVAL);
    g_assert_cmpint(space_munmap(m, space, 0x100001, PAGE), ==, OUTCOME_EINVAL);
    g_assert_cmpint(space_munmap(m, space, 0x200000, PAGE), ==, OUTCOME_OK);
    fixture_close(&f);
}

/* 2^46 bytes are free until they are touched. */
static void test_mmap_huge_is_free(void) {
    Fixture f;
    fixture_start(&f, 1u << 28, 0);
    VAddr va = fixture_map(&f, UINT64_C(1) << 46, RW, 0);
    g_assert_cmpuint(f.space->page_table.tables, ==, 0);
    g_assert_cmpint(fixture_touch(&f, va + (UINT64_C(1) << 45), 1, ACCESS_WRITE), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->rss, ==, 1);
    g_assert_cmpint(space_munmap(f.m, f.space, va, UINT64_C(1) << 46), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->rss, ==, 0);
    g_assert_cmpuint(f.space->page_table.tables, ==, 0);
    memory_destroy(f.m);
}

static void test_limits_and_commit(void) {
    Fixture f;
    MemoryConfig config = fixture_config(8, 8);
    config.overcommit = OVERCOMMIT_HEURISTIC;
    fixture_open(&f, &config);
    VAddr va = 0;
    g_assert_cmpint(space_mmap(f.m, f.space, 0, 17 * PAGE, RW, 0, &va), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(space_mmap(f.m, f.space, 0, 17 * PAGE, RW, MAP_FLAG_NORESERVE, &va), ==,
                    OUTCOME_OK);
    g_assert_cmpint(space_mmap(f.m, f.space, 0, 17 * PAGE, VM_READ, 0, &va), ==, OUTCOME_OK);
    f.space->limits.address_space = (f.space->vm_size + 3) * PAGE;
    g_assert_cmpint(space_mmap(f.m, f.space, 0, 4 * PAGE, RW, 0, &va), ==, OUTCOME_ENOMEM);
    f.space->limits.data = (f.space->data_pages + 1) * PAGE;
    g_assert_cmpint(space_mmap(f.m, f.space, 0, 2 * PAGE, RW, 0, &va), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(space_mmap(f.m, f.space, 0, PAGE, RW, 0, &va), ==, OUTCOME_OK);
    fixture_close(&f);

    config.overcommit = OVERCOMMIT_NEVER;
    fixture_open(&f, &config);
    g_assert_cmpint(space_mmap(f.m, f.space, 0, 10 * PAGE, RW, 0, &va), ==, OUTCOME_OK);
    VAddr more = 0;
    g_assert_cmpint(space_mmap(f.m, f.space, 0, 3 * PAGE, RW, 0, &more), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(space_mprotect(f.m, f.space, va, 5 * PAGE, VM_READ), ==, OUTCOME_OK);
    g_assert_cmpint(space_mmap(f.m, f.space, 0, 3 * PAGE, RW, 0, &more), ==, OUTCOME_OK);
    fixture_close(&f);
}

static void test_brk(void) {
    Fixture f;
    fixture_start(&f, 8, 0);
    VAddr start = f.space->layout.brk_start;
    uint64_t size = f.space->vm_size;
    g_assert_cmphex(space_brk(f.m, f.space, 0), ==, start);
    g_assert_cmphex(space_brk(f.m, f.space, start + 10), ==, start + 10);
    g_assert_cmpuint(f.space->vm_size, ==, size + 1);
    g_assert_cmphex(space_brk(f.m, f.space, start + PAGE), ==, start + PAGE);
    g_assert_cmpuint(f.space->vm_size, ==, size + 1);
    g_assert_cmphex(space_brk(f.m, f.space, start + 3 * PAGE), ==, start + 3 * PAGE);
    fixture_touch(&f, start, 3, ACCESS_WRITE);
    g_assert_cmphex(space_brk(f.m, f.space, start + 1), ==, start + 1);
    g_assert_cmpuint(f.space->rss, ==, 1);
    g_assert_cmphex(space_brk(f.m, f.space, start - 1), ==, start + 1);
    VAddr va = 0;
    space_mmap(f.m, f.space, start + 4 * PAGE, PAGE, RW, MAP_FLAG_FIXED, &va);
    g_assert_cmphex(space_brk(f.m, f.space, start + 5 * PAGE), ==, start + 1);
    /* One page stays free below the next mapping. */
    g_assert_cmphex(space_brk(f.m, f.space, start + 4 * PAGE), ==, start + 1);
    g_assert_cmphex(space_brk(f.m, f.space, start + 3 * PAGE), ==, start + 3 * PAGE);
    fixture_close(&f);
}

static void test_munmap_frees_tables(void) {
    Fixture f;
    fixture_start(&f, 64, 0);
    VAddr base = UINT64_C(1) << 40;
    VAddr va;
    /* Two mappings in one 2 MiB block share their tables: the last one takes them along. */
    space_mmap(f.m, f.space, base, PAGE, RW, MAP_FLAG_FIXED, &va);
    space_mmap(f.m, f.space, base + 8 * PAGE, PAGE, RW, MAP_FLAG_FIXED, &va);
    fixture_touch(&f, base, 1, ACCESS_WRITE);
    fixture_touch(&f, base + 8 * PAGE, 1, ACCESS_WRITE);
    g_assert_cmpuint(f.space->page_table.tables, ==, 3);
    space_munmap(f.m, f.space, base, PAGE);
    g_assert_cmpuint(f.space->page_table.tables, ==, 3);
    space_munmap(f.m, f.space, base + 8 * PAGE, PAGE);
    g_assert_cmpuint(f.space->page_table.tables, ==, 0);
    fixture_close(&f);
}

static void test_madvise(void) {
    Fixture f;
    fixture_start(&f, 8, 8);
    VAddr va = fixture_map(&f, 4 * PAGE, RW, 0);
    store(&f, f.space, va, 5);
    g_assert_cmpint(space_madvise(f.m, f.space, va, PAGE, ADVICE_DONTNEED), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->rss, ==, 0);
    g_assert_cmpuint(load(&f, f.space, va), ==, 0);
    /* A hole: the work is done, and the answer is ENOMEM. */
    store(&f, f.space, va, 5);
    space_munmap(f.m, f.space, va + PAGE, PAGE);
    store(&f, f.space, va + 2 * PAGE, 6);
    g_assert_cmpint(space_madvise(f.m, f.space, va, 4 * PAGE, ADVICE_DONTNEED), ==, OUTCOME_ENOMEM);
    g_assert_cmpuint(f.space->rss, ==, 0);
    g_assert_cmpint(space_madvise(f.m, f.space, va + 1, PAGE, ADVICE_DONTNEED), ==, OUTCOME_EINVAL);
    /* Paged out, then asked back before it is touched: nobody waits for the device. */
    store(&f, f.space, va, 7);
    space_madvise(f.m, f.space, va, PAGE, ADVICE_PAGEOUT);
    f.clock.now += 1000000;
    transit_settle(f.m);
    uint64_t faults = f.counters.pgfault;
    g_assert_cmpint(space_madvise(f.m, f.space, va, PAGE, ADVICE_WILLNEED), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->rss, ==, 0);
    f.clock.now += 1000000;
    g_assert_cmpuint(load(&f, f.space, va), ==, 7);
    g_assert_cmpuint(f.counters.pgfault, ==, faults + 1);
    g_assert_cmpuint(f.counters.majflt, ==, 0);
    g_assert_cmpuint(f.counters.pswpin, ==, 1);
    fixture_close(&f);
}

/* MADV_FREE: kept while memory is plenty, dropped unwritten when it is not. */
static void test_madvise_free(void) {
    Fixture f;
    fixture_start(&f, 2, 0);
    VAddr va = fixture_map(&f, 4 * PAGE, RW, 0);
    store(&f, f.space, va, 5);
    space_madvise(f.m, f.space, va, PAGE, ADVICE_FREE);
    g_assert_cmpuint(load(&f, f.space, va), ==, 5);
    g_assert_cmpuint(f.space->rss, ==, 1);
    g_assert_cmpint(fixture_touch(&f, va + PAGE, 2, ACCESS_WRITE), ==, OUTCOME_OK);
    g_assert_cmpuint(f.counters.writebacks, ==, 0);
    g_assert_cmpuint(load(&f, f.space, va), ==, 0);
    fixture_close(&f);
}

static void test_mremap(void) {
    Fixture f;
    fixture_start(&f, 8, 8);
    VAddr base = UINT64_C(1) << 40;
    VAddr va, moved = 0;
    space_mmap(f.m, f.space, base, 2 * PAGE, RW, MAP_FLAG_FIXED, &va);
    store(&f, f.space, va, 11);
    store(&f, f.space, va + PAGE, 12);
    g_assert_cmpint(space_mremap(f.m, f.space, va, 2 * PAGE, 4 * PAGE, 0, 0, &moved), ==,
                    OUTCOME_OK);
    g_assert_cmphex(moved, ==, va);
    space_mmap(f.m, f.space, base + 4 * PAGE, PAGE, VM_READ, MAP_FLAG_FIXED, &va);
    g_assert_cmpint(space_mremap(f.m, f.space, base, 4 * PAGE, 5 * PAGE, 0, 0, &moved), ==,
                    OUTCOME_ENOMEM);
    uint64_t faults = f.counters.pgfault;
    g_assert_cmpint(space_mremap(f.m, f.space, base, 4 * PAGE, 5 * PAGE, REMAP_MAY_MOVE, 0, &moved),
                    ==, OUTCOME_OK);
    g_assert_cmpuint(load(&f, f.space, moved + PAGE), ==, 12);
    g_assert_cmpuint(f.counters.pgfault, ==, faults);
    g_assert_cmpint(fixture_touch(&f, base, 1, ACCESS_READ), ==, OUTCOME_SEGV_MAPERR);
    g_assert_cmpint(space_mremap(f.m, f.space, moved, 5 * PAGE, PAGE, 0, 0, &moved), ==,
                    OUTCOME_OK);
    g_assert_cmpuint(f.space->rss, ==, 1);
    fixture_close(&f);
}

static void test_populate(void) {
    Fixture f;
    fixture_start(&f, 8, 0);
    fixture_map(&f, 4 * PAGE, RW, MAP_FLAG_POPULATE);
    g_assert_cmpuint(f.counters.minflt, ==, 4);
    g_assert_cmpuint(f.space->rss, ==, 4);
    g_assert_cmpuint(f.counters.stores, ==, 0);
    fixture_close(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping/mmap-places-top-down", test_mmap_places_top_down);
    g_test_add_func("/mapping/mmap-refuses", test_mmap_refuses);
    g_test_add_func("/mapping/mmap-huge-is-free", test_mmap_huge_is_free);
    g_test_add_func("/mapping/limits-and-commit", test_limits_and_commit);
    g_test_add_func("/mapping/brk", test_brk);
    g_test_add_func("/mapping/munmap-frees-tables", test_munmap_frees_tables);
    g_test_add_func("/mapping/madvise", test_madvise);
    g_test_add_func("/mapping/madvise-free", test_madvise_free);
    g_test_add_func("/mapping/mremap", test_mremap);
    g_test_add_func("/mapping/populate", test_populate);
    return g_test_run();
}
