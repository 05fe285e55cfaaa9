/* explain.h - a run told in words: every operation, system call and page fault, one line each.
 *
 *   time ns  what happened
 *         0  a = malloc(1024)
 *       150    sbrk(4096) = 0x555555559000
 *       150  malloc 1024 -> free [A+1024,3072], allocated [A,1024], heap 3072 free
 *            [oo1024oo|..3072..]  3072 bytes free
 *
 * Idea: a sink of the machine's events that only looks; with or without it the run is the
 * same.  Events are told when they are over, so an eviction stands before the fault that it
 * was made for.  An ExplainChoice (explain_choice.h) says which are told at all; after `max_lines`
 * lines it only counts.  On a terminal long lines are broken; in a file or a pipe each stays one,
 * for those who search it.
 */
#ifndef FAULTLINE_EXPLAIN_H
#define FAULTLINE_EXPLAIN_H

#include "explain_choice.h"
#include "machine.h"
#include "output/stream.h"

typedef struct Explainer Explainer;

/* Subscribes to the machine, which has not run yet; all outlive the explainer.  `max_lines` 0:
 * no limit; `choice` NULL: everything is told. */
Explainer *explainer_attach(Machine *machine, Stream *out, uint64_t max_lines,
                            const ExplainChoice *choice);
/* After the run: says how many lines were left out. */
void explainer_finish(Explainer *explainer);
void explainer_free(Explainer *explainer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Explainer, explainer_free)

#endif
