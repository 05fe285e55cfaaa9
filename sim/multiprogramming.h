/* multiprogramming.h - one workload with 1, 2, 3 ... copies of its processes, under several rules of
 * load control: how well the machine is used against the degree of multiprogramming.
 *
 * Idea: a sweep (sweep.h) whose points are (rule, copies); each is a run of its own.
 */
#ifndef FAULTLINE_MULTIPROGRAMMING_H
#define FAULTLINE_MULTIPROGRAMMING_H

#include "sweep.h"

typedef struct Multiprogramming {
    char *title;       /* of the workload */
    GPtrArray *rules;  /* char *: words of "load_control"; one NULL: the workload's own */
    GArray *copies;    /* uint64_t, ascending, each once: of every process of the workload */
    GPtrArray *points; /* rule by rule */
    GArray *results;   /* SweepResult, rule by rule */
} Multiprogramming;

/* Which runs the command line asks for.  NULL and `error`: a mistake in it or in the workload. */
Multiprogramming *multiprogramming_plan(const Options *options, const Origin *origin,
                                        GError **error);
/* Run them.  False and the first error if one of them could not be run. */
bool multiprogramming_run(Multiprogramming *study, const Origin *origin,
                          const SweepWatcher *watcher, GError **error);
void multiprogramming_free(Multiprogramming *study);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Multiprogramming, multiprogramming_free)

/* The word for a rule of load control, and its run in a row. */
const char *multiprogramming_rule(const Multiprogramming *study, unsigned rule);
const SweepResult *multiprogramming_at(const Multiprogramming *study, unsigned rule, unsigned row);

#endif
