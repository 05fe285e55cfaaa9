/* test_reference_steps.c - every policy on short strings, through the whole machine: what each
 * single reference does (tests/reference/steps.txt), and the numbers that textbooks print
 * (textbook.txt). */
#include "reference.h"

static void follow_run(char **words, const GArray *string) {
    Fixture fixture = reference_machine(words[1], words[2], words[3], string);
    History history = history_of_run(&fixture, string->len);
    for (guint t = 0; t < string->len; t++) {
        GArray *left = history_left(&history, t);
        g_autofree char *word =
            step_word(history_faulted(&history, t), (uint64_t *)(void *)left->data, left->len);
        g_assert_cmpstr(word, ==, words[5 + t]);
    }
    g_assert_null(words[5 + string->len]);
    g_assert_cmpuint(machine_counters(fixture.machine).writebacks, ==, number(words[4]));
    history_clear(&history);
    fixture_clear(&fixture);
}

static void check_faults(char **words, const GArray *string) {
    Fixture fixture = reference_machine(words[1], words[2], words[3], string);
    fixture_run(&fixture);
    g_assert_cmpuint(faults_of(fixture.machine), ==, number(words[4]));
    fixture_clear(&fixture);
}

static void test_steps(void) {
    g_autoptr(GPtrArray) table = read_table("reference/steps.txt");
    assert_all_policies(table, 1,
                        (const char *const[]){"nru-random", "linux-lru", "linux-mglru", NULL});
    g_assert_cmpuint(each_run(table, follow_run), ==, 989);
}

static void test_textbook(void) {
    g_autoptr(GPtrArray) table = read_table("reference/textbook.txt");
    g_assert_cmpuint(each_run(table, check_faults), ==, 47);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/steps/textbook", test_textbook);
    g_test_add_func("/steps/each-reference", test_steps);
    return g_test_run();
}
