/* process.h - one running program: its ops, its heap, its address space, its accounts.
 *
 * Idea: a process is a coroutine with a host stack of its own (its "kernel stack"), so an op, a
 * malloc or a page fault that has to wait simply waits, as in a real kernel; and a process that
 * is killed in the middle of anything is simply never resumed.
 *
 * Invariant (process_check): turnaround = references x cost + walks x cost + fault_ns +
 * syscall_ns + compute_ns + io_wait_ns + sleep_ns + ready_ns, to the nanosecond.
 */
#ifndef FAULTLINE_PROCESS_H
#define FAULTLINE_PROCESS_H

#include <glib.h>

#include "coroutine.h"
#include "faultline/counters.h"
#include "heap.h"
#include "kernel/address_space.h"
#include "workload.h"

typedef struct Machine Machine;

typedef enum ProcessStatus {
    PROCESS_NEW, /* its start time has not come             */
    PROCESS_READY,
    PROCESS_RUNNING,
    PROCESS_BLOCKED,  /* waits for a device                      */
    PROCESS_SLEEPING, /* of its own will                         */
    PROCESS_EXITED,   /* from here on: over                      */
    PROCESS_SIGSEGV,
    PROCESS_SIGABRT, /* the heap wrapper found a double free... */
    PROCESS_OOM_KILLED,
} ProcessStatus;

/* "exited", "SIGSEGV" ...: the word of stats.json. */
const char *process_status_word(ProcessStatus status);

/* What stood at a mark (op phase): counters since the mark before it or since the start, gauges
 * at the mark. */
typedef struct PhaseRecord {
    const char *name;
    Tick end;
    Counters counters;
    Gauges now;
} PhaseRecord;

/* A block or region that an id names. */
typedef struct Slot {
    VAddr va; /* 0: none */
    uint64_t length;
    bool region; /* from mmap, not from malloc */
} Slot;

/* What the op in progress holds of the host: here and not on the coroutine's stack, so that it
 * can be freed when the process dies in the middle. */
typedef struct OpWork {
    struct Pattern *pattern;
    struct Churn *churn;
    GArray *churn_blocks; /* VAddr */
    struct Trace *trace;
    struct TraceBlock *trace_blocks; /* lazy_alloc */
} OpWork;

typedef struct Process {
    Machine *machine;
    const ProcessSpec *spec;
    char *name;   /* "app"; further copies "app#2" ... */
    uint32_t pid; /* from 1, in the order of definition */
    ProcessStatus status;
    uint64_t exit_code;
    Coroutine *coroutine;
    AddressSpace *space; /* NULL before the start and after the end */
    Heap *heap;
    uint32_t thread; /* which of its threads is at work: 0 is the first */
    Slot *slots;     /* lazy_alloc; NULL before the start and after the end */
    uint64_t loop_count[LOOP_DEPTH_MAX];
    uint32_t op;         /* index of the op being carried out */
    uint32_t next_op;    /* index of the one behind it; loops change it */
    uint32_t loop_depth; /* loops that op is inside of: loop_count[0..loop_depth-1] count them */
    Rng rng, heap_rng;
    OpWork work;
    VAddr
        *regions; /* of access ops without "over", one a pattern, made at its first use; 0: none */
    Counters by_program, by_allocator; /* their sum is the process's */
    Counters at_mark;                  /* what the sum was at the last mark */
    Gauges last;                       /* of a process that is over: as they were just before */
    GArray *phases;                    /* PhaseRecord */
    Tick started, ended, since;        /* since: when the present status began */
} Process;

/* What the references of these counters cost but for faults: memory, TLB and page-table walks. */
Tick counters_reference_ns(const Counters *counters, const MemoryConfig *config);

/* by_program + by_allocator. */
Counters process_counters(const Process *process);
/* The gauges as they are now (of a process that is over: as they were just before). */
Gauges process_gauges(const Process *process);
bool process_over(const Process *process);

/* An environment for heap_walk and heap_check of this process, with host, page_size and load
 * only: it sees the process's memory without touching it. */
AllocatorEnv process_heap_peek(const Process *process);

/* NULL, or what is wrong with the time identity and the counters' sums. */
const char *process_check(const Process *process);

#endif
