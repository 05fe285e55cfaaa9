/* input.h - from the command line to a checked workload.
 *
 * Idea: a workload is read once, even from a pipe, and hashed as it was read; then it is parsed
 * as often as the short options need, which can only be resolved when it is known.
 */
#ifndef FAULTLINE_INPUT_H
#define FAULTLINE_INPUT_H

#include "options.h"

typedef struct Input {
    Workload *workload;
    char *digest; /* SHA-256 of the workload's text, in hex; NULL: there is only a trace */
} Input;

/* What `run` and `explain` are to run.  NULL and `error`. */
Input *input_load(const Options *options, GError **error);
/* One file of `check`. */
Input *input_load_file(const char *path, const char *const *overrides, GError **error);
void input_free(Input *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Input, input_free)

#endif
