/* test_sweep.c - the same figures as single runs, in the order of the points, on any number of
 * threads; errors of single points; and lists of memory sizes. */
#include "sweep.h"

#include "fixture.h"
#include "options.h"
#include "size_list.h"

/* A little of everything: several processes, swap, a heap, random numbers. */
#define MIXED                                                                                      \
    "{'machine':{'frames':6,'swap':{'size':'1MiB'}},'processes':["                                 \
    "{'name':'walker','copies':3,'program':["                                                      \
    "{'op':'access','pattern':'zipf','length':'64KiB','count':300,'write':0.5}]},"                 \
    "{'name':'heap','program':["                                                                   \
    "{'op':'malloc','id':'a','size':20000},{'op':'write','id':'a','length':20000},"                \
    "{'op':'sleep','time':'1ms'},{'op':'free','id':'a'}]}]}"

static void free_point(gpointer point) { g_strfreev(point); }

static GPtrArray *points_new(void) { return g_ptr_array_new_with_free_func(free_point); }

static void add_point(GPtrArray *points, const char *first, const char *second) {
    char **lines = g_new0(char *, 3);
    lines[0] = g_strdup(first);
    lines[1] = g_strdup(second);
    g_ptr_array_add(points, lines);
}

/* The figures of a point as a run of its own has them. */
static void assert_as_alone(const Origin *origin, const char *const *point,
                            const SweepResult *result) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Workload) workload = origin_parse(origin, point, &error);
    g_assert_no_error(error);
    g_autoptr(Machine) machine = machine_create(workload, &error);
    g_assert_no_error(error);
    machine_run(machine, &error);
    g_assert_no_error(error);
    Counters counters = machine_counters(machine);
    g_assert_no_error(result->error);
    g_assert_cmpmem(&counters, sizeof counters, &result->counters, sizeof result->counters);
    g_assert_cmpuint(machine->clock.now, ==, result->time);
    g_assert_cmpuint(machine->config.frames, ==, result->frames);
    uint64_t peak = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        peak += process_gauges(machine->processes[i]).peak_rss;
    }
    g_assert_cmpuint(peak, ==, result->memory.peak_rss);
}

static void test_as_alone(void) {
    g_autoptr(Origin) origin = origin_of(MIXED);
    g_autoptr(GPtrArray) points = points_new();
    static const char *const policies[] = {"fifo", "lru", "clock", "random"};
    for (unsigned i = 0; i < 40; i++) {
        g_autofree char *frames = g_strdup_printf("/machine/frames=%u", 3 + i / 4);
        g_autofree char *policy = g_strdup_printf("/machine/replacement=%s", policies[i % 4]);
        add_point(points, frames, policy);
    }
    g_autoptr(GArray) results = sweep_run(origin, points, NULL);
    g_assert_cmpuint(results->len, ==, points->len);
    g_autoptr(GError) error = NULL;
    sweep_succeeded(results, &error);
    g_assert_no_error(error);
    for (unsigned i = 0; i < points->len; i++) {
        assert_as_alone(origin, g_ptr_array_index(points, i), sweep_result(results, i));
    }
}

/* Long points first, so that short ones overtake them on another thread. */
static void test_order(void) {
    g_autoptr(Origin) origin =
        origin_of("{'processes':[{'program':[{'op':'access','pattern':'random','length':'64KiB',"
                  "'count':1}]}]}");
    g_autoptr(GPtrArray) points = points_new();
    for (unsigned i = 0; i < 60; i++) {
        g_autofree char *count =
            g_strdup_printf("/processes/0/program/0/count=%u", (60 - i) * (i % 2 == 0 ? 1 : 3000));
        add_point(points, count, NULL);
    }
    g_autoptr(GArray) results = sweep_run(origin, points, NULL);
    for (unsigned i = 0; i < points->len; i++) {
        const SweepResult *result = sweep_result(results, i);
        g_assert_cmpuint(result->counters.loads + result->counters.stores, ==,
                         (60 - i) * (i % 2 == 0 ? 1 : 3000));
    }
}

static void test_errors(void) {
    g_autoptr(Origin) origin = origin_of(MIXED);
    g_autoptr(GPtrArray) points = points_new();
    add_point(points, "/machine/frames=4", NULL);
    add_point(points, "/machine/frames=none", NULL);
    add_point(points, "/machine/replacement=fofo", NULL);
    add_point(points, "/machine/frames=5", NULL);
    g_autoptr(GArray) results = sweep_run(origin, points, NULL);
    g_assert_no_error(sweep_result(results, 0)->error);
    g_assert_nonnull(strstr(sweep_result(results, 1)->error->message, "none"));
    g_assert_error(sweep_result(results, 2)->error, WORKLOAD_ERROR, WORKLOAD_ERROR_VALUE);
    g_assert_cmpuint(sweep_result(results, 3)->frames, ==, 5);
    g_autoptr(GError) error = NULL;
    g_assert_false(sweep_succeeded(results, &error));
    g_assert_cmpstr(error->message, ==, sweep_result(results, 1)->error->message);
}

static void on_progress(void *host, unsigned finished, unsigned total) {
    unsigned *calls = host;
    g_assert_cmpuint(finished, ==, ++*calls);
    g_assert_cmpuint(total, ==, 9);
}

static void test_progress(void) {
    g_autoptr(Origin) origin = origin_of(MIXED);
    g_autoptr(GPtrArray) points = points_new();
    for (unsigned i = 0; i < 9; i++) {
        add_point(points, NULL, NULL);
    }
    unsigned calls = 0;
    SweepWatcher watcher = {.progress = on_progress, .host = &calls};
    g_autoptr(GArray) results = sweep_run(origin, points, &watcher);
    g_assert_cmpuint(calls, ==, 9);
    g_assert_true(sweep_succeeded(results, NULL));
}

static void test_no_points(void) {
    g_autoptr(Origin) origin = origin_of(MIXED);
    g_autoptr(GPtrArray) points = points_new();
    g_autoptr(GArray) results = sweep_run(origin, points, NULL);
    g_assert_cmpuint(results->len, ==, 0);
    g_assert_true(sweep_succeeded(results, NULL));
}

/* ---- sizes ------------------------------------------------------------------------------- */

static void test_sizes(void) {
    static const struct {
        const char *text, *frames;
    } good[] = {
        {"4", "4"},
        {"8,4,16KiB", "4 8"},
        {"1..5", "1 2 3 4 5"},
        {"1..9:3", "1 4 7"},
        {"3..3", "3"},
        {"16KiB..40KiB:2", "4 6 8 10"},
        {"16KiB..32KiB:8KiB", "4 6 8"},
        {"4,1..2,4095,2", "1 2 4 4095"},
        {"5000", "5000"}, /* a plain number is never bytes */
        {"6000KiB", "1500"},
        {"268435456", "268435456"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) sizes = size_list_parse(good[i].text, 4096, &error);
        g_assert_no_error(error);
        g_autoptr(GString) got = g_string_new(NULL);
        for (unsigned k = 0; k < sizes->len; k++) {
            g_string_append_printf(got, "%s%" G_GUINT64_FORMAT, k == 0 ? "" : " ",
                                   size_at(sizes, k));
        }
        g_assert_cmpstr(got->str, ==, good[i].frames);
    }
}

static void test_bad_sizes(void) {
    static const char *const bad[] = {"",        "0",         "-1",    "4,",
                                      ",4",      "..",        "1..",   "..3",
                                      "3..1",    "1..9:0",    "1..9:", "1..2..3",
                                      "many",    "1GB",       "4095B", "1KiB",
                                      "1..9000", "268435457", "1e3",   "0x10..0x20:x",
                                      "1 2",     "4:2",       "1-4",   "99999999999999999999"};
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(size_list_parse(bad[i], 4096, &error));
        g_assert_error(error, OPTIONS_ERROR, 0);
        g_assert_nonnull(strstr(error->message, "--memory"));
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sweep/as-alone", test_as_alone);
    g_test_add_func("/sweep/order", test_order);
    g_test_add_func("/sweep/errors", test_errors);
    g_test_add_func("/sweep/progress", test_progress);
    g_test_add_func("/sweep/no-points", test_no_points);
    g_test_add_func("/sizes/good", test_sizes);
    g_test_add_func("/sizes/bad", test_bad_sizes);
    return g_test_run();
}
