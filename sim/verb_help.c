/* verb_help.c - the help texts: what a command is for, its options, examples to copy. */
#include <string.h>

#include "trace/script.h"
#include "output/wrap.h"
#include "verbs.h"

#define HELP_WIDTH    80
#define OPTION_COLUMN 28

typedef struct HelpText {
    const char *story; /* paragraphs, divided by line feeds */
    const char *examples;
} HelpText;

static const char run_story[] =
    "Builds the machine that the workload FILE describes, runs its programs on it and prints a "
    "summary: page faults, memory and time of each process, and how the machine did. "
    "A FILE of \"-\" is standard input.\n"
    "Numbers go to standard output, words about problems to standard error. The exit code is 0 "
    "when the run finished, whatever happened to the simulated programs; 1 when something could "
    "not be written, or --max-steps ended the run; 2 for a wrong command line; 3 for a mistake in "
    "a file; 4 when something "
    "that the workload expects did not come true.";

static const char run_examples[] =
    "  faultline run lab.json                     show the summary\n"
    "  faultline run lab.json --policy lru        with another replacement policy\n"
    "  faultline run lab.json --frames 4 -o out   4 frames; files for a plot in out/\n"
    "  faultline run lab.json --curve             and what more memory would do\n"
    "  faultline run lab.json --format json       every number, for a script\n"
    "  faultline run --trace app.rep --allocator explicit\n"
    "                                             a recorded program\n"
    "  faultline run --trace try.ops --per-op     a script of system calls, row by\n"
    "                                             row: faultline help ops, help heap\n";

static const char explain_story[] =
    "Runs like `faultline run`, and tells on the way what happens: each operation, each system "
    "call, each page fault, with its number, and how it was served. After each malloc and free it "
    "shows the heap "
    "as the allocator sees it: A is where the heap begins, [A+1024,256] is a block of 256 bytes "
    "at 1024 bytes from there; in the drawing oo marks used blocks, .. free ones, ## the "
    "allocator's own data.\n"
    "--at, --only and --process tell less. A page fault that is picked by its number is shown in "
    "full: the operation, the address split into the indices of the page table's levels, what was "
    "found there, and the entry as it is afterwards.";

static const char explain_examples[] =
    "  faultline explain lab.json                 the first 2000 lines\n"
    "  faultline explain lab.json --max-lines 0   all of them\n"
    "  faultline explain lab.json --at 17         how page fault 17 came about, drawn\n"
    "  faultline explain lab.json --only major,evictions --process app\n"
    "                                             only what is slow, of one process\n"
    "  faultline explain lab.json | less          at leisure\n";

static const char quiz_story[] =
    "Runs the workload and asks about points of the run: is this reference a hit or a page fault, "
    "which page is evicted, which bits of the page-table entry change, how is the fault served, "
    "which entries does the walk read; and at the end how many faults there are in all. Each "
    "question says what came before and, of a memory of up to 16 frames, what is in it. -c shows "
    "the answers. The seed chooses the points, so that every student can have a sheet of their "
    "own, and "
    "the same seed always gives the same one.";

static const char quiz_examples[] =
    "  faultline quiz lab.json                    five questions and one more\n"
    "  faultline quiz lab.json -c                 with the answers\n"
    "  faultline quiz lab.json --policy lru --seed 7 -n 10\n"
    "  faultline quiz lab.json --format markdown --seed 7 > sheet.md\n"
    "  faultline quiz lab.json --format markdown --seed 7 -c > key.md\n";

static const char compare_story[] =
    "Runs the workload once for each policy and each memory size and shows page faults and "
    "write-backs side by side. Marks show the best policy of each row, and Belady's anomaly: "
    "more faults with more memory. What needs the future (opt) is a lower bound, not a "
    "contender. With --copies it shows how well the machine is used by so many copies of every "
    "process. With --allocator it compares allocators instead: memory, faults and system "
    "calls, with ample memory, where nothing is evicted, and with scarce. The workload's own is "
    "one "
    "of the two; the other is half of what the first allocator then has resident, or as much as "
    "it needs.\n"
    "A policy that cannot run this workload shows \"-\", and why. Runs go on side by side on "
    "all processors; the numbers are those of `faultline run` all the same.";

static const char compare_examples[] =
    "  faultline compare lab.json                 four policies, three memory sizes\n"
    "  faultline compare lab.json --policy fifo,lru --memory 1..8\n"
    "                                             look for Belady's anomaly\n"
    "  faultline compare lab.json --policy all --memory 256KiB\n"
    "  faultline compare lab.json --memory 8..512:8 --format csv > faults.csv\n"
    "  faultline compare lab.json --format gnuplot | gnuplot > faults.svg\n"
    "  faultline compare --trace app.rep --allocator all\n"
    "                                             with ample and with scarce memory\n"
    "  faultline compare lab.json --copies 1..16 --load-control none,l=s\n";

static const char curve_story[] =
    "Records the reference string of the workload's one process, or of --process, and shows how "
    "many page faults it "
    "makes in memory of any size: lru and opt from one pass over the string, exact at every size; "
    "the working set (ws) and vmin at every window. Any other policy is run at each size. misses "
    "is "
    "the share of references that fault, lifetime how many references lie between two faults.\n"
    "CSV and JSON have every size up to the number of pages, unless told otherwise or a policy has "
    "to be run. --working-set adds Denning's W(t, tau): how many pages were used in the last tau "
    "references, exactly, over time. Several processes have no one reference string: name one "
    "with --process, or the exit code is 3.";

static const char curve_examples[] =
    "  faultline curve lab.json                   lru, opt and the working set\n"
    "  faultline curve lab.json --policy lru,fifo,clock --memory 1..32\n"
    "                                             with policies that have to be run\n"
    "  faultline curve lab.json --format csv      every size, for a plot\n"
    "  faultline curve lab.json --working-set 100,1000 --format csv\n"
    "                                             the working set over time\n"
    "  faultline curve --trace app.lackey --sample 0.01\n"
    "                                             a long trace, estimated\n";

static const char check_story[] =
    "Reads each FILE as `faultline run` would and says \"FILE: ok\" or what is wrong, with line "
    "and column, what was expected, and the nearest known word. Nothing is run. The exit code "
    "is 3 if any FILE has a mistake.";

static const char check_examples[] = "  faultline check lab.json\n"
                                     "  faultline check workloads/labs/*.json\n";

static const char report_story[] =
    "Makes one HTML page of the numbers that `faultline run -o DIR` wrote: charts over time, the "
    "page frames, each process's address space and page tables, its heap, and the page faults. "
    "With two folders both runs stand side by side. The page needs no network and no other file. "
    "`faultline run --report FILE` makes it at once; compare and curve have a --report of their "
    "own.";

static const char report_examples[] =
    "  faultline run lab.json --report lab.html   run it, and look at it in a browser\n"
    "  faultline run lab.json --policy fifo -o a  two runs into two folders ...\n"
    "  faultline run lab.json --policy lru -o b\n"
    "  faultline report a b both.html             ... and side by side\n";

static const char list_story[] =
    "Shows the words that a workload can use and what they mean. Topics: policies (page "
    "replacement), allocators (malloc models), counters (what is counted), costs (virtual time), "
    "events (what explain tells), mmus (shapes of page tables).";

static const char list_examples[] = "  faultline list policies\n"
                                    "  faultline list counters | grep swap\n";

static const HelpText help_texts[VERB_COUNT] = {
#define TEXTS(name, story, examples) [VERB_##name] = {story, examples}
    TEXTS(run, run_story, run_examples),
    TEXTS(explain, explain_story, explain_examples),
    TEXTS(quiz, quiz_story, quiz_examples),
    TEXTS(compare, compare_story, compare_examples),
    TEXTS(curve, curve_story, curve_examples),
    TEXTS(check, check_story, check_examples),
    TEXTS(report, report_story, report_examples),
    TEXTS(list, list_story, list_examples),
    TEXTS(help,
          "Shows what faultline can do, how one command is used, or what a script can "
          "say (ops, heap).",
          "  faultline help run\n  faultline help ops\n"),
#undef TEXTS
};

static const char *const verb_files[] = {
#define VERB(name, files, summary) files,
    VERBS(VERB)
#undef VERB
};

static const char *const verb_summaries[] = {
#define VERB(name, files, summary) summary,
    VERBS(VERB)
#undef VERB
};

static char *general_help(void) {
    GString *out = g_string_new(
        "faultline - a virtual-memory and demand-paging simulator\n\n"
        "A workload file (JSON) describes a machine and its programs. faultline runs them\n"
        "and counts page faults, memory and time, the same on every computer.\n\n"
        "Usage: faultline COMMAND [OPTIONS] [FILES]\n\nCommands:\n");
    for (unsigned i = 0; i < VERB_COUNT; i++) {
        g_autofree char *usage = g_strdup_printf("%s %s", verb_names[i], verb_files[i]);
        g_string_append_printf(out, "  %-18s  %s\n", usage, verb_summaries[i]);
    }
    g_string_append(out, "\nOptions of each command: faultline help COMMAND\n\n"
                         "To begin, save these lines as first.json and run them:\n\n"
                         "  {\"machine\": {\"frames\": 3, \"replacement\": \"fifo\"},\n"
                         "   \"processes\": [{\"program\": [\n"
                         "     {\"op\": \"access\", \"pattern\": \"pages\", \"pages\": \"7 0 1 2 "
                         "0 3 0 4\"}]}]}\n\n"
                         "  faultline run first.json\n"
                         "  faultline explain first.json\n");
    return g_string_free(out, FALSE);
}

static void append_option(GString *out, const OptionRow *row) {
    g_autofree char *letter =
        row->letter == 0 ? g_strdup("    ") : g_strdup_printf("-%c, ", row->letter);
    const char *argument = row->argument == NULL ? "" : row->argument;
    const char *equals = argument[0] == '\0' || argument[0] == '[' ? "" : "=";
    g_autofree char *left = g_strdup_printf("  %s--%s%s%s", letter, row->name, equals, argument);
    unsigned column = (unsigned)strlen(left);
    g_string_append(out, left);
    if (column + 2 > OPTION_COLUMN) {
        g_string_append_c(out, '\n');
        column = 0;
    }
    g_string_append_printf(out, "%*s", (int)(OPTION_COLUMN - column), "");
    wrap_append(out, row->help, OPTION_COLUMN, OPTION_COLUMN, HELP_WIDTH);
}

char *help_text(Verb verb) {
    if (verb == VERB_COUNT) {
        return general_help();
    }
    const HelpText *text = &help_texts[verb];
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "faultline %s - %s\n\nUsage: faultline %s [OPTIONS] %s\n",
                           verb_names[verb], verb_summaries[verb], verb_names[verb],
                           verb_files[verb]);
    g_auto(GStrv) paragraphs = g_strsplit(text->story, "\n", -1);
    for (unsigned i = 0; paragraphs[i] != NULL; i++) {
        g_string_append_c(out, '\n');
        wrap_append(out, paragraphs[i], 0, 0, HELP_WIDTH);
    }
    g_string_append(out, "\nOptions:\n");
    for (unsigned i = 0; i < option_row_count; i++) {
        if (option_rows[i].verbs & VERB_BIT(verb)) {
            append_option(out, &option_rows[i]);
        }
    }
    g_string_append_printf(out, "\nExamples:\n%s", text->examples);
    return g_string_free(out, FALSE);
}

/* ---- the script languages ------------------------------------------------------------------ */

#define SHAPE_COLUMN 38

static const char *const script_stories[] = {
    [SCRIPT_OPS] = "System calls and touches, one a line, carried out by `faultline run --trace "
                   "FILE.ops`. Offsets, lengths and strides are pages from the start of the "
                   "region that an ID names; B is the heap that brk moves. PROT is letters of "
                   "rwx, or - for none. # begins a comment.",
    [SCRIPT_HEAP] = "Calls of malloc and its family, one a line, carried out by `faultline run "
                    "--trace FILE.heap --allocator NAME`. Sizes are bytes. # begins a comment.",
};

static char *script_help_text(ScriptLanguage language) {
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "Scripts in the language .%s\n\n", script_languages[language]);
    wrap_append(out, script_stories[language], 0, 0, HELP_WIDTH);
    g_string_append_c(out, '\n');
    char *shape;
    const char *help;
    for (unsigned i = 0; script_help(language, i, &shape, &help); i++) {
        g_string_append_printf(out, "  %-*s", SHAPE_COLUMN - 2, shape);
        if (strlen(shape) + 4 > SHAPE_COLUMN) {
            g_string_append_printf(out, "\n%*s", SHAPE_COLUMN, "");
        }
        wrap_append(out, help, SHAPE_COLUMN, SHAPE_COLUMN, HELP_WIDTH);
        g_free(shape);
    }
    g_string_append(out, "\nAfter each operation: add --per-op.\n");
    return g_string_free(out, FALSE);
}

/* ---- the verb ------------------------------------------------------------------------------- */

/* One word: a command, or a script language.  NULL and `error`: neither. */
static char *help_about(const char *word, GError **error) {
    GPtrArray *known = g_ptr_array_new();
    for (Verb verb = 0; verb < VERB_COUNT; verb++) {
        if (strcmp(word, verb_names[verb]) == 0) {
            g_ptr_array_unref(known);
            return help_text(verb);
        }
        g_ptr_array_add(known, (char *)(uintptr_t)verb_names[verb]);
    }
    for (ScriptLanguage language = 0; language < SCRIPT_LANGUAGES; language++) {
        if (strcmp(word, script_languages[language]) == 0) {
            g_ptr_array_unref(known);
            return script_help_text(language);
        }
        g_ptr_array_add(known, (char *)(uintptr_t)script_languages[language]);
    }
    g_ptr_array_add(known, NULL);
    options_refuse_word(error, "command", word, (const char *const *)known->pdata);
    g_ptr_array_unref(known);
    return NULL;
}

ExitCode verb_help(const Options *options, Stream *out, GError **error) {
    bool about = options->verb == VERB_help && options->files->len > 0;
    g_autofree char *text = about ? help_about(g_ptr_array_index(options->files, 0), error)
                                  : help_text(options->help ? options->verb : VERB_COUNT);
    if (text == NULL) {
        return EXIT_CODE_USAGE;
    }
    stream_write(out, text);
    return EXIT_CODE_FINISHED;
}
