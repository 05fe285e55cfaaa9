/* test_reference_steps.c - every policy on short strings, through the whole machine: what each
 * single reference does (tests/reference/steps.txt), and the numbers that textbooks print
 * (textbook.txt). */
#include "reference.h"

static int compare_pages(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* "+7", ".2,5" */
static char *step_word(const History *history, guint t) {
    GString *word = g_string_new(history_faulted(history, t) ? "+" : ".");
    GArray *left = history_left(history, t);
    g_array_sort(left, compare_pages);
    for (guint i = 0; i < left->len; i++) {
        g_string_append_printf(word, "%s%" G_GUINT64_FORMAT, i == 0 ? "" : ",",
                               g_array_index(left, uint64_t, i));
    }
    return g_string_free(word, FALSE);
}

static void follow_run(char **words, const GArray *string) {
    g_test_message("%s %s with %s frames", words[1], words[2], words[3]);
    Fixture fixture = reference_machine(words[1], words[2], words[3], string);
    History history = history_of_run(&fixture, string->len);
    for (guint t = 0; t < string->len; t++) {
        g_autofree char *word = step_word(&history, t);
        g_assert_cmpstr(word, ==, words[5 + t]);
    }
    g_assert_null(words[5 + string->len]);
    g_assert_cmpuint(machine_counters(fixture.machine).writebacks, ==, number(words[4]));
    history_clear(&history);
    fixture_clear(&fixture);
}

static void check_faults(char **words, const GArray *string) {
    g_test_message("%s %s with %s frames", words[1], words[2], words[3]);
    Fixture fixture = reference_machine(words[1], words[2], words[3], string);
    fixture_run(&fixture);
    g_assert_cmpuint(faults_of(fixture.machine), ==, number(words[4]));
    fixture_clear(&fixture);
}

/* Each run of a table with the string above it; how many there were. */
static unsigned each_run(const GPtrArray *table,
                         void (*check)(char **words, const GArray *string)) {
    g_autoptr(GArray) string = NULL;
    unsigned runs = 0;
    for (guint i = 0; i < table->len; i++) {
        char **words = g_ptr_array_index(table, i);
        if (strcmp(words[0], "string") == 0) {
            g_clear_pointer(&string, g_array_unref);
            string = string_parse(words + 2);
        } else {
            check(words, string);
            runs++;
        }
    }
    return runs;
}

static void test_steps(void) {
    g_autoptr(GPtrArray) table = read_table("reference/steps.txt");
    assert_all_policies(table, 1, (const char *const[]){"nru-random", NULL});
    g_assert_cmpuint(each_run(table, follow_run), ==, 839);
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
