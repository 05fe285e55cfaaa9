/* expect.h - what a workload's "expect" demands, held against the numbers of the run.
 *
 * Paths are those of stats_path.h.  A path that can name nothing is bad input, found before the run
 * (expect_check); a value that is not as demanded is a failure, found after it (expect_evaluate).
 */
#ifndef FAULTLINE_EXPECT_H
#define FAULTLINE_EXPECT_H

#include "stats.h"

#define EXPECT_ERROR (expect_error_quark())
GQuark expect_error_quark(void);
typedef enum ExpectError { EXPECT_ERROR_FAILED } ExpectError;

typedef struct ExpectResult {
    const Expectation *expectation; /* the workload's */
    gboolean holds;
    char *got; /* as text; "nothing" if the run never came to that phase */
} ExpectResult;

/* False and `error` (of WORKLOAD_ERROR) if a path can name nothing.  `stats` needs only the
 * processes' names, so those of a machine that has not run will do. */
gboolean expect_check(const Stats *stats, GError **error);

/* One result for each expectation, in the workload's order (ExpectResult). */
GArray *expect_evaluate(const Stats *stats);

/* How many of them do not hold. */
unsigned expect_failures(const GArray *results);

/* What was demanded, in words: "9", "at most 10", "2 to 5".  A new string. */
char *expect_wanted(const Expectation *expectation);

#endif
