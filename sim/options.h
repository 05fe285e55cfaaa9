/* options.h - the command line, parsed: a verb, its options, its files.
 *
 * Idea: one table of options (option_rows) feeds the parser, the check for what is given
 * twice, the nearest known word and the help.
 */
#ifndef FAULTLINE_OPTIONS_H
#define FAULTLINE_OPTIONS_H

#include <glib.h>

#include "explain_choice.h"
#include "machine.h"
#include "output/style.h"

/* VERB(name, files, summary): the words after `faultline`. */
#define VERBS(VERB)                                                                                \
    VERB(run, "[FILE]", "run a workload and show its numbers")                                     \
    VERB(explain, "[FILE]", "run a workload and tell every step in words")                         \
    VERB(quiz, "[FILE]", "ask questions about a run: hit or fault? who is evicted?")               \
    VERB(compare, "[FILE]", "run a workload under several policies, sizes or allocators")          \
    VERB(curve, "[FILE]", "page faults for every memory size, in tables and drawn")                \
    VERB(check, "FILE...", "look for mistakes in workload files, without running them")            \
    VERB(report, "DIR... FILE", "make an HTML report of what run -o DIR wrote")                    \
    VERB(list, "TOPIC", "show what a workload can name: policies, allocators, ...")                \
    VERB(help, "[COMMAND]", "show how a command is used, with examples")

typedef enum Verb {
#define VERB(name, files, summary) VERB_##name,
    VERBS(VERB)
#undef VERB
        VERB_COUNT
} Verb;

#define VERB_BIT(verb) (1u << (verb))
#define VERBS_THAT_RUN (VERB_BIT(VERB_run) | VERB_BIT(VERB_explain))
/* ... many times, each time under other settings. */
#define VERBS_THAT_SWEEP    (VERB_BIT(VERB_compare) | VERB_BIT(VERB_curve))
#define VERBS_OF_A_WORKLOAD (VERBS_THAT_RUN | VERBS_THAT_SWEEP | VERB_BIT(VERB_quiz))

typedef enum Format {
    FORMAT_TEXT,
    FORMAT_JSON,
    FORMAT_CSV,
    FORMAT_MARKDOWN,
    FORMAT_GNUPLOT
} Format;

typedef struct Options {
    Verb verb;
    GPtrArray *files;     /* what is left on the line, in order */
    char *trace;          /* NULL: none */
    GPtrArray *overrides; /* "/pointer=value" */
    GPtrArray *plugins;   /* shared objects, in order */
    char *allocator;      /* NULL: the workload's */
    uint64_t frames;      /* 0: the workload's */
    /* What is compared, as given: "fifo,lru", "1..64"; NULL: the defaults. */
    char *policy_list, *memory_list, *allocator_list, *copies_list, *load_list;
    char *process;        /* whose curves or story; NULL: the only one's, everybody's */
    ExplainChoice choice; /* what explain tells; `process` is the one above */
    GArray *windows;      /* uint64_t, ascending: of W(t, tau), in references; NULL: none */
    uint32_t sample;      /* of the pages, in 2^-24; 0: all, exactly */
    Format format;
    char *output_dir;
    char *report;   /* the HTML file to write; NULL: none */
    char *perfetto; /* the trace to write; NULL: none */
    CheckPlan check;
    uint64_t seed;      /* of a quiz */
    uint32_t questions; /* of a quiz */
    unsigned proc;      /* parts of /proc to print (output/proc_text.h); 0: the summary */
    gboolean answers, quiet, no_progress, per_op, curve, alone, help;
    ColorMode color;
    uint64_t max_lines, max_steps; /* 0: no limit */
    uint64_t given;                /* bit i: row i of option_rows was given */
} Options;

typedef struct OptionRow {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL: it takes none; "[=X]": it may have one */
    const char *help;
    unsigned verbs; /* VERB_BIT()s */
    gboolean repeats;
    gboolean (*set)(Options *options, const char *value, GError **error);
} OptionRow;

extern const OptionRow option_rows[];
extern const unsigned option_row_count;

extern const char *const verb_names[]; /* ended by NULL */

#define OPTIONS_ERROR (options_error_quark())
GQuark options_error_quark(void);

/* `argv` as main got it: argv[1] is the verb.  NULL and `error` (of OPTIONS_ERROR), with the
 * nearest word that is known. */
Options *options_parse(int argc, char **argv, GError **error);
void options_free(Options *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Options, options_free)

/* A new string joins the names of a list, unless it is there already. */
void names_add(GPtrArray *names, const char *name);

/* "unknown NOUN "word"; did you mean "x"? (known: ...)" in OPTIONS_ERROR. */
void options_refuse_word(GError **error, const char *noun, const char *word,
                         const char *const *known);

#endif
