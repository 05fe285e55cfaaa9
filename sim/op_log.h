/* op_log.h - --per-op: how a process stands after each operation of its script.
 *
 * Idea: a row is a difference to the script's start, so that the rows of a script do not depend
 * on what the process had in its address space before.  A forked child counts its faults from
 * zero, and its pages against its parent's start.
 * Units: pages and faults.
 */
#ifndef FAULTLINE_OP_LOG_H
#define FAULTLINE_OP_LOG_H

#include "machine.h"
#include "trace/script.h"

typedef struct OpRow {
    uint32_t index, depth; /* of the operation in its script; of forks */
    const char *text;      /* its line */
    int64_t answer;        /* a value, or the negative of an errno */
    uint64_t minflt, majflt, sigsegv;
    int64_t rss, anon, swap, page_tables, vm_size;
} OpRow;

struct OpLog {
    GArray *rows; /* OpRow */
};

OpLog *op_log_new(void);
void op_log_free(OpLog *log);

/* The running process has carried out `op` of its script. */
void op_log_add(OpLog *log, const Process *process, const ScriptOp *op, int64_t answer);

#endif
