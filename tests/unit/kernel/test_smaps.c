/* test_smaps.c - what mappings add up to: shares of pages, who has them alone, what is dirty. */
#include "fixture.h"
#include "kernel/smaps.h"

#define ONE (PAGE << PSS_SHIFT) /* the share of who has a page alone */

static MappingSums sums_at(Fixture *f, AddressSpace *space, VAddr va) {
    MappingSums sums = {0};
    space_sum_mapping(f->m, space, vma_find(&space->vmas, va / PAGE), &sums);
    g_assert_cmpuint(sums.rss, ==,
                     sums.shared_clean + sums.shared_dirty + sums.private_clean +
                         sums.private_dirty);
    g_assert_cmpuint(sums.pss, <=, sums.rss * ONE);
    return sums;
}

/* Pages that a fork shares are half each one's; a copy is its owner's alone. */
static void test_shares(void) {
    Fixture f;
    Counters counters = {0};
    fixture_start(&f, 64, 16);
    VAddr va = fixture_map(&f, 8 * PAGE, RW, 0);
    fixture_touch(&f, va, 6, ACCESS_WRITE);
    fixture_touch(&f, va + 6 * PAGE, 1, ACCESS_READ); /* the page of zeros is nobody's */
    MappingSums alone = sums_at(&f, f.space, va);
    g_assert_cmpuint(alone.private_dirty, ==, 6);
    g_assert_cmpuint(alone.pss, ==, 6 * ONE);
    g_assert_cmpuint(alone.anonymous, ==, 6);
    g_assert_cmpuint(alone.referenced, ==, 6);
    AddressSpace *child = fork_of(&f, f.space, &counters);
    store(&f, child, va, 1);
    MappingSums mine = sums_at(&f, f.space, va), its = sums_at(&f, child, va);
    g_assert_cmpuint(mine.shared_dirty, ==, 5);
    g_assert_cmpuint(mine.private_dirty, ==, 1);
    g_assert_cmpuint(mine.pss, ==, ONE + 5 * (ONE / 2));
    g_assert_cmpuint(its.pss, ==, mine.pss);
    g_assert_cmpuint(its.referenced, ==, 1);
    address_space_destroy(f.m, child);
    fixture_close(&f);
}

/* Shared memory is dirty for all who map it; locked pages count by their shares. */
static void test_shared_memory(void) {
    Fixture f;
    Counters counters = {0};
    fixture_start(&f, 64, 16);
    VAddr va = fixture_map(&f, 4 * PAGE, RW, MAP_FLAG_SHARED);
    fixture_touch(&f, va, 4, ACCESS_WRITE);
    AddressSpace *child = fork_of(&f, f.space, &counters);
    uint64_t value;
    g_assert_cmpint(space_load(&f, child, va, &value), ==, OUTCOME_OK); /* and its neighbours */
    MappingSums its = sums_at(&f, child, va);
    g_assert_cmpuint(its.shared_dirty, ==, 4);
    g_assert_cmpuint(its.anonymous, ==, 0);
    g_assert_cmpint(space_mlock(f.m, f.space, va, 2 * PAGE, false), ==, OUTCOME_OK);
    MappingSums locked = sums_at(&f, f.space, va);
    g_assert_cmpuint(locked.rss, ==, 2); /* mlock has made two mappings of it */
    g_assert_cmpuint(locked.pss_locked, ==, 2 * (ONE / 2));
    address_space_destroy(f.m, child);
    fixture_close(&f);
}

/* A slot of swap is shared as a page is; what MADV_FREE was told of is clean and may go. */
static void test_swap_and_free(void) {
    Fixture f;
    Counters counters = {0};
    MemoryConfig config = fixture_config(64, 16);
    config.swap_by_cpu = true;
    fixture_open(&f, &config);
    VAddr va = fixture_map(&f, 8 * PAGE, RW, 0);
    fixture_touch(&f, va, 8, ACCESS_WRITE);
    g_assert_cmpint(space_madvise(f.m, f.space, va, 2 * PAGE, ADVICE_PAGEOUT), ==, OUTCOME_OK);
    memory_await_writes(f.m);
    g_assert_cmpint(space_madvise(f.m, f.space, va + 4 * PAGE, PAGE, ADVICE_FREE), ==, OUTCOME_OK);
    MappingSums sums = sums_at(&f, f.space, va);
    g_assert_cmpuint(sums.swap, ==, 2);
    g_assert_cmpuint(sums.swap_pss, ==, 2 * ONE);
    g_assert_cmpuint(sums.lazy_free, ==, 1);
    g_assert_cmpuint(sums.private_clean, ==, 1);
    AddressSpace *child = fork_of(&f, f.space, &counters);
    g_assert_cmpuint(sums_at(&f, child, va).swap_pss, ==, 2 * (ONE / 2));
    address_space_destroy(f.m, child);
    fixture_close(&f);
}

static void add_space(Fixture *f, AddressSpace *space, MappingSums *sums) {
    for (uint32_t i = 0; i < space->vmas.count; i++) {
        space_sum_mapping(f->m, space, &space->vmas.list[i], sums);
    }
}

/* A property: the shares of all mappings are the pages in memory, but for what dividing loses. */
static void test_sum_of_shares(void) {
    Fixture f;
    Counters counters[3] = {0};
    Rng rng = {7};
    fixture_start(&f, 256, 64);
    VAddr va = fixture_map(&f, 32 * PAGE, RW, 0);
    VAddr shared = fixture_map(&f, 32 * PAGE, RW, MAP_FLAG_SHARED);
    fixture_touch(&f, va, 20, ACCESS_WRITE);
    AddressSpace *spaces[4] = {f.space};
    for (unsigned i = 1; i < G_N_ELEMENTS(spaces); i++) {
        spaces[i] = fork_of(&f, f.space, &counters[i - 1]);
    }
    for (unsigned step = 0; step < 400; step++) {
        VAddr at = (rng_below(&rng, 2) == 0 ? va : shared) + rng_below(&rng, 32) * PAGE;
        AddressSpace *space = spaces[rng_below(&rng, G_N_ELEMENTS(spaces))];
        store(&f, space, at, step);
        MappingSums sums = {0};
        for (unsigned i = 0; i < G_N_ELEMENTS(spaces); i++) {
            add_space(&f, spaces[i], &sums);
        }
        MemorySums all = memory_sum_pages(f.m);
        uint64_t pages = memory_census(f.m).resident;
        g_assert_cmpuint(all.anon + all.mapped, ==, pages);
        g_assert_cmpuint(all.shmem, ==, all.mapped);
        g_assert_cmpuint(sums.pss, <=, pages * ONE);
        g_assert_cmpuint(sums.pss + pages * G_N_ELEMENTS(spaces), >=, pages * ONE);
    }
    fixture_close_empty(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kernel/smaps/shares", test_shares);
    g_test_add_func("/kernel/smaps/shared_memory", test_shared_memory);
    g_test_add_func("/kernel/smaps/swap_and_free", test_swap_and_free);
    g_test_add_func("/kernel/smaps/sum_of_shares", test_sum_of_shares);
    return g_test_run();
}
