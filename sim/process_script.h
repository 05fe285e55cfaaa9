/* process_script.h - a script under way, and what its operations answer. */
#ifndef FAULTLINE_PROCESS_SCRIPT_H
#define FAULTLINE_PROCESS_SCRIPT_H

#include "process_internal.h"
#include "trace/script.h"

/* What an operation answers: a value, or the negative of an errno, as system calls do. */
typedef int64_t ScriptFunction(Process *process, const ScriptOp *op);

/* A child of forkhold, on its way to its endfork and there; NONE: others, and reaped ones. */
typedef enum ScriptHold { SCRIPT_HOLD_NONE, SCRIPT_HOLD_ASKED, SCRIPT_HOLD_REACHED } ScriptHold;

typedef struct ScriptRun {
    const Script *script;
    uint32_t at;    /* index of the operation under way */
    uint32_t depth; /* of forks */
    ScriptHold hold;
    GSList *held;   /* Process: its children of forkhold that were not reaped, the last one first */
    VAddr *regions; /* .ops: by id; 0: mmap has failed so far */
    uint32_t thread;              /* .heap: which thread the allocator sees */
    struct ScriptBlock *blocks;   /* .heap: by id */
    struct ScriptThread *threads; /* .heap: by number */
    GArray *stacks;               /* .heap: those that ended threads have left, the newest last */
    struct ScriptPattern *pattern;
    Counters begun; /* what rows are differences to: counters ... */
    Gauges base;    /* ... and gauges at the script's start */
} ScriptRun;

/* The rest of a run's operations, up to its end or to the endfork of the fork that made it. */
void script_go_on(Process *process, ScriptRun *run);
/* An operation has answered: its row, if anybody wants it. */
void script_tell(Process *process, const ScriptOp *op, int64_t answer);

/* process_script_fork.c */
ScriptFunction script_fork, script_forkhold, script_reap;

/* process_heap_script.c: an operation of .heap, and its row. */
void heap_script_begin(ScriptRun *run);
void heap_script_step(Process *process, const ScriptOp *op);
void heap_script_drop(ScriptRun *run);

#endif
