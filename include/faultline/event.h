/* event.h - what happens in a run, as small values that anybody may subscribe to.
 *
 * Idea: the machine tells, it does not print.  explain, the recorder and exporters are
 * sinks with a mask of kinds; with no sink interested an event costs one test of the mask.
 */
#ifndef FAULTLINE_EVENT_H
#define FAULTLINE_EVENT_H

#include "faultline/types.h"

/* EVENT(name, meaning; what va, frame, a and b are) */
#define EVENT_KINDS(EVENT)                                                                         \
    EVENT(fault, "a page fault was handled: va; frame; a = FaultKind; b = ns until it was over")   \
    EVENT(evict, "replacement took a page: va; frame; a = 1 if it had to be written")              \
    EVENT(trim, "a page left its working set and stays in memory: va; frame; a = 1 if dirty")      \
    EVENT(swap_out, "a page went to swap: va; frame; a = slot")                                    \
    EVENT(swap_in, "a page came from swap: va; frame; a = slot")                                   \
    EVENT(file_out, "a dirty page went to its file: va; frame; a = page of the file")              \
    EVENT(file_in, "a page came from its file: va; frame; a = page of the file")                   \
    EVENT(zero, "the idle task zeroed frames: frame = the first; a = how many")                    \
    EVENT(launder, "the modified-page writer began to write: frame = the first; a = how many")     \
    EVENT(map, "address space was mapped: va; a = bytes; b = Prot")                                \
    EVENT(unmap, "address space was unmapped: va; a = bytes")                                      \
    EVENT(syscall, "a system call returned: va = result; a = SyscallKind; b = its first size")     \
    EVENT(op, "a process takes an operation: a = its index in the program")                        \
    EVENT(alloc, "the allocator gave a block: va (0: failed); a = bytes asked; b = 1 realloc")     \
    EVENT(free, "the allocator took a block back: va; a = its bytes")                              \
    EVENT(heap_error, "a double or foreign free, an overlap ...: va; a = HeapError")               \
    EVENT(signal, "a process received a signal: va; a = signal number")                            \
    EVENT(oom_kill, "memory was full: a = resident pages of the process; b = 1 all stops")         \
    EVENT(start, "a process started")                                                              \
    EVENT(exit, "a process ended: a = ProcessStatus")                                              \
    EVENT(fork, "a process made another: a = its pid (0: refused); b = 1 spawn")                   \
    EVENT(exec, "a process begins another program")                                                \
    EVENT(wait, "a process took note of an end: a = the child's pid (0: a thread); b = exit code") \
    EVENT(thread, "a thread: a = its number (0: refused); b = 0 starts, 1 ends")                   \
    EVENT(suspend,                                                                                 \
          "load control: a = 1 swaps a process out, 0 lets it return; b = resident pages")         \
    EVENT(dispatch, "a process got a CPU: a = its number")                                         \
    EVENT(leave, "a process left a CPU: a = its number")                                           \
    EVENT(block, "a process waits: a = until when (ns)")                                           \
    EVENT(phase,                                                                                   \
          "a program marks the end of a phase: a = index of its name in the program's strings")    \
    EVENT(note, "a program made a remark: a = index of its text in the program's strings")         \
    EVENT(line, "a script takes a line: a = its index in the script")

typedef enum EventKind {
#define EVENT(name, meaning) EVENT_##name,
    EVENT_KINDS(EVENT)
#undef EVENT
        EVENT_COUNT
} EventKind;

#define EVENT_BIT(kind) (UINT64_C(1) << (kind))
_Static_assert(EVENT_COUNT <= 64, "a mask has a bit for every kind");

/* How a fault was served, in the order in which fault_handle() tells the story. */
typedef enum FaultKind {
    FAULT_SEGV,          /* no mapping there                                       */
    FAULT_PROTECTION,    /* a mapping, but not that right                          */
    FAULT_BEYOND_END,    /* a mapping, but of nothing: its file ends before        */
    FAULT_ZERO_POOL,     /* demand zero, from the pool                             */
    FAULT_ZERO_NOW,      /* demand zero, zeroed on the spot                        */
    FAULT_UNZEROED,      /* a fresh page that nobody zeroed ("zero_pool": "never") */
    FAULT_ZERO_PAGE,     /* a read of untouched memory: the shared zero page       */
    FAULT_SOFT,          /* the page was still in memory, on its way out           */
    FAULT_CACHED,        /* another's page, in the page cache or the swap cache    */
    FAULT_COPY,          /* a write to a shared page: copied for the writer        */
    FAULT_REUSE,         /* a write to a protected page that needed no copy        */
    FAULT_SWAP_IN,       /* read from swap                                         */
    FAULT_FILE_IN,       /* read from a file                                       */
    FAULT_OUT_OF_MEMORY, /* no frame could be had                                  */
    FAULT_KINDS
} FaultKind;

typedef enum SyscallKind {
    SYSCALL_BRK,
    SYSCALL_SBRK,
    SYSCALL_MMAP,
    SYSCALL_MUNMAP,
    SYSCALL_MPROTECT,
    SYSCALL_MADVISE,
    SYSCALL_MREMAP,
    SYSCALL_MLOCK,
    SYSCALL_MUNLOCK,
    SYSCALL_MLOCKALL,
    SYSCALL_MUNLOCKALL,
    SYSCALL_MINCORE,
    SYSCALL_READ,
    SYSCALL_WRITE,
    SYSCALL_FADVISE,
    SYSCALL_TRUNCATE,
    SYSCALL_KINDS
} SyscallKind;

typedef struct Event {
    Tick time;
    EventKind kind;
    uint32_t pid; /* 0: the machine */
    Pfn frame;
    bool bookkeeping; /* on behalf of the allocator, not of the program */
    Access access;    /* EVENT_fault: what was tried */
    uint32_t pages;   /* EVENT_fault: mapped at once; 0 stands for 1 */
    VAddr va;
    uint64_t a, b;
} Event;

typedef struct EventSink {
    uint64_t mask; /* EVENT_BIT()s that anybody wants */
    void (*emit)(void *host, const Event *event);
    void *host;
} EventSink;

static inline bool event_wanted(const EventSink *sink, EventKind kind) {
    return (sink->mask & EVENT_BIT(kind)) != 0;
}

#endif
