/* option_rows.c - the table of options, and a setter for each: see options.h. */
#include <string.h>

#include "options.h"

#define FRAMES_MAX (UINT64_C(1) << 28)

/* ---- one setter an option ---------------------------------------------------------------- */

static gboolean set_trace(Options *o, const char *value, GError **error) {
    (void)error;
    o->trace = g_strdup(value);
    return TRUE;
}

static gboolean set_override(Options *o, const char *value, GError **error) {
    if (value[0] != '/' || strchr(value, '=') == NULL) {
        g_set_error(error, OPTIONS_ERROR, 0,
                    "--set wants /POINTER=VALUE, as in --set /machine/frames=4, not \"%s\"", value);
        return FALSE;
    }
    g_ptr_array_add(o->overrides, g_strdup(value));
    return TRUE;
}

static gboolean set_allocator(Options *o, const char *value, GError **error) {
    (void)error;
    o->allocator = g_strdup(value);
    return TRUE;
}

static gboolean set_policy(Options *o, const char *value, GError **error) {
    (void)error;
    g_ptr_array_add(o->overrides, g_strconcat("/machine/replacement=", value, NULL));
    return TRUE;
}

static gboolean set_frames(Options *o, const char *value, GError **error) {
    if (!g_ascii_string_to_unsigned(value, 10, 1, FRAMES_MAX, &o->frames, NULL)) {
        g_set_error(error, OPTIONS_ERROR, 0, "--frames wants a number from 1 to 2^28, not \"%s\"",
                    value);
        return FALSE;
    }
    return TRUE;
}

static gboolean set_format(Options *o, const char *value, GError **error) {
    static const char *const known[] = {"text", "json", NULL};
    if (!g_strv_contains(known, value)) {
        options_refuse_word(error, "format", value, known);
        return FALSE;
    }
    o->format = strcmp(value, "json") == 0 ? FORMAT_JSON : FORMAT_TEXT;
    return TRUE;
}

static gboolean set_output(Options *o, const char *value, GError **error) {
    if (value[0] == '\0') {
        g_set_error(error, OPTIONS_ERROR, 0, "-o wants the name of a folder");
        return FALSE;
    }
    o->output_dir = g_strdup(value);
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

static gboolean set_quiet(Options *o, const char *value, GError **error) {
    (void)value, (void)error;
    o->quiet = TRUE;
    return TRUE;
}

static gboolean set_no_progress(Options *o, const char *value, GError **error) {
    (void)value, (void)error;
    o->no_progress = TRUE;
    return TRUE;
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

static gboolean set_max_lines(Options *o, const char *value, GError **error) {
    if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXUINT64, &o->max_lines, NULL)) {
        g_set_error(error, OPTIONS_ERROR, 0, "--max-lines wants a number, not \"%s\"", value);
        return FALSE;
    }
    return TRUE;
}

static gboolean set_help(Options *o, const char *value, GError **error) {
    (void)value, (void)error;
    o->help = TRUE;
    return TRUE;
}

#define EVERY_VERB (VERB_BIT(VERB_COUNT) - 1)

const OptionRow option_rows[] = {
    {"trace", 0, "FILE", "run a recorded trace instead of a workload file", VERBS_THAT_RUN, FALSE,
     set_trace},
    {"set", 0, "/POINTER=VALUE",
     "change one value of the workload, as in --set /machine/frames=4; may be repeated",
     VERBS_THAT_RUN | VERB_BIT(VERB_check), TRUE, set_override},
    {"policy", 0, "NAME", "replace pages by this policy", VERBS_THAT_RUN, FALSE, set_policy},
    {"frames", 0, "N", "give the machine N page frames", VERBS_THAT_RUN, FALSE, set_frames},
    {"allocator", 0, "NAME", "give every process this allocator", VERBS_THAT_RUN, FALSE,
     set_allocator},
    {"output", 'o', "DIR", "write stats.json, run.json and series.csv into this folder",
     VERBS_THAT_RUN, FALSE, set_output},
    {"format", 0, "text|json", "what to print: the summary, or exactly stats.json",
     VERB_BIT(VERB_run), FALSE, set_format},
    {"check", 0, "[=WHEN]",
     "check every invariant of the simulation: at the \"end\", after \"every\" event, or after "
     "every so many; --check alone means at the end",
     VERBS_THAT_RUN, FALSE, set_check},
    {"max-lines", 0, "N", "tell at most so many lines (2000); 0 tells them all",
     VERB_BIT(VERB_explain), FALSE, set_max_lines},
    {"quiet", 'q', NULL, "print no summary and no progress, only errors", VERBS_THAT_RUN, FALSE,
     set_quiet},
    {"no-progress", 0, NULL, "draw no progress bar on the terminal", VERBS_THAT_RUN, FALSE,
     set_no_progress},
    {"color", 0, "WHEN", "colours: auto (on a terminal), always or never", VERBS_THAT_RUN, FALSE,
     set_color},
    {"help", 'h', NULL, "show this help", EVERY_VERB, FALSE, set_help},
};
const unsigned option_row_count = G_N_ELEMENTS(option_rows);
