/* reference_string.h - which page each reference of a workload goes to: the string that a
 * textbook writes on the board, recorded from a run.
 *
 * A lone process makes the same references whatever the memory and the policy are, so its string
 * can be recorded once and then replayed against every memory size.  With several processes the
 * string depends on when each of them waits; then there is no such string, and the answer is
 * an error that says so.  The string of any one of them there is, though: what its own program
 * refers to, in order, does not depend on the others, for they share no memory.
 *
 * Pages are numbered from 0 in the order of their first reference.  References to the page that
 * was referenced just before are kept as a count: w = 1 2 2 2 3 is (1,1) (2,3) (3,1).
 */
#ifndef FAULTLINE_REFERENCE_STRING_H
#define FAULTLINE_REFERENCE_STRING_H

#include <glib.h>

#include "workload.h"

typedef struct ReferenceRun {
    uint32_t page;
    uint32_t count; /* >= 1 */
} ReferenceRun;

typedef struct ReferenceString {
    GArray *runs;        /* ReferenceRun */
    uint64_t count;      /* references, below REFERENCES_MAX */
    uint32_t page_count; /* distinct pages */
} ReferenceString;

#define REFERENCES_MAX UINT32_MAX
/* Changes of the page that are kept (1 GiB), and references whose next use is (2 GiB). */
#define REFERENCE_RUNS_MAX (UINT32_C(1) << 27)
#define NEXT_USES_MAX      (UINT64_C(1) << 29)

/* Run the workload once and record.  NULL and `error` (MACHINE_ERROR_INPUT): more than one
 * process, too many references, or a damaged trace. */
ReferenceString *reference_string_record(const Workload *workload, GError **error);
/* The same of process `pid` (from 1, as they run) alone, of however many. */
ReferenceString *reference_string_record_process(const Workload *workload, uint32_t pid,
                                                 GError **error);
void reference_string_free(ReferenceString *string);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReferenceString, reference_string_free)

/* next[t] = number of the next reference to the page of reference t; FUTURE_NEVER (memory.h) if
 * there is none.  An array of string->count; to be freed.  NULL: out of host memory. */
uint32_t *reference_string_next_uses(const ReferenceString *string);

#endif
