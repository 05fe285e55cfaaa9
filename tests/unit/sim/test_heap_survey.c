/* test_heap_survey.c - heaps drawn by hand, and the sums that hold of every process. */
#include "fixture.h"
#include "heap_survey.h"
#include "stats.h"

/* Pages of 16 bytes, so that a heap fits on a line. */
#define SHIFT 4

/* Resident pages, ascending, 0 at the end. */
static bool next_of(void *host, Vpn *vpn) {
    const Vpn *pages = host;
    while (*pages != 0 && *pages < *vpn) {
        pages++;
    }
    *vpn = *pages == 0 ? *vpn : *pages;
    return *pages != 0;
}

static HeapSurvey survey(const HeapPart *parts, uint64_t count, Vpn *pages) {
    HeapSurvey s = heap_survey_of(parts, count, SHIFT, next_of, pages);
    g_assert_cmpuint(s.live_pages + s.own_pages + s.below_pages + s.kept_pages, ==,
                     s.resident_pages);
    g_assert_cmpuint(s.pinned_pages, <=, s.live_pages);
    return s;
}

/* The drawing of heap_survey.h. */
static void test_kinds_of_pages(void) {
    static const HeapPart parts[] = {
        {16, 6, BLOCK_USED},  {22, 10, BLOCK_USED},    {32, 2, BLOCK_FREE}, {34, 4, BLOCK_USED},
        {38, 40, BLOCK_FREE}, {78, 2, BLOCK_OVERHEAD}, {80, 8, BLOCK_USED}, {88, 24, BLOCK_FREE}};
    Vpn pages[] = {1, 2, 3, 4, 5, 6, 0};
    HeapSurvey s = survey(parts, G_N_ELEMENTS(parts), pages);
    g_assert_cmpuint(s.resident_pages, ==, 6);
    g_assert_cmpuint(s.live_pages, ==, 3);
    g_assert_cmpuint(s.pinned_pages, ==, 2);
    g_assert_cmpuint(s.below_pages, ==, 1);
    g_assert_cmpuint(s.own_pages, ==, 1);
    g_assert_cmpuint(s.kept_pages, ==, 1);
    g_assert_cmpuint(s.live_blocks, ==, 4);
    g_assert_cmpuint(s.free_blocks, ==, 3);
    g_assert_cmpuint(s.free_bytes, ==, 66);
    g_assert_cmpuint(s.largest_free_bytes, ==, 40);
    g_assert_cmpuint(s.overhead_bytes, ==, 2);
}

/* Above a gap nothing holds what is below it; what is not resident does not count; a block that
 * fills its pages pins none; a page of two stretches counts once. */
static void test_stretches(void) {
    static const HeapPart parts[] = {
        {16, 32, BLOCK_FREE}, {64, 16, BLOCK_USED}, {80, 4, BLOCK_FREE}, {90, 2, BLOCK_USED}};
    Vpn pages[] = {2, 4, 5, 1000, 0};
    HeapSurvey s = survey(parts, G_N_ELEMENTS(parts), pages);
    g_assert_cmpuint(s.resident_pages, ==, 3);
    g_assert_cmpuint(s.kept_pages, ==, 2);
    g_assert_cmpuint(s.live_pages, ==, 1);
    g_assert_cmpuint(s.pinned_pages, ==, 0);
    g_assert_cmpuint(survey(parts, 0, pages).resident_pages, ==, 0);
}

/* 64 blocks of 1000 bytes, of which all but the last are freed or not. */
static Stats *run_blocks(Fixture *f, bool free_them) {
    g_autofree char *program = g_strdup_printf(
        "{'name':'p','allocator':'kr','program':["
        "{'op':'repeat','times':64,'as':'i','do':[{'op':'malloc','id':'b[$i]','size':1000},"
        "{'op':'write','id':'b[$i]'}]}"
        "%s]}",
        free_them ? ",{'op':'repeat','times':63,'as':'i','do':[{'op':'free','id':'b[$i]'}]}" : "");
    *f = fixture_of("'frames':64", program);
    fixture_run(f);
    Stats *stats = stats_collect(f->machine);
    g_assert_null(stats_check(stats));
    return stats;
}

static void test_of_a_process(void) {
    Fixture f;
    g_autoptr(Stats) stats = run_blocks(&f, false);
    const StatsProcess *p = stats_process(stats, 0);
    g_assert_cmpuint(p->heap.live_blocks, ==, 64);
    g_assert_cmpuint(p->memory.live_bytes, ==, 64000);
    g_assert_cmpuint(p->memory.granted_bytes, ==, 64 * 1008);
    g_assert_cmpuint(p->memory.peak_granted_bytes, ==, p->memory.granted_bytes);
    g_assert_cmpuint(p->heap.resident_pages, ==, p->memory.rss);
    g_assert_cmpuint(stats_utilisation_ppm(p), ==,
                     64000 * UINT64_C(1000000) / p->memory.peak_heap_bytes);
    fixture_clear(&f);
}

static void test_after_frees(void) {
    Fixture f;
    g_autoptr(Stats) stats = run_blocks(&f, true);
    const StatsProcess *p = stats_process(stats, 0);
    g_assert_cmpuint(p->heap.live_blocks, ==, 1);
    g_assert_cmpuint(p->memory.granted_bytes, ==, 1008);
    g_assert_cmpuint(p->memory.peak_granted_bytes, ==, 64 * 1008);
    g_assert_cmpuint(p->heap.pinned_pages, >=, 1);
    g_assert_cmpuint(p->heap.pinned_pages, <=, 2);
    g_assert_cmpuint(p->heap.kept_pages + p->heap.below_pages, >=, 13);
    g_assert_cmpuint(p->heap.resident_pages, ==, p->memory.rss);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/heap-survey/pages", test_kinds_of_pages);
    g_test_add_func("/heap-survey/stretches", test_stretches);
    g_test_add_func("/heap-survey/process", test_of_a_process);
    g_test_add_func("/heap-survey/after-frees", test_after_frees);
    return g_test_run();
}
