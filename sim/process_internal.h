/* process_internal.h - what the files that make up a process share.
 *
 *   process.c         its life: start, end, sums over its threads
 *   task.c            a thread: status and the accounts of time
 *   process_ops.c     the loop over its program, and the ops that only steer it
 *   process_memory.c  how it reaches memory; what happens when an access fails
 *   process_bytes.c   ops on the bytes of a block;  process_pattern.c  the op "access"
 *   process_heap.c    malloc and friends: the heap's environment
 *   process_blocks.c  the ops that allocate and free
 *   process_map.c     the ops that are system calls
 *   process_replay.c  recorded traces
 *   process_family.c  fork, spawn, exec, wait;  process_threads.c  threads
 *   process_script.c  scripts: their loop, and .ops;  process_heap_script.c  .heap
 *   process_image.c   what is in its address space before its first op
 *
 * Functions that may end the process do not return then (the task's coroutine is left).
 */
#ifndef FAULTLINE_PROCESS_INTERNAL_H
#define FAULTLINE_PROCESS_INTERNAL_H

#include "machine.h"
#include "scheduler.h"

enum { SIGNAL_ABRT = 6, SIGNAL_BUS = 7, SIGNAL_SEGV = 11 };

/* One word of memory: what one reference moves at most. */
#define WORD_BYTES 8

/* ---- process.c ---------------------------------------------------------------------------- */

/* A process that has not begun, the machine's next; takes `name`. */
Process *process_new(Machine *machine, const ProcessSpec *spec, char *name);
void process_destroy(Process *process);

/* Its time has come: give it an address space, a heap and a first task, and make that ready. */
void process_start(Process *process, Tick at);
/* A new task of a living process: give it a stack and make it ready. */
void process_begin_task(Process *process, Task *task, Tick at);
/* The task is over; what it has counted, and its time, become the process's. */
void process_fold_task(Process *process, Task *task);
/* All tasks but `self` are over and gone. */
void process_drop_others(Process *process, const Task *self);
/* Whoever waits for one of the process's children or threads looks again. */
void process_tell_end(Process *process);
/* exec: the running task goes on alone, with a new address space and heap for this program. */
void process_renew(Process *process, const ProcessSpec *spec);
/* The host has no memory for what the simulated machine could have. */
void process_fail_host(Process *process);
/* Before any change of mappings: wait until no other thread is in the middle of a fault. */
void process_lock_space(Process *process);
/* This task of it gets the CPU. */
void process_switch_to(Process *process, Task *task);
/* The running process is over, with all its threads. */
G_NORETURN void process_end(Process *process, ProcessStatus status);
/* Another process is, wherever it is. */
void process_kill(Process *process, ProcessStatus status);
/* The run has to stop because of what this process found. */
G_NORETURN void process_stop_run(Process *process);

/* ---- process_ops.c ------------------------------------------------------------------------ */

/* The body of a task's coroutine; `task` is a Task. */
void process_main(void *task);
typedef void OpFunction(Process *process, const Op *op);

static inline const Program *process_program(const Process *process) {
    return &process->spec->program;
}
static inline uint64_t process_page_size(const Process *process) {
    return geometry_page_size(&process->machine->config.geometry);
}

/* As many pages as so many bytes need. */
static inline uint64_t process_pages(const Process *process, uint64_t bytes) {
    uint64_t page = process_page_size(process);
    return bytes / page + (bytes % page != 0);
}

/* Before an operation, or a piece of one: give way if something is due, and end the run if it may
 * not take another step. */
static inline void process_breathe(Process *process) {
    Clock *clock = &process->machine->clock;
    clock->steps++;
    while (clock->now >= clock->horizon || clock_is_spent(clock)) {
        scheduler_interrupt(process->machine->scheduler);
    }
}

/* ---- process_memory.c --------------------------------------------------------------------- */

/* An access or a system call failed.  True: somebody was killed for their memory, so try again;
 * false: the process survived a SIGSEGV, so leave it out. */
bool process_survives(Process *process, Outcome outcome);
/* Make all accesses of a run, moving no data. */
void process_touch(Process *process, AccessRun run);
/* Several, in order; they are used up. */
void process_touch_all(Process *process, AccessRun *runs, uint64_t count);
/* Reach the bytes at `va`: *length becomes how far they go.  NULL: a SIGSEGV was survived. */
uint8_t *process_span(Process *process, VAddr va, uint64_t *length, Access access);
/* The program writes these bytes, which it can reach: are they its allocator's? */
void process_note_write(Process *process, VAddr va, uint64_t length);
/* memset and memmove. */
void process_set(Process *process, VAddr va, uint8_t byte, uint64_t length);
void process_copy(Process *process, VAddr to, VAddr from, uint64_t length);

/* ---- process_bytes.c, process_pattern.c --------------------------------------------------- */

/* Where the id of an op leads now: a loop's variable may be part of it. */
Slot *process_slot(Process *process, const SlotRef *ref);

/* Some bytes of memory, as an op says it; `offset` is that of the first one within its block. */
typedef struct Extent {
    VAddr va;
    uint64_t length, offset;
} Extent;
/* Those of an op that has a target. */
Extent process_extent(Process *process, const Op *op);

OpFunction op_read, op_write, op_touch, op_fill, op_verify, op_copy, op_access;

/* ---- process_heap.c, process_blocks.c ----------------------------------------------------- */

bool process_heap_create(Process *process);
/* A copy of the parent's heap, over a copy of its memory. */
bool process_heap_copy(Process *process, const Process *parent);
/* Be the only thread of the process that is in the allocator, until it is unlocked: others wait
 * for their turn, first come, first served. */
void process_lock_heap(Process *process);
void process_unlock_heap(Process *process);
/* The running thread ends: what its allocator kept for it goes back. */
void process_heap_forget_thread(Process *process);
/* What the heap has counted, into the process's counters. */
void process_heap_account(Process *process);
/* NULL, or what is wrong with the heap. */
const char *process_heap_check(const Process *process);

/* As in C, with events, counters and the end of a process that misuses its heap. */
VAddr process_malloc(Process *process, uint64_t size);
VAddr process_calloc(Process *process, uint64_t count, uint64_t size);
VAddr process_aligned_alloc(Process *process, uint64_t alignment, uint64_t size);
VAddr process_realloc(Process *process, VAddr payload, uint64_t size);
void process_free(Process *process, VAddr payload);

/* malloc_usable_size, malloc_trim, mallopt. */
uint64_t process_usable_size(Process *process, VAddr payload);
bool process_trim(Process *process, uint64_t pad);
bool process_tune(Process *process, int option, uint64_t value);

OpFunction op_malloc, op_calloc, op_realloc, op_aligned_alloc, op_free, op_churn;

/* ---- process_family.c, process_threads.c --------------------------------------------------- */

/* Enter the kernel for something that takes this long besides. */
void process_charge_call(Process *process, Tick ns);
/* Has the machine room for another task? */
bool process_may_multiply(const Process *process);

/* Make a child that goes on with a copy of this process: its memory (copy on write), its heap,
 * its slots, the loops that it is in.  `name` NULL: "parent.1" ...  NULL: refused, which is counted
 * and told; then body->data is still the caller's. */
Process *process_fork(Process *process, const char *name, const TaskBody *body);
/* Make a child with a program and memory of its own.  NULL: refused. */
Process *process_spawn(Process *process, const ProcessSpec *spec);
/* Wait until a child has ended and take note of it: of this name (NULL: any).  NULL: there is no
 * such child. */
const Process *process_wait_child(Process *process, const char *name);

/* Start a thread in this process.  NULL: refused. */
Task *process_start_thread(Process *process, const TaskBody *body);
/* Wait until a thread that the running one has started has ended.  False: there is none. */
bool process_wait_thread(Process *process);
/* The running thread, which is not the main one, has ended. */
G_NORETURN void process_end_thread(Process *process);

OpFunction op_fork, op_spawn, op_exec, op_thread, op_wait;

/* ---- process_map.c, process_replay.c ------------------------------------------------------ */

OpFunction op_brk, op_sbrk, op_mmap, op_munmap, op_mprotect, op_madvise, op_mremap;
OpFunction op_mlock, op_munlock, op_mlockall, op_munlockall, op_mincore, op_read_into;
OpFunction op_write_from, op_fadvise, op_truncate;
OpFunction op_trace;
/* The op is over, or its process is: let go of what it held. */
void process_drop_trace(OpWork *work);

/* ---- process_image.c, process_script.c ------------------------------------------------------ */

/* Where things are in its address space: as its image has them, or the machine. */
Layout process_layout(const Process *process);
/* Before its first op, on its own stack: execve(2). */
void process_load_image(Process *process);

OpFunction op_script;
/* The same for a script. */
void process_drop_script(OpWork *work);

#endif
