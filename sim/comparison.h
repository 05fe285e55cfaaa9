/* comparison.h - one workload under several policies (or allocators) and memory sizes.
 *
 *              fifo   lru  ...        rows are sizes in frames, ascending;
 *    3 frames   9     10              columns are the names that are compared;
 *    4 frames  10 !    8 *            each cell is a run of its own
 *
 * What a cell means, in one place for tables, CSV and JSON:
 *   faults    as in sweep.h
 *   best      fewest faults of the row, among those that do not know the future, if they differ
 *   anomalous more faults than in the row above: Belady's anomaly, where memory is all that
 *             changed
 */
#ifndef FAULTLINE_COMPARISON_H
#define FAULTLINE_COMPARISON_H

#include "ample_memory.h"

typedef struct Comparison {
    char *title;       /* of the workload */
    bool allocators;   /* compared; else policies */
    GPtrArray *names;  /* char *, of either */
    GArray *sizes;     /* uint64_t; in frames, ascending, each once */
    AmpleMemory ample; /* what `sizes` are, if nobody said which */
    GPtrArray *points;
    GArray *results; /* SweepResult; row by row */
    uint64_t page_size;
} Comparison;

/* Which runs the command line asks for.  NULL and `error`: a mistake in the options or in the
 * workload itself. */
Comparison *comparison_plan(const Options *options, const Origin *origin, GError **error);
/* Run them.  False and the first error if none of them could be run. */
bool comparison_run(Comparison *comparison, const Origin *origin, const SweepWatcher *watcher,
                    GError **error);
void comparison_free(Comparison *comparison);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Comparison, comparison_free)

/* The word over a column, and the run of a cell.  Is it the best of its row?  Does it have more page
 * faults than a run with less memory (Belady's anomaly)? */
const char *comparison_name(const Comparison *comparison, unsigned column);
const SweepResult *comparison_at(const Comparison *comparison, unsigned row, unsigned column);
bool comparison_is_best(const Comparison *comparison, unsigned row, unsigned column);
bool comparison_is_anomalous(const Comparison *comparison, unsigned row, unsigned column);
/* Could the cell's machine not be run? */
bool comparison_failed(const Comparison *comparison, unsigned row, unsigned column);
/* Is `what` so of any cell? */
bool comparison_any(const Comparison *comparison,
                    bool (*what)(const Comparison *comparison, unsigned row, unsigned column));
/* A column that knows the future is no contender. */
bool comparison_is_bound(const Comparison *comparison, unsigned column);

#endif
