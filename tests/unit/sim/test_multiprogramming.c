/* test_multiprogramming.c - the use of the processor against the number of processes has the shape
 * that the textbooks draw: it rises, falls off a cliff where working sets do not fit together any
 * more, and with load control it stays on a plateau instead.
 */
#include "fixture.h"

#include "multiprogramming.h"
#include "output/load_text.h"

#define LAB SOURCE_DIR "/workloads/labs/thrashing.json"

/* The rows of the study, and their places. */
enum { ONE, TWO, THREE, FOUR, FIVE, TEN, TWELVE, SIXTEEN };
#define COPIES "1..5,10,12,16"

static Multiprogramming *study_of(const char *file, const char *copies, const char *rules,
                                  const char *set) {
    char *argv[] = {"faultline",
                    "compare",
                    (char *)(uintptr_t)file,
                    "--copies",
                    (char *)(uintptr_t)copies,
                    "--load-control",
                    (char *)(uintptr_t)rules,
                    "--set",
                    (char *)(uintptr_t)set,
                    NULL};
    GError *error = NULL;
    g_autoptr(Options) options = options_parse((int)G_N_ELEMENTS(argv) - 1, argv, &error);
    g_assert_no_error(error);
    g_autoptr(Origin) origin = origin_read(options, &error);
    g_assert_no_error(error);
    Multiprogramming *study = multiprogramming_plan(options, origin, &error);
    g_assert_no_error(error);
    multiprogramming_run(study, origin, NULL, &error);
    g_assert_no_error(error);
    return study;
}

/* In thousandths of the time. */
static uint64_t busy(const Multiprogramming *study, unsigned rule, unsigned row) {
    const SweepResult *r = multiprogramming_at(study, rule, row);
    return (r->time - r->counters.idle_ns) * 1000 / r->time;
}

static void test_rise_and_cliff(void) {
    g_autoptr(Multiprogramming) study = study_of(LAB, COPIES, "none", "/seed=42");
    for (unsigned row = TWO; row <= FIVE; row++) {
        g_assert_cmpuint(busy(study, 0, row), >=, busy(study, 0, row - 1) + 100);
    }
    g_assert_cmpuint(busy(study, 0, FIVE), >, 950);
    g_assert_cmpuint(busy(study, 0, TWELVE), <, busy(study, 0, FIVE) / 5);
    g_assert_cmpuint(busy(study, 0, SIXTEEN), <=, busy(study, 0, TWELVE));
    const SweepResult *cliff = multiprogramming_at(study, 0, SIXTEEN);
    g_assert_cmpuint(cliff->counters.io_busy_ns * 100 / cliff->time, >=, 95);
    g_assert_cmpuint(cliff->counters.iowait_ns * 100 / cliff->time, >=, 80);
}

static void test_plateau(void) {
    g_autoptr(Multiprogramming) study = study_of(LAB, COPIES, "l=s,50%,working-set", "/seed=42");
    for (unsigned rule = 0; rule < 3; rule++) {
        g_test_message("%s: %d, %d, %d of 1000", multiprogramming_rule(study, rule),
                       (int)busy(study, rule, TEN), (int)busy(study, rule, TWELVE),
                       (int)busy(study, rule, SIXTEEN));
        for (unsigned row = TEN; row <= SIXTEEN; row++) {
            g_assert_cmpuint(busy(study, rule, row), >, 600);
            g_assert_cmpuint(multiprogramming_at(study, rule, row)->counters.suspensions, >, 0);
        }
        g_assert_cmpuint(busy(study, rule, SIXTEEN) * 10, >, busy(study, rule, TEN) * 9);
        g_assert_cmpuint(multiprogramming_at(study, rule, FIVE)->counters.suspensions, ==, 0);
    }
}

static void test_no_cliff_with_memory_enough(void) {
    g_autoptr(Multiprogramming) study = study_of(LAB, COPIES, "none,l=s", "/machine/frames=1000");
    for (unsigned rule = 0; rule < 2; rule++) {
        for (unsigned row = FIVE; row <= SIXTEEN; row++) {
            g_assert_cmpuint(busy(study, rule, row), >, 950);
            g_assert_cmpuint(multiprogramming_at(study, rule, row)->counters.majflt, ==, 0);
            g_assert_cmpuint(multiprogramming_at(study, rule, row)->counters.suspensions, ==, 0);
        }
    }
}

/* The three forms hold a line, or an object, for each run. */
static void test_forms(void) {
    g_autoptr(Multiprogramming) study = study_of(LAB, "2,1,2", "none,50%", "/machine/frames=1000");
    Style plain = {0};
    g_autofree char *text = load_text(study, &plain), *csv = load_csv(study),
                    *json = load_json(study);
    g_auto(GStrv) lines = g_strsplit(csv, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 1 + 4 + 1);
    g_assert_true(g_str_has_prefix(lines[4], "50%,2,2,"));
    g_assert_nonnull(strstr(text, "load control: 50%"));
    g_assert_nonnull(strstr(json, "\"load_control\": \"50%\""));
}

static void refused(const char *copies, const char *part) {
    char *argv[] = {"faultline", "compare", LAB, "--copies", (char *)(uintptr_t)copies, NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(Options) options = options_parse(5, argv, &error);
    g_autoptr(Origin) origin = origin_read(options, &error);
    g_assert_null(multiprogramming_plan(options, origin, &error));
    g_assert_nonnull(strstr(error->message, part));
}

static void test_refused(void) {
    refused("", "not \"\"");
    refused("0", "not \"0\"");
    refused("3..2", "not \"3..2\"");
    refused("1..x", "not \"1..x\"");
    refused("1,,2", "not \"\"");
    refused("1..10001", "not \"1..10001\"");
    refused("1..9999999999999999999999", "--copies wants");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/multiprogramming/rise-and-cliff", test_rise_and_cliff);
    g_test_add_func("/sim/multiprogramming/plateau", test_plateau);
    g_test_add_func("/sim/multiprogramming/memory-enough", test_no_cliff_with_memory_enough);
    g_test_add_func("/sim/multiprogramming/forms", test_forms);
    g_test_add_func("/sim/multiprogramming/refused", test_refused);
    return g_test_run();
}
