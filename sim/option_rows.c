/* option_rows.c - the table of options, and a setter for each: see options.h. */
#include <string.h>

#include "options.h"
#include "output/proc_text.h"
#include "quiz.h"
#include "size_list.h"

#define FRAMES_MAX  (UINT64_C(1) << 28)
#define WINDOW_MAX  (UINT64_C(1) << 32)
#define WINDOWS_MAX 16

/* ---- options that are just kept ---------------------------------------------------------- */

/* As it is written.  Lists are taken apart when the workload is known: sim/comparison.c. */
#define WORD_OPTION(field)                                                                         \
    static gboolean set_##field(Options *o, const char *value, GError **error) {                   \
        (void)error;                                                                               \
        o->field = g_strdup(value);                                                                \
        return TRUE;                                                                               \
    }
#define FLAG_OPTION(field)                                                                         \
    static gboolean set_##field(Options *o, const char *value, GError **error) {                   \
        (void)value, (void)error;                                                                  \
        o->field = TRUE;                                                                           \
        return TRUE;                                                                               \
    }

WORD_OPTION(trace)
WORD_OPTION(allocator)
WORD_OPTION(policy_list)
WORD_OPTION(memory_list)
WORD_OPTION(allocator_list)
WORD_OPTION(copies_list)
WORD_OPTION(load_list)

FLAG_OPTION(answers)
FLAG_OPTION(quiet)
FLAG_OPTION(no_progress)
FLAG_OPTION(per_op)
FLAG_OPTION(curve)
FLAG_OPTION(alone)
FLAG_OPTION(help)

static gboolean take_name(const char *value, char **name, const char *wants, GError **error) {
    if (value[0] == '\0') {
        g_set_error(error, OPTIONS_ERROR, 0, "%s", wants);
        return FALSE;
    }
    *name = g_strdup(value);
    return TRUE;
}

static gboolean set_output(Options *o, const char *value, GError **error) {
    return take_name(value, &o->output_dir, "-o wants the name of a folder", error);
}

static gboolean set_report(Options *o, const char *value, GError **error) {
    return take_name(value, &o->report, "--report wants the name of an HTML file", error);
}

static gboolean set_perfetto(Options *o, const char *value, GError **error) {
    return take_name(value, &o->perfetto, "--perfetto wants the name of a file", error);
}

static gboolean take_number(const char *value, uint64_t min, uint64_t max, uint64_t *number,
                            const char *wants, GError **error) {
    if (!g_ascii_string_to_unsigned(value, 10, min, max, number, NULL)) {
        g_set_error(error, OPTIONS_ERROR, 0, "%s, not \"%s\"", wants, value);
        return FALSE;
    }
    return TRUE;
}

static gboolean set_frames(Options *o, const char *value, GError **error) {
    return take_number(value, 1, FRAMES_MAX, &o->frames, "--frames wants a number from 1 to 2^28",
                       error);
}

static gboolean set_seed(Options *o, const char *value, GError **error) {
    return take_number(value, 0, G_MAXUINT64, &o->seed, "--seed wants a number", error);
}

static gboolean set_questions(Options *o, const char *value, GError **error) {
    uint64_t count = o->questions;
    gboolean taken =
        take_number(value, 1, QUIZ_QUESTIONS_MAX, &count,
                    "--questions wants a number from 1 to " G_STRINGIFY(QUIZ_QUESTIONS_MAX), error);
    o->questions = (uint32_t)count;
    return taken;
}

static gboolean set_max_lines(Options *o, const char *value, GError **error) {
    return take_number(value, 0, G_MAXUINT64, &o->max_lines, "--max-lines wants a number", error);
}

static gboolean set_max_steps(Options *o, const char *value, GError **error) {
    return take_number(value, 1, G_MAXUINT64, &o->max_steps, "--max-steps wants a number from 1",
                       error);
}

/* ---- options that are understood ---------------------------------------------------------- */

static gboolean set_override(Options *o, const char *value, GError **error) {
    if (value[0] != '/' || strchr(value, '=') == NULL) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--set wants /POINTER=VALUE, as in --set /machine/frames=4, not \"%s\"", value);
        return FALSE;
    }
    g_ptr_array_add(o->overrides, g_strdup(value));
    return TRUE;
}

static gboolean set_plugin(Options *o, const char *value, GError **error) {
    (void)error;
    g_ptr_array_add(o->plugins, g_strdup(value));
    return TRUE;
}

static gboolean set_policy(Options *o, const char *value, GError **error) {
    (void)error;
    g_ptr_array_add(o->overrides, g_strconcat("/machine/replacement=", value, NULL));
    return TRUE;
}

/* A share of the pages, rounded to 2^-24 (SAMPLE_ALL of curve/sampled_curve.h). */
static gboolean set_sample(Options *o, const char *value, GError **error) {
    char *end;
    double share = g_ascii_strtod(value, &end);
    double scaled = share * (1 << 24) + 0.5;
    if (*end != '\0' || !(share <= 1) || !(scaled >= 1)) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--sample wants a share from 0.0000001 to 1, as in --sample 0.01, not \"%s\"",
                    value);
        return FALSE;
    }
    o->sample = (uint32_t)scaled;
    return TRUE;
}

static gboolean set_process(Options *o, const char *value, GError **error) {
    (void)error;
    o->process = g_strdup(value);
    o->choice.process = o->process;
    return TRUE;
}

static gboolean set_at(Options *o, const char *value, GError **error) {
    o->choice.at = explain_at_parse(value, error);
    return o->choice.at != NULL;
}

static gboolean set_only(Options *o, const char *value, GError **error) {
    o->choice.topics = explain_topics_parse(value, error);
    return o->choice.topics != 0;
}

static gboolean set_windows(Options *o, const char *value, GError **error) {
    g_auto(GStrv) words = g_strsplit(value[0] == '\0' ? "," : value, ",", -1);
    o->windows = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (char **word = words; *word != NULL; word++) {
        uint64_t window;
        if (!g_ascii_string_to_unsigned(*word, 10, 1, WINDOW_MAX, &window, NULL) ||
            o->windows->len == WINDOWS_MAX) {
            g_set_error(error, OPTIONS_ERROR, 0,
                        "--working-set wants up to %d numbers of references from 1 to 2^32, as in "
                        "--working-set 100,1000, not \"%s\"",
                        WINDOWS_MAX, value);
            return FALSE;
        }
        g_array_append_val(o->windows, window);
    }
    size_list_sort(o->windows);
    return TRUE;
}

/* CSV is for the verbs whose results are one table, Markdown for what goes on paper. */
static const char *const *formats_of(Verb verb) {
    static const char *const documents[] = {"text", "json", NULL};
    static const char *const tables[] = {"text", "csv", "json", "gnuplot", NULL};
    static const char *const sheets[] = {"text", "markdown", NULL};
    return verb == VERB_quiz                          ? sheets
           : (VERB_BIT(verb) & VERBS_THAT_SWEEP) != 0 ? tables
                                                      : documents;
}

static gboolean set_format(Options *o, const char *value, GError **error) {
    static const char *const names[] = {[FORMAT_TEXT] = "text",
                                        [FORMAT_JSON] = "json",
                                        [FORMAT_CSV] = "csv",
                                        [FORMAT_MARKDOWN] = "markdown",
                                        [FORMAT_GNUPLOT] = "gnuplot"};
    const char *const *allowed = formats_of(o->verb);
    if (!g_strv_contains(allowed, value)) {
        options_refuse_word(error, "format", value, allowed);
        return FALSE;
    }
    o->format = FORMAT_TEXT;
    while (strcmp(names[o->format], value) != 0) {
        o->format++;
    }
    return TRUE;
}

static gboolean set_check(Options *o, const char *value, GError **error) {
    o->check.at_end = true;
    if (strcmp(value, "every") == 0) {
        o->check.every = 1;
    } else if (strcmp(value, "end") != 0 &&
               !g_ascii_string_to_unsigned(value, 10, 1, G_MAXUINT64, &o->check.every, NULL)) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--check wants \"end\", \"every\" or a number of events, not \"%s\"", value);
        return FALSE;
    }
    return TRUE;
}

static gboolean set_proc(Options *o, const char *value, GError **error) {
    o->proc = proc_parts_parse(value, error);
    return o->proc != 0;
}

static gboolean set_color(Options *o, const char *value, GError **error) {
    static const char *const known[] = {"auto", "always", "never", NULL};
    static const ColorMode modes[] = {COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER};
    for (unsigned i = 0; known[i] != NULL; i++) {
        if (strcmp(value, known[i]) == 0) {
            o->color = modes[i];
            return TRUE;
        }
    }
    options_refuse_word(error, "colour mode", value, known);
    return FALSE;
}

#define EVERY_VERB (VERB_BIT(VERB_COUNT) - 1)

const OptionRow option_rows[] = {
    {"trace", 0, "FILE",
     "run a recorded trace, or a script (.ops, .heap), instead of a workload file",
     VERBS_OF_A_WORKLOAD, FALSE, set_trace},
    {"set", 0, "/POINTER=VALUE",
     "change one value of the workload, as in --set /machine/frames=4; may be repeated",
     VERBS_OF_A_WORKLOAD | VERB_BIT(VERB_check), TRUE, set_override},
    {"policy", 0, "NAME", "replace pages by this policy", VERBS_THAT_RUN | VERB_BIT(VERB_quiz),
     FALSE, set_policy},
    {"frames", 0, "N", "give the machine N page frames", VERBS_THAT_RUN | VERB_BIT(VERB_quiz),
     FALSE, set_frames},
    {"allocator", 0, "NAME", "give every process this allocator",
     VERBS_THAT_RUN | VERB_BIT(VERB_quiz) | VERB_BIT(VERB_curve), FALSE, set_allocator},
    {"policy", 0, "LIST",
     "the policies to compare, as in fifo,lru or all; without it fifo, lru, clock, opt and the "
     "workload's own",
     VERB_BIT(VERB_compare), FALSE, set_policy_list},
    {"memory", 0, "LIST",
     "the memory sizes, in frames or with a unit: 3,4,16KiB or 1..64 or 8..64:8; without it the "
     "workload's own, a half and a quarter of it; of allocators, ample and scarce memory",
     VERB_BIT(VERB_compare), FALSE, set_memory_list},
    {"allocator", 0, "LIST",
     "compare these allocators instead of policies, as in bump,two-list or all",
     VERB_BIT(VERB_compare), FALSE, set_allocator_list},
    {"plugin", 0, "FILE.so",
     "make policies and allocators of your own known, from a shared object; may be repeated",
     VERBS_OF_A_WORKLOAD | VERB_BIT(VERB_check) | VERB_BIT(VERB_list), TRUE, set_plugin},
    {"copies", 0, "LIST",
     "show the use of the processor instead, with so many copies of every process, as in 1..16",
     VERB_BIT(VERB_compare), FALSE, set_copies_list},
    {"load-control", 0, "LIST",
     "with --copies: under these criteria of load control, as in none,l=s or all",
     VERB_BIT(VERB_compare), FALSE, set_load_list},
    {"policy", 0, "LIST",
     "the curves to show, as in lru,opt,clock or all; without it lru, opt and the working set",
     VERB_BIT(VERB_curve), FALSE, set_policy_list},
    {"memory", 0, "LIST",
     "the memory sizes, in frames or with a unit: 3,4,16KiB or 1..64 or 8..64:8; without it powers "
     "of two, or every size up to 20 pages",
     VERB_BIT(VERB_curve), FALSE, set_memory_list},
    {"working-set", 0, "LIST",
     "show the working set over time too, for these windows in references, as in 100,1000; with "
     "--format csv show that alone",
     VERB_BIT(VERB_curve), FALSE, set_windows},
    {"process", 0, "NAME", "show this process of several: app, or app#2 for its second copy",
     VERB_BIT(VERB_curve), FALSE, set_process},
    {"sample", 0, "SHARE",
     "estimate lru from this share of the pages, as in 0.01, and say how far off that may be",
     VERB_BIT(VERB_curve), FALSE, set_sample},
    {"output", 'o', "DIR",
     "write stats.json, run.json, series.csv with series.gp, and recording.json into this folder",
     VERBS_THAT_RUN, FALSE, set_output},
    {"report", 0, "FILE",
     "write an HTML page that shows it all; it opens from disk, in any browser",
     VERB_BIT(VERB_run) | VERBS_THAT_SWEEP, FALSE, set_report},
    {"perfetto", 0, "FILE",
     "write a trace: operations, page faults and memory over time, for https://ui.perfetto.dev",
     VERB_BIT(VERB_run), FALSE, set_perfetto},
    {"format", 0, "text|json", "what to print: the summary, or exactly stats.json",
     VERB_BIT(VERB_run), FALSE, set_format},
    {"format", 0, "text|csv|json|gnuplot",
     "what to print: tables, every number for a plot or a script, or a script for gnuplot",
     VERBS_THAT_SWEEP, FALSE, set_format},
    {"per-op", 0, NULL,
     "print a row for each operation of a script instead of the summary: what it answered, faults, "
     "pages; with --format json as {\"rows\": [...]}",
     VERB_BIT(VERB_run), FALSE, set_per_op},
    {"proc", 0, "[=LIST]",
     "print instead of the summary what /proc would say of each process just before its end, and "
     "of "
     "the machine at the end: status, smaps, smaps_rollup, rusage, meminfo, vmstat; --proc alone "
     "means all",
     VERB_BIT(VERB_run), FALSE, set_proc},
    {"curve", 0, NULL,
     "draw below the summary how the miss ratio of the workload's one process depends on memory",
     VERB_BIT(VERB_run), FALSE, set_curve},
    {"alone", 0, NULL, "run each process by itself too, and show how much slower it was in company",
     VERB_BIT(VERB_run), FALSE, set_alone},
    {"check", 0, "[=WHEN]",
     "check every invariant of the simulation: at the \"end\", after \"every\" event, or after "
     "every so many; --check alone means at the end",
     VERBS_THAT_RUN, FALSE, set_check},
    {"at", 0, "LIST",
     "tell only these page faults, as in 17 or 3,10..12, and draw how each address was translated",
     VERB_BIT(VERB_explain), FALSE, set_at},
    {"only", 0, "LIST",
     "tell only these topics, as in major,evictions: ops, heap, syscalls, faults, minor, major, "
     "invalid, evictions, processes, zeroing",
     VERB_BIT(VERB_explain), FALSE, set_only},
    {"process", 0, "NAME", "tell only what befalls this process: app, app#2, app.1",
     VERB_BIT(VERB_explain), FALSE, set_process},
    {"answers", 'c', NULL, "show the answers; as Markdown, the key alone", VERB_BIT(VERB_quiz),
     FALSE, set_answers},
    {"questions", 'n', "N", "ask so many (5), if the run has as many points worth asking about",
     VERB_BIT(VERB_quiz), FALSE, set_questions},
    {"seed", 0, "N", "another number (1) asks about other points: a variant of the sheet",
     VERB_BIT(VERB_quiz), FALSE, set_seed},
    {"format", 0, "text|markdown", "Markdown is for paper, with room to write", VERB_BIT(VERB_quiz),
     FALSE, set_format},
    {"max-lines", 0, "N", "tell at most so many lines (2000); 0 tells them all",
     VERB_BIT(VERB_explain), FALSE, set_max_lines},
    {"max-steps", 0, "N",
     "end a run after N steps: references, operations, pages that a system call or a policy goes "
     "through; what happened until then is shown, and the exit code is 1",
     VERBS_OF_A_WORKLOAD, FALSE, set_max_steps},
    {"quiet", 'q', NULL, "print no summary and no progress, only errors", VERBS_THAT_RUN, FALSE,
     set_quiet},
    {"no-progress", 0, NULL, "draw no progress bar on the terminal", VERBS_OF_A_WORKLOAD, FALSE,
     set_no_progress},
    {"color", 0, "WHEN", "colours: auto (on a terminal), always or never", VERBS_OF_A_WORKLOAD,
     FALSE, set_color},
    {"help", 'h', NULL, "show this help", EVERY_VERB, FALSE, set_help},
};
const unsigned option_row_count = G_N_ELEMENTS(option_rows);
