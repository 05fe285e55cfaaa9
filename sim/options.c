/* options.c - see options.h. */
#include "options.h"

#include <string.h>

#define MAX_LINES_DEFAULT      2000
#define QUIZ_SEED_DEFAULT      1
#define QUIZ_QUESTIONS_DEFAULT 5

GQuark options_error_quark(void) { return g_quark_from_static_string("faultline-options"); }

const char *const verb_names[] = {
#define VERB(name, files, summary) #name,
    VERBS(VERB)
#undef VERB
        NULL};

void names_add(GPtrArray *names, const char *name) {
    if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
        g_ptr_array_add(names, g_strdup(name));
    }
}

void options_refuse_word(GError **error, const char *noun, const char *word,
                         const char *const *known) {
    const char *near = nearest_word(word, known);
    g_autofree char *hint =
        near == NULL ? g_strdup("") : g_strdup_printf(", did you mean \"%s\"?", near);
    g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)known);
    g_set_error(error, OPTIONS_ERROR, 0, "unknown %s \"%s\"%s (known: %s)", noun, word, hint, all);
}

/* ---- the parser ------------------------------------------------------------------------ */

/* The row of "--name" or "-n": the same word may mean something else to another verb. */
static unsigned row_of(Verb verb, const char *word) {
    for (unsigned i = 0; i < option_row_count; i++) {
        const OptionRow *row = &option_rows[i];
        if ((row->verbs & VERB_BIT(verb)) != 0 &&
            (strcmp(word + strspn(word, "-"), row->name) == 0 ||
             (word[1] != '-' && word[1] == row->letter))) {
            return i;
        }
    }
    g_assert_not_reached();
}

static gboolean on_option(const char *word, const char *value, void *data, GError **error) {
    Options *options = data;
    unsigned row = row_of(options->verb, word);
    if ((options->given & UINT64_C(1) << row) != 0 && !option_rows[row].repeats) {
        g_set_error(error, OPTIONS_ERROR, 0, "--%s is given twice", option_rows[row].name);
        return FALSE;
    }
    options->given |= UINT64_C(1) << row;
    return option_rows[row].set(options, value, error);
}

static GOptionEntry entry_of(const OptionRow *row) {
    return (GOptionEntry){
        .long_name = row->name,
        .short_name = row->letter,
        .flags = (row->argument == NULL ? G_OPTION_FLAG_NO_ARG : 0) | G_OPTION_FLAG_FILENAME,
        .arg = G_OPTION_ARG_CALLBACK,
        .arg_data = (gpointer)(uintptr_t)on_option,
    };
}

/* GOption knows that an option is unknown, but not what was meant. */
static void refuse_option(Verb verb, char **words, GError **error) {
    g_autoptr(GPtrArray) known = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < option_row_count; i++) {
        if (option_rows[i].verbs & VERB_BIT(verb)) {
            g_ptr_array_add(known, g_strconcat("--", option_rows[i].name, NULL));
        }
    }
    g_ptr_array_add(known, NULL);
    for (; *words != NULL; words++) {
        g_autofree char *word = g_strndup(*words, strcspn(*words, "="));
        if (word[0] == '-' && word[1] != '\0' &&
            !g_strv_contains((const char *const *)known->pdata, word)) {
            options_refuse_word(error, "option", word, (const char *const *)known->pdata);
            return;
        }
    }
}

static gboolean parse_words(Options *options, char **words, GError **error) {
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    GOptionGroup *group = g_option_group_new("faultline", "", "", options, NULL);
    for (unsigned i = 0; i < option_row_count; i++) {
        if (option_rows[i].verbs & VERB_BIT(options->verb)) {
            GOptionEntry entries[] = {entry_of(&option_rows[i]), G_OPTION_ENTRY_NULL};
            g_option_group_add_entries(group, entries);
        }
    }
    g_option_context_set_main_group(context, group);
    g_option_context_set_help_enabled(context, FALSE);
    g_auto(GStrv) copy = g_strdupv(words);
    g_autoptr(GError) problem = NULL;
    if (g_option_context_parse_strv(context, &copy, &problem)) {
        for (unsigned i = 1; copy[i] != NULL; i++) {
            if (strcmp(copy[i], "--") != 0) {
                g_ptr_array_add(options->files, g_strdup(copy[i]));
            }
        }
        return TRUE;
    }
    if (g_error_matches(problem, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION)) {
        refuse_option(options->verb, words + 1, error);
    } else {
        g_set_error_literal(error, OPTIONS_ERROR, 0, problem->message);
    }
    return FALSE;
}

/* Do the files and options go together? */
static gboolean check_together(const Options *o, GError **error) {
    unsigned files = o->files->len;
    gboolean runs = (VERB_BIT(o->verb) & VERBS_OF_A_WORKLOAD) != 0;
    const char *problem = NULL;
    if (o->help || o->verb == VERB_help) {
        return TRUE;
    }
    if (runs && o->trace != NULL && files > 0) {
        problem = "a workload FILE and --trace are two different things to run: give one";
    } else if (runs && o->trace == NULL && files == 0) {
        problem = "what to run? give a workload FILE (\"-\" is standard input) or --trace FILE";
    } else if (runs && files > 1) {
        problem = "one workload FILE at a time";
    } else if (o->proc != 0 && (o->per_op || o->format == FORMAT_JSON)) {
        problem = "--proc prints text instead of the summary, and nothing else goes with it";
    } else if (o->curve && (o->quiet || o->per_op || o->proc != 0 || o->format == FORMAT_JSON)) {
        problem = "--curve draws below the summary, and there is to be none";
    } else if (o->verb == VERB_check && files == 0) {
        problem = "which FILEs are to be checked?";
    } else if (o->verb == VERB_report && (files < 2 || files > 3)) {
        problem = "report wants one or two folders that run -o wrote, and the file to write";
    } else if (o->verb == VERB_list && files != 1) {
        problem = "list wants one topic: policies, allocators, counters, costs, events or mmus";
    }
    if (problem != NULL) {
        g_set_error_literal(error, OPTIONS_ERROR, 0, problem);
    }
    return problem == NULL;
}

static gboolean find_verb(const char *word, Verb *verb, GError **error) {
    for (unsigned i = 0; i < VERB_COUNT; i++) {
        if (strcmp(word, verb_names[i]) == 0) {
            *verb = i;
            return TRUE;
        }
    }
    if (word[0] == '-') {
        g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)verb_names);
        g_set_error(error, OPTIONS_ERROR, 0, "the command (%s) comes first, then options like %s",
                    all, word);
    } else {
        options_refuse_word(error, "command", word, verb_names);
    }
    return FALSE;
}

/* The words behind the verb, argv[1]; GOption would take a word behind a bare --check or --proc for
 * its value. */
static char **words_behind_verb(int argc, char **argv) {
    GPtrArray *words = g_ptr_array_new();
    gboolean only_files = FALSE;
    for (int i = 1; i < argc; i++) {
        only_files = only_files || strcmp(argv[i], "--") == 0;
        const char *word = only_files                        ? argv[i]
                           : strcmp(argv[i], "--check") == 0 ? "--check=end"
                           : strcmp(argv[i], "--proc") == 0  ? "--proc=all"
                                                             : argv[i];
        g_ptr_array_add(words, g_strdup(word));
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

Options *options_parse(int argc, char **argv, GError **error) {
    g_autoptr(Options) options = g_new0(Options, 1);
    options->files = g_ptr_array_new_with_free_func(g_free);
    options->overrides = g_ptr_array_new_with_free_func(g_free);
    options->plugins = g_ptr_array_new_with_free_func(g_free);
    options->max_lines = MAX_LINES_DEFAULT;
    options->seed = QUIZ_SEED_DEFAULT;
    options->questions = QUIZ_QUESTIONS_DEFAULT;
    if (argc < 2) {
        g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)verb_names);
        g_set_error(error, OPTIONS_ERROR, 0, "what to do? (commands: %s)", all);
        return NULL;
    }
    if (!find_verb(argv[1], &options->verb, error)) {
        return NULL;
    }
    g_auto(GStrv) words = words_behind_verb(argc, argv);
    if (!parse_words(options, words, error) || !check_together(options, error)) {
        return NULL;
    }
    return g_steal_pointer(&options);
}

void options_free(Options *options) {
    if (options != NULL) {
        g_ptr_array_unref(options->files);
        g_ptr_array_unref(options->overrides);
        g_ptr_array_unref(options->plugins);
        g_free(options->trace);
        g_free(options->allocator);
        g_free(options->policy_list);
        g_free(options->memory_list);
        g_free(options->allocator_list);
        g_free(options->copies_list);
        g_free(options->load_list);
        g_free(options->process);
        g_clear_pointer(&options->choice.at, g_array_unref);
        g_clear_pointer(&options->windows, g_array_unref);
        g_free(options->output_dir);
        g_free(options->report);
        g_free(options->perfetto);
        g_free(options);
    }
}
