/* test_recorder.c - however many samples come, few are kept, and no extreme is lost. */
#include "recorder.h"

#include "faultline/rng.h"

static MachineSample sample_at(Tick time, uint64_t rss) {
    return (MachineSample){.time = time, .rss = rss, .pgfault = time};
}

static void add(Recorder *recorder, Tick time, uint64_t rss) {
    ProcessSample process = {.rss = rss, .heap_bytes = time};
    recorder_add(recorder, sample_at(time, rss), &process);
}

static void test_few_samples_are_kept_as_they_are(void) {
    g_autoptr(Recorder) recorder = recorder_create(1, 10, 8);
    for (Tick time = 1; time <= 7; time++) {
        add(recorder, time * 10, 100 + time);
    }
    g_assert_cmpuint(recorder_count(recorder), ==, 7);
    g_assert_cmpuint(recorder_interval(recorder), ==, 10);
    for (uint32_t i = 0; i < 7; i++) {
        g_assert_cmpuint(recorder_machine(recorder, i)->time, ==, (i + 1) * 10);
        g_assert_cmpuint(recorder_process(recorder, i, 0)->rss, ==, 101 + i);
    }
}

static void test_full_merges_neighbours(void) {
    g_autoptr(Recorder) recorder = recorder_create(1, 10, 8);
    const uint64_t rss[] = {5, 1, 9, 2, 3, 3, 0, 7};
    for (uint32_t i = 0; i < 8; i++) {
        add(recorder, (i + 1) * 10, rss[i]);
    }
    g_assert_cmpuint(recorder_count(recorder), ==, 4);
    g_assert_cmpuint(recorder_interval(recorder), ==, 20);
    const MachineSample *second = recorder_machine(recorder, 1);
    g_assert_cmpuint(second->time, ==, 40);
    g_assert_cmpuint(second->rss, ==, 2);
    g_assert_cmpuint(second->rss_min, ==, 2);
    g_assert_cmpuint(second->rss_max, ==, 9);
    g_assert_cmpuint(recorder_process(recorder, 0, 0)->rss_max, ==, 5);
    g_assert_cmpuint(recorder_process(recorder, 0, 0)->rss_min, ==, 1);
    g_assert_cmpuint(recorder_process(recorder, 3, 0)->heap_bytes, ==, 80);
}

/* New processes get columns; what was is kept, and of samples there are fewer if need be. */
static void test_processes_appear(void) {
    g_autoptr(Recorder) recorder = recorder_create(1, 10, 2000);
    const ProcessSample *two = (ProcessSample[]){{.rss = 3}, {.rss = 4}};
    for (Tick time = 1; time <= 99; time++) {
        add(recorder, time * 10, time);
    }
    recorder_grow(recorder, 2);
    recorder_add(recorder, sample_at(1000, 7), two);
    g_assert_cmpuint(recorder_processes(recorder), ==, 2);
    g_assert_cmpuint(recorder_count(recorder), ==, 100);
    g_assert_cmpuint(recorder_process(recorder, 98, 0)->rss, ==, 99);
    g_assert_cmpuint(recorder_process(recorder, 98, 1)->rss, ==, 0);
    g_assert_cmpuint(recorder_process(recorder, 99, 1)->rss, ==, 4);
    recorder_grow(recorder, 32768); /* 16 samples are the least */
    g_assert_cmpuint(recorder_count(recorder), <, 16);
    g_assert_cmpuint(recorder_count(recorder), >=, 6);
    g_assert_cmpuint(recorder_process(recorder, 0, 0)->rss_min, ==, 1);
    g_assert_cmpuint(recorder_process(recorder, recorder_count(recorder) - 1, 1)->rss_max, ==, 4);
    g_assert_null(recorder_check(recorder));
}

static void test_same_time_is_one_sample(void) {
    g_autoptr(Recorder) recorder = recorder_create(1, 10, 8);
    add(recorder, 10, 1);
    add(recorder, 10, 2);
    add(recorder, 5, 3);
    g_assert_cmpuint(recorder_count(recorder), ==, 1);
    g_assert_cmpuint(recorder_machine(recorder, 0)->rss, ==, 1);
}

/* Property: the greatest and the least rss of everything that was added are still there, and
 * the last sample is the last one. */
static void test_random_runs_keep_their_extremes(void) {
    Rng rng = {42};
    for (unsigned run = 0; run < 200; run++) {
        g_autoptr(Recorder) recorder = recorder_create(1, 1, 16);
        uint64_t least = UINT64_MAX, greatest = 0, last = 0;
        Tick time = 0;
        unsigned count = 1 + (unsigned)rng_below(&rng, 3000);
        for (unsigned i = 0; i < count; i++) {
            time += 1 + rng_below(&rng, 50);
            last = rng_below(&rng, 1000000);
            least = MIN(least, last);
            greatest = MAX(greatest, last);
            add(recorder, time, last);
            g_assert_cmpstr(recorder_check(recorder), ==, NULL);
        }
        uint64_t kept_least = UINT64_MAX, kept_greatest = 0;
        for (uint32_t i = 0; i < recorder_count(recorder); i++) {
            kept_least = MIN(kept_least, recorder_machine(recorder, i)->rss_min);
            kept_greatest = MAX(kept_greatest, recorder_process(recorder, i, 0)->rss_max);
        }
        g_assert_cmpuint(kept_least, ==, least);
        g_assert_cmpuint(kept_greatest, ==, greatest);
        const MachineSample *end = recorder_machine(recorder, recorder_count(recorder) - 1);
        g_assert_cmpuint(end->rss, ==, last);
        g_assert_cmpuint(end->time, ==, time);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/recorder/few", test_few_samples_are_kept_as_they_are);
    g_test_add_func("/recorder/full", test_full_merges_neighbours);
    g_test_add_func("/recorder/same-time", test_same_time_is_one_sample);
    g_test_add_func("/recorder/processes_appear", test_processes_appear);
    g_test_add_func("/recorder/random", test_random_runs_keep_their_extremes);
    return g_test_run();
}
