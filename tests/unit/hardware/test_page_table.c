/* test_page_table.c - trees against a plain array that says what every page's entry is. */
#include "page_table.h"

#include "faultline/rng.h"

#include <glib.h>

/* A machine of one tree. */
typedef struct Fixture {
    TableArena arena;
    PageTable pt;
} Fixture;

static void set_up(Fixture *f, const char *geometry) {
    table_arena_init(&f->arena, geometry_find(geometry));
    g_assert_true(page_table_init(&f->pt, &f->arena));
}

static void tear_down(Fixture *f) {
    page_table_clear(&f->pt);
    g_assert_cmpuint(f->arena.live, ==, 0);
    g_assert_cmpstr(table_arena_check(&f->arena), ==, NULL);
    table_arena_clear(&f->arena);
}

static void assert_sound(const Fixture *f) {
    g_assert_cmpstr(page_table_check(&f->pt), ==, NULL);
    g_assert_cmpstr(table_arena_check(&f->arena), ==, NULL);
    g_assert_cmpuint(f->arena.live, ==, f->pt.tables + 1);
}

static Pte *map(Fixture *f, Vpn vpn, uint32_t frame) {
    Pte *pte = page_table_make(&f->pt, vpn);
    g_assert_nonnull(pte);
    *pte = pte_make(frame, PTE_PRESENT | PTE_USER);
    return pte;
}

/* ---- single facts ---------------------------------------------------------------------- */

static void test_tables_appear_when_made(void) {
    Fixture f;
    set_up(&f, "x86-64");
    unsigned read;
    g_assert_null(page_table_walk(&f.pt, 5, &read));
    g_assert_cmpuint(read, ==, 1); /* the root's empty entry */
    Pte *pte = map(&f, 5, 77);
    g_assert_cmpuint(f.pt.tables, ==, 3);
    g_assert_true(page_table_walk(&f.pt, 5, &read) == pte);
    g_assert_cmpuint(read, ==, 4);
    g_assert_nonnull(page_table_find(&f.pt, 6)); /* its neighbour has an entry: none */
    g_assert_null(page_table_walk(&f.pt, 512, &read));
    g_assert_cmpuint(read, ==, 3);
    map(&f, 512, 78);
    g_assert_cmpuint(f.pt.tables, ==, 4);
    assert_sound(&f);
    tear_down(&f);
}

static void test_pages_out_of_reach_have_no_entry(void) {
    Fixture f;
    set_up(&f, "tiny");
    map(&f, 0, 1);
    unsigned read = 9;
    g_assert_null(page_table_find(&f.pt, 1024)); /* not an alias of page 0 */
    g_assert_null(page_table_walk(&f.pt, UINT64_MAX, &read));
    g_assert_cmpuint(read, ==, 0);
    Vpn vpn = 1;
    g_assert_null(page_table_next(&f.pt, &vpn, UINT64_MAX));
    tear_down(&f);
}

/* Entries do not move while the arena grows. */
static void test_entries_stay_where_they_are(void) {
    Fixture f;
    set_up(&f, "tiny");
    Pte *first = map(&f, 0, 1);
    for (Vpn vpn = 0; vpn < 1024; vpn += 32) {
        map(&f, vpn, (uint32_t)vpn);
    }
    g_assert_true(page_table_find(&f.pt, 0) == first);
    tear_down(&f);
}

static void test_recycled_tables_are_empty(void) {
    Fixture f;
    set_up(&f, "arm64-64k"); /* levels of different size */
    map(&f, 100, 7);
    *page_table_stamp(&f.pt, 100) = 42;
    uint32_t made = f.arena.made;
    g_assert_cmpuint(page_table_prune(&f.pt, 0, UINT64_MAX), ==, 2);
    g_assert_null(page_table_find(&f.pt, 100));
    g_assert_nonnull(page_table_make(&f.pt, 100));
    g_assert_cmpuint(*page_table_find(&f.pt, 100), ==, PTE_NONE);
    g_assert_cmpuint(*page_table_stamp(&f.pt, 100), ==, 0);
    g_assert_cmpuint(f.arena.made, ==, made); /* no new ones */
    assert_sound(&f);
    tear_down(&f);
}

static void test_stamps_belong_to_their_page(void) {
    Fixture f;
    set_up(&f, "sv39");
    map(&f, 3, 1);
    map(&f, 4, 2);
    *page_table_stamp(&f.pt, 3) = 10;
    *page_table_stamp(&f.pt, 4) = 11;
    g_assert_cmpuint(*page_table_stamp(&f.pt, 3), ==, 10);
    g_assert_cmpuint(*page_table_stamp(&f.pt, 4), ==, 11);
    tear_down(&f);
}

/* tiny: a leaf covers 32 pages.   |0..31|32..63|64..95|  */
static void test_prune_takes_whole_spans_only(void) {
    Fixture f;
    set_up(&f, "tiny");
    map(&f, 10, 1);
    map(&f, 40, 2);
    map(&f, 70, 3);
    *page_table_find(&f.pt, 40) = PTE_NONE;
    g_assert_cmpuint(page_table_prune(&f.pt, 33, 64), ==, 0);
    g_assert_cmpuint(page_table_prune(&f.pt, 32, 63), ==, 0);
    g_assert_cmpuint(page_table_prune(&f.pt, 64, 32), ==, 0); /* an empty range */
    g_assert_cmpuint(page_table_prune(&f.pt, 11, 70), ==, 1);
    g_assert_null(page_table_find(&f.pt, 40));
    g_assert_nonnull(page_table_find(&f.pt, 10));
    g_assert_nonnull(page_table_find(&f.pt, 70));
    assert_sound(&f);
    tear_down(&f);
}

/* Two pages at the far ends of 2^47 bytes: next must not look at what is between. */
static void test_next_crosses_deserts(void) {
    Fixture f;
    set_up(&f, "la57");
    Vpn far = (UINT64_C(1) << 44) - 1;
    map(&f, 0, 1);
    map(&f, far, 2);
    Vpn vpn = 0;
    g_assert_cmpuint(pte_number(*page_table_next(&f.pt, &vpn, UINT64_MAX)), ==, 1);
    vpn = 1;
    g_assert_cmpuint(pte_number(*page_table_next(&f.pt, &vpn, UINT64_MAX)), ==, 2);
    g_assert_cmpuint(vpn, ==, far);
    vpn = 1;
    g_assert_null(page_table_next(&f.pt, &vpn, far));
    tear_down(&f);
}

/* A machine of one level: the root is the leaf. */
static void test_one_level(void) {
    const Geometry flat = {"flat", 12, 1, {4}, 16};
    TableArena arena;
    PageTable pt;
    table_arena_init(&arena, &flat);
    g_assert_true(page_table_init(&pt, &arena));
    *page_table_make(&pt, 15) = pte_make(9, PTE_PRESENT);
    *page_table_stamp(&pt, 15) = 3;
    Vpn vpn = 0;
    g_assert_nonnull(page_table_next(&pt, &vpn, 16));
    g_assert_cmpuint(vpn, ==, 15);
    g_assert_cmpuint(page_table_prune(&pt, 0, UINT64_MAX), ==, 0);
    g_assert_cmpstr(page_table_check(&pt), ==, NULL);
    page_table_clear(&pt);
    table_arena_clear(&arena);
}

/* ---- the check must be able to fail ---------------------------------------------------- */

static void assert_caught(const Fixture *f, Pte *entry, Pte damage) {
    Pte good = *entry;
    *entry = damage;
    g_assert_nonnull(page_table_check(&f->pt));
    *entry = good;
    g_assert_cmpstr(page_table_check(&f->pt), ==, NULL);
}

static void test_check_sees_damage(void) {
    Fixture f;
    set_up(&f, "tiny");
    Pte *leaf = map(&f, 0, 1);
    map(&f, 32, 2);
    Pte *root = f.arena.tables[f.pt.root].entries;
    assert_caught(&f, leaf, PTE_ACCESSED);
    assert_caught(&f, leaf, PTE_DIRTY | PTE_KIND_SWAPPED);
    assert_caught(&f, leaf, PTE_KIND_MASK);
    assert_caught(&f, leaf, pte_make(3, 0));
    assert_caught(&f, &root[0], root[1]);  /* two ways to one table */
    assert_caught(&f, &root[0], PTE_NONE); /* a table lost */
    assert_caught(&f, &root[0], pte_make(1000, root[0] & ~PTE_FRAME_MASK));
    assert_caught(&f, &root[0], root[0] | PTE_DIRTY);
    assert_caught(&f, &root[0], pte_make(f.pt.root, root[0] & ~PTE_FRAME_MASK));
    f.arena.live++;
    g_assert_nonnull(table_arena_check(&f.arena));
    f.arena.live--;
    tear_down(&f);
}

/* ---- random sequences against a plain array -------------------------------------------- */

#define PAGES 1024

/* Page i of the model is at i, spread out if the machine is large, so that tables of all
 * levels come and go. */
static Vpn spread(const Geometry *g, unsigned i) {
    return geometry_vpn_bits(g) == 10 ? i
                                      : (Vpn)(i / 64) << (geometry_vpn_bits(g) - 5) | i % 64 << 7;
}

static unsigned model_next(const Pte *model, unsigned from) {
    while (from < PAGES && model[from] == PTE_NONE) {
        from++;
    }
    return from;
}

static void assert_next_agrees(const Fixture *f, const Pte *model, unsigned from) {
    const Geometry *g = f->arena.geometry;
    unsigned expected = model_next(model, from);
    Vpn vpn = spread(g, from);
    const Pte *pte = page_table_next(&f->pt, &vpn, UINT64_MAX);
    if (expected == PAGES) {
        g_assert_null(pte);
        return;
    }
    g_assert_nonnull(pte);
    g_assert_cmpuint(vpn, ==, spread(g, expected));
    g_assert_cmpuint(*pte, ==, model[expected]);
}

/* Unmap pages from..end-1, as munmap does it, and give back the tables between the mapped
 * neighbours. */
static void unmap(Fixture *f, Pte *model, unsigned from, unsigned end) {
    const Geometry *g = f->arena.geometry;
    Vpn vpn = spread(g, from), stop = spread(g, end - 1) + 1;
    for (Pte *pte; (pte = page_table_next(&f->pt, &vpn, stop)) != NULL; vpn++) {
        *pte = PTE_NONE;
    }
    for (unsigned i = from; i < end; i++) {
        model[i] = PTE_NONE;
    }
    unsigned below = from, above = model_next(model, end);
    while (below > 0 && model[below - 1] == PTE_NONE) {
        below--;
    }
    page_table_prune(&f->pt, below == 0 ? 0 : spread(g, below - 1) + 1,
                     above == PAGES ? UINT64_MAX : spread(g, above));
}

/* The tables that a set of pages needs: one for each distinct prefix at each level. */
static uint64_t tables_needed(const Geometry *g, const Pte *model) {
    uint64_t needed = 0;
    for (unsigned level = 0; level + 1 < g->levels; level++) {
        Vpn last = UINT64_MAX;
        for (unsigned i = model_next(model, 0); i < PAGES; i = model_next(model, i + 1)) {
            Vpn prefix = spread(g, i) >> geometry_span_shift(g, level);
            needed += prefix != last;
            last = prefix;
        }
    }
    return needed;
}

static void run_random(const char *geometry, uint64_t seed) {
    Fixture f;
    Pte model[PAGES] = {0};
    Rng rng = {seed};
    set_up(&f, geometry);
    for (int step = 0; step < 1500; step++) {
        unsigned i = (unsigned)rng_below(&rng, PAGES);
        if (rng_below(&rng, 4) != 0) {
            model[i] = *map(&f, spread(f.arena.geometry, i), (uint32_t)step);
        } else {
            unsigned end = i + 1 + (unsigned)rng_below(&rng, 200);
            unmap(&f, model, i, end < PAGES ? end : PAGES);
        }
        assert_next_agrees(&f, model, (unsigned)rng_below(&rng, PAGES));
        g_assert_cmpuint(f.pt.tables, ==, tables_needed(f.arena.geometry, model));
        if (step % 50 == 0) {
            assert_sound(&f);
        }
    }
    tear_down(&f);
}

static void test_random(void) {
    for (const Geometry *g = geometry_presets; g->name != NULL; g++) {
        run_random(g->name, 1);
        run_random(g->name, 2);
    }
}

/* Several trees share an arena: live = sum of (tables + 1), and no tree sees another's pages. */
static void test_trees_share_an_arena(void) {
    TableArena arena;
    PageTable pt[3];
    table_arena_init(&arena, geometry_find("sv39"));
    for (unsigned i = 0; i < 3; i++) {
        g_assert_true(page_table_init(&pt[i], &arena));
        *page_table_make(&pt[i], i * 1000) = pte_make(i, PTE_PRESENT);
    }
    g_assert_cmpuint(arena.live, ==, pt[0].tables + pt[1].tables + pt[2].tables + 3);
    g_assert_null(page_table_find(&pt[0], 1000));
    page_table_clear(&pt[1]);
    g_assert_cmpuint(arena.live, ==, pt[0].tables + pt[2].tables + 2);
    g_assert_cmpuint(pte_number(*page_table_find(&pt[2], 2000)), ==, 2);
    g_assert_cmpstr(page_table_check(&pt[0]), ==, NULL);
    g_assert_cmpstr(page_table_check(&pt[2]), ==, NULL);
    g_assert_cmpstr(table_arena_check(&arena), ==, NULL);
    table_arena_clear(&arena);
}

/* ---- huge pages ------------------------------------------------------------------------- */

static void map_block(Fixture *f, Vpn first, uint32_t frame) {
    for (Vpn i = 0; i < 512; i++) {
        map(f, first + i, frame + (uint32_t)i);
    }
}

static void test_join_and_split(void) {
    Fixture f;
    set_up(&f, "x86-64");
    map_block(&f, 1024, 512);
    *page_table_find(&f.pt, 1030) |= PTE_DIRTY | PTE_ACCESSED;
    g_assert_null(page_table_huge(&f.pt, 1024));
    g_assert_true(page_table_join(&f.pt, 1100));
    assert_sound(&f);
    unsigned read;
    Pte *huge = page_table_walk(&f.pt, 1535, &read);
    g_assert_cmpuint(read, ==, 3);
    g_assert_true(huge == page_table_huge(&f.pt, 1024));
    g_assert_cmphex(*huge, ==,
                    pte_make(512, PTE_PRESENT | PTE_USER | PTE_HUGE | PTE_DIRTY | PTE_ACCESSED));
    g_assert_cmpuint(pte_number(*page_table_find(&f.pt, 1034)), ==, 522);
    g_assert_cmpuint(f.pt.tables, ==, 3); /* the deposited one is still there */
    g_assert_null(page_table_huge(&f.pt, 1023));
    page_table_spread(&f.pt, 1024);
    g_assert_cmphex(*huge & (PTE_DIRTY | PTE_ACCESSED), ==, 0);
    g_assert_true((page_table_read(&f.pt, 1024) & PTE_DIRTY) != 0);
    page_table_split(&f.pt, 1024);
    assert_sound(&f);
    g_assert_cmphex(page_table_read(&f.pt, 1025), ==,
                    pte_make(513, PTE_PRESENT | PTE_USER | PTE_DIRTY | PTE_ACCESSED));
    tear_down(&f);
}

/* It moves as a table does, and the table beneath it moves along. */
static void test_huge_moves(void) {
    Fixture f;
    set_up(&f, "x86-64");
    map_block(&f, 512, 1024);
    g_assert_true(page_table_join(&f.pt, 512));
    g_assert_true(page_table_make_to(&f.pt, 512 * 512, 2));
    g_assert_true(page_table_move(&f.pt, 512, 512 * 512 + 1024, 3));
    assert_sound(&f);
    g_assert_null(page_table_find(&f.pt, 512));
    g_assert_nonnull(page_table_huge(&f.pt, 512 * 512 + 1024));
    g_assert_cmpuint(pte_number(*page_table_find(&f.pt, 512 * 512 + 1027)), ==, 1027);
    tear_down(&f);
}

static void test_check_sees_huge_damage(void) {
    Fixture f;
    set_up(&f, "x86-64");
    map_block(&f, 0, 512);
    g_assert_true(page_table_join(&f.pt, 0));
    Pte *beneath = page_table_find(&f.pt, 7), good = *beneath;
    *beneath = pte_make(5, good & ~PTE_FRAME_MASK);
    g_assert_nonnull(page_table_check(&f.pt));
    *beneath = good | PTE_WRITABLE;
    g_assert_nonnull(page_table_check(&f.pt));
    *beneath = good;
    assert_sound(&f);
    tear_down(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/page-table/made", test_tables_appear_when_made);
    g_test_add_func("/page-table/out-of-reach", test_pages_out_of_reach_have_no_entry);
    g_test_add_func("/page-table/entries-stay", test_entries_stay_where_they_are);
    g_test_add_func("/page-table/recycled", test_recycled_tables_are_empty);
    g_test_add_func("/page-table/stamps", test_stamps_belong_to_their_page);
    g_test_add_func("/page-table/prune", test_prune_takes_whole_spans_only);
    g_test_add_func("/page-table/deserts", test_next_crosses_deserts);
    g_test_add_func("/page-table/one-level", test_one_level);
    g_test_add_func("/page-table/check-sees-damage", test_check_sees_damage);
    g_test_add_func("/page-table/random", test_random);
    g_test_add_func("/page-table/shared-arena", test_trees_share_an_arena);
    g_test_add_func("/page-table/huge/join-and-split", test_join_and_split);
    g_test_add_func("/page-table/huge/moves", test_huge_moves);
    g_test_add_func("/page-table/huge/check", test_check_sees_huge_damage);
    return g_test_run();
}
