/* task.h - a thread: what wants the CPU, has it, waits for something; a position in a program.
 *
 * Idea: a process is what threads share (address space, heap, names of blocks); a task is what
 * each of them has for itself.  A task is a coroutine with a host stack of its own (its "kernel
 * stack"), so an op, a malloc or a page fault that has to wait simply waits, as in a real kernel;
 * and a task that is killed in the middle of anything is simply never resumed.
 *
 * Invariant (task_check): its time since its start = references x cost + walks x cost + fault_ns +
 * syscall_ns + shootdown_ns + compute_ns + io_wait_ns + sleep_ns + wait_ns + ready_ns + suspended_ns, to the
 * nanosecond.
 * Units: ns.  Used by process.c and scheduler.c.
 */
#ifndef FAULTLINE_TASK_H
#define FAULTLINE_TASK_H

#include <glib.h>

#include "coroutine.h"
#include "faultline/counters.h"
#include "faultline/rng.h"
#include "kernel/address_space.h"
#include "op.h"

typedef struct Machine Machine;
typedef struct Process Process;

typedef enum TaskStatus {
    TASK_NEW, /* its start has not come                      */
    TASK_READY,
    TASK_RUNNING,
    TASK_BLOCKED,   /* waits for a device                     */
    TASK_SLEEPING,  /* of its own will                        */
    TASK_WAITING,   /* in a queue: for a child, a thread or a lock */
    TASK_SUSPENDED, /* would be ready, but load control keeps its process out */
    TASK_OVER,
} TaskStatus;

/* What the op in progress holds of the host: here and not on the coroutine's stack, so that it
 * can be freed when the task dies in the middle. */
typedef struct OpWork {
    struct Pattern *pattern;
    struct Churn *churn;
    GArray *churn_blocks; /* VAddr */
    struct Trace *trace;
    struct TraceBlock *trace_blocks; /* lazy_alloc */
    GHashTable *trace_threads;       /* thread of the trace -> its place among them, from 0 */
    uint32_t trace_thread;           /* the place of the one that calls */
    struct ScriptRun *script;
} OpWork;

/* What a new task does: ops op..end-1 of its process's program, or run(process, data), if that is
 * not NULL.  `drop` frees data when the task is over, wherever that is. */
typedef struct TaskBody {
    uint32_t op, end;
    void (*run)(Process *process, void *data);
    void *data;
    GDestroyNotify drop;
} TaskBody;

typedef struct Task {
    Process *process;
    uint64_t id;     /* no other task of the run has it; from 1 */
    uint32_t cpu;    /* the CPU that it has or had last */
    uint32_t number; /* of the thread within its process, from 0; used again after its end */
    TaskStatus status;
    uint64_t appointment; /* the event that it waits for: what event_queue_push() returned */
    GQueue *queue;        /* TASK_WAITING: where */
    Coroutine *coroutine; /* NULL before the start */
    SpaceThread in_space; /* what the kernel keeps of it */
    bool in_kernel;       /* it waits in the middle of a fault or a system call */
    TaskBody body;        /* its ops are in op and end */
    uint32_t op;          /* index of the op being carried out */
    uint32_t next_op;     /* index of the one behind it; loops change it */
    uint32_t end;         /* ops op..end-1 of the process's program are left to do */
    uint32_t loop_depth;  /* loops that op is inside of: loop_count[0..loop_depth-1] count them */
    uint64_t loop_count[LOOP_DEPTH_MAX];
    Rng rng;
    OpWork work;
    uint64_t starter;       /* the id of the thread that started it; 0: none */
    uint32_t threads_alive; /* of those that it has started itself, how many are there ... */
    uint32_t threads_ended; /* ... and how many have ended and not been waited for */
    bool in_heap;           /* the allocator is at work for it */
    Counters by_program, by_allocator; /* what it has done itself; their sum is the task's */
    Tick started, since;               /* since: when the present status began */
} Task;

/* Thread `number` (0: the first) of the process; it has not started. */
Task *task_new(Process *process, uint32_t number);
/* Not for the task that is running on its own stack. */
void task_free(Task *task);

/* The time since the last change goes to the account of the status so far.  A change that another
 * CPU makes at a time that this task is past already happens when it began its present status. */
void task_change_status(Task *task, TaskStatus status, Tick at);
/* Where what it does is counted now: with the allocator's, or with the program's. */
Counters *task_account(Task *task);
Counters task_counters(const Task *task);
/* How long it has been there. */
Tick task_lifetime(const Task *task);
/* Free what the op in progress holds. */
void task_drop_work(Task *task);

/* What the references of these counters cost but for faults: memory, TLB and page-table walks. */
Tick counters_reference_ns(const Counters *counters, const MemoryConfig *config);
/* Processor time in the program and in the kernel: user = references + compute, system = faults +
 * system calls + TLB shootdowns. */
Tick counters_user_ns(const Counters *counters, const MemoryConfig *config);
Tick counters_system_ns(const Counters *counters);
/* The processor time that these counts stand for, at the machine's costs. */
Tick counters_cpu_ns(const Machine *machine, const Counters *counters);
/* Does a time equal the sum of these accounts? */
bool counters_explain(const Machine *machine, const Counters *counters, Tick time);

/* NULL, or what is wrong with its time. */
const char *task_check(const Task *task);

#endif
