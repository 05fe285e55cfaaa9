/* test_text.c - the summary: never wider than 80 columns nor higher than a screen, whatever the
 * numbers; numbers as people read them. */
#include "output/text.h"

#include <string.h>

#include "faultline/rng.h"
#include "output/human.h"
#include "output/strip.h"
#include "registry.h"

#define TEXT(words)   ((char *)(uintptr_t)(words))
#define SCREEN_HEIGHT 40

static const Style plain = {.color = FALSE, .unicode = TRUE};

/* A machine with `count` processes whose counters are random below 2^bits. */
static Stats *random_stats(const Workload *workload, unsigned count, unsigned bits, Rng *rng) {
    Stats *stats = stats_new(workload);
    stats->config.geometry = geometry_presets[0];
    stats->config.frames = 1 << 20;
    stats->config.swap_slots = 1 << 24;
    stats->config.tlb_levels = 2;
    stats->config.tlb[0].entries = 64;
    stats->config.tlb[1].entries = 1536;
    stats->config.policy = registry_policy(registry_vocabulary()->policies[0]);
    stats->time = rng_next(rng) >> (64 - bits);
    for (unsigned p = 0; p < count; p++) {
        g_autofree char *name = g_strdup_printf("a process with a löng name %u", p);
        StatsProcess *process = stats_add_process(stats, p % 3 == 0 ? name : "app");
        process->over = p % 2 == 0 ? PROCESS_EXITED : PROCESS_OOM_KILLED;
        process->exit_code = p % 4 == 0 ? UINT32_MAX : 0;
        process->end = rng_next(rng) >> (64 - bits);
        for (unsigned i = 0; i < COUNTERS_COUNT; i++) {
            ((uint64_t *)&process->counters)[i] = rng_next(rng) >> (64 - bits);
        }
        for (unsigned i = 0; i < GAUGES_COUNT; i++) {
            ((uint64_t *)&process->memory)[i] = rng_next(rng) >> (64 - bits);
        }
        for (unsigned i = 0; i < sizeof process->heap / sizeof(uint64_t); i++) {
            ((uint64_t *)&process->heap)[i] = rng_next(rng) >> (64 - bits);
        }
        counters_add(&stats->counters, &process->counters);
    }
    return stats;
}

static char *summary_of(const Stats *stats, const Style *style) {
    g_autoptr(Recorder) recorder = recorder_create(stats->processes->len, 1, 16);
    g_autofree ProcessSample *processes = g_new0(ProcessSample, stats->processes->len + 1);
    recorder_add(recorder, (MachineSample){.time = stats->time / 2, .rss = 12345}, processes);
    g_autoptr(GArray) results = expect_evaluate(stats);
    return text_summary(stats, recorder, results, style);
}

static void test_fits_the_screen(void) {
    Workload workload = {.name = TEXT("w"), .file = TEXT("w.json")};
    Rng rng = {1};
    for (unsigned run = 0; run < 300; run++) {
        unsigned count = 1 + (unsigned)rng_below(&rng, 30),
                 bits = 1 + (unsigned)rng_below(&rng, 58);
        g_autoptr(Stats) stats = random_stats(&workload, count, bits, &rng);
        g_autofree char *text = summary_of(stats, &plain);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_assert_cmpuint(g_strv_length(lines), <=, SCREEN_HEIGHT);
        for (unsigned i = 0; lines[i] != NULL; i++) {
            if (g_utf8_strlen(lines[i], -1) > TEXT_WIDTH) {
                g_error("%u processes, %u bits: too wide:\n%s", count, bits, text);
            }
        }
    }
}

static void test_many_processes_have_a_total(void) {
    Workload workload = {.name = TEXT("w"), .file = TEXT("w.json")};
    Rng rng = {2};
    g_autoptr(Stats) stats = random_stats(&workload, 25, 8, &rng);
    g_autofree char *text = summary_of(stats, &plain);
    g_assert_nonnull(strstr(text, "all 25"));
    g_assert_nonnull(strstr(text, "(15 more processes"));
}

static gboolean is_ascii(const char *text) {
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80) {
            return FALSE;
        }
    }
    return TRUE;
}

static void test_ascii_where_nothing_else_can_be_shown(void) {
    Workload workload = {.name = TEXT("w"), .file = TEXT("w.json")};
    Rng rng = {3};
    g_autoptr(Stats) stats = random_stats(&workload, 0, 50, &rng);
    StatsProcess *process = stats_add_process(stats, "a name that is too long in any table");
    process->counters.minflt = 1;
    Style ascii = {.color = FALSE, .unicode = FALSE};
    g_autofree char *text = summary_of(stats, &ascii);
    g_assert_true(is_ascii(text));
    g_autofree char *blocks = summary_of(stats, &plain);
    g_assert_false(is_ascii(blocks));
}

static void test_colours_only_if_wanted(void) {
    Workload workload = {.name = TEXT("w\033[2J"), .file = TEXT("w.json")};
    Rng rng = {4};
    g_autoptr(Stats) stats = random_stats(&workload, 2, 20, &rng);
    g_autofree char *text = summary_of(stats, &plain);
    g_assert_null(strchr(text, '\033')); /* not even out of a name */
    Style color = {.color = TRUE, .unicode = TRUE};
    g_autofree char *painted = summary_of(stats, &color);
    g_assert_nonnull(strstr(painted, "\033[1m"));
}

static void test_failed_expectations_are_told(void) {
    Expectation expectations[] = {{TEXT("processes.app.minflt"), NULL, 7, 7, 12},
                                  {TEXT("machine.time_ns"), NULL, 0, UINT64_MAX, 13}};
    Workload workload = {.name = TEXT("w"),
                         .file = TEXT("w.json"),
                         .expectations = expectations,
                         .expectation_count = 2};
    g_autoptr(Stats) stats = stats_new(&workload);
    stats_add_process(stats, "app")->counters.minflt = 8;
    stats->config.geometry = geometry_presets[0];
    stats->config.policy = registry_policy(registry_vocabulary()->policies[0]);
    g_autofree char *text = summary_of(stats, &plain);
    g_assert_nonnull(strstr(text, "1 of 2 hold"));
    g_assert_nonnull(strstr(text, "processes.app.minflt: expected 7, got 8"));
    g_autoptr(GArray) results = expect_evaluate(stats);
    g_autofree char *failures = text_failures(&workload, results);
    g_assert_cmpstr(failures, ==, "w.json:12: /expect/processes.app.minflt: expected 7, got 8");
}

static void assert_words(char *words, const char *wanted) {
    g_assert_cmpstr(words, ==, wanted);
    g_free(words);
}

/* Promises are told of where they are weighed. */
static void test_commit_line(void) {
    static const struct {
        Overcommit overcommit;
        const char *line;
    } rows[] = {{OVERCOMMIT_NEVER, "  commit       1 MiB promised at most, of 2 MiB\n"},
                {OVERCOMMIT_HEURISTIC, "  commit       1 MiB promised at most\n"}};
    Rng rng = {1};
    Workload workload = {.name = TEXT("promises")};
    g_autoptr(Stats) stats = random_stats(&workload, 1, 8, &rng);
    stats->commit = (CommitCharge){.peak = 256, .limit = 512};
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        stats->config.overcommit = rows[i].overcommit;
        g_autofree char *text = summary_of(stats, &plain);
        g_assert_nonnull(strstr(text, rows[i].line));
    }
    stats->config.overcommit = OVERCOMMIT_ALWAYS;
    g_autofree char *text = summary_of(stats, &plain);
    g_assert_null(strstr(text, "commit"));
}

static void test_numbers(void) {
    assert_words(human_count(0), "0");
    assert_words(human_count(999), "999");
    assert_words(human_count(1000), "1,000");
    assert_words(human_count(UINT64_MAX), "18,446,744,073,709,551,615");
    assert_words(human_count_short(9999), "9999");
    assert_words(human_count_short(1234567), "1.2M");
    assert_words(human_count_short(UINT64_MAX), "18.4E");
    assert_words(human_bytes(0), "0 B");
    assert_words(human_bytes(1023), "1,023 B");
    assert_words(human_bytes(1536), "1.5 KiB");
    assert_words(human_bytes(64 << 20), "64 MiB");
    assert_words(human_bytes(UINT64_MAX), "16 EiB");
    assert_words(human_pages(UINT64_MAX, 4096), "65,536 EiB");
    assert_words(human_time(999), "999 ns");
    assert_words(human_time(12345), "12.3 us");
    assert_words(human_time(999999), "1 ms");
    assert_words(human_time(UINT64_C(1500000000)), "1.5 s");
    assert_words(human_percent(0, 0), "-");
    assert_words(human_percent(1, 8), "12.5 %");
    assert_words(human_percent(UINT64_MAX, UINT64_MAX), "100.0 %");
}

static void test_strip(void) {
    g_autoptr(Recorder) recorder = recorder_create(0, 1, 16);
    for (unsigned i = 0; i <= 8; i++) {
        recorder_add(recorder, (MachineSample){.time = i * 10, .rss = i}, NULL);
    }
    g_assert_cmpuint(strip_peak(recorder), ==, 8);
    assert_words(strip_draw(recorder, 81, 8, 8, TRUE), "▂▃▄▅▆▇██");
    assert_words(strip_draw(recorder, 81, 8, 8, FALSE), ".::++###");
    assert_words(strip_draw(recorder, 0, 8, 2, FALSE), ".#");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/fits", test_fits_the_screen);
    g_test_add_func("/text/total", test_many_processes_have_a_total);
    g_test_add_func("/text/ascii", test_ascii_where_nothing_else_can_be_shown);
    g_test_add_func("/text/colours", test_colours_only_if_wanted);
    g_test_add_func("/text/expectations", test_failed_expectations_are_told);
    g_test_add_func("/text/commit_line", test_commit_line);
    g_test_add_func("/text/numbers", test_numbers);
    g_test_add_func("/text/strip", test_strip);
    return g_test_run();
}
