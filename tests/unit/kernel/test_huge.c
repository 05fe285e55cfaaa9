/* test_huge.c - huge pages and folios: when they come, what splits them, and that nobody notices but
 * the TLB.  The machine is mostly the tiny one: 256-byte pages, 32 of them a huge page.
 */
#include <glib.h>

#include "faultline/rng.h"
#include "fixture.h"
#include "kernel/smaps.h"

#define TINY_PAGE 256
#define HUGE      32

static MemoryConfig huge_config(uint32_t frames, uint32_t slots) {
    MemoryConfig config = fixture_config(frames, slots);
    config.geometry = *geometry_find("tiny");
    config.huge_pages = HUGE_PAGES_MADVISE;
    config.tlb_huge[0] = (TlbLevelConfig){2, 2, TLB_LRU};
    config.tlb_huge[1] = (TlbLevelConfig){4, 4, TLB_LRU};
    return config;
}

static void open_huge(Fixture *f, uint32_t frames, uint32_t slots) {
    MemoryConfig config = huge_config(frames, slots);
    fixture_open(f, &config);
}

/* Memory for huge pages: so many of them. */
static VAddr map_huge(Fixture *f, unsigned count) {
    VAddr va = fixture_map(f, (uint64_t)count * HUGE * TINY_PAGE, RW, 0);
    g_assert_cmpuint(va % (HUGE * TINY_PAGE), ==, 0);
    g_assert_cmpint(
        space_madvise(f->m, f->space, va, (uint64_t)count * HUGE * TINY_PAGE, ADVICE_HUGEPAGE), ==,
        OUTCOME_OK);
    return va;
}

static void touch(Fixture *f, VAddr va, uint64_t pages, Access access) {
    g_assert_cmpint(fixture_touch(f, va, pages, access), ==, OUTCOME_OK);
    assert_sound(f);
}

static void advise(Fixture *f, VAddr va, uint64_t pages, Advice advice) {
    g_assert_cmpint(space_madvise(f->m, f->space, va, pages * TINY_PAGE, advice), ==, OUTCOME_OK);
    assert_sound(f);
}

static void assert_pages(const Fixture *f, uint64_t minflt, uint64_t rss, uint64_t huge) {
    g_assert_cmpuint(f->counters.minflt, ==, minflt);
    g_assert_cmpuint(f->space->rss, ==, rss);
    g_assert_cmpuint(f->space->huge, ==, huge);
}

/* ---- when they come ----------------------------------------------------------------------- */

static void test_write(void) {
    Fixture f;
    open_huge(&f, 4 * HUGE, 0);
    VAddr va = map_huge(&f, 2);
    uint64_t tables = f.space->page_table.tables;
    touch(&f, va + 5 * TINY_PAGE, 1, ACCESS_WRITE);
    assert_pages(&f, 1, HUGE, HUGE);
    g_assert_cmpuint(f.space->page_table.tables, ==, tables + 1); /* the deposited one */
    touch(&f, va, HUGE, ACCESS_WRITE);
    assert_pages(&f, 1, HUGE, HUGE);
    g_assert_cmpuint(f.counters.tlb_misses, ==, 1); /* one entry for all of them */
    g_assert_cmpuint(f.counters.thp_fault_alloc, ==, 1);
    touch(&f, va, 2 * HUGE, ACCESS_WRITE);
    assert_pages(&f, 2, 2 * HUGE, 2 * HUGE);
    fixture_close(&f);
}

/* The huge entry's marks are those of all its pages. */
static void test_sums(void) {
    Fixture f;
    open_huge(&f, 4 * HUGE, 0);
    VAddr va = map_huge(&f, 2);
    touch(&f, va + 5 * TINY_PAGE, 1, ACCESS_WRITE);
    MappingSums sums = {0};
    space_sum_mapping(f.m, f.space, vma_find(&f.space->vmas, va / TINY_PAGE), &sums);
    g_assert_cmpuint(sums.huge, ==, HUGE);
    g_assert_cmpuint(sums.private_dirty, ==, HUGE);
    g_assert_cmpuint(sums.lazy_free, ==, 0);
    g_assert_cmpuint(memory_sum_pages(f.m).huge, ==, HUGE);
    fixture_close(&f);
}

static void test_nobody_asked(void) {
    Fixture f;
    open_huge(&f, 4 * HUGE, 0);
    VAddr va = fixture_map(&f, HUGE * TINY_PAGE, RW, 0);
    touch(&f, va, 3, ACCESS_WRITE);
    assert_pages(&f, 3, 3, 0);
    advise(&f, va, HUGE, ADVICE_HUGEPAGE); /* too late: small pages are there */
    touch(&f, va, HUGE, ACCESS_WRITE);
    assert_pages(&f, HUGE, HUGE, 0);
    fixture_close(&f);
}

static void test_always(void) {
    Fixture f;
    MemoryConfig config = huge_config(4 * HUGE, 0);
    config.huge_pages = HUGE_PAGES_ALWAYS;
    fixture_open(&f, &config);
    VAddr va = fixture_map(&f, 2 * HUGE * TINY_PAGE, RW, 0);
    advise(&f, va, HUGE, ADVICE_NOHUGEPAGE);
    touch(&f, va, 2 * HUGE, ACCESS_WRITE);
    assert_pages(&f, HUGE + 1, 2 * HUGE, HUGE);
    fixture_close(&f);
}

static void test_zero_page(void) {
    Fixture f;
    open_huge(&f, 2 * HUGE, 0);
    VAddr va = map_huge(&f, 2);
    touch(&f, va, 2 * HUGE, ACCESS_READ);
    assert_pages(&f, 2, 0, 0);
    g_assert_cmpuint(f.machine.thp_zero_page_alloc, ==, 1);
    touch(&f, va + 3 * TINY_PAGE, 1, ACCESS_WRITE);
    assert_pages(&f, 3, HUGE, HUGE);
    g_assert_cmpuint(f.counters.zero_page_upgrades, ==, 1);
    advise(&f, va + HUGE * TINY_PAGE, 1, ADVICE_DONTNEED); /* the other is split ... */
    touch(&f, va + HUGE * TINY_PAGE, HUGE, ACCESS_WRITE);  /* ... and stays so */
    assert_pages(&f, 3 + HUGE, 2 * HUGE, HUGE);
    fixture_close(&f);
}

/* Free frames enough, but nowhere so many together; then, but the space may not have so many. */
static void test_fallback(void) {
    Fixture f;
    open_huge(&f, 2 * HUGE, 0);
    VAddr small = fixture_map(&f, (HUGE + 1) * TINY_PAGE, RW, 0), va = map_huge(&f, 1);
    touch(&f, small, HUGE + 1, ACCESS_WRITE);
    g_assert_cmpint(space_munmap(f.m, f.space, small + TINY_PAGE, (HUGE - 1) * TINY_PAGE), ==,
                    OUTCOME_OK);
    touch(&f, va, 1, ACCESS_WRITE);
    g_assert_cmpuint(f.counters.thp_fault_fallback, ==, 1);
    assert_pages(&f, HUGE + 2, 3, 0);
    fixture_close(&f);

    MemoryConfig config = huge_config(4 * HUGE, 0);
    config.local_scope = true;
    config.local_frames = HUGE + 1;
    fixture_open(&f, &config);
    va = map_huge(&f, 2);
    touch(&f, va, 1, ACCESS_WRITE);
    touch(&f, va + HUGE * TINY_PAGE, 1, ACCESS_WRITE);
    assert_pages(&f, 2, HUGE + 1, HUGE);
    fixture_close(&f);
}

/* ---- what splits them --------------------------------------------------------------------- */

static void test_parts(void) {
    Fixture f;
    open_huge(&f, 8 * HUGE, 0);
    VAddr va = map_huge(&f, 4), end = va + HUGE * TINY_PAGE;
    touch(&f, va, 4 * HUGE, ACCESS_WRITE);
    advise(&f, va, 3, ADVICE_DONTNEED);
    assert_pages(&f, 4, 4 * HUGE - 3, 3 * HUGE);
    g_assert_cmpint(space_munmap(f.m, f.space, end - TINY_PAGE, 2 * TINY_PAGE), ==, OUTCOME_OK);
    assert_pages(&f, 4, 4 * HUGE - 5, 2 * HUGE);
    end += HUGE * TINY_PAGE;
    g_assert_cmpint(space_mprotect(f.m, f.space, end, HUGE * TINY_PAGE, VM_READ), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->huge, ==, 2 * HUGE); /* all of it: one entry changes */
    g_assert_cmpint(fixture_touch(&f, end, 1, ACCESS_WRITE), ==, OUTCOME_SEGV_ACCERR);
    g_assert_cmpint(space_mprotect(f.m, f.space, end, TINY_PAGE, RW), ==, OUTCOME_OK);
    g_assert_cmpuint(f.space->huge, ==, HUGE);
    touch(&f, end, 1, ACCESS_WRITE);
    advise(&f, end + HUGE * TINY_PAGE, HUGE, ADVICE_DONTNEED);
    assert_pages(&f, 4, 3 * HUGE - 5, 0);
    g_assert_cmpuint(f.counters.thp_split_pmd, ==, 3);
    fixture_close(&f);
}

static void test_move(void) {
    Fixture f;
    open_huge(&f, 8 * HUGE, 0);
    VAddr va = map_huge(&f, 2), to = va - 8 * HUGE * TINY_PAGE, at = 0;
    touch(&f, va, 2 * HUGE, ACCESS_WRITE);
    unsigned there = REMAP_MAY_MOVE | REMAP_FIXED;
    g_assert_cmpint(
        space_mremap(f.m, f.space, va, 2 * HUGE * TINY_PAGE, 2 * HUGE * TINY_PAGE, there, to, &at),
        ==, OUTCOME_OK);
    assert_sound(&f);
    assert_pages(&f, 2, 2 * HUGE, 2 * HUGE);
    g_assert_cmpint(space_mremap(f.m, f.space, to, 2 * HUGE * TINY_PAGE, 2 * HUGE * TINY_PAGE,
                                 there, va + TINY_PAGE, &at),
                    ==, OUTCOME_OK);
    assert_sound(&f);
    assert_pages(&f, 2, 2 * HUGE, 0);
    touch(&f, va + TINY_PAGE, 2 * HUGE, ACCESS_WRITE);
    assert_pages(&f, 2, 2 * HUGE, 0);
    fixture_close(&f);
}

/* The child copies page by page; the parent, being alone again, just goes on writing. */
static void test_fork(void) {
    Fixture f;
    open_huge(&f, 4 * HUGE, 0);
    VAddr va = map_huge(&f, 1);
    touch(&f, va, 1, ACCESS_WRITE);
    Counters counters = {0};
    AddressSpace *parent = f.space, *child = fork_of(&f, parent, &counters);
    g_assert_cmpuint(child->huge, ==, HUGE);
    f.space = child;
    touch(&f, va + TINY_PAGE, 2, ACCESS_WRITE);
    g_assert_cmpuint(counters.minflt, ==, 2);
    g_assert_cmpuint(counters.cow_copies, ==, 2);
    g_assert_cmpuint(child->huge, ==, 0);
    g_assert_cmpuint(memory_census(f.m).resident, ==, HUGE + 2);
    f.space = parent;
    address_space_destroy(f.m, child);
    touch(&f, va, HUGE, ACCESS_WRITE);
    assert_pages(&f, 2, HUGE, HUGE);
    g_assert_cmpuint(f.counters.pgreuse, ==, 1);
    fixture_close(&f);
}

/* Advice about a part splits what was allocated together, and gives back what came along. */
static void test_advice(void) {
    Fixture f;
    open_huge(&f, 4 * HUGE, 0);
    VAddr va = map_huge(&f, 2);
    touch(&f, va + 4 * TINY_PAGE, 3, ACCESS_WRITE);
    advise(&f, va, HUGE, ADVICE_FREE);
    assert_pages(&f, 1, HUGE, HUGE);
    advise(&f, va + 20 * TINY_PAGE, 1, ADVICE_COLD);
    assert_pages(&f, 1, 3, 0);
    g_assert_cmpuint(f.counters.thp_split_page, ==, 1);
    touch(&f, va, HUGE, ACCESS_READ);
    assert_pages(&f, 1, 3, 0);
    fixture_close(&f);
}

/* Replacement takes small pages: what is under pressure is split, and comes back page by page. */
static void test_pressure(void) {
    Fixture f;
    open_huge(&f, 2 * HUGE, 8 * HUGE);
    VAddr va = map_huge(&f, 3);
    touch(&f, va, 3 * HUGE, ACCESS_WRITE);
    g_assert_cmpuint(f.counters.thp_split_page, >, 0);
    g_assert_cmpuint(f.counters.pswpout, >=, HUGE);
    touch(&f, va, 3 * HUGE, ACCESS_READ);
    g_assert_cmpuint(f.counters.majflt, >=, HUGE);
    fixture_close(&f);
}

/* ---- folios ------------------------------------------------------------------------------- */

static void test_folios(void) {
    Fixture f;
    MemoryConfig config = huge_config(4 * HUGE, 0);
    config.huge_pages = HUGE_PAGES_NEVER;
    config.folio_orders = 1U << 2;
    config.folio_orders_madvise = 1U << 3;
    fixture_open(&f, &config);
    VAddr va = fixture_map(&f, HUGE * TINY_PAGE, RW, 0);
    touch(&f, va + 6 * TINY_PAGE, 1, ACCESS_WRITE);
    assert_pages(&f, 1, 4, 0);
    touch(&f, va, 1, ACCESS_READ); /* the zero page is a small one, and in the way of a folio */
    touch(&f, va + TINY_PAGE, 1, ACCESS_WRITE);
    assert_pages(&f, 3, 5, 0);
    advise(&f, va, HUGE, ADVICE_HUGEPAGE);
    touch(&f, va + 16 * TINY_PAGE, 1, ACCESS_WRITE);
    assert_pages(&f, 4, 13, 0);
    g_assert_cmpint(space_munmap(f.m, f.space, va + 30 * TINY_PAGE, 2 * TINY_PAGE), ==, OUTCOME_OK);
    touch(&f, va + 29 * TINY_PAGE, 1,
          ACCESS_WRITE); /* 28..31 do not lie within the mapping any more */
    touch(&f, va + 25 * TINY_PAGE, 1, ACCESS_WRITE);
    assert_pages(&f, 6, 18, 0);
    advise(&f, va + 16 * TINY_PAGE, 1, ADVICE_FREE); /* one of 8 was written */
    assert_pages(&f, 6, 11, 0);
    g_assert_cmpuint(f.counters.anon_folio_alloc, ==, 3);
    fixture_close(&f);
}

/* ---- random families ---------------------------------------------------------------------- */

#define FAMILY 3
#define PAGES  (3 * HUGE)

typedef struct Member {
    AddressSpace *space; /* NULL: there is none */
    Counters counters;
    uint64_t shadow[PAGES];
} Member;

typedef struct Family {
    Fixture f;
    Rng rng;
    Member members[FAMILY];
    VAddr va;
} Family;

static uint64_t draw(Family *w, uint64_t bound) { return rng_below(&w->rng, bound); }

static void member_fork(Family *w, const Member *parent) {
    for (unsigned i = 0; i < FAMILY; i++) {
        Member *child = &w->members[i];
        if (child->space == NULL) {
            child->counters = (Counters){0};
            memcpy(child->shadow, parent->shadow, sizeof child->shadow);
            child->space = fork_of(&w->f, parent->space, &child->counters);
            return;
        }
    }
}

static void member_advise(Family *w, Member *member, uint64_t page) {
    static const Advice advice[] = {ADVICE_DONTNEED, ADVICE_FREE,     ADVICE_COLD,
                                    ADVICE_PAGEOUT,  ADVICE_HUGEPAGE, ADVICE_POPULATE_READ};
    bool whole = draw(w, 3) == 0;
    page = whole ? page / HUGE * HUGE : page;
    uint64_t pages = whole ? HUGE : 1 + draw(w, HUGE);
    pages = MIN(pages, PAGES - page);
    Advice chosen = advice[draw(w, G_N_ELEMENTS(advice))];
    if (chosen == ADVICE_FREE) {
        pages = 0; /* nobody knows when its bytes are gone */
    }
    space_madvise(w->f.m, member->space, w->va + page * TINY_PAGE, pages * TINY_PAGE, chosen);
    for (uint64_t i = page; chosen == ADVICE_DONTNEED && i < page + pages; i++) {
        member->shadow[i] = 0;
    }
}

/* There and back again, by steps that are a whole huge page or not. */
static void member_move(Family *w, Member *member) {
    VAddr to = w->va - (draw(w, 2) == 0 ? 4 * HUGE : 4 * HUGE + 3) * TINY_PAGE, at = 0;
    uint64_t length = PAGES * TINY_PAGE;
    unsigned there = REMAP_MAY_MOVE | REMAP_FIXED;
    if (space_mremap(w->f.m, member->space, w->va, length, length, there, to, &at) == OUTCOME_OK) {
        assert_sound(&w->f);
        g_assert_cmpint(space_mremap(w->f.m, member->space, to, length, length, there, w->va, &at),
                        ==, OUTCOME_OK);
    }
}

static void member_step(Family *w, Member *member) {
    uint64_t page = draw(w, PAGES), value = rng_next(&w->rng);
    VAddr va = w->va + page * TINY_PAGE;
    switch (draw(w, 12)) {
    case 0:
        member_fork(w, member);
        break;
    case 1:
        if (member != &w->members[0]) {
            address_space_destroy(w->f.m, member->space);
            member->space = NULL;
        }
        break;
    case 2:
    case 3:
        member_advise(w, member, page);
        break;
    case 4:
        space_mprotect(w->f.m, member->space, va, TINY_PAGE, VM_READ);
        space_mprotect(w->f.m, member->space, w->va, PAGES * TINY_PAGE, RW);
        break;
    case 5:
        member_move(w, member);
        break;
    case 6:
    case 7:
    case 8:
        g_assert_cmpuint(load(&w->f, member->space, va), ==, member->shadow[page]);
        break;
    default:
        store(&w->f, member->space, va, value);
        member->shadow[page] = value;
        break;
    }
}

static void run_family(const PolicyOps *policy, uint64_t seed) {
    uint32_t frames = seed % 3 == 0 ? 2 * HUGE : seed % 3 == 1 ? 4 * HUGE : 12 * HUGE;
    Family w = {.rng = {seed}};
    MemoryConfig config = huge_config(frames, FAMILY * PAGES);
    fixture_set_policy(&config, policy);
    config.huge_pages = seed % 2 == 0 ? HUGE_PAGES_ALWAYS : HUGE_PAGES_MADVISE;
    config.folio_orders = seed % 3 == 0 ? 0 : 1U << seed % 5;
    config.folio_orders &= ~1U;
    config.local_scope = seed % 2 == 0;
    config.local_frames = frames / 2;
    fixture_open(&w.f, &config);
    w.members[0].space = w.f.space;
    w.va = map_huge(&w.f, PAGES / HUGE);
    for (unsigned i = 0; i < 400; i++) {
        Member *member = &w.members[draw(&w, FAMILY)];
        if (member->space != NULL) {
            member_step(&w, member);
            assert_sound(&w.f);
        }
    }
    fixture_close_empty(&w.f);
}

static void test_random_family(void) { each_policy(run_family); }

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/huge/write", test_write);
    g_test_add_func("/huge/sums", test_sums);
    g_test_add_func("/huge/nobody-asked", test_nobody_asked);
    g_test_add_func("/huge/always", test_always);
    g_test_add_func("/huge/zero-page", test_zero_page);
    g_test_add_func("/huge/fallback", test_fallback);
    g_test_add_func("/huge/parts", test_parts);
    g_test_add_func("/huge/move", test_move);
    g_test_add_func("/huge/fork", test_fork);
    g_test_add_func("/huge/advice", test_advice);
    g_test_add_func("/huge/pressure", test_pressure);
    g_test_add_func("/huge/folios", test_folios);
    g_test_add_func("/huge/random", test_random_family);
    return g_test_run();
}
