/* test_alone.c - a process's slowdown: its turnaround in company against that alone. */
#include "fixture.h"

#include "alone.h"

static Stats *measured(Fixture *fixture) {
    fixture_run(fixture);
    Stats *stats = stats_collect(fixture->machine);
    GError *error = NULL;
    alone_measure(stats, &error);
    g_assert_no_error(error);
    return stats;
}

/* Who has the machine to itself, late or not, takes as long as it takes. */
static void test_by_itself(void) {
    Fixture f = fixture_of("'frames':8", "{'start':'3ms','program':[{'op':'sleep','time':'1ms'},"
                                         "{'op':'compute','cpu':'2ms'}]}");
    g_autoptr(Stats) stats = measured(&f);
    g_assert_cmpuint(stats_process(stats, 0)->alone, ==, 3000000);
    g_assert_cmpuint(stats_process_time(stats_process(stats, 0)), ==, 3000000);
    fixture_clear(&f);
}

/* Copies share their spec's figure; children that a process made itself have none. */
static void test_in_company(void) {
    Fixture f =
        fixture_of("'frames':8", "{'name':'a','copies':2,'program':["
                                 "{'op':'compute','cpu':'5ms'}]},"
                                 "{'name':'b','program':[{'op':'spawn','program':["
                                 "{'op':'compute','cpu':'1ms'}]},{'op':'wait','for':'child'}]}");
    g_autoptr(Stats) stats = measured(&f);
    g_assert_cmpuint(stats_process(stats, 0)->alone, ==, 5000000);
    g_assert_cmpuint(stats_process(stats, 1)->alone, ==, 5000000);
    g_assert_cmpuint(stats_process_time(stats_process(stats, 0)), >, 9000000);
    g_assert_cmpuint(stats_process(stats, 2)->alone, >, 1000000);
    g_assert_cmpuint(stats_process(stats, 3)->alone, ==, 0);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/alone/by_itself", test_by_itself);
    g_test_add_func("/sim/alone/in_company", test_in_company);
    return g_test_run();
}
