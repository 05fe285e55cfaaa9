/* test_ranges.c - what Linux does with ranges: merging, placement, moves, locks, limits, kernels. */
#include "fixture.h"
#include "kernel/mapping.h"
#include "kernel/page.h"

#define HUGE (512 * (uint64_t)PAGE)
#define AT   (UINT64_C(1) << 44) /* far from everything */

static void open_with(Fixture *f, uint32_t frames, const char *kernel) {
    MemoryConfig config = fixture_config(frames, 16);
    config.profile = kernel_profile_find(kernel);
    g_assert_nonnull(config.profile);
    fixture_open(f, &config);
}

static void map_at(Fixture *f, VAddr va, uint64_t pages, unsigned prot) {
    VAddr result;
    g_assert_cmpint(space_mmap(f->m, f->space, va, pages * PAGE, prot, MAP_FLAG_FIXED, &result), ==,
                    OUTCOME_OK);
}

static Outcome remap(Fixture *f, VAddr va, uint64_t old_pages, uint64_t new_pages, unsigned flags,
                     VAddr *to) {
    return space_mremap(f->m, f->space, va, old_pages * PAGE, new_pages * PAGE, flags, *to, to);
}

/* Two regions that each had pages before they met stay two; one without pages joins. */
static void test_merging_asks_for_pages(void) {
    Fixture f;
    open_with(&f, 64, "6.18");
    uint32_t count = f.space->vmas.count;
    map_at(&f, AT, 2, RW);
    map_at(&f, AT + 4 * PAGE, 2, RW);
    fixture_touch(&f, AT, 1, ACCESS_WRITE);
    fixture_touch(&f, AT + 4 * PAGE, 1, ACCESS_WRITE);
    map_at(&f, AT + 2 * PAGE, 2, RW); /* joins the lower one, and cannot join them */
    g_assert_cmpuint(f.space->vmas.count, ==, count + 2);
    g_assert_cmpuint(vma_find(&f.space->vmas, AT / PAGE)->end, ==, AT / PAGE + 4);
    map_at(&f, AT + 6 * PAGE, 1, RW);
    g_assert_cmpuint(f.space->vmas.count, ==, count + 2);
    fixture_close(&f);
}

/* A moved mapping remembers where it was made, if it had pages: it does not join there. */
static void test_moved_mapping_keeps_its_offset(void) {
    Fixture f;
    open_with(&f, 64, "6.18");
    uint32_t count = f.space->vmas.count;
    for (unsigned touched = 0; touched < 2; touched++) {
        VAddr from = AT + 64 * PAGE, to = AT + 2 * PAGE;
        map_at(&f, AT, 2, RW);
        map_at(&f, from, 2, RW);
        if (touched) {
            fixture_touch(&f, from, 2, ACCESS_WRITE);
        }
        g_assert_cmpint(remap(&f, from, 2, 2, REMAP_MAY_MOVE | REMAP_FIXED, &to), ==, OUTCOME_OK);
        g_assert_cmpuint(f.space->vmas.count, ==, count + 1 + touched);
        space_munmap(f.m, f.space, AT, 128 * PAGE);
    }
    fixture_close(&f);
}

static void test_large_mappings_are_aligned(void) {
    static const struct {
        const char *kernel;
        bool aligned;
    } cases[] = {{"6.18", true}, {"6.12", true}, {"6.1", false}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        open_with(&f, 8, cases[i].kernel);
        VAddr one = fixture_map(&f, PAGE, RW, 0),
              shared = fixture_map(&f, HUGE, RW, MAP_FLAG_SHARED);
        g_assert_cmphex(shared, ==, one - HUGE);
        VAddr large = fixture_map(&f, HUGE, RW, 0);
        g_assert_cmphex(large, ==,
                        cases[i].aligned ? (shared - HUGE) & ~(HUGE - 1) : shared - HUGE);
        VAddr odd = fixture_map(&f, HUGE + PAGE, RW, 0);
        g_assert_cmpuint(odd % HUGE, !=, 0);
        fixture_close(&f);
    }
}

static void test_dontneed_frees_whole_tables(void) {
    static const struct {
        const char *kernel;
        uint64_t tables;
    } cases[] = {{"6.18", 4}, {"6.12", 5}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        open_with(&f, 2048, cases[i].kernel);
        map_at(&f, AT, 1536, RW);
        fixture_touch(&f, AT, 1536, ACCESS_WRITE);
        g_assert_cmpuint(f.space->page_table.tables, ==, 5); /* 3 leaves, 2 above */
        space_madvise(f.m, f.space, AT + 256 * PAGE, 1024 * PAGE, ADVICE_DONTNEED);
        g_assert_cmpuint(f.space->page_table.tables, ==, cases[i].tables);
        g_assert_cmpuint(f.space->rss, ==, 512);
        fixture_close(&f);
    }
}

/* Both sides at the same offset in a table: the table itself moves; else its entries do. */
static void test_tables_move_whole(void) {
    Fixture f;
    open_with(&f, 2048, "6.18");
    map_at(&f, AT, 1024, RW);
    fixture_touch(&f, AT, 1024, ACCESS_WRITE);
    uint64_t faults = f.counters.pgfault;
    store(&f, f.space, AT + 700 * PAGE, 77);
    VAddr to = AT + 64 * HUGE;
    g_assert_cmpint(remap(&f, AT, 1024, 1024, REMAP_MAY_MOVE | REMAP_FIXED, &to), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->page_table.tables, ==, 4);
    VAddr odd = AT + PAGE;
    g_assert_cmpint(remap(&f, to, 1024, 1024, REMAP_MAY_MOVE | REMAP_FIXED, &odd), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->page_table.tables, ==, 5);
    g_assert_cmpuint(load(&f, f.space, odd + 700 * PAGE), ==, 77);
    g_assert_cmpuint(f.counters.pgfault, ==, faults);
    fixture_close(&f);
}

static void test_mremap_forms(void) {
    Fixture f;
    open_with(&f, 64, "6.18");
    VAddr to = 0;
    map_at(&f, AT, 4, RW);
    fixture_touch(&f, AT, 4, ACCESS_WRITE);
    g_assert_cmpint(remap(&f, AT, 4, 0, 0, &to), ==, OUTCOME_EINVAL);
    g_assert_cmpint(remap(&f, AT, 0, 4, REMAP_MAY_MOVE, &to), ==, OUTCOME_EINVAL);
    g_assert_cmpint(remap(&f, AT + 8 * PAGE, 1, 2, REMAP_MAY_MOVE, &to), ==, OUTCOME_EFAULT);
    g_assert_cmpint(remap(&f, AT, 5, 6, REMAP_MAY_MOVE, &to), ==, OUTCOME_EFAULT);
    g_assert_cmpint(remap(&f, AT, 2, 4, 0, &to), ==, OUTCOME_ENOMEM); /* not its end */
    to = AT + PAGE;
    g_assert_cmpint(remap(&f, AT, 4, 4, REMAP_MAY_MOVE | REMAP_FIXED, &to), ==, OUTCOME_EINVAL);
    to = AT + 64 * PAGE;
    g_assert_cmpint(remap(&f, AT, 4, 4, REMAP_FIXED, &to), ==, OUTCOME_EINVAL);
    to = 0;
    g_assert_cmpint(remap(&f, AT, 4, 4, REMAP_MAY_MOVE | REMAP_DONT_UNMAP, &to), ==, OUTCOME_OK);
    g_assert_cmphex(to, !=, AT);
    g_assert_cmpuint(f.space->rss, ==, 4);
    g_assert_cmpint(fixture_touch(&f, AT, 1, ACCESS_WRITE), ==,
                    OUTCOME_OK); /* empty, still there */
    g_assert_cmpuint(f.space->rss, ==, 5);
    fixture_close(&f);
}

/* With FIXED and one length, newer kernels move several mappings at once. */
static void test_mremap_several(void) {
    Fixture f;
    static const char *const kernels[] = {"6.18", "6.12"};
    for (unsigned i = 0; i < G_N_ELEMENTS(kernels); i++) {
        open_with(&f, 64, kernels[i]);
        map_at(&f, AT, 2, RW);
        map_at(&f, AT + 2 * PAGE, 2, VM_READ);
        VAddr to = AT + 64 * PAGE;
        g_assert_cmpint(remap(&f, AT, 4, 4, REMAP_MAY_MOVE | REMAP_FIXED, &to), ==,
                        i == 0 ? OUTCOME_OK : OUTCOME_EFAULT);
        g_assert_true((vma_find(&f.space->vmas, AT / PAGE + 66) != NULL) == (i == 0));
        fixture_close(&f);
    }
}

static void test_mprotect_stops_at_holes(void) {
    Fixture f;
    open_with(&f, 64, "6.18");
    map_at(&f, AT, 2, RW);
    map_at(&f, AT + 3 * PAGE, 1, RW);
    fixture_touch(&f, AT, 1, ACCESS_WRITE);
    g_assert_cmpint(space_mprotect(f.m, f.space, AT, 4 * PAGE, VM_NONE), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(fixture_touch(&f, AT, 1, ACCESS_READ), ==, OUTCOME_SEGV_ACCERR);
    g_assert_cmpint(fixture_touch(&f, AT + 3 * PAGE, 1, ACCESS_WRITE), ==, OUTCOME_OK);
    uint64_t faults = f.counters.minflt;
    g_assert_cmpint(space_mprotect(f.m, f.space, AT, 2 * PAGE, RW), ==, OUTCOME_OK);
    g_assert_cmpint(fixture_touch(&f, AT, 1, ACCESS_WRITE), ==, OUTCOME_OK);
    g_assert_cmpuint(f.counters.minflt, ==, faults);
    g_assert_cmpint(space_mprotect(f.m, f.space, AT, 0, RW), ==, OUTCOME_OK);
    fixture_close(&f);
}

/* A locked page is faulted in, counted, kept by replacement, and refuses to be dropped. */
static void test_locked_pages_stay(void) {
    Fixture f;
    open_with(&f, 4, "6.18");
    VAddr va = fixture_map(&f, 3 * PAGE, RW, 0), other = fixture_map(&f, 12 * PAGE, RW, 0);
    g_assert_cmpint(space_mlock(f.m, f.space, va + 5, 2 * PAGE, false), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->locked, ==, 3); /* any page that a byte of it is in */
    g_assert_cmpuint(f.space->rss, ==, 3);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmpint(fixture_touch(&f, other, 12, ACCESS_WRITE), ==, OUTCOME_OK);
    }
    uint64_t faults = f.counters.pgfault;
    g_assert_cmpint(fixture_touch(&f, va, 3, ACCESS_WRITE), ==, OUTCOME_OK);
    g_assert_cmpuint(f.counters.pgfault, ==, faults);
    g_assert_cmpint(space_madvise(f.m, f.space, va, PAGE, ADVICE_DONTNEED), ==, OUTCOME_EINVAL);
    g_assert_cmpint(space_madvise(f.m, f.space, va, PAGE, ADVICE_PAGEOUT), ==, OUTCOME_EINVAL);
    g_assert_cmpint(space_munlock(f.m, f.space, va, PAGE), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->locked, ==, 2);
    g_assert_cmpint(space_munlockall(f.m, f.space), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->locked, ==, 0);
    fixture_close(&f);
}

static void test_lock_limits(void) {
    Fixture f;
    open_with(&f, 64, "6.18");
    VAddr va = fixture_map(&f, 8 * PAGE, RW, 0), result;
    f.space->limits.locked = 4 * PAGE;
    g_assert_cmpint(space_mlock(f.m, f.space, va, 5 * PAGE, false), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(space_mlock(f.m, f.space, va, 4 * PAGE, true), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->rss, ==, 0);                                           /* on fault */
    g_assert_cmpint(space_mlock(f.m, f.space, va, 4 * PAGE, false), ==, OUTCOME_OK); /* the same */
    g_assert_cmpint(space_mmap(f.m, f.space, 0, PAGE, RW, MAP_FLAG_LOCKED, &result), ==,
                    OUTCOME_EAGAIN);
    g_assert_cmpint(space_mlockall(f.m, f.space, LOCK_ALL_CURRENT), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(space_mlockall(f.m, f.space, LOCK_ALL_ON_FAULT), ==, OUTCOME_EINVAL);
    g_assert_cmpint(space_mlockall(f.m, f.space, LOCK_ALL_FUTURE), ==, OUTCOME_OK);
    g_assert_cmpint(space_mmap(f.m, f.space, 0, PAGE, RW, 0, &result), ==, OUTCOME_EAGAIN);
    g_assert_cmphex(space_brk(f.m, f.space, f.space->brk + PAGE), ==, f.space->layout.brk_start);
    f.space->limits.locked = 0;
    g_assert_cmpint(space_mlock(f.m, f.space, va, PAGE, false), ==, OUTCOME_EPERM);
    g_assert_cmpint(space_mlock(f.m, f.space, va + 64 * PAGE, PAGE, false), ==, OUTCOME_EPERM);
    fixture_close(&f);
}

/* Populate: to the first hole, or, on an old kernel, on behind it. */
static void test_populate_and_holes(void) {
    static const struct {
        const char *kernel;
        uint64_t faults;
    } cases[] = {{"6.18", 2}, {"6.1", 5}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        open_with(&f, 64, cases[i].kernel);
        map_at(&f, AT, 2, RW);
        map_at(&f, AT + 3 * PAGE, 3, RW);
        g_assert_cmpint(space_madvise(f.m, f.space, AT, 6 * PAGE, ADVICE_POPULATE_WRITE), ==,
                        OUTCOME_ENOMEM);
        g_assert_cmpuint(f.counters.minflt, ==, cases[i].faults);
        map_at(&f, AT, 2, VM_WRITE);
        g_assert_cmpint(space_madvise(f.m, f.space, AT, PAGE, ADVICE_POPULATE_READ), ==,
                        OUTCOME_EINVAL);
        fixture_close(&f);
    }
}

static void test_flags_split_and_merge(void) {
    Fixture f;
    open_with(&f, 64, "6.18");
    uint32_t count = f.space->vmas.count;
    map_at(&f, AT, 6, RW);
    g_assert_cmpint(space_madvise(f.m, f.space, AT + 2 * PAGE, 2 * PAGE, ADVICE_DONTFORK), ==,
                    OUTCOME_OK);
    g_assert_cmpuint(f.space->vmas.count, ==, count + 3);
    g_assert_cmpint(space_madvise(f.m, f.space, AT, 6 * PAGE, ADVICE_DOFORK), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->vmas.count, ==, count + 1);
    fixture_close(&f);
}

static void test_mincore(void) {
    Fixture f;
    open_with(&f, 64, "6.18");
    uint64_t resident;
    map_at(&f, AT, 4, RW);
    fixture_touch(&f, AT, 1, ACCESS_READ); /* the shared zero page is there */
    fixture_touch(&f, AT + PAGE, 1, ACCESS_WRITE);
    g_assert_cmpint(space_mincore(f.m, f.space, AT, 4 * PAGE, &resident), ==, OUTCOME_OK);
    g_assert_cmpuint(resident, ==, 2);
    g_assert_cmpint(space_mincore(f.m, f.space, AT, 5 * PAGE, &resident), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(space_mincore(f.m, f.space, AT + 1, PAGE, &resident), ==, OUTCOME_EINVAL);
    fixture_close(&f);
}

/* The kernel in a buffer: faults as the program would, and ends where the program could not go. */
static void test_user_copies(void) {
    Fixture f;
    open_with(&f, 64, "6.18");
    uint64_t done;
    map_at(&f, AT, 2, RW);
    map_at(&f, AT + 2 * PAGE, 1, VM_READ);
    store(&f, f.space, AT, 9);
    g_assert_cmpint(space_copy_to_user(f.m, f.space, AT, NULL, 3 * PAGE, &done), ==, OUTCOME_OK);
    g_assert_cmpuint(done, ==, 2 * PAGE);
    g_assert_cmpuint(f.space->rss, ==, 2);
    g_assert_cmpuint(load(&f, f.space, AT), ==, 0);
    g_assert_cmpint(space_copy_to_user(f.m, f.space, AT + 2 * PAGE, NULL, 8, &done), ==,
                    OUTCOME_EFAULT);
    g_assert_cmpint(space_copy_from_user(f.m, f.space, UINT64_MAX - 3, NULL, 8, &done), ==,
                    OUTCOME_EFAULT);
    g_assert_cmpint(space_copy_to_user(f.m, f.space, AT + 4, "word", 4, &done), ==, OUTCOME_OK);
    char word[4];
    g_assert_cmpint(space_copy_from_user(f.m, f.space, AT + 4, word, 4, &done), ==, OUTCOME_OK);
    g_assert_cmpmem(word, 4, "word", 4);
    fixture_close(&f);
}

/* A guard without rights needs no gap of its own below the stack. */
static void test_stack_guard(void) {
    Fixture f;
    open_with(&f, 64, "6.18");
    VAddr top = f.space->layout.stack_top;
    map_at(&f, top - 64 * PAGE, 1, VM_READ);
    g_assert_cmpint(fixture_touch(&f, top - 60 * PAGE, 1, ACCESS_WRITE), ==, OUTCOME_SEGV_MAPERR);
    map_at(&f, top - 64 * PAGE, 1, VM_NONE);
    g_assert_cmpint(fixture_touch(&f, top - 60 * PAGE, 1, ACCESS_WRITE), ==, OUTCOME_OK);
    fixture_close(&f);
}

/* The layout of a real program: what it has at the start, and where its mappings go. */
static void test_linux_layout(void) {
    Fixture f;
    MemoryConfig config = fixture_config(1024, 0);
    g_assert_true(layout_find("linux-x86-64", &config.layout));
    g_assert_cmpstr(layout_check(&config.layout, &config.geometry), ==, NULL);
    fixture_open(&f, &config);
    g_assert_cmpuint(f.space->vm_size, ==, 1 + 4 + 1 + 749 + 511 + 33);
    g_assert_cmpint(space_load_image(f.m, f.space), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->rss, ==, 2 + 33);
    uint64_t tables = f.space->page_table.tables;
    g_assert_cmphex(fixture_map(&f, 100 * PAGE, RW, 0), ==, 0x7ffff7d9c000);
    g_assert_cmphex(space_brk(f.m, f.space, 0), ==, 0x6f3000);
    space_brk(f.m, f.space, 0x6f4000);
    fixture_touch(&f, 0x6f3000, 1, ACCESS_WRITE);
    g_assert_cmpuint(f.space->page_table.tables, ==, tables); /* the image's serve */
    g_assert_cmpuint(vma_find(&f.space->vmas, 0x6f3)->first, ==, 0x6f3);
    fixture_close(&f);

    config.layout.bottom_up = true;
    fixture_open(&f, &config);
    g_assert_cmphex(fixture_map(&f, PAGE, RW, 0), ==, config.layout.mmap_bottom);
    g_assert_cmphex(fixture_map(&f, PAGE, VM_READ, 0), ==, config.layout.mmap_bottom + PAGE);
    fixture_close(&f);

    config.layout.brk_start = 0x500000;
    g_assert_nonnull(layout_check(&config.layout, &config.geometry));
}

/* A hole makes two mappings of one, until there are too many; cutting an end off needs none. */
static void test_too_many_mappings(void) {
    Fixture f;
    open_with(&f, 8, "6.18");
    uint64_t pages = 2 * MAPPINGS_MAX, at = 1;
    VAddr result;
    g_assert_cmpint(space_mmap(f.m, f.space, AT, pages * PAGE, RW,
                               MAP_FLAG_FIXED | MAP_FLAG_NORESERVE, &result),
                    ==, OUTCOME_OK);
    while (f.space->vmas.count < MAPPINGS_MAX) {
        g_assert_cmpint(space_munmap(f.m, f.space, AT + at * PAGE, PAGE), ==, OUTCOME_OK);
        at += 2;
    }
    g_assert_cmpint(space_munmap(f.m, f.space, AT + (at + 1) * PAGE, PAGE), ==, OUTCOME_ENOMEM);
    g_assert_cmpint(
        space_mmap(f.m, f.space, AT + (at + 1) * PAGE, PAGE, RW, MAP_FLAG_FIXED, &result), ==,
        OUTCOME_ENOMEM);
    g_assert_cmpint(space_munmap(f.m, f.space, AT + (at - 1) * PAGE, PAGE), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->vmas.count, ==, MAPPINGS_MAX);
    g_assert_cmpint(space_munmap(f.m, f.space, AT, PAGE), ==, OUTCOME_OK); /* one less */
    g_assert_cmpint(space_munmap(f.m, f.space, AT + (at + 1) * PAGE, PAGE), ==, OUTCOME_OK);
    fixture_close(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ranges/merging-asks-for-pages", test_merging_asks_for_pages);
    g_test_add_func("/ranges/moved-mapping-keeps-its-offset", test_moved_mapping_keeps_its_offset);
    g_test_add_func("/ranges/large-mappings-are-aligned", test_large_mappings_are_aligned);
    g_test_add_func("/ranges/dontneed-frees-whole-tables", test_dontneed_frees_whole_tables);
    g_test_add_func("/ranges/tables-move-whole", test_tables_move_whole);
    g_test_add_func("/ranges/mremap-forms", test_mremap_forms);
    g_test_add_func("/ranges/mremap-several", test_mremap_several);
    g_test_add_func("/ranges/mprotect-stops-at-holes", test_mprotect_stops_at_holes);
    g_test_add_func("/ranges/locked-pages-stay", test_locked_pages_stay);
    g_test_add_func("/ranges/lock-limits", test_lock_limits);
    g_test_add_func("/ranges/populate-and-holes", test_populate_and_holes);
    g_test_add_func("/ranges/flags-split-and-merge", test_flags_split_and_merge);
    g_test_add_func("/ranges/mincore", test_mincore);
    g_test_add_func("/ranges/user-copies", test_user_copies);
    g_test_add_func("/ranges/stack-guard", test_stack_guard);
    g_test_add_func("/ranges/linux-layout", test_linux_layout);
    g_test_add_func("/ranges/too-many-mappings", test_too_many_mappings);
    return g_test_run();
}
