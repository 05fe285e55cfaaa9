/* fault_log.h - the page faults of a run, as rows of a table that stays small.
 *
 * Idea: the first FAULTS_FIRST faults and the last FAULTS_LAST are kept whole; of those between
 * them every k-th, and k doubles whenever there are too many.  So a short run is told completely,
 * a long one shows how it began, how it ended, and an even sample of the rest.
 *
 *   1 2 3 ... 500 | 504 . . . 508 . . . 512 ...        | n-499 ... n
 *      first            middle, every 4th                   last
 *
 * A fault that took another page's frame names that page: of the latest VICTIMS evictions, the
 * last one that emptied the frame.
 *
 * Invariant (fault_log_check): numbers ascend; first + middle + last <= their maxima.
 */
#ifndef FAULTLINE_FAULT_LOG_H
#define FAULTLINE_FAULT_LOG_H

#include "machine.h"

#define FAULTS_FIRST   500
#define FAULTS_MIDDLE  1000
#define FAULTS_LAST    500
#define FAULTS_VICTIMS 64

typedef struct FaultRow {
    uint64_t number; /* from 1 */
    Event event;     /* of kind EVENT_fault; its time is the fault's end */
    uint32_t victim_pid;
    VAddr victim_va; /* whose page the frame held before, if victim_pid != 0 */
    bool victim_written;
} FaultRow;

typedef struct FaultLog {
    const Machine *machine;     /* that it is attached to */
    uint64_t count;             /* faults so far */
    uint64_t stride;            /* of the middle: numbers that it divides are kept */
    GArray *first, *middle;     /* FaultRow */
    FaultRow last[FAULTS_LAST]; /* fault n at (n - 1) % FAULTS_LAST */
    Event victims[FAULTS_VICTIMS];
    uint32_t victim_count; /* in all; the latest are kept */
} FaultLog;

FaultLog *fault_log_new(void);
void fault_log_free(FaultLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FaultLog, fault_log_free)

/* Before the run.  Faults of execve are no program's, and have no number. */
void fault_log_attach(FaultLog *log, Machine *machine);
/* EVENT_fault or EVENT_evict happened. */
void fault_log_note(FaultLog *log, const Event *event);

/* All rows kept, by number: a new array of FaultRow. */
GArray *fault_log_rows(const FaultLog *log);
const char *fault_log_check(const FaultLog *log);

#endif
