/* test_working_set.c - Denning's W(t, tau) at every time and every window against its definition,
 * and against the curve of means. */
#include "curve/window_curve.h"
#include "curve/working_set_series.h"

#include "curve_strings.h"
#include "size_list.h"

#define LENGTH 90
#define PAGES  14

/* The definition: distinct pages of references t-tau+1..t. */
static uint64_t working_set_of(const uint32_t *pages, uint64_t t, uint64_t tau) {
    uint32_t set = 0;
    uint64_t size = 0;
    for (uint64_t back = 0; back < tau && back <= t; back++) {
        set |= UINT32_C(1) << pages[t - back];
    }
    for (; set != 0; set &= set - 1) {
        size++;
    }
    return size;
}

static void assert_series(const uint32_t *pages, uint64_t count, const WorkingSetSeries *series) {
    uint64_t sum = 0, most = 0, least = UINT64_MAX;
    for (uint64_t t = 0; t < count; t++) {
        uint64_t size = working_set_of(pages, t, series->window);
        sum += size;
        most = MAX(most, size);
        least = t + 1 >= MIN(series->window, count) ? MIN(least, size) : least;
        g_assert_cmpuint(working_set_sample_time(count, (uint32_t)t), ==, t);
        g_assert_cmpuint(size_at(series->sizes, (unsigned)t), ==, size);
        g_assert_cmpuint(size_at(series->peaks, (unsigned)t), ==, size);
    }
    g_assert_cmpuint(series->sum, ==, sum);
    g_assert_cmpuint(series->most, ==, most);
    g_assert_cmpuint(series->least, ==, count == 0 ? 0 : least);
}

/* Strings so short that every reference is a sample. */
static void test_definition(void) {
    Rng rng = {21};
    uint32_t pages[LENGTH];
    for (int round = 0; round < 300; round++) {
        uint64_t count = rng_below(&rng, LENGTH + 1);
        fill_random(&rng, pages, count, 1 + (uint32_t)rng_below(&rng, PAGES));
        g_autoptr(ReferenceString) string = string_of(pages, count);
        g_autoptr(WindowCurve) means = window_curve_new(string);
        for (uint64_t tau = 1; tau <= count + 2; tau++) {
            g_autoptr(WorkingSetSeries) series = working_set_series_new(string, tau);
            g_assert_cmpstr(working_set_series_check(series), ==, NULL);
            g_assert_cmpuint(series->sizes->len, ==, count);
            g_assert_cmpuint(series->sum, ==, window_curve_ws(means, tau));
            assert_series(pages, count, series);
        }
    }
}

/* A long string: samples are evenly spaced, and peaks are those of the stretches between. */
static void test_samples(void) {
    enum { COUNT = 20 * WORKING_SET_SAMPLES + 7 };
    Rng rng = {22};
    g_autofree uint32_t *pages = g_new(uint32_t, COUNT);
    fill_random(&rng, pages, COUNT, PAGES);
    g_autoptr(ReferenceString) string = string_of(pages, COUNT);
    g_autoptr(WorkingSetSeries) series = working_set_series_new(string, 33);
    g_assert_cmpstr(working_set_series_check(series), ==, NULL);
    g_assert_cmpuint(series->sizes->len, ==, WORKING_SET_SAMPLES);
    uint64_t t = 0;
    for (unsigned i = 0; i < WORKING_SET_SAMPLES; i++) {
        uint64_t time = working_set_sample_time(COUNT, i), peak = 0;
        g_assert_cmpuint(time - t, >=, 18);
        g_assert_cmpuint(time - t, <=, 20);
        for (; t <= time; t++) {
            peak = MAX(peak, working_set_of(pages, t, 33));
        }
        g_assert_cmpuint(size_at(series->sizes, i), ==, working_set_of(pages, time, 33));
        g_assert_cmpuint(size_at(series->peaks, i), ==, peak);
    }
    g_assert_cmpuint(t, ==, COUNT);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/working-set/definition", test_definition);
    g_test_add_func("/working-set/samples", test_samples);
    return g_test_run();
}
