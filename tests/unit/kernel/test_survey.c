/* test_survey.c - what is seen from outside is what stands inside, and looking changes nothing. */
#include "kernel/survey.h"

#include "fixture.h"

/* How many frames are used for what. */
static void count_uses(const Memory *m, uint64_t counts[6]) {
    for (Pfn pfn = 0; pfn < m->config.frames; pfn++) {
        counts[memory_view_frame(m, pfn).use]++;
    }
}

static void check_frames(const Fixture *f) {
    uint64_t uses[6] = {0};
    count_uses(f->m, uses);
    FrameCensus census = memory_census(f->m);
    g_assert_cmpuint(uses[FRAME_USE_FREE], ==, census.free);
    g_assert_cmpuint(uses[FRAME_USE_ZEROED], ==, census.zeroed);
    g_assert_cmpuint(uses[FRAME_USE_RESIDENT], ==, census.resident);
    g_assert_cmpuint(uses[FRAME_USE_TRANSIT], ==, census.in_transit);
    g_assert_cmpuint(uses[FRAME_USE_STANDBY], ==, census.standby);
}

/* Every page with an entry is met once, in order, and resident ones are where frames say. */
static void check_pages(const Fixture *f) {
    uint64_t present = 0, swapped = 0;
    PageView page = {0};
    for (Vpn next = 0; space_view_page(f->space, next, &page); next = page.vpn + 1) {
        g_assert_cmpuint(page.vpn, >=, next);
        swapped += pte_swapped(page.pte);
        if (!pte_present(page.pte) || pte_zero_page(page.pte)) {
            continue;
        }
        present++;
        FrameView frame = memory_view_frame(f->m, pte_number(page.pte));
        g_assert_cmpint(frame.use, ==, FRAME_USE_RESIDENT);
        g_assert_cmpuint(frame.vpn, ==, page.vpn);
        g_assert_cmpuint(frame.pid, ==, 1);
        g_assert_cmphex(frame.pte, ==, page.pte);
        g_assert_cmpuint(frame.age, ==, page.age);
    }
    g_assert_cmpuint(present, ==, f->space->rss);
    g_assert_cmpuint(swapped, ==, f->space->swap);
}

static void count_table(void *host, const TableView *table) {
    uint64_t *levels = host;
    levels[table->level]++;
    g_assert_cmpuint(table->number, !=, 0);
}

static void check_tables(const Fixture *f) {
    uint64_t levels[GEOMETRY_LEVELS_MAX] = {0};
    uint32_t told = space_view_tables(f->space, UINT32_MAX, count_table, levels);
    g_assert_cmpuint(told, ==, f->space->page_table.tables);
    g_assert_cmpuint(levels[0], ==, 0);
    g_assert_cmpuint(levels[1] + levels[2] + levels[3], ==, told);
    g_assert_cmpuint(space_view_tables(f->space, told - 1, count_table, levels), ==, told - 1);
}

static void test_sees_what_stands(void) {
    Fixture f;
    fixture_start(&f, 8, 64);
    VAddr va = fixture_map(&f, 20 * PAGE, RW, 0);
    g_assert_cmpint(fixture_touch(&f, va, 3, ACCESS_WRITE), ==, OUTCOME_OK);
    check_frames(&f);
    check_pages(&f);
    g_assert_cmpint(fixture_touch(&f, va, 20, ACCESS_WRITE), ==, OUTCOME_OK);
    g_assert_cmpint(fixture_touch(&f, va, 5, ACCESS_READ), ==, OUTCOME_OK);
    check_frames(&f);
    check_pages(&f);
    check_tables(&f);
    fixture_close(&f);
}

static void test_looking_changes_nothing(void) {
    Fixture f;
    fixture_start(&f, 8, 64);
    VAddr va = fixture_map(&f, 12 * PAGE, RW, 0);
    g_assert_cmpint(fixture_touch(&f, va, 12, ACCESS_WRITE), ==, OUTCOME_OK);
    Counters counters = f.counters;
    Tick now = f.clock.now;
    check_frames(&f);
    check_pages(&f);
    g_assert_cmpint(memcmp(&counters, &f.counters, sizeof counters), ==, 0);
    g_assert_cmpuint(f.clock.now, ==, now);
    fixture_close(&f);
}

static void test_ages_are_windows(void) {
    Fixture f;
    fixture_start(&f, 8, 0);
    VAddr va = fixture_map(&f, 2 * PAGE, RW, 0);
    g_assert_cmpint(fixture_touch(&f, va, 2, ACCESS_WRITE), ==, OUTCOME_OK);
    memory_window_end(f.m);
    memory_window_end(f.m);
    g_assert_cmpint(fixture_touch(&f, va, 1, ACCESS_READ), ==, OUTCOME_OK);
    PageView page;
    g_assert_true(space_view_page(f.space, va / PAGE, &page));
    g_assert_cmpuint(page.age, ==, 0);
    g_assert_true(space_view_page(f.space, va / PAGE + 1, &page));
    g_assert_cmpuint(page.age, ==, 2);
    g_assert_false(space_view_page(f.space, va / PAGE + 2, &page));
    fixture_close(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/survey/stands", test_sees_what_stands);
    g_test_add_func("/survey/harmless", test_looking_changes_nothing);
    g_test_add_func("/survey/ages", test_ages_are_windows);
    return g_test_run();
}
