/* test_oom.c - memory and swap are full: who goes, and what is kept of it. */
#include "fixture.h"

#include "oom.h"
#include "stats.h"

#define FULL "'frames': 8, 'zero_pool': 'on-demand', 'shared_zero_page': false"

/* Touch so many pages, then hold them for a while. */
#define HOLDS(name, more, pages)                                                                   \
    "{'name':'" name "'" more ",'program':[{'op':'mmap','id':'m','length':'" pages "'},"           \
    "{'op':'touch','id':'m'},{'op':'sleep','time':'1ms'}]}"

static const OomRecord *first_record(const Fixture *f) {
    g_assert_cmpuint(f->machine->oom_records->len, >, 0);
    return g_ptr_array_index(f->machine->oom_records, 0);
}

static ProcessStatus status_of(const Fixture *f, uint32_t index) {
    return process_of(f, index)->status;
}

static void test_largest(void) {
    Fixture f = fixture_of(FULL ",'swap':'none'",
                           HOLDS("small", "", "12KiB") "," HOLDS("large", "", "16KiB") "," HOLDS(
                               "late", ",'start':'500us'", "8KiB"));
    fixture_run(&f);
    g_assert_cmpint(status_of(&f, 0), ==, PROCESS_EXITED);
    g_assert_cmpint(status_of(&f, 1), ==, PROCESS_OOM_KILLED);
    g_assert_cmpint(status_of(&f, 2), ==, PROCESS_EXITED);
    const OomRecord *record = first_record(&f);
    g_assert_cmpuint(record->asking, ==, 3);
    g_assert_cmpuint(record->victim, ==, 2);
    g_assert_cmpstr(record->reason, ==, "there is no swap");
    g_assert_cmpuint(record->rows->len, ==, 3);
    g_assert_cmpuint(g_array_index(record->rows, OomRow, 0).rss, ==, 3);
    g_assert_cmpuint(g_array_index(record->rows, OomRow, 1).rss, ==, 4);
    g_assert_cmpuint(g_array_index(record->rows, OomRow, 2).rss, ==, 1);
    fixture_clear(&f);
}

/* What is in swap counts for badness, and an adjustment can spare the worst. */
static void test_badness(void) {
#define SWAPPED                                                                                    \
    "'frames': 4, 'swap': {'size':'16KiB'}, 'oom': 'kill-badness', 'shared_zero_page': false"
    Fixture f = fixture_of(
        SWAPPED, HOLDS("large", "", "20KiB") "," HOLDS("late", ",'start':'500us'", "16KiB"));
    fixture_run(&f);
    g_assert_cmpint(status_of(&f, 0), ==, PROCESS_OOM_KILLED);
    g_assert_cmpint(status_of(&f, 1), ==, PROCESS_EXITED);
    g_assert_cmpstr(first_record(&f)->reason, ==, "swap is full");
    fixture_clear(&f);
    f = fixture_of(SWAPPED, HOLDS("large", ",'oom_score_adj':-1000",
                                  "20KiB") "," HOLDS("late", ",'start':'500us'", "16KiB"));
    fixture_run(&f);
    g_assert_cmpint(status_of(&f, 0), ==, PROCESS_EXITED);
    g_assert_cmpint(status_of(&f, 1), ==, PROCESS_OOM_KILLED);
    fixture_clear(&f);
    f = fixture_of(SWAPPED, HOLDS("large", "", "20KiB") "," HOLDS(
                                "late", ",'start':'500us','oom_score_adj':900", "16KiB"));
    fixture_run(&f);
    g_assert_cmpint(status_of(&f, 1), ==, PROCESS_OOM_KILLED);
    fixture_clear(&f);
}

/* The run ends there: everything is as it was, and the sums still agree. */
static void check_stopped(Fixture *f) {
    fixture_run(f);
    g_assert_cmpint(status_of(f, 0), ==, PROCESS_ALIVE);
    g_assert_cmpint(status_of(f, 1), ==, PROCESS_NEW);
    g_assert_cmpuint(f->machine->counters.oom_kills, ==, 0);
    g_assert_cmpuint(first_record(f)->victim, ==, 0);
    g_autoptr(Stats) stats = stats_collect(f->machine);
    g_assert_cmpuint(stats_process(stats, 0)->memory.rss, ==, 8);
    g_assert_cmpuint(stats_process_time(stats_process(stats, 0)), ==, f->machine->clock.now);
    g_assert_null(machine_check(f->machine));
}

static void test_stop(void) {
    Fixture f = fixture_of(FULL ",'swap':'none','oom':'stop'",
                           HOLDS("a", "", "64KiB") "," HOLDS("b", ",'start':'1s'", "4KiB"));
    check_stopped(&f);
    fixture_clear(&f);
}

static void test_all_spared(void) {
    Fixture f = fixture_of(
        FULL ",'swap':'none','oom':'kill-badness'",
        HOLDS("a", ",'oom_score_adj':-1000", "64KiB") "," HOLDS("b", ",'start':'1s'", "4KiB"));
    check_stopped(&f);
    fixture_clear(&f);
}

/* However often it happens, what is kept of it is bounded. */
static void test_records_are_bounded(void) {
    Fixture f = fixture_of(FULL ",'swap':'none'",
                           "{'copies':100,'program':[{'op':'mmap','id':'m','length':'1MiB'},"
                           "{'op':'touch','id':'m'}]}");
    f.machine->check = (CheckPlan){.at_end = true};
    fixture_run(&f);
    g_assert_cmpuint(f.machine->counters.oom_kills, ==, 100);
    g_assert_cmpuint(f.machine->oom_records->len, ==, OOM_RECORDS_MAX);
    g_assert_cmpuint(first_record(&f)->rows->len, <=, OOM_ROWS_MAX);
    fixture_clear(&f);
}

/* The shared page of zeros takes no memory, but the tables that lead to it do: they are no way to use
 * up the host's.  Whoever has most of them goes, though its pages are few. */
static void test_tables(void) {
    Fixture f =
        fixture_of("'swap':'none','overcommit':'always','frames':100",
                   "{'program':[{'op':'mmap','id':'m','length':'1TiB','prot':'r'},"
                   "{'op':'access','pattern':'stride','stride':2097152,'over':'m'}]},"
                   "{'program':[{'op':'mmap','id':'m','length':4096},{'op':'touch','id':'m'},"
                   "{'op':'sleep','time':'10s'},{'op':'touch','id':'m'}]}");
    f.machine->check = (CheckPlan){.every = 65000, .at_end = true};
    fixture_run(&f);
    g_assert_cmpint(status_of(&f, 0), ==, PROCESS_OOM_KILLED);
    g_assert_cmpint(status_of(&f, 1), ==, PROCESS_EXITED);
    const OomRecord *record = first_record(&f);
    uint64_t tables = g_array_index(record->rows, OomRow, 0).page_tables;
    g_assert_cmpuint(tables, >, 65000);
    g_assert_cmpuint(tables, <=, 65536);
    g_assert_nonnull(strstr(record->reason, "page tables"));
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/oom/largest", test_largest);
    g_test_add_func("/sim/oom/badness", test_badness);
    g_test_add_func("/sim/oom/stop", test_stop);
    g_test_add_func("/sim/oom/all-spared", test_all_spared);
    g_test_add_func("/sim/oom/tables", test_tables);
    g_test_add_func("/sim/oom/records-are-bounded", test_records_are_bounded);
    return g_test_run();
}
