/* explain_choice.h - which events of a run are told: by number, by topic, by process.
 *
 *   --at 17,40..42     these page faults alone, each with its walk drawn
 *   --only major       these topics alone
 *   --process app      what happens to this process alone
 *
 * Idea: each that is given takes away; what is left is told.  Faults are numbered from 1 in the
 * order in which they end, those of all processes together, as in the report.
 */
#ifndef FAULTLINE_EXPLAIN_CHOICE_H
#define FAULTLINE_EXPLAIN_CHOICE_H

#include <glib.h>

#include "machine.h"

/* TOPIC(name, meaning): the words behind --only. */
#define EXPLAIN_TOPICS(TOPIC)                                                                      \
    TOPIC(ops, "operations, phases and notes of the programs")                                     \
    TOPIC(heap, "malloc and free")                                                                 \
    TOPIC(syscalls, "system calls")                                                                \
    TOPIC(faults, "page faults of every kind")                                                     \
    TOPIC(minor, "page faults that read nothing")                                                  \
    TOPIC(major, "page faults that read from swap or a file")                                      \
    TOPIC(invalid, "page faults that end in a signal")                                             \
    TOPIC(evictions, "pages that are taken away and written")                                      \
    TOPIC(processes, "starts, ends, switches, signals")                                            \
    TOPIC(zeroing, "the idle task")

typedef enum ExplainTopic {
#define TOPIC(name, meaning) TOPIC_##name,
    EXPLAIN_TOPICS(TOPIC)
#undef TOPIC
        TOPIC_COUNT
} ExplainTopic;

/* Faults `from` to `to`, both included. */
typedef struct FaultRange {
    uint64_t from, to;
} FaultRange;

typedef struct ExplainChoice {
    GArray *at;          /* FaultRange; NULL: all */
    uint32_t topics;     /* 1 << ExplainTopic; 0: all */
    const char *process; /* NULL: all */
} ExplainChoice;

/* "17,40..42" as FaultRanges, "major,evictions" as topics.  NULL or 0, and `error` (of
 * OPTIONS_ERROR). */
GArray *explain_at_parse(const char *text, GError **error);
uint32_t explain_topics_parse(const char *text, GError **error);

/* Is the event told?  `process` is whose it is (NULL: the machine's), `fault` the number of the
 * latest fault, which the event may be. */
bool explain_choice_has(const ExplainChoice *choice, const Process *process, const Event *event,
                        uint64_t fault);
/* Are faults picked by their numbers? */
bool explain_choice_picks(const ExplainChoice *choice);

/* Is, or was, there a process of the chosen name?  Before the run one that is only made in it is
 * given the benefit of the doubt.  False and `error` (of OPTIONS_ERROR). */
bool explain_choice_check(const ExplainChoice *choice, const Machine *machine, bool over,
                          GError **error);

#endif
