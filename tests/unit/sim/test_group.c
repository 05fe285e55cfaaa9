/* test_group.c - processes that share a limit of memory. */
#include "fixture.h"

#include "oom.h"
#include "stats.h"

#define GROUPS                                                                                     \
    "'frames': 64, 'zero_pool': 'on-demand', 'shared_zero_page': false, 'groups': ["               \
    "{'name':'g','memory':'32KiB'},{'name':'h','memory':'1MiB'}]"

#define WALKER(name, more, length)                                                                 \
    "{'name':'" name "'" more ",'program':[{'op':'mmap','id':'m','length':'" length "'},"          \
    "{'op':'touch','id':'m'},{'op':'sleep','time':'1ms'},{'op':'touch','id':'m'}]}"

/* Two of the group want 6 pages each of the 8 that they may have; who is in no group, or in a roomy
 * one, is not troubled, and frames are free all the time. */
static void test_limit(void) {
    Fixture f = fixture_of(
        GROUPS,
        WALKER("a", ",'group':'g'", "24KiB") "," WALKER("b", ",'group':'g'", "24KiB") "," WALKER(
            "c", "", "64KiB") "," WALKER("d", ",'group':'h'", "64KiB"));
    fixture_run(&f);
    g_assert_cmpuint(counters_of(&f, 0).evictions + counters_of(&f, 1).evictions, >=, 4);
    g_assert_cmpuint(counters_of(&f, 0).majflt + counters_of(&f, 1).majflt, >=, 4);
    g_assert_cmpuint(counters_of(&f, 2).evictions + counters_of(&f, 3).evictions, ==, 0);
    g_autoptr(Stats) stats = stats_collect(f.machine);
    g_assert_cmpuint(stats->group_peaks[0], ==, 8);
    g_assert_cmpuint(stats->group_peaks[1], ==, 16);
    fixture_clear(&f);
}

/* One alone may have it all: a limit is no quota of each. */
static void test_shared(void) {
    Fixture f = fixture_of(GROUPS, WALKER("a", ",'group':'g'", "32KiB") "," WALKER(
                                       "b", ",'group':'g','start':'5ms'", "32KiB"));
    fixture_run(&f);
    g_assert_cmpuint(counters_of(&f, 0).evictions + counters_of(&f, 1).evictions, ==, 0);
    fixture_clear(&f);
}

/* What a member makes is a member. */
static void test_children(void) {
    Fixture f = fixture_of(GROUPS, "{'group':'g','program':[{'op':'spawn','program':["
                                   "{'op':'mmap','id':'m','length':'48KiB'},"
                                   "{'op':'touch','id':'m'}]},{'op':'wait','for':'child'}]}");
    fixture_run(&f);
    g_assert_cmpuint(counters_of(&f, 1).evictions, ==, 4);
    fixture_clear(&f);
}

/* Without swap nothing can leave: somebody of the group dies, though others have more. */
static void test_out_of_memory(void) {
    Fixture f =
        fixture_of(GROUPS ",'swap':'none'",
                   WALKER("big", "", "160KiB") "," WALKER("a", ",'group':'g'", "20KiB") "," WALKER(
                       "b", ",'group':'g','start':'300us'", "16KiB"));
    fixture_run(&f);
    g_assert_cmpint(process_of(&f, 0)->status, ==, PROCESS_EXITED);
    g_assert_cmpint(process_of(&f, 1)->status, ==, PROCESS_OOM_KILLED);
    g_assert_cmpint(process_of(&f, 2)->status, ==, PROCESS_EXITED);
    const OomRecord *record = g_ptr_array_index(f.machine->oom_records, 0);
    g_assert_cmpstr(record->reason, ==, "its group is at its limit");
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/group/limit", test_limit);
    g_test_add_func("/sim/group/shared", test_shared);
    g_test_add_func("/sim/group/children", test_children);
    g_test_add_func("/sim/group/out-of-memory", test_out_of_memory);
    return g_test_run();
}
