/* test_reference_cases.c - every policy on the seeded strings, through the whole machine, against
 * the answers of an independent program: tests/reference/cases.txt. */
#include "reference.h"

static void check_row(char **words, const GArray *string) {
    Fixture fixture = reference_machine(words[2], words[3], words[4], string);
    fixture_run(&fixture);
    Counters counters = machine_counters(fixture.machine);
    g_assert_cmpuint(faults_of(fixture.machine), ==, number(words[5]));
    g_assert_cmpuint(counters.evictions, ==, number(words[6]));
    g_assert_cmpuint(counters.writebacks, ==, number(words[7]));
    g_assert_cmpuint(counters.loads + counters.stores, ==, string->len);
    g_assert_null(words[8]);
    fixture_clear(&fixture);
}

static void test_string(gconstpointer name) {
    g_assert_cmpuint(each_case(name, check_row), >, 100);
}

/* Nothing is left out. */
static void test_complete(void) {
    g_autoptr(GPtrArray) table = read_table("reference/cases.txt");
    g_assert_cmpuint(table->len, ==, 747);
    assert_all_policies(table, 2,
                        (const char *const[]){"nru-random", "linux-lru", "linux-mglru", NULL});
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cases/complete", test_complete);
    for (unsigned s = 0; s < G_N_ELEMENTS(seeded); s++) {
        g_autofree char *path = g_strconcat("/cases/", seeded[s].name, NULL);
        g_test_add_data_func(path, seeded[s].name, test_string);
    }
    return g_test_run();
}
