/* proc_log.h - --proc: what /proc would say of each process, kept for the end of the run.
 *
 * Idea: a process's memory is gone when it is over, so it is looked at just before: of each process
 * there is one view, taken when it ends (or, if the run stops before that, then), and one for each
 * operation `proc` of a script, with one of the machine.  A view is plain values; output/proc_text.c puts them into the
 * words of proc(5).
 * Units: pages; proportional sums as in kernel/smaps.h.
 */
#ifndef FAULTLINE_PROC_LOG_H
#define FAULTLINE_PROC_LOG_H

#include "kernel/smaps.h"
#include "machine.h"

typedef struct ProcMapping {
    Vma vma;
    char *name; /* "[heap]", "FILE256" ...; NULL: none */
    MappingSums sums;
} ProcMapping;

/* The whole machine. */
typedef struct MachineView {
    FrameCensus frames;
    MemorySums sums;
    CommitCharge commit;
    Counters counters;
} MachineView;

typedef struct ProcView {
    char *name; /* of the process */
    char *when; /* "when it exited" */
    uint32_t pid, parent, threads;
    uint64_t page_size;
    Gauges gauges;
    uint64_t shmem, data, stack, swap; /* pages */
    uint64_t user_ns, system_ns;
    Counters counters;
    GArray *mappings;     /* ProcMapping */
    MachineView *machine; /* then; NULL: not looked at */
} ProcView;

struct ProcLog {
    GArray *views;   /* ProcView, by pid; those of one process in the order of time */
    MachineView end; /* when the run was over */
    uint64_t page_size;
};

ProcLog *proc_log_new(void);
void proc_log_free(ProcLog *log);

/* Look at a process that has its memory; takes `when`.  The _op: and at the machine, too, for the
 * operation `proc` in this line. */
void proc_log_add(ProcLog *log, const Process *process, char *when);
void proc_log_add_op(ProcLog *log, const Process *process, uint32_t line);
/* The run is over: look at those that are not, and sort the views. */
void proc_log_finish(ProcLog *log, const Machine *machine);

#endif
