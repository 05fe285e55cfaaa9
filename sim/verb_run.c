/* verb_run.c - `faultline run` and `faultline explain`: from a workload to its results.
 *
 *   load -> build the machine -> check the expectations' paths -> run, recording -> collect
 *        -> write the folder of results -> print -> compare with the expectations
 */
#include <inttypes.h>
#include <unistd.h>

#include "alone.h"
#include "expect.h"
#include "explain.h"
#include "input.h"
#include "output/atomic.h"
#include "curve/curve_process.h"
#include "curve/curve_set.h"
#include "output/csv.h"
#include "output/curve_chart.h"
#include "output/gnuplot.h"
#include "output/per_op.h"
#include "output/proc_text.h"
#include "output/progress.h"
#include "output/recording.h"
#include "output/report.h"
#include "output/run_json.h"
#include "output/stats_json.h"
#include "output/text.h"
#include "timeline.h"
#include "verbs.h"

#define PROGRESS_EVERY_US 100000

/* All that a run needs, and all that it leaves. */
typedef struct Run {
    const Options *options;
    Stream *out;
    Input *input;
    ResultFolder *folder; /* NULL: none asked for */
    Machine *machine;
    Recorder *recorder;
    OpLog *op_log;     /* NULL: no --per-op */
    ProcLog *proc_log; /* NULL: no --proc */
    Film *film;        /* these two are NULL if nothing is to be written */
    FaultLog *faults;
    Timeline *timeline; /* NULL: no --perfetto */
    Progress progress;
    gint64 next_progress; /* host time in us */
    Stats *stats;
    GArray *results; /* ExpectResult */
} Run;

static void run_clear(Run *run) {
    g_clear_pointer(&run->results, g_array_unref);
    g_clear_pointer(&run->stats, stats_free);
    g_clear_pointer(&run->film, film_free);
    g_clear_pointer(&run->timeline, timeline_free);
    g_clear_pointer(&run->faults, fault_log_free);
    g_clear_pointer(&run->recorder, recorder_free);
    g_clear_pointer(&run->machine, machine_destroy);
    g_clear_pointer(&run->op_log, op_log_free);
    g_clear_pointer(&run->proc_log, proc_log_free);
    g_clear_pointer(&run->folder, result_folder_free);
    g_clear_pointer(&run->input, input_free);
}

ExitCode exit_code_of(const GError *error) {
    if (error->domain == OPTIONS_ERROR) {
        return EXIT_CODE_USAGE;
    }
    bool input = error->domain == WORKLOAD_ERROR ||
                 g_error_matches(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
    return input ? EXIT_CODE_INPUT : EXIT_CODE_RUNTIME;
}

static bool has_scripts(const Workload *workload) {
    bool any = false;
    for (uint32_t i = 0; i < workload->process_count; i++) {
        any = any || workload->processes[i].program.script_count > 0;
    }
    return any;
}

static bool prepare(Run *run, GError **error) {
    const Options *options = run->options;
    run->input = input_load(options, error);
    if (run->input == NULL) {
        return false;
    }
    run->machine = machine_create(run->input->workload, error);
    if (run->machine == NULL) {
        return false;
    }
    g_autoptr(Stats) before = stats_collect(run->machine);
    if (!expect_check(before, error)) {
        return false;
    }
    if (!explain_choice_check(&options->choice, run->machine, false, error)) {
        return false;
    }
    if (options->curve && curve_process_find(run->input->workload, NULL, error) == 0) {
        return false;
    }
    if (options->per_op && !has_scripts(run->input->workload)) {
        g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_VALUE,
                    "%s: --per-op is about scripts (.ops, .heap), and there is none in it",
                    run->input->workload->file);
        return false;
    }
    run->op_log = options->per_op ? op_log_new() : NULL;
    run->proc_log = options->proc != 0 ? proc_log_new() : NULL;
    if (options->output_dir != NULL) {
        run->folder = result_folder_open(options->output_dir, error);
        return run->folder != NULL;
    }
    return true;
}

/* ---- while it runs --------------------------------------------------------------------- */

static void on_sample(void *host, Machine *machine) {
    Run *run = host;
    recorder_sample(run->recorder, machine);
    if (run->film != NULL) {
        film_look(run->film, false);
    }
    machine->watcher.sample_every = recorder_interval(run->recorder);
}

static void on_ending(void *host, Machine *machine) {
    (void)machine;
    film_look(((Run *)host)->film, true);
}

static void on_progress(void *host, Machine *machine) {
    Run *run = host;
    gint64 now = g_get_monotonic_time();
    if (now >= run->next_progress) {
        run->next_progress = now + PROGRESS_EVERY_US;
        progress_show(&run->progress, machine);
    }
}

/* What the report shows and nobody else needs. */
static void record(Run *run) {
    run->film = film_new();
    run->faults = fault_log_new();
    film_attach(run->film, run->machine);
    fault_log_attach(run->faults, run->machine);
    run->machine->watcher.ending = on_ending;
    film_look(run->film, false);
}

static void watch(Run *run) {
    const Options *options = run->options;
    /* The narration may go to the same terminal: no bar in between. */
    bool bar = options->verb == VERB_run && !options->quiet && !options->no_progress &&
               isatty(STDERR_FILENO);
    run->recorder = recorder_for(run->machine);
    run->progress.fd = STDERR_FILENO;
    run->next_progress = g_get_monotonic_time() + PROGRESS_EVERY_US;
    run->machine->watcher = (MachineWatcher){.sample_every = recorder_interval(run->recorder),
                                             .sample = on_sample,
                                             .progress = bar ? on_progress : NULL,
                                             .host = run};
    run->machine->check = options->check;
    run->machine->op_log = run->op_log;
    run->machine->proc_log = run->proc_log;
    if (run->folder != NULL || options->report != NULL) {
        record(run);
    }
    if (options->perfetto != NULL) {
        run->timeline = timeline_attach(run->machine);
    }
    recorder_sample(run->recorder, run->machine);
}

static bool execute(Run *run, GError **error) {
    watch(run);
    g_autoptr(Explainer) explainer = NULL;
    if (run->options->verb == VERB_explain) {
        explainer = explainer_attach(run->machine, run->out, run->options->max_lines,
                                     &run->options->choice);
    }
    bool finished = machine_run(run->machine, error);
    progress_clear(&run->progress);
    recorder_sample(run->recorder, run->machine);
    if (run->film != NULL) {
        film_look(run->film, false);
    }
    if (explainer != NULL) {
        explainer_finish(explainer);
    }
    return finished && explain_choice_check(&run->options->choice, run->machine, true, error);
}

/* ---- afterwards ------------------------------------------------------------------------ */

static char *series(const Run *run) {
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (unsigned i = 0; i < run->stats->processes->len; i++) {
        g_ptr_array_add(names, stats_process(run->stats, i)->name);
    }
    return series_csv(run->recorder, (const char *const *)names->pdata);
}

static bool write_folder(Run *run, const char *recording, GError **error) {
    if (run->folder == NULL) {
        return true;
    }
    g_autofree char *info = run_json(run->input->workload, run->input->digest, error);
    if (info == NULL) {
        return false;
    }
    g_autofree char *stats = stats_json(run->stats);
    g_autofree char *csv = series(run);
    g_autofree char *script = gnuplot_series(run->input->workload->name,
                                             geometry_page_size(&run->machine->config.geometry));
    return result_folder_add(run->folder, "stats.json", stats, error) &&
           result_folder_add(run->folder, "series.csv", csv, error) &&
           result_folder_add(run->folder, "series.gp", script, error) &&
           result_folder_add(run->folder, "run.json", info, error) &&
           result_folder_add(run->folder, "recording.json", recording, error) &&
           result_folder_commit(run->folder, error);
}

static bool write_timeline(Run *run, GError **error) {
    if (run->timeline == NULL) {
        return true;
    }
    const GString *trace = timeline_finish(run->timeline, run->recorder);
    return file_write_whole(run->options->perfetto, trace->str, trace->len, error);
}

static bool write_files(Run *run, GError **error) {
    if (run->film == NULL) {
        return true;
    }
    Recording recording = {run->stats, run->recorder, run->film, run->faults};
    g_autofree char *json = recording_json(&recording);
    const char *path = run->options->report;
    return write_folder(run, json, error) &&
           (path == NULL || report_write(path, (const char *const[]){json, NULL}, error));
}

static bool print_curve(Run *run, GError **error) {
    if (!run->options->curve) {
        return true;
    }
    g_autoptr(CurveSet) set = curve_set_sketch(run->input->workload, error);
    if (set == NULL) {
        return false;
    }
    Style style = style_for(run->out->fd, run->options->color);
    g_autoptr(GString) text = g_string_new(NULL);
    curve_chart_print(set, text, &style);
    stream_write(run->out, text->str);
    return true;
}

static void print(Run *run) {
    const Options *options = run->options;
    if (options->per_op) {
        Style style = style_for(run->out->fd, options->color);
        g_autofree char *text = options->format == FORMAT_JSON ? per_op_json(run->op_log)
                                                               : per_op_text(run->op_log, &style);
        stream_write(run->out, text);
    } else if (run->proc_log != NULL) {
        proc_log_finish(run->proc_log, run->machine);
        g_autofree char *text = proc_text(run->proc_log, options->proc);
        stream_write(run->out, text);
    } else if (options->format == FORMAT_JSON) {
        g_autofree char *json = stats_json(run->stats);
        stream_write(run->out, json);
    } else if (!options->quiet) {
        Style style = style_for(run->out->fd, options->color);
        g_autofree char *text = text_summary(run->stats, run->recorder, run->results, &style);
        stream_write(run->out, options->verb == VERB_explain ? "\n" : "");
        stream_write(run->out, text);
    }
}

static ExitCode judge(const Run *run, GError **error) {
    unsigned failures = expect_failures(run->results);
    if (failures == 0) {
        return EXIT_CODE_FINISHED;
    }
    g_autofree char *lines = text_failures(run->input->workload, run->results);
    g_set_error(error, EXPECT_ERROR, EXPECT_ERROR_FAILED, "%u of %u expectations failed\n%s",
                failures, run->results->len, lines);
    return EXIT_CODE_EXPECT;
}

/* What was collected, as asked for. */
static bool show(Run *run, GError **error) {
    if (!write_files(run, error) || !write_timeline(run, error)) {
        return false;
    }
    print(run);
    return true;
}

/* The run was ended early (--max-steps): what it did until then is as true as that of a whole one, but
 * nothing is judged by it. */
static ExitCode show_part(Run *run, GError *why, GError **error) {
    run->stats = stats_collect(run->machine);
    run->results = g_array_new(FALSE, FALSE, sizeof(ExpectResult));
    if (show(run, error)) {
        g_propagate_error(error, why);
    } else {
        g_error_free(why);
    }
    return EXIT_CODE_RUNTIME;
}

static ExitCode run_all(Run *run, GError **error) {
    GError *problem = NULL;
    if (prepare(run, &problem) && execute(run, &problem)) {
        run->stats = stats_collect(run->machine);
        run->results = expect_evaluate(run->stats);
        bool measured = !run->options->alone || alone_measure(run->stats, &problem);
        if (measured && show(run, &problem) && print_curve(run, &problem)) {
            return judge(run, error);
        }
    } else if (g_error_matches(problem, MACHINE_ERROR, MACHINE_ERROR_STEPS) &&
               run->recorder != NULL) {
        return show_part(run, problem, error);
    }
    ExitCode code = exit_code_of(problem);
    g_propagate_error(error, problem);
    return code;
}

ExitCode verb_run(const Options *options, Stream *out, GError **error) {
    Run run = {.options = options, .out = out};
    ExitCode code = run_all(&run, error);
    run_clear(&run);
    return code;
}
