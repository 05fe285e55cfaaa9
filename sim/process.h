/* process.h - one running program: its heap, its address space, its threads, its accounts.
 *
 * Idea: a process is what its threads share, and it is there before its first and after its last
 * one.  Whatever a thread does is counted in its Task (task.h); when it ends, its counts join
 * those of the process, and so does its time.
 *
 * Invariant (process_check): the time of the threads that have ended is the sum of the accounts
 * that they left, and each living thread's is that of its own, to the nanosecond.
 */
#ifndef FAULTLINE_PROCESS_H
#define FAULTLINE_PROCESS_H

#include <glib.h>

#include "faultline/counters.h"
#include "heap.h"
#include "heap_survey.h"
#include "kernel/address_space.h"
#include "task.h"
#include "workload.h"

typedef enum ProcessStatus {
    PROCESS_NEW,    /* its start time has not come             */
    PROCESS_ALIVE,  /* what it does now, its tasks say         */
    PROCESS_EXITED, /* from here on: over                      */
    PROCESS_SIGSEGV,
    PROCESS_SIGBUS,
    PROCESS_SIGABRT, /* the heap wrapper found a double free... */
    PROCESS_OOM_KILLED,
} ProcessStatus;

/* "exited", "SIGSEGV" ...: the word of stats.json. */
const char *process_status_word(ProcessStatus status);

/* What stood at a mark (op phase): counters since the mark before it or since the start, gauges
 * at the mark. */
/* That a run may keep. */
#define PHASES_MAX 65536

typedef struct PhaseRecord {
    const char *name;
    Tick end;
    Counters counters;
    Gauges now;
    FrameBlocks free; /* of the machine */
} PhaseRecord;

/* A block or region that an id names. */
typedef struct Slot {
    VAddr va; /* 0: none */
    uint64_t length;
    bool region; /* from mmap, not from malloc */
} Slot;

struct Process {
    Machine *machine;
    const ProcessSpec *spec;
    char *name;          /* "app"; further copies "app#2" ...; a child without a name "app.1" ... */
    uint32_t pid;        /* from 1, in the order of creation */
    Process *parent;     /* who made it, also if that one is over; NULL: the workload */
    GPtrArray *children; /* Process, by pid: those not waited for yet */
    uint32_t children_made; /* by fork or spawn */
    ProcessStatus status;
    uint32_t priority;
    bool suspended;       /* by load control: what of it wants to run has to wait */
    uint64_t arrival;     /* the how-manyth process that became active, for load control ... */
    Tick returned;        /* ... and when it was let return; 0: never */
    Tick window_began;    /* its processor time when its working-set window began */
    uint64_t pace_faults; /* by allocation.c: its faults ... */
    Tick pace_cpu;        /* ... and its processor time, at the last look */
    uint64_t needs;       /* pages that it needs to return, as far as is known */
    uint64_t exit_code;
    GPtrArray *tasks;      /* Task, by thread number; NULL: that number is free */
    Task *task;            /* which of them is at work, or was the last one to be; NULL: none */
    Task *main;            /* the one whose end is the process's */
    uint32_t threads_made; /* besides that one */
    AddressSpace *space;   /* NULL before the start and after the end */
    Heap *heap;
    HeapStats heap_seen; /* what of the heap's counts is in the counters already */
    bool loading;        /* its image, before its first op: no story of its own */
    Outcome outcome;     /* of its last system call: where errno comes from */
    Slot *slots;         /* lazy_alloc; NULL before the start and after the end */
    uint64_t slots_used; /* none of those from here on has been looked at */
    uint64_t fork_bytes; /* of the host: what the fork that made it has copied */
    Rng heap_rng;
    Task *heap_user;     /* who is in the allocator; NULL: nobody */
    GQueue heap_queue;   /* Task: who wants to be in there */
    uint32_t in_kernel;  /* tasks that wait in the middle of a fault or a system call */
    GQueue kernel_queue; /* Task: who wants to change mappings */
    GQueue end_queue;    /* Task: who waits for the end of a child or a thread */
    VAddr *regions; /* of access ops without "over", one a pattern, made at its first use; 0: no */
    Counters by_program, by_allocator; /* of ended threads, and what befell it while it was idle */
    Tick past_time;                    /* how long its ended threads were there, together */
    Counters at_mark;                  /* what its counters were at the last mark */
    Gauges last;                       /* of a process that is over: as they were just before */
    HeapSurvey last_heap;              /* likewise */
    GArray *phases;                    /* PhaseRecord */
    Tick started, ended;
};

/* All that it has counted, ended and living threads together; the allocator's part of that. */
Counters process_counters(const Process *process);
Counters process_bookkeeping(const Process *process);
/* The gauges as they are now (of a process that is over: as they were just before). */
Gauges process_gauges(const Process *process);
bool process_over(const Process *process);

/* An environment for heap_walk and heap_check of this process, with host, page_size and load
 * only: it sees the process's memory without touching it. */
AllocatorEnv process_heap_peek(const Process *process);

/* NULL, or what is wrong with the time identities and the counters' sums. */
const char *process_check(const Process *process);

#endif
