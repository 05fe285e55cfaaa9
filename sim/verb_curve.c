/* verb_curve.c - `faultline curve`: page faults by memory size and by window.
 *
 *   read the text once -> record the reference string -> one pass for each curve, or a sweep
 *        -> print
 */
#include <unistd.h>

#include "curve/curve_set.h"
#include "output/curve_data.h"
#include "output/curve_text.h"
#include "output/gnuplot.h"
#include "output/progress.h"
#include "output/report.h"
#include "verbs.h"

static void on_progress(void *host, unsigned finished, unsigned total) {
    progress_show_runs(host, finished, total);
}

static char *show(const CurveSet *set, const Options *options, int fd) {
    Style style = style_for(fd, options->color);
    return options->format == FORMAT_JSON      ? curve_json(set)
           : options->format == FORMAT_CSV     ? curve_csv(set)
           : options->format == FORMAT_GNUPLOT ? gnuplot_curves(set)
                                               : curve_text(set, &style);
}

static bool draw_curves(const Options *options, Stream *out, GError **error) {
    g_autoptr(Origin) origin = origin_read(options, error);
    if (origin == NULL) {
        return false;
    }
    bool bar = !options->no_progress && isatty(STDERR_FILENO);
    Progress progress = {.fd = STDERR_FILENO};
    SweepWatcher watcher = {.progress = bar ? on_progress : NULL, .host = &progress};
    g_autoptr(CurveSet) set = curve_set_new(options, origin, &watcher, error);
    progress_clear(&progress);
    if (set == NULL) {
        return false;
    }
    g_autofree char *text = show(set, options, out->fd);
    stream_write(out, text);
    g_autofree char *json = curve_json(set);
    return options->report == NULL ||
           report_write(options->report, (const char *const[]){json, NULL}, error);
}

ExitCode verb_curve(const Options *options, Stream *out, GError **error) {
    GError *problem = NULL;
    if (draw_curves(options, out, &problem)) {
        return EXIT_CODE_FINISHED;
    }
    ExitCode code = exit_code_of(problem);
    g_propagate_error(error, problem);
    return code;
}
