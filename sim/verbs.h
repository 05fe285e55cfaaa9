/* verbs.h - what the commands do.  Each writes its data to `out`; why it did not exit with 0
 * is in `error`, for main to print. */
#ifndef FAULTLINE_VERBS_H
#define FAULTLINE_VERBS_H

#include "options.h"
#include "output/stream.h"

typedef enum ExitCode {
    EXIT_CODE_FINISHED = 0, /* whatever happened to the simulated programs         */
    EXIT_CODE_RUNTIME = 1,  /* cannot write, out of memory, an invariant is broken */
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_INPUT = 3,  /* a workload or a trace is wrong  */
    EXIT_CODE_EXPECT = 4, /* an expectation failed           */
} ExitCode;

/* run and explain. */
ExitCode verb_run(const Options *options, Stream *out, GError **error);
ExitCode verb_quiz(const Options *options, Stream *out, GError **error);
ExitCode verb_compare(const Options *options, Stream *out, GError **error);
ExitCode verb_curve(const Options *options, Stream *out, GError **error);
ExitCode verb_check(const Options *options, Stream *out, GError **error);
ExitCode verb_report(const Options *options, Stream *out, GError **error);
ExitCode verb_list(const Options *options, Stream *out, GError **error);
ExitCode verb_help(const Options *options, Stream *out, GError **error);

/* The help of one verb, or of all (VERB_COUNT), as a new string. */
char *help_text(Verb verb);

/* The exit code that an error of a loader or of the machine stands for. */
ExitCode exit_code_of(const GError *error);

#endif
