/* expect.c - see expect.h. */
#include "expect.h"

#include <inttypes.h>

#include "stats_path.h"

GQuark expect_error_quark(void) { return g_quark_from_static_string("faultline-expect"); }

static gboolean refuse(const Stats *stats, const Expectation *e, const char *problem,
                       GError **error) {
    g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_VALUE, "%s:%" PRIu32 ": /expect/%s: %s",
                stats->workload->file, e->line, e->path, problem);
    return FALSE;
}

static gboolean check_one(const Stats *stats, const Expectation *e, GError **error) {
    StatsValue value = {0};
    g_autofree char *problem = NULL;
    if (stats_path_find(stats, e->path, &value, &problem) == PATH_UNKNOWN) {
        return refuse(stats, e, problem, error);
    }
    if ((value.text == NULL) != (e->text == NULL)) {
        return refuse(stats, e, value.text == NULL ? "expected a number" : "expected a string",
                      error);
    }
    return TRUE;
}

gboolean expect_check(const Stats *stats, GError **error) {
    for (uint32_t i = 0; i < stats->workload->expectation_count; i++) {
        if (!check_one(stats, &stats->workload->expectations[i], error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static ExpectResult evaluate_one(const Stats *stats, const Expectation *e) {
    StatsValue value = {0};
    ExpectResult result = {.expectation = e};
    if (stats_path_find(stats, e->path, &value, NULL) != PATH_FOUND) {
        result.got = g_strdup("nothing");
    } else if (value.text != NULL) {
        result.holds = g_strcmp0(value.text, e->text) == 0;
        result.got = g_strdup(value.text);
    } else {
        result.holds = e->text == NULL && value.number >= e->min && value.number <= e->max;
        result.got = g_strdup_printf("%" PRIu64, value.number);
    }
    return result;
}

static void result_clear(void *data) { g_free(((ExpectResult *)data)->got); }

GArray *expect_evaluate(const Stats *stats) {
    GArray *results = g_array_new(FALSE, TRUE, sizeof(ExpectResult));
    g_array_set_clear_func(results, result_clear);
    for (uint32_t i = 0; i < stats->workload->expectation_count; i++) {
        ExpectResult result = evaluate_one(stats, &stats->workload->expectations[i]);
        g_array_append_val(results, result);
    }
    return results;
}

unsigned expect_failures(const GArray *results) {
    unsigned failures = 0;
    for (unsigned i = 0; i < results->len; i++) {
        failures += !g_array_index(results, ExpectResult, i).holds;
    }
    return failures;
}

char *expect_wanted(const Expectation *e) {
    if (e->text != NULL) {
        return g_strdup(e->text);
    }
    if (e->min == e->max) {
        return g_strdup_printf("%" PRIu64, e->min);
    }
    if (e->min == 0) {
        return g_strdup_printf("at most %" PRIu64, e->max);
    }
    return e->max == UINT64_MAX ? g_strdup_printf("at least %" PRIu64, e->min)
                                : g_strdup_printf("%" PRIu64 " to %" PRIu64, e->min, e->max);
}
