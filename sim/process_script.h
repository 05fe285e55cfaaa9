/* process_script.h - a script under way, and what its operations answer. */
#ifndef FAULTLINE_PROCESS_SCRIPT_H
#define FAULTLINE_PROCESS_SCRIPT_H

#include "process_internal.h"
#include "trace/script.h"

/* What an operation answers: a value, or the negative of an errno, as system calls do. */
typedef int64_t ScriptFunction(Process *process, const ScriptOp *op);

/* A block of .heap. */
typedef struct ScriptBlock {
    VAddr va; /* 0: none */
    uint64_t size;
} ScriptBlock;

typedef struct ScriptRun {
    const Script *script;
    uint32_t at;    /* index of the operation under way */
    uint32_t depth; /* of forks */
    VAddr *regions; /* .ops: by id; 0: mmap has failed so far */
    struct ScriptPattern *pattern;
    Counters begun; /* what rows are differences to: counters ... */
    Gauges base;    /* ... and gauges at the script's start */
} ScriptRun;

/* The negative of the errno that the process's last system call left, or 0. */
int64_t script_errno(const Process *process);

/* Is this operation beyond this version?  NULL: no. */
const char *script_unsupported(const ScriptOp *op);

#endif
