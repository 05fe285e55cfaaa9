/* verb_compare.c - `faultline compare`: one workload, many settings, side by side.
 *
 *   read the text once -> plan the points -> sweep over them -> print
 */
#include <unistd.h>

#include "comparison.h"
#include "output/compare_data.h"
#include "output/compare_text.h"
#include "output/gnuplot.h"
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

static bool run_with_bar(Comparison *comparison, const Options *options, const Origin *origin,
                         GError **error) {
    bool wanted = !options->no_progress && isatty(STDERR_FILENO);
    Bar bar = {.progress.fd = STDERR_FILENO, .next = g_get_monotonic_time() + PROGRESS_EVERY_US};
    SweepWatcher watcher = {.progress = wanted ? on_progress : NULL, .host = &bar};
    bool ran = comparison_run(comparison, origin, &watcher, error);
    progress_clear(&bar.progress);
    return ran;
}

static char *show(const Comparison *comparison, const Options *options, int fd) {
    Style style = style_for(fd, options->color);
    return options->format == FORMAT_JSON      ? compare_json(comparison)
           : options->format == FORMAT_CSV     ? compare_csv(comparison)
           : options->format == FORMAT_GNUPLOT ? gnuplot_comparison(comparison)
                                               : compare_text(comparison, &style);
}

static bool compare(const Options *options, Stream *out, GError **error) {
    g_autoptr(Origin) origin = origin_read(options, error);
    g_autoptr(Comparison) comparison =
        origin == NULL ? NULL : comparison_plan(options, origin, error);
    if (comparison == NULL || !run_with_bar(comparison, options, origin, error)) {
        return false;
    }
    g_autofree char *text = show(comparison, options, out->fd);
    stream_write(out, text);
    g_autofree char *json = compare_json(comparison);
    return options->report == NULL ||
           report_write(options->report, (const char *const[]){json, NULL}, error);
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
