/* verb_compare.c - `faultline compare`: one workload, many settings, side by side.
 *
 *   read the text once -> plan the points -> sweep over them -> print
 */
#include <unistd.h>

#include "comparison.h"
#include "multiprogramming.h"
#include "output/compare_data.h"
#include "output/compare_text.h"
#include "output/gnuplot.h"
#include "output/load_text.h"
#include "output/progress.h"
#include "output/report.h"
#include "verbs.h"

#define PROGRESS_EVERY_US 100000

/* A progress line that is not redrawn too often. */
typedef struct Bar {
    Progress progress;
    gint64 next; /* host time in us */
} Bar;

static void on_progress(void *host, unsigned finished, unsigned total) {
    Bar *bar = host;
    gint64 now = g_get_monotonic_time();
    if (now >= bar->next) {
        bar->next = now + PROGRESS_EVERY_US;
        progress_show_runs(&bar->progress, finished, total);
    }
}

/* The progress line of a sweep, drawn on a terminal only. */
typedef struct Sweeping {
    Bar bar;
    SweepWatcher watcher;
} Sweeping;

static void sweeping_start(Sweeping *sweeping, const Options *options) {
    bool wanted = !options->no_progress && isatty(STDERR_FILENO);
    *sweeping = (Sweeping){
        .bar = {.progress.fd = STDERR_FILENO, .next = g_get_monotonic_time() + PROGRESS_EVERY_US}};
    sweeping->watcher =
        (SweepWatcher){.progress = wanted ? on_progress : NULL, .host = &sweeping->bar};
}

static bool run_with_bar(Comparison *comparison, const Options *options, const Origin *origin,
                         GError **error) {
    Sweeping sweeping;
    sweeping_start(&sweeping, options);
    bool ran = comparison_run(comparison, origin, &sweeping.watcher, error);
    progress_clear(&sweeping.bar.progress);
    return ran;
}

static char *show(const Comparison *comparison, const Options *options, int fd) {
    Style style = style_for(fd, options->color);
    return options->format == FORMAT_JSON      ? compare_json(comparison)
           : options->format == FORMAT_CSV     ? compare_csv(comparison)
           : options->format == FORMAT_GNUPLOT ? gnuplot_comparison(comparison)
                                               : compare_text(comparison, &style);
}

/* The other study: not which policy or how much memory, but how many processes. */
static bool compare_copies(const Options *options, const Origin *origin, Stream *out,
                           GError **error) {
    g_autoptr(Multiprogramming) study = multiprogramming_plan(options, origin, error);
    if (study == NULL) {
        return false;
    }
    Sweeping sweeping;
    sweeping_start(&sweeping, options);
    bool ran = multiprogramming_run(study, origin, &sweeping.watcher, error);
    progress_clear(&sweeping.bar.progress);
    if (ran) {
        Style style = style_for(out->fd, options->color);
        g_autofree char *text = options->format == FORMAT_JSON  ? load_json(study)
                                : options->format == FORMAT_CSV ? load_csv(study)
                                                                : load_text(study, &style);
        stream_write(out, text);
    }
    return ran;
}

static bool check_together(const Options *options, GError **error) {
    bool copies = options->copies_list != NULL;
    if (options->load_list != NULL && !copies) {
        g_set_error_literal(error, OPTIONS_ERROR, 0, "--load-control goes with --copies");
        return false;
    }
    if (copies && (options->policy_list != NULL || options->memory_list != NULL ||
                   options->allocator_list != NULL || options->report != NULL)) {
        g_set_error_literal(error, OPTIONS_ERROR, 0,
                            "--copies does not go with --policy, --memory, --allocator or --report "
                            "(--set changes the machine)");
        return false;
    }
    return true;
}

static bool compare_settings(const Options *options, const Origin *origin, Stream *out,
                             GError **error) {
    g_autoptr(Comparison) comparison = comparison_plan(options, origin, error);
    if (comparison == NULL || !run_with_bar(comparison, options, origin, error)) {
        return false;
    }
    g_autofree char *text = show(comparison, options, out->fd);
    stream_write(out, text);
    g_autofree char *json = compare_json(comparison);
    return options->report == NULL ||
           report_write(options->report, (const char *const[]){json, NULL}, error);
}

static bool compare(const Options *options, Stream *out, GError **error) {
    if (!check_together(options, error)) {
        return false;
    }
    g_autoptr(Origin) origin = origin_read(options, error);
    return origin != NULL && (options->copies_list == NULL ? compare_settings : compare_copies)(
                                 options, origin, out, error);
}

ExitCode verb_compare(const Options *options, Stream *out, GError **error) {
    GError *problem = NULL;
    if (compare(options, out, &problem)) {
        return EXIT_CODE_FINISHED;
    }
    ExitCode code = exit_code_of(problem);
    g_propagate_error(error, problem);
    return code;
}
