/* test_expect.c - paths into the results: which exist, what they give, what is said otherwise. */
#include "expect.h"

#include <string.h>

#define TEXT(words) ((char *)(uintptr_t)(words))

typedef struct World {
    Workload workload;
    Expectation expectation;
    Stats *stats;
} World;

/* Two processes, one of whose names begins with the other's; one phase. */
static World world_make(void) {
    World world = {.workload = {.file = TEXT("lab.json"), .name = TEXT("lab")}};
    world.stats = stats_new(NULL);
    StatsProcess *app = stats_add_process(world.stats, "app");
    app->over = PROCESS_EXITED;
    app->counters.minflt = 9;
    app->bookkeeping.minflt = 4;
    app->memory.peak_rss = 11;
    app->exit_code = 3;
    app->start = 100;
    app->end = 350;
    PhaseRecord phase = {.name = "v1.0", .end = 77, .counters = {.loads = 5}, .now = {.rss = 6}};
    g_array_append_val(app->phases, phase);
    StatsProcess *dotted = stats_add_process(world.stats, "app.two");
    dotted->counters.minflt = 20;
    world.stats->counters.minflt = 29;
    world.stats->counters.oom_kills = 1;
    world.stats->time = 1000;
    world.stats->frames.free = 12;
    world.stats->frames.swap_total = 64;
    return world;
}

static void world_expect(World *world, const char *path, const char *text, uint64_t min,
                         uint64_t max) {
    world->expectation = (Expectation){TEXT(path), TEXT(text), min, max, 7};
    world->workload.expectations = &world->expectation;
    world->workload.expectation_count = 1;
    world->stats->workload = &world->workload;
}

static void test_values(void) {
    static const struct {
        const char *path, *got;
    } cases[] = {
        {"processes.app.minflt", "9"},
        {"processes.app.counters.minflt", "9"},
        {"processes.app.bookkeeping.minflt", "4"},
        {"processes.app.peak_rss", "11"},
        {"processes.app.memory.peak_rss", "11"},
        {"processes.app.exit_code", "3"},
        {"processes.app.time_ns", "250"},
        {"processes.app.start_ns", "100"},
        {"processes.app.end_ns", "350"},
        {"processes.app.pid", "1"},
        {"processes.app.status", "exited"},
        {"processes.app.two.minflt", "20"},
        {"processes.app.phases.v1.0.loads", "5"},
        {"processes.app.phases.v1.0.counters.loads", "5"},
        {"processes.app.phases.v1.0.end_ns", "77"},
        {"processes.app.phases.v1.0.now.rss", "6"},
        {"machine.minflt", "29"},
        {"machine.counters.oom_kills", "1"},
        {"machine.time_ns", "1000"},
        {"machine.frames.free", "12"},
        {"machine.swap.total", "64"},
    };
    World world = world_make();
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        world_expect(&world, cases[i].path, NULL, 0, UINT64_MAX);
        g_autoptr(GArray) results = expect_evaluate(world.stats);
        g_assert_cmpstr(g_array_index(results, ExpectResult, 0).got, ==, cases[i].got);
    }
    stats_free(world.stats);
}

static void test_unknown_paths_are_bad_input(void) {
    static const struct {
        const char *path, *message;
    } cases[] = {
        {"processes.app.minfl", "lab.json:7: /expect/processes.app.minfl: unknown value "
                                "\"minfl\"; did you mean \"minflt\"?"},
        {"processes.ap.minflt", "did you mean \"app\"?"},
        {"processes.app.memory.minflt", "unknown value \"minflt\""},
        {"processes.app.oom_kills", "unknown value \"oom_kills\""},
        {"processes.app", "unknown process \"app\""},
        {"processes.app.phases.v1.1.loads", "unknown phase"},
        {"processes.app.phases.v1.0.oom_kills", "unknown value \"oom_kills\""},
        {"machin.minflt", "it begins with machine. or processes."},
        {"machine.frames.fre", "did you mean \"free\"?"},
        {"machine", "unknown path"},
        {"", "unknown path"},
        {"processes.app.status", "expected a string"},
    };
    World world = world_make();
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        world_expect(&world, cases[i].path, NULL, 1, 1);
        g_assert_false(expect_check(world.stats, &error));
        g_assert_true(error->domain == WORKLOAD_ERROR);
        if (strstr(error->message, cases[i].message) == NULL) {
            g_error("%s: %s", cases[i].path, error->message);
        }
    }
    stats_free(world.stats);
}

static void test_a_word_is_no_number(void) {
    World world = world_make();
    g_autoptr(GError) error = NULL;
    world_expect(&world, "machine.minflt", "many", 0, 0);
    g_assert_false(expect_check(world.stats, &error));
    g_assert_nonnull(strstr(error->message, "expected a number"));
    stats_free(world.stats);
}

static void check_range(World *world, uint64_t min, uint64_t max, gboolean holds,
                        const char *wanted) {
    world_expect(world, "processes.app.minflt", NULL, min, max);
    g_assert_true(expect_check(world->stats, NULL));
    g_autoptr(GArray) results = expect_evaluate(world->stats);
    const ExpectResult *result = &g_array_index(results, ExpectResult, 0);
    g_assert_true(result->holds == holds);
    g_assert_cmpuint(expect_failures(results), ==, holds ? 0 : 1);
    g_autofree char *words = expect_wanted(result->expectation);
    g_assert_cmpstr(words, ==, wanted);
}

static void test_ranges(void) {
    World world = world_make();
    check_range(&world, 9, 9, TRUE, "9");
    check_range(&world, 8, 8, FALSE, "8");
    check_range(&world, 0, 9, TRUE, "at most 9");
    check_range(&world, 0, 8, FALSE, "at most 8");
    check_range(&world, 9, UINT64_MAX, TRUE, "at least 9");
    check_range(&world, 10, UINT64_MAX, FALSE, "at least 10");
    check_range(&world, 2, 10, TRUE, "2 to 10");
    stats_free(world.stats);
}

static void test_words(void) {
    World world = world_make();
    world_expect(&world, "processes.app.status", "exited", 0, 0);
    g_assert_true(expect_check(world.stats, NULL));
    g_autoptr(GArray) good = expect_evaluate(world.stats);
    g_assert_cmpuint(expect_failures(good), ==, 0);
    world_expect(&world, "processes.app.status", "SIGSEGV", 0, 0);
    g_autoptr(GArray) bad = expect_evaluate(world.stats);
    g_assert_cmpuint(expect_failures(bad), ==, 1);
    stats_free(world.stats);
}

/* A phase that the program has but the run never came to: no mistake, a failure. */
static void test_a_phase_not_reached_fails(void) {
    World world = world_make();
    Op op = {.kind = OP_PHASE};
    char *strings[] = {TEXT("late")};
    ProcessSpec spec = {
        .program = {.ops = &op, .op_count = 1, .strings = strings, .string_count = 1}};
    g_array_index(world.stats->processes, StatsProcess, 0).spec = &spec;
    world_expect(&world, "processes.app.phases.late.loads", NULL, 0, UINT64_MAX);
    g_assert_true(expect_check(world.stats, NULL));
    g_autoptr(GArray) results = expect_evaluate(world.stats);
    g_assert_cmpuint(expect_failures(results), ==, 1);
    g_assert_cmpstr(g_array_index(results, ExpectResult, 0).got, ==, "nothing");
    stats_free(world.stats);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/expect/values", test_values);
    g_test_add_func("/expect/unknown", test_unknown_paths_are_bad_input);
    g_test_add_func("/expect/word-for-number", test_a_word_is_no_number);
    g_test_add_func("/expect/ranges", test_ranges);
    g_test_add_func("/expect/words", test_words);
    g_test_add_func("/expect/phase", test_a_phase_not_reached_fails);
    return g_test_run();
}
