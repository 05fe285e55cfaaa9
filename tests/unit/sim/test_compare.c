/* test_compare.c - comparisons: which runs are planned, that their numbers are those of single
 * runs, and what is said about them: the best, the bounds, Belady's anomaly
 * (tests/reference/anomalies.txt), refusals. */
#include "comparison.h"
#include "output/compare_data.h"
#include "output/compare_text.h"
#include "reference.h"
#include "size_list.h"

#define BELADY                                                                                     \
    "{\"name\":\"belady\",\"machine\":{\"frames\":4,\"swap\":\"none\"},\"processes\":[{"           \
    "\"program\":["                                                                                \
    "{\"op\":\"access\",\"pattern\":\"pages\",\"pages\":\"1 2 3 4 1w 2 5 1 2 3 4 5\"}]}]}"

static const Style plain = {FALSE, FALSE};

/* "--policy lru" and so on, divided by blanks. */
static Options *options_of(const char *words, GError **error) {
    g_autofree char *line = g_strconcat("faultline compare test.json ", words, NULL);
    g_auto(GStrv) argv = g_strsplit(g_strchomp(line), " ", -1);
    return options_parse((int)g_strv_length(argv), argv, error);
}

static Comparison *try_comparison(const char *json, const char *words, GError **error) {
    g_autoptr(Options) options = options_of(words, error);
    if (options == NULL) {
        return NULL;
    }
    Origin origin = {.name = (char *)"test.json", .text = g_string_new(json)};
    g_autoptr(Comparison) comparison = comparison_plan(options, &origin, error);
    bool ran = comparison != NULL && comparison_run(comparison, &origin, NULL, error);
    g_string_free(origin.text, TRUE);
    return ran ? g_steal_pointer(&comparison) : NULL;
}

static Comparison *comparison_of(const char *json, const char *words) {
    g_autoptr(GError) error = NULL;
    Comparison *comparison = try_comparison(json, words, &error);
    g_assert_no_error(error);
    return comparison;
}

/* "fifo lru", and "3 4": what is compared. */
static void assert_plan(const Comparison *c, const char *names, const char *sizes) {
    g_autoptr(GString) all = g_string_new(NULL);
    for (unsigned i = 0; i < c->names->len; i++) {
        g_string_append_printf(all, "%s%s", i == 0 ? "" : " ", comparison_name(c, i));
    }
    g_assert_cmpstr(all->str, ==, names);
    g_string_truncate(all, 0);
    for (unsigned i = 0; i < c->sizes->len; i++) {
        g_string_append_printf(all, "%s%" G_GUINT64_FORMAT, i == 0 ? "" : " ",
                               size_at(c->sizes, i));
    }
    g_assert_cmpstr(all->str, ==, sizes);
    g_assert_cmpuint(c->results->len, ==, c->names->len * c->sizes->len);
}

static void test_plan(void) {
    static const struct {
        const char *words, *names, *sizes;
    } plans[] = {
        {"", "fifo lru clock opt", "1 2 4"},
        {"--set /machine/frames=10", "fifo lru clock opt", "3 5 10"},
        {"--set /machine/frames=1", "fifo lru clock opt", "1"},
        {"--set /machine/replacement=mru", "fifo lru clock opt mru", "1 2 4"},
        {"--policy lru,fifo,lru --memory 4,3", "lru fifo", "3 4"},
        {"--policy=lru --memory 8KiB..16KiB", "lru", "2 3 4"},
        {"--set /machine/mmu=tiny --memory 1KiB --policy lru", "lru", "4"},
        {"--allocator bump,explicit", "bump explicit", "4 8"},
        {"--allocator bump,explicit --set /machine/frames=2", "bump explicit", "2 8"},
        {"--allocator bump,explicit --set /machine/frames=64", "bump explicit", "3 64"},
        {"--allocator bump,explicit --memory 2..3", "bump explicit", "2 3"},
        {"--allocator bump,explicit --policy opt", "bump explicit", "4 8"},
        {"--allocator bump --policy lru,fifo", "lru fifo", "1 2 4"},
        {"--allocator bump --policy lru", "bump", "4 8"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(plans); i++) {
        g_test_message("%s", plans[i].words);
        g_autoptr(Comparison) c = comparison_of(BELADY, plans[i].words);
        assert_plan(c, plans[i].names, plans[i].sizes);
    }
}

static void test_all_names(void) {
    unsigned policies = 0, allocators = 0;
    while (registry_vocabulary()->policies[policies] != NULL) {
        policies++;
    }
    while (registry_vocabulary()->allocators[allocators] != NULL) {
        allocators++;
    }
    g_autoptr(Comparison) p = comparison_of(BELADY, "--policy all --memory 3");
    g_assert_cmpuint(p->names->len, ==, policies);
    g_autoptr(Comparison) a = comparison_of(BELADY, "--allocator all");
    g_assert_cmpuint(a->names->len, ==, allocators);
    g_assert_true(a->allocators && !p->allocators);
}

/* ---- numbers ----------------------------------------------------------------------------- */

static void assert_cell(const Comparison *c, unsigned row, unsigned column, const GArray *string) {
    g_autofree char *frames = g_strdup_printf("%" G_GUINT64_FORMAT, size_at(c->sizes, row));
    Fixture alone = reference_machine(comparison_name(c, column), "-", frames, string);
    fixture_run(&alone);
    const SweepResult *cell = comparison_at(c, row, column);
    Counters counters = machine_counters(alone.machine);
    g_assert_no_error(cell->error);
    g_assert_cmpuint(cell->faults, ==, faults_of(alone.machine));
    g_assert_cmpmem(&cell->counters, sizeof counters, &counters, sizeof counters);
    g_assert_cmpuint(cell->time, ==, alone.machine->clock.now);
    fixture_clear(&alone);
}

/* Every policy that there is, at many sizes, against single runs. */
static void test_numbers(void) {
    g_autoptr(GArray) string = string_seeded("zipf_1k");
    g_autofree char *json = reference_workload("clock", "-", "-", string);
    g_autoptr(Comparison) c = comparison_of(json, "--policy all --memory 1..5,16,64");
    for (unsigned row = 0; row < c->sizes->len; row++) {
        for (unsigned column = 0; column < c->names->len; column++) {
            assert_cell(c, row, column, string);
        }
    }
}

/* A workload in bytes stays in bytes; its own policy keeps its parameters. */
static void test_keeps_what_it_has(void) {
    g_autofree char *json = g_strdup(
        "{\"machine\":{\"memory\":\"64KiB\",\"swap\":\"none\","
        "\"replacement\":{\"policy\":\"segmented-fifo\",\"primary\":1}},\"processes\":[{"
        "\"program\":[{\"op\":\"access\",\"pattern\":\"pages\",\"pages\":\"1 2 3 1 4 1 2 3\"}]}]}");
    g_autoptr(Comparison) c = comparison_of(json, "--policy segmented-fifo,lru,fifo --memory 1..3");
    for (unsigned row = 0; row < 3; row++) {
        g_assert_cmpuint(comparison_at(c, row, 0)->frames, ==, row + 1);
        g_assert_cmpuint(comparison_at(c, row, 0)->faults, ==, comparison_at(c, row, 1)->faults);
    }
    g_assert_cmpuint(comparison_at(c, 2, 0)->faults, <, comparison_at(c, 2, 2)->faults);
}

#define TWO_LOCAL(policy)                                                                          \
    "{\"machine\":{\"frames\":6,\"replacement\":{\"policy\":\"" policy "\",\"scope\":\"local\"}}," \
    "\"processes\":[{\"copies\":2,\"program\":["                                                   \
    "{\"op\":\"access\",\"pattern\":\"pages\",\"pages\":\"1 2w 3 4 1 2 5w 1 2 3 4 5 6 1 2 "        \
    "3\"}]}]}"

/* Another policy replaces in the same scope. */
static void test_keeps_the_scope(void) {
    g_autoptr(Comparison) c = comparison_of(TWO_LOCAL("fifo"), "--policy fifo,lru --memory 6");
    Fixture alone = fixture_make(TWO_LOCAL("lru"));
    fixture_run(&alone);
    g_assert_cmpuint(comparison_at(c, 0, 1)->faults, ==, faults_of(alone.machine));
    g_assert_cmpuint(comparison_at(c, 0, 1)->time, ==, alone.machine->clock.now);
    fixture_clear(&alone);
}

/* ---- what is said about them ------------------------------------------------------------- */

static void test_marks(void) {
    g_autoptr(Comparison) c = comparison_of(BELADY, "--policy fifo,lru,opt --memory 1..5");
    /* faults: 12 12 12, 12 12 9, 9 10 7, 10 8 6, 5 5 5 */
    static const bool best[5][3] = {{0}, {0}, {1, 0, 0}, {0, 1, 0}, {0}};
    for (unsigned row = 0; row < 5; row++) {
        for (unsigned column = 0; column < 3; column++) {
            g_assert_cmpint(comparison_is_best(c, row, column), ==, best[row][column]);
            g_assert_cmpint(comparison_is_anomalous(c, row, column), ==, row == 3 && column == 0);
        }
    }
    g_assert_true(comparison_is_bound(c, 2));
    g_assert_false(comparison_is_bound(c, 1));
    g_autofree char *text = compare_text(c, &plain);
    g_assert_nonnull(strstr(text, "  fifo: 9 faults in 3, 10 in 4 frames\n"));
    g_assert_nonnull(strstr(text, "!10"));
}

static void check_anomaly(char **words) {
    g_autoptr(GArray) string = string_parse(words + 7);
    g_test_message("%s", words[0]);
    for (unsigned side = 0; side < 2; side++) {
        Fixture fixture =
            reference_machine(words[0], words[1 + 3 * side], words[2 + 3 * side], string);
        fixture_run(&fixture);
        g_assert_cmpuint(faults_of(fixture.machine), ==, number(words[3 + 3 * side]));
        fixture_clear(&fixture);
    }
    if (strcmp(words[1], words[4]) == 0) {
        g_autofree char *json = reference_workload(words[0], words[1], words[2], string);
        g_autofree char *list =
            g_strdup_printf("--policy %s --memory %s,%s", words[0], words[2], words[5]);
        g_autoptr(Comparison) c = comparison_of(json, list);
        g_assert_true(comparison_is_anomalous(c, 1, 0));
    }
}

static void test_anomalies(void) {
    g_autoptr(GPtrArray) table = read_table("reference/anomalies.txt");
    for (guint i = 0; i < table->len; i++) {
        check_anomaly(g_ptr_array_index(table, i));
    }
    g_assert_cmpuint(table->len, ==, 21);
}

/* ---- refusals and mistakes --------------------------------------------------------------- */

#define TWO                                                                                        \
    "{\"machine\":{\"frames\":4},\"processes\":[{\"copies\":2,\"program\":["                       \
    "{\"op\":\"access\",\"pattern\":\"pages\",\"pages\":\"1 2 3 4 1\"}]}]}"

/* One that cannot run this workload does not spoil the rest. */
static void test_refusal(void) {
    g_autoptr(Comparison) c = comparison_of(TWO, "--policy opt,fifo,vmin");
    for (unsigned row = 0; row < c->sizes->len; row++) {
        g_assert_error(comparison_at(c, row, 0)->error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
        g_assert_no_error(comparison_at(c, row, 1)->error);
        g_assert_false(comparison_is_best(c, row, 0) || comparison_is_best(c, row, 1));
    }
    g_autofree char *text = compare_text(c, &plain);
    g_assert_nonnull(strstr(text, "\n  - opt, vmin: test.json: "));
    g_autofree char *csv = compare_csv(c);
    g_assert_nonnull(strstr(csv, "\nopt,1,4096,,,,,"));
    g_autofree char *json = compare_json(c);
    g_assert_nonnull(strstr(json, "\"error\": \"test.json: "));
}

static void test_nobody_can(void) {
    g_autoptr(GError) error = NULL;
    g_assert_null(try_comparison(TWO, "--policy opt,vmin", &error));
    g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
}

static void test_mistakes(void) {
    static const struct {
        const char *words, *says;
    } mistakes[] = {
        {"--policy fofo", "did you mean \"fifo\"?"},
        {"--policy fifo,", "unknown policy \"\""},
        {"--policy=", "unknown policy \"\""},
        {"--policy fifo,all", "unknown policy \"all\""},
        {"--allocator bmup", "did you mean \"bump\"?"},
        {"--policy lru,fifo --allocator bump,explicit", "either policies or allocators"},
        {"--memory 0", "--memory wants sizes"},
        {"--memory 5..2", "the smaller size comes first"},
        {"--memory 1..5000", "more than 4096"},
        {"--format tsv", "unknown format \"tsv\""},
        {"--memroy 3", "did you mean \"--memory\"?"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(try_comparison(BELADY, mistakes[i].words, &error));
        g_assert_error(error, OPTIONS_ERROR, 0);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, mistakes[i].says));
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(try_comparison("{\"processes\":[]}", "", &error));
    g_assert_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_VALUE);
}

/* ---- output ------------------------------------------------------------------------------ */

static void assert_width(const char *text) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_assert_cmpint(g_utf8_strlen(*line, -1), <=, 80);
        g_assert_false(g_str_has_suffix(*line, " "));
    }
}

/* Numbers as long as they get. */
static void test_width(void) {
    g_autoptr(Comparison) c = comparison_of(BELADY, "--policy all --memory 1..4");
    for (unsigned i = 0; i < c->results->len; i++) {
        SweepResult *result = &g_array_index(c->results, SweepResult, i);
        result->faults = result->counters.writebacks = result->memory.peak_rss = UINT64_MAX - i;
    }
    g_autofree char *policies = compare_text(c, &plain);
    assert_width(policies);
    c->allocators = true;
    g_autofree char *allocators = compare_text(c, &plain);
    g_assert_nonnull(strstr(allocators, "4 frames (16 KiB)"));
}

static unsigned count_lines(const char *text) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return g_strv_length(lines) - 1;
}

static void test_data(void) {
    g_autoptr(Comparison) c = comparison_of(BELADY, "--policy fifo,opt --memory 3,4");
    g_autofree char *csv = compare_csv(c);
    g_assert_true(g_str_has_prefix(csv, "policy,frames,memory_bytes,faults,"));
    g_assert_nonnull(strstr(csv, "\nfifo,3,12288,9,"));
    g_assert_nonnull(strstr(csv, "\nopt,4,16384,6,"));
    g_assert_cmpuint(count_lines(csv), ==, 5);
    g_autofree char *json = compare_json(c);
    g_assert_nonnull(strstr(json, "\"schema\": \"faultline-compare/1\""));
    g_assert_nonnull(strstr(json, "\"more_faults\": 10"));
    const char *bounds = strstr(json, "\"lower_bounds\": [");
    g_assert_nonnull(bounds);
    g_assert_nonnull(g_strstr_len(bounds, strcspn(bounds, "]"), "\"opt\""));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/compare/plan", test_plan);
    g_test_add_func("/compare/all-names", test_all_names);
    g_test_add_func("/compare/numbers", test_numbers);
    g_test_add_func("/compare/keeps-what-it-has", test_keeps_what_it_has);
    g_test_add_func("/compare/keeps-the-scope", test_keeps_the_scope);
    g_test_add_func("/compare/marks", test_marks);
    g_test_add_func("/compare/anomalies", test_anomalies);
    g_test_add_func("/compare/refusal", test_refusal);
    g_test_add_func("/compare/nobody-can", test_nobody_can);
    g_test_add_func("/compare/mistakes", test_mistakes);
    g_test_add_func("/compare/width", test_width);
    g_test_add_func("/compare/data", test_data);
    return g_test_run();
}
