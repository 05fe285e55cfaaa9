/* input.h - from the command line to a checked workload.
 *
 * Idea: a workload is read once, even from a pipe, and hashed as it was read; then it is parsed
 * as often as the short options need, which can only be resolved when it is known.
 */
#ifndef FAULTLINE_INPUT_H
#define FAULTLINE_INPUT_H

#include "options.h"

/* What workloads are parsed from: the text of a file, or the name of a trace. */
typedef struct Origin {
    char *name;
    GString *text;      /* NULL: `name` is a trace */
    uint64_t max_steps; /* of each run; 0: as many as it takes */
} Origin;

/* The FILE or the --trace of the command line.  NULL and `error`. */
Origin *origin_read(const Options *options, GError **error);
/* A workload with these overrides ("/pointer=value", ended by NULL), and no others. */
Workload *origin_parse(const Origin *origin, const char *const *overrides, GError **error);
void origin_free(Origin *origin);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Origin, origin_free)

/* All overrides of the command line, as new strings, without a NULL at the end.  The short forms,
 * --frames and --allocator, depend on the workload and are left out if that is NULL. */
GPtrArray *input_overrides(const Options *options, const Workload *workload);
/* The workload with these overrides. */
Workload *input_parse(const Origin *origin, const Options *options, const Workload *workload,
                      GError **error);
/* With the short forms, too: it is parsed twice if one of them asks what the workload is. */
Workload *input_parse_all(const Origin *origin, const Options *options, GError **error);
/* The override that gives the machine so many frames; the one that gives process `process` this
 * allocator.  New strings. */
char *override_frames(const Workload *workload, uint64_t frames);
char *override_allocator(uint32_t process, const char *allocator);

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
