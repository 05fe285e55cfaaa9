/* test_sharing.c - pages with several mappers: fork and copy-on-write, swap slots that several refer
 * to, shared memory, files with a page cache.  What each process reads is held against a shadow in
 * host memory; the invariants are checked after each step.
 */
#include <glib.h>

#include "faultline/rng.h"
#include "fixture.h"

/* Whoever writes first copies; the other, being alone with the page then, writes it as it is. */
static void test_copy_on_write(void) {
    Fixture f;
    fixture_start(&f, 16, 0);
    VAddr va = fixture_map(&f, 2 * PAGE, RW, 0);
    store(&f, f.space, va, 1);
    store(&f, f.space, va + PAGE, 2);
    Counters counters = {0};
    AddressSpace *child = fork_of(&f, f.space, &counters);
    g_assert_cmpuint(memory_census(f.m).resident, ==, 2);
    g_assert_cmpuint(child->rss, ==, 2);
    store(&f, child, va, 11);
    g_assert_cmpuint(counters.cow_copies, ==, 1);
    g_assert_cmpuint(counters.minflt, ==, 1);
    g_assert_cmpuint(memory_census(f.m).resident, ==, 3);
    g_assert_cmpuint(load(&f, f.space, va), ==, 1);
    uint64_t before = f.counters.minflt;
    store(&f, f.space, va, 21);
    g_assert_cmpuint(f.counters.pgreuse, ==, 1);
    g_assert_cmpuint(f.counters.minflt, ==, before + 1);
    g_assert_cmpuint(load(&f, child, va), ==, 11);
    g_assert_cmpuint(load(&f, child, va + PAGE), ==, 2);
    address_space_destroy(f.m, child);
    g_assert_cmpuint(memory_census(f.m).resident, ==, 2);
    g_assert_cmpuint(load(&f, f.space, va), ==, 21);
    fixture_close(&f);
}

/* The parent is gone first: its page is the child's alone, and needs no copy. */
static void test_orphan_reuses(void) {
    Fixture f;
    fixture_start(&f, 16, 0);
    VAddr va = fixture_map(&f, PAGE, RW, 0);
    store(&f, f.space, va, 5);
    Counters counters = {0};
    AddressSpace *child = fork_of(&f, f.space, &counters);
    address_space_destroy(f.m, f.space);
    assert_sound(&f);
    store(&f, child, va, 6);
    g_assert_cmpuint(counters.pgreuse, ==, 1);
    g_assert_cmpuint(counters.cow_copies, ==, 0);
    address_space_destroy(f.m, child);
    FrameCensus census = memory_census(f.m);
    g_assert_cmpuint(census.free + census.zeroed, ==, census.total);
    fixture_close(&f);
}

static void test_advice_about_forks(void) {
    Fixture f;
    fixture_start(&f, 16, 0);
    VAddr kept = fixture_map(&f, PAGE, RW, 0), wiped = fixture_map(&f, PAGE, RW, 0);
    space_madvise(f.m, f.space, kept, PAGE, ADVICE_DONTFORK);
    space_madvise(f.m, f.space, wiped, PAGE, ADVICE_WIPEONFORK);
    store(&f, f.space, kept, 1);
    store(&f, f.space, wiped, 2);
    Counters counters = {0};
    AddressSpace *child = fork_of(&f, f.space, &counters);
    uint64_t value;
    g_assert_cmpint(space_load(&f, child, kept, &value), ==, OUTCOME_SEGV_MAPERR);
    g_assert_cmpuint(load(&f, child, wiped), ==, 0);
    g_assert_cmpuint(load(&f, f.space, wiped), ==, 2);
    fixture_close(&f);
}

/* Both refer to the slot; the first to ask reads it, the second finds it in memory. */
static void test_shared_slot(void) {
    Fixture f;
    fixture_start(&f, 16, 4);
    VAddr va = fixture_map(&f, PAGE, RW, 0);
    store(&f, f.space, va, 7);
    space_madvise(f.m, f.space, va, PAGE, ADVICE_PAGEOUT);
    f.clock.now += 1000000;
    transit_settle(f.m);
    Counters counters = {0};
    AddressSpace *child = fork_of(&f, f.space, &counters);
    g_assert_cmpuint(child->swap, ==, 1);
    g_assert_cmpuint(load(&f, child, va), ==, 7);
    g_assert_cmpuint(counters.majflt, ==, 1);
    g_assert_cmpuint(load(&f, f.space, va), ==, 7);
    g_assert_cmpuint(f.counters.majflt, ==, 0);
    store(&f, child, va, 8);
    g_assert_cmpuint(load(&f, f.space, va), ==, 7);
    address_space_destroy(f.m, child);
    address_space_destroy(f.m, f.space);
    g_assert_cmpuint(memory_census(f.m).swap_used, ==, 0);
    fixture_close(&f);
}

static void test_shared_memory(void) {
    Fixture f;
    fixture_start(&f, 16, 0);
    VAddr va = fixture_map(&f, 2 * PAGE, RW, MAP_FLAG_SHARED);
    Counters counters = {0};
    AddressSpace *child = fork_of(&f, f.space, &counters);
    store(&f, child, va, 3);
    store(&f, f.space, va + PAGE, 4);
    g_assert_cmpuint(load(&f, f.space, va), ==, 3);
    g_assert_cmpuint(load(&f, child, va + PAGE), ==, 4);
    g_assert_cmpuint(memory_census(f.m).resident, ==, 2);
    address_space_destroy(f.m, f.space);
    g_assert_cmpuint(load(&f, child, va), ==, 3);
    address_space_destroy(f.m, child);
    g_assert_cmpuint(memory_census(f.m).resident, ==, 0);
    fixture_close(&f);
}

/* Warm: a read maps 64 KiB around; a private write copies; the pages stay when nobody maps them. */
static void test_page_cache(void) {
    Fixture f;
    fixture_start(&f, 128, 0);
    uint32_t file = memory_file(f.m, 64);
    memory_file_warm(f.m, f.space, file);
    g_assert_cmpuint(memory_page_cache(f.m), ==, 64);
    VAddr va = 0;
    g_assert_cmpint(space_mmap_file(f.m, f.space, 0, 64 * PAGE, RW, 0, (FileOffset){file, 0}, &va),
                    ==, OUTCOME_OK);
    uint64_t before = f.counters.minflt;
    load(&f, f.space, va + 20 * PAGE);
    g_assert_cmpuint(f.counters.minflt, ==, before + 1);
    g_assert_cmpuint(f.space->rss, ==, 16);
    store(&f, f.space, va, 9);
    g_assert_cmpuint(f.space->anon, ==, 1);
    g_assert_cmpuint(f.counters.cow_copies, ==, 1);
    g_assert_cmpint(space_munmap(f.m, f.space, va, 64 * PAGE), ==, OUTCOME_OK);
    g_assert_cmpuint(memory_page_cache(f.m), ==, 64);
    memory_file_cool(f.m, file);
    g_assert_cmpuint(memory_page_cache(f.m), ==, 0);
    fixture_close(&f);
}

/* ---- random families ---------------------------------------------------------------------- */

#define FAMILY 4
#define PAGES  12

typedef struct Member {
    AddressSpace *space; /* NULL: there is none */
    Counters counters;
    uint64_t private[PAGES];
} Member;

typedef struct Family {
    Fixture f;
    Rng rng;
    Member members[FAMILY];
    VAddr private, shared;
    uint64_t common[PAGES];
} Family;

static uint64_t draw(Family *w, uint64_t bound) { return rng_below(&w->rng, bound); }

static void member_fork(Family *w, const Member *parent) {
    for (unsigned i = 0; i < FAMILY; i++) {
        Member *child = &w->members[i];
        if (child->space == NULL) {
            child->counters = (Counters){0};
            memcpy(child->private, parent->private, sizeof child->private);
            child->space = fork_of(&w->f, parent->space, &child->counters);
            return;
        }
    }
}

static unsigned living(const Family *w) {
    unsigned alive = 0;
    for (unsigned i = 0; i < FAMILY; i++) {
        alive += w->members[i].space != NULL;
    }
    return alive;
}

static void member_step(Family *w, Member *member) {
    uint64_t page = draw(w, PAGES), value = rng_next(&w->rng);
    VAddr private = w->private + page * PAGE, shared = w->shared + page * PAGE;
    switch (draw(w, 8)) {
    case 0:
        member_fork(w, member);
        break;
    case 1:
        if (living(w) > 1) {
            address_space_destroy(w->f.m, member->space);
            member->space = NULL;
        }
        break;
    case 2:
        space_madvise(w->f.m, member->space, private, PAGE,
                      draw(w, 2) == 0 ? ADVICE_PAGEOUT : ADVICE_WILLNEED);
        break;
    case 3:
        store(&w->f, member->space, shared, value);
        w->common[page] = value;
        break;
    case 4:
        g_assert_cmpuint(load(&w->f, member->space, shared), ==, w->common[page]);
        break;
    case 5:
        g_assert_cmpuint(load(&w->f, member->space, private), ==, member->private[page]);
        break;
    default:
        store(&w->f, member->space, private, value);
        member->private[page] = value;
        break;
    }
}

static void run_family(const PolicyOps *policy, uint64_t seed) {
    uint32_t frames = seed % 3 == 0 ? 4 : seed % 3 == 1 ? 16 : 80;
    Family w = {.rng = {seed}};
    MemoryConfig config = fixture_config(frames, 128);
    fixture_set_policy(&config, policy);
    config.local_scope = seed % 2 == 0;
    config.local_frames = MAX(3, frames / FAMILY);
    config.page_cluster = seed % 4; /* the neighbours that are read ahead may be anybody's */
    fixture_open(&w.f, &config);
    w.members[0].space = w.f.space;
    w.private = fixture_map(&w.f, PAGES * PAGE, RW, 0);
    w.shared = fixture_map(&w.f, PAGES * PAGE, RW, MAP_FLAG_SHARED);
    for (unsigned i = 0; i < 1500; i++) {
        Member *member = &w.members[draw(&w, FAMILY)];
        if (member->space != NULL) {
            member_step(&w, member);
            assert_sound(&w.f);
        }
    }
    fixture_close_empty(&w.f);
}

static void test_random_family(void) { each_policy(run_family); }

/* Behind the new end nothing is left: not in the cache, not mapped, no private copy, no bytes. */
static void test_truncate(void) {
    Fixture f;
    fixture_start(&f, 32, 16);
    uint32_t file = memory_file(f.m, 8);
    VAddr all, own;
    g_assert_cmpint(space_mmap_file(f.m, f.space, 0, 8 * PAGE, RW, MAP_FLAG_SHARED,
                                    (FileOffset){file, 0}, &all),
                    ==, OUTCOME_OK);
    g_assert_cmpint(
        space_mmap_file(f.m, f.space, 0, 4 * PAGE, RW, 0, (FileOffset){file, 4 * PAGE}, &own), ==,
        OUTCOME_OK);
    store(&f, f.space, all + PAGE, 1);
    store(&f, f.space, all + 6 * PAGE, 6);
    store(&f, f.space, own + 2 * PAGE, 66);
    store(&f, f.space, own, 44);
    memory_file_cool(f.m, file);
    memory_file_truncate(f.m, file, 5);
    assert_sound(&f);
    uint64_t value;
    g_assert_cmpint(space_load(&f, f.space, all + 6 * PAGE, &value), ==, OUTCOME_SIGBUS);
    g_assert_cmpint(space_load(&f, f.space, own + 2 * PAGE, &value), ==, OUTCOME_SIGBUS);
    g_assert_cmpuint(load(&f, f.space, own), ==, 44);
    g_assert_cmpuint(load(&f, f.space, all + PAGE), ==, 1);
    memory_file_truncate(f.m, file, 8);
    g_assert_cmpuint(load(&f, f.space, all + 6 * PAGE), ==, 0);
    g_assert_cmpuint(load(&f, f.space, own + 2 * PAGE), ==, 0);
    fixture_close(&f);
}

/* Shared memory is promised once, when it is made, and until its last mapping goes. */
static void test_shared_memory_is_charged(void) {
    Fixture f;
    MemoryConfig config = fixture_config(16, 16);
    config.overcommit = OVERCOMMIT_NEVER; /* half of memory, and swap: 24 pages */
    fixture_open(&f, &config);
    VAddr va = fixture_map(&f, 16 * PAGE, VM_READ, MAP_FLAG_SHARED), more = 0;
    uint64_t stack = f.space->committed;
    g_assert_cmpuint(memory_commit_charge(f.m).now, ==, stack + 16);
    Counters counters = {0};
    AddressSpace *child = fork_of(&f, f.space, &counters);
    g_assert_cmpuint(memory_commit_charge(f.m).now, ==, 2 * stack + 16);
    g_assert_cmpint(space_mmap(f.m, child, 0, 12 * PAGE, RW, MAP_FLAG_SHARED, &more), ==,
                    OUTCOME_ENOMEM);
    g_assert_cmpint(space_munmap(f.m, f.space, va, 16 * PAGE), ==, OUTCOME_OK);
    g_assert_cmpuint(memory_commit_charge(f.m).now, ==, 2 * stack + 16);
    address_space_destroy(f.m, child);
    g_assert_cmpuint(memory_commit_charge(f.m).now, ==, stack);
    g_assert_cmpuint(memory_commit_charge(f.m).peak, ==, 2 * stack + 16);
    fixture_close(&f);
}

/* What an anonymous page was when a fork shared it, it is again only by a write. */
static void test_exclusive_again_by_a_write(void) {
    Fixture f;
    fixture_start(&f, 16, 0);
    VAddr va = fixture_map(&f, 2 * PAGE, RW, 0);
    store(&f, f.space, va, 1);
    store(&f, f.space, va + PAGE, 2);
    Counters counters = {0};
    address_space_destroy(f.m, fork_of(&f, f.space, &counters));
    store(&f, f.space, va, 3);
    uint64_t before = f.counters.minflt;
    g_assert_cmpint(space_mprotect(f.m, f.space, va, 2 * PAGE, VM_READ), ==, OUTCOME_OK);
    g_assert_cmpint(space_mprotect(f.m, f.space, va, 2 * PAGE, RW), ==, OUTCOME_OK);
    store(&f, f.space, va, 4);
    g_assert_cmpuint(f.counters.minflt, ==, before);
    store(&f, f.space, va + PAGE, 4);
    g_assert_cmpuint(f.counters.minflt, ==, before + 1);
    fixture_close(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sharing/copy-on-write", test_copy_on_write);
    g_test_add_func("/sharing/orphan", test_orphan_reuses);
    g_test_add_func("/sharing/advice", test_advice_about_forks);
    g_test_add_func("/sharing/slot", test_shared_slot);
    g_test_add_func("/sharing/memory", test_shared_memory);
    g_test_add_func("/sharing/page-cache", test_page_cache);
    g_test_add_func("/sharing/random", test_random_family);
    g_test_add_func("/kernel/sharing/shared_memory_is_charged", test_shared_memory_is_charged);
    g_test_add_func("/kernel/sharing/exclusive_by_a_write", test_exclusive_again_by_a_write);
    g_test_add_func("/kernel/sharing/truncate", test_truncate);
    return g_test_run();
}
