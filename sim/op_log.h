/* op_log.h - --per-op: how a process stands after each operation of its script.
 *
 * Idea: a row is a difference to the script's start, so that the rows of a script do not depend
 * on what the process had in its address space before.  A forked child counts its faults from
 * zero, and its pages against its parent's start.
 * Units: pages and faults.
 */
#ifndef FAULTLINE_OP_LOG_H
#define FAULTLINE_OP_LOG_H

#include "call_log.h"
#include "machine.h"
#include "trace/script.h"

typedef struct OpRow {
    uint32_t index, depth; /* of the operation in its script; of forks */
    const char *text;      /* its line */
    int64_t answer;        /* a value, or the negative of an errno */
    uint64_t minflt, majflt, sigsegv, sigbus;
    int64_t rss, anon, huge, swap, page_tables, vm_size, locked;
} OpRow;

/* A row of a .heap script: differences to the operation before. */
typedef struct HeapRow {
    const char *text;
    uint32_t thread; /* that goes on */
    uint64_t minflt;
    VAddr heap, heap_end;       /* the initial break, and the break */
    bool allocates;             /* pointer and usable mean something */
    bool in_thread_heap;        /* pointer is in a region that an allocator has reserved */
    VAddr pointer;              /* of the last block; 0: it failed */
    uint64_t usable;            /* bytes */
    bool answers_address;       /* answer is an address, not a number */
    char *answer;               /* of sbrk, trim and opt; NULL: none */
    uint32_t calls, call_count; /* which of the log's calls it made */
} HeapRow;

/* Rows and calls that are kept. */
#define OP_LOG_MAX (UINT32_C(1) << 22)

struct OpLog {
    GArray *rows;      /* OpRow */
    GArray *heap_rows; /* HeapRow */
    GArray *calls;     /* CallRecord, of all rows */
    uint32_t told;     /* so many of them belong to a row */
};

OpLog *op_log_new(void);
void op_log_free(OpLog *log);

/* The running process has carried out `op` of its script. */
void op_log_add(OpLog *log, const Process *process, const ScriptOp *op, int64_t answer);

/* ... and an operation of .heap: `row` has minflt as it was before; its answer is copied. */
void op_log_add_heap(OpLog *log, Process *process, const HeapRow *row);

#endif
