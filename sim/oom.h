/* oom.h - when memory and swap are full: somebody must die, or everything stops.
 *
 *     kill-largest   the process with the most resident pages; with the most page tables, if it is
 *                    the kernel that has no room for more of them
 *     kill-badness   the one with the highest badness, as Linux has it (oom_badness):
 *                    resident + swapped + page-table pages + oom_score_adj x (memory + swap) / 1000;
 *                    an oom_score_adj of -1000 spares it
 *     stop           the run ends here, with everything as it is
 *
 * Where a group of processes is at its limit, only its own are looked at.  Of equals the lowest pid.  If nobody may be killed, everything stops.  Each time a record is
 * kept of how things were: who asked, why there was nothing, and a table of the processes.
 */
#ifndef FAULTLINE_OOM_H
#define FAULTLINE_OOM_H

#include "process.h"

/* Records of a run, and processes of a record (those of the lowest pids), that are kept. */
enum { OOM_RECORDS_MAX = 64, OOM_ROWS_MAX = 32 };

/* A process that was alive then. */
typedef struct OomRow {
    uint32_t pid;
    uint64_t rss, swap, page_tables; /* pages */
    int64_t badness;
} OomRow;

typedef struct OomRecord {
    Tick time;
    uint32_t asking, victim; /* pids; victim 0: everything stopped */
    const char *reason;
    GArray *rows; /* OomRow */
} OomRecord;

/* `asking` is the running process that found no memory.  Returns when another process was
 * killed; if it is the victim itself, or everything stops, it does not return. */
void oom_handle(Process *asking);

/* For GPtrArray. */
void oom_record_free(void *record);

#endif
