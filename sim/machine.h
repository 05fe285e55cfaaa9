/* machine.h - the whole simulated computer: memory, processes, one clock, one event queue.
 *
 * Built from a workload, run once, then asked for its numbers.
 */
#ifndef FAULTLINE_MACHINE_H
#define FAULTLINE_MACHINE_H

#include <glib.h>

#include "faultline/counters.h"
#include "faultline/event.h"
#include "kernel/memory.h"
#include "process.h"
#include "workload.h"

/* Called at regular points of virtual time while the machine runs. */
typedef struct MachineWatcher {
    Tick sample_every;                            /* ns; 0: never */
    void (*sample)(void *host, Machine *machine); /* machine->clock.now says when */
    /* Often (for a progress bar, which looks at the host's clock itself); may be NULL. */
    void (*progress)(void *host, Machine *machine);
    /* A process is about to end and still has all its memory; may be NULL. */
    void (*ending)(void *host, Machine *machine);
    void *host;
} MachineWatcher;

#define MACHINE_ERROR (machine_error_quark())
GQuark machine_error_quark(void);
typedef enum MachineError {
    MACHINE_ERROR_INPUT,  /* the workload or a file that it names asks for what cannot be */
    MACHINE_ERROR_HOST,   /* the host ran out of something                               */
    MACHINE_ERROR_CHECK,  /* an invariant is broken: our own bug                         */
    MACHINE_ERROR_STEPS,  /* the run has taken as many steps as it may                   */
    MACHINE_ERROR_ENOUGH, /* no mistake: who listens has seen what it wanted to see     */
} MachineError;

/* Told of every reference of a run, in order. */
typedef struct MachineRecorder {
    void (*record)(void *host, PageKey page, uint64_t count);
    void *host;
} MachineRecorder;

/* --check: when memory, processes and heaps are checked. */
typedef struct CheckPlan {
    uint64_t every; /* events between checks; 0: only at the end (if at_end) */
    bool at_end;
} CheckPlan;

typedef struct OpLog OpLog;
typedef struct ProcLog ProcLog;

struct Machine {
    const Workload *workload;
    MemoryConfig config;
    MachineRecorder recorder; /* record NULL: none */
    uint32_t *next_use;       /* what config.next_use points to */
    Clock clock;
    Memory *memory;
    EventSink sink;      /* the one that everyone emits to; fans out to `subscribers` */
    GArray *subscribers; /* EventSink */
    Counters counters;   /* scope MACHINE only */
    Process **processes; /* by pid - 1; the first are those of the workload */
    uint32_t process_count, process_room;
    GHashTable *files;   /* by name: the number of a file that programs name, plus 1 */
    GHashTable *names;   /* how many processes were given that name; only ever looked up */
    uint64_t tasks_made; /* in this run */
    uint32_t phases;     /* ended in this run, by everybody */
    uint32_t tasks_alive;
    uint64_t fork_bytes; /* of the host, for what forks have copied and still hold */
    Task *running;       /* NULL: idle */
    struct Scheduler *scheduler;
    MachineWatcher watcher; /* set before the run, as are `check` ... */
    OpLog *op_log;          /* ... and who is told of a script's operations; NULL: nobody */
    ProcLog *proc_log;      /* ... of processes that end (--proc); NULL: nobody */
    CheckPlan check;
    uint64_t events;        /* emitted while checks count them */
    uint64_t faults_seen;   /* by allocation.c */
    GPtrArray *oom_records; /* OomRecord, the first ones of the run */
    bool check_due;         /* ... and enough of them: check once the kernel is at rest */
    GError *error;          /* why the run had to stop: a damaged trace, a broken invariant */
};

/* NULL and `error` if the workload asks for what the host cannot give.  The workload outlives
 * the machine. */
Machine *machine_create(const Workload *workload, GError **error);
/* The same machine, and each reference is told to `recorder` (copied) when it is over. */
Machine *machine_create_told(const Workload *workload, const MachineRecorder *recorder,
                             GError **error);
/* The same machine, but with fifo replacement, and each reference is told to `recorder` (copied).
 * For first passes: what a lone process refers to does not depend on the policy. */
Machine *machine_create_recording(const Workload *workload, const MachineRecorder *recorder,
                                  GError **error);
void machine_destroy(Machine *machine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Machine, machine_destroy)

/* Before the run. */
void machine_subscribe(Machine *machine, const EventSink *sink);

/* Run until every process is over.  False and `error`: bad input found on the way, or a failed
 * check; what happened to simulated programs is no error. */
bool machine_run(Machine *machine, GError **error);

/* Every counter: the machine's own, plus the sum over processes. */
Counters machine_counters(const Machine *machine);

/* A new process, which has not begun; takes `name`. */
Process *machine_add_process(Machine *machine, const ProcessSpec *spec, char *name);
/* "app" for the first process that asks for that name, then "app#2", "app#3" ... */
char *machine_process_name(Machine *machine, const char *name);

/* The file of that name, of so many pages when it is first named.  UINT32_MAX: as memory_file. */
uint32_t machine_file(Machine *machine, const char *name, uint64_t pages);
/* What programs call the file; NULL: it has no name. */
const char *machine_file_name(const Machine *machine, uint32_t file);

/* Emit an event in the name of a process (NULL: the machine). */
void machine_emit(Machine *machine, const Process *process, Event event);

/* The run has to stop: keep the first reason, with the file and line of the op that `process`
 * (may be NULL) is at in front. */
void machine_fail(Machine *machine, const Process *process, MachineError code, const char *format,
                  ...) G_GNUC_PRINTF(4, 5);

/* Has the run taken all its steps (Workload.max_steps)?  Then that is why it has to stop. */
bool machine_is_spent(Machine *machine);

/* The kernel is at rest: make the check that is due, if one is.  (scheduler.c calls it.) */
void machine_attend(Machine *machine);

/* NULL, or which invariant is broken, in words: memory_check, every process_check, every
 * heap_check, and the machine's sums. */
const char *machine_check(Machine *machine);

/* The file's line of the op that the process is at, for messages. */
uint32_t machine_line(const Process *process);

#endif
