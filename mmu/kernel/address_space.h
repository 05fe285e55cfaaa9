/* address_space.h - what one process can address: its mappings, its page table, its sums.
 *
 *   0 ...... | heap -> (brk) ......... <- mmap areas | guard | <- stack | user end
 *
 * Invariant (address_space_check): mappings sorted and disjoint; rss = anon + file = present
 * entries that map no zero page; swap = entries that are only in swap; peaks >= what they
 * are the peak of; brk within its limits.
 */
#ifndef FAULTLINE_ADDRESS_SPACE_H
#define FAULTLINE_ADDRESS_SPACE_H

#include "kernel/memory.h"
#include "kernel/vma.h"

/* Where things are.  Bytes; all page-aligned. */
typedef struct Layout {
    VAddr brk_start;
    VAddr mmap_top;  /* kernel-chosen addresses are taken top-down from here */
    VAddr stack_top; /* the stack grows down from here */
    VAddr mmap_min;  /* no mapping below */
} Layout;

/* UINT64_MAX: no limit.  Bytes. */
typedef struct Limits {
    uint64_t address_space, data, stack;
    uint64_t rss; /* resident pages beyond this replace the process's own */
} Limits;

/* What the kernel keeps of one thread of a space: the fault that it is in the middle of.  While
 * it waits in there, another thread that faults on the same page waits for it. */
typedef struct SpaceThread {
    bool faulting;
    Vpn page;       /* the page that its fault brings in */
    Pfn held_frame; /* the frame that the fault has taken; PFN_NONE: none */
    Tick until;     /* when the fault can go on: the device will be done then, or somebody is */
    struct SpaceThread *next;
} SpaceThread;

struct PolicyInstance;

struct AddressSpace {
    Asid asid;
    PageTable page_table;
    VmaList vmas;
    Layout layout;
    Limits limits;
    VAddr brk;                      /* the program's break, to the byte */
    VAddr fault_address;            /* of the last access that failed */
    uint32_t group;                 /* whose limit it shares, from 1; 0: none */
    struct PolicyInstance *policy;  /* who chooses its victims: the machine's, or its own */
    uint64_t standby;               /* pages unmapped by its policy, which keeps them in memory */
    uint64_t quota;                 /* resident pages; UINT64_MAX: as many as the machine has */
    Counters *counters;             /* where accesses are counted now; the owner may switch it */
    SpaceThread *thread;            /* which one is at work; the owner may switch it */
    SpaceThread *threads;           /* all of them */
    SpaceThread first;              /* the one that a space begins with */
    uint64_t held;                  /* frames that their faults have taken */
    uint32_t pid;                   /* for events only */
    bool bookkeeping;               /* for events only: who is accessing */
    uint64_t rss, anon, file, swap; /* pages */
    uint64_t peak_rss, vm_size, peak_vm_size; /* pages */
    uint64_t data_pages;                   /* private writable pages, the `data` limit's measure */
    uint32_t window;                       /* number of its working-set window, from 1 */
    bool window_goes_on;                   /* its owner: it does not end when the others do */
    uint64_t working_set, working_set_now; /* pages: of the last full window, of this one */
};

/* The layout of a geometry, as a small Linux program would have it. */
Layout layout_for(const Geometry *geometry);

/* An empty space with a one-page stack mapping (grows on touch).  NULL: out of host memory or
 * 65,535 spaces are alive. */
AddressSpace *address_space_create(Memory *m, uint32_t pid, const Limits *limits,
                                   Counters *counters);
/* fork(2): a space with the same mappings and pages, which are copied when either writes.  EAGAIN:
 * out of host memory or of spaces; ENOMEM: the commit limit. */
Outcome space_fork(Memory *m, AddressSpace *parent, uint32_t child_pid, Counters *counters,
                   AddressSpace **child);
/* exit(2): every frame goes back to the free list (dirty, for the idle task to zero), every
 * swap slot is freed, the TLB is flushed, the policy is told. */
void address_space_destroy(Memory *m, AddressSpace *space);

/* The space, which has no pages yet, shares the limit of this group, from 1. */
void space_join_group(Memory *m, AddressSpace *space, uint32_t group);
/* How many pages the space may hold from now on, >= 1; it gives up what is more.  Only for spaces
 * that replace their own pages (MemoryConfig.local_scope). */
void space_set_quota(Memory *m, AddressSpace *space, uint64_t quota);

/* A further thread of the space, or one less; `thread` stays the caller's.  A fault that it was in
 * is forgotten. */
void space_thread_add(AddressSpace *space, SpaceThread *thread);
void space_thread_remove(Memory *m, AddressSpace *space, SpaceThread *thread);
/* The thread whose fault is bringing the page in; NULL: none. */
const SpaceThread *space_thread_faulting(const AddressSpace *space, Vpn page);

/* `change` pages of a mapping like `vma` come (or go): vm_size, data and commit sums. */
void space_account(Memory *m, AddressSpace *space, const Vma *vma, int64_t change);

const char *address_space_check(const Memory *m, const AddressSpace *space);

/* ---- system calls, as in section 2 of the manual ----------------------------------------
 * They change mappings; they neither charge nor count the call itself (the caller does). */

typedef enum MapFlags {
    MAP_FLAG_FIXED = 1,      /* exactly at `va`, replacing what is there                      */
    MAP_FLAG_POPULATE = 2,   /* fault every page in now                                       */
    MAP_FLAG_FILE = 4,       /* backed by a file of the mapping's own: page-ins, write-backs   */
    MAP_FLAG_NORESERVE = 8,  /* not charged against the commit limit                          */
    MAP_FLAG_NOREPLACE = 16, /* with FIXED: EEXIST instead of replacing                      */
    MAP_FLAG_STACK = 1 << 15, /* a thread's stack: says so, and does nothing                 */
} MapFlags;

/* *result: the address. `va` is a hint unless FIXED. */
Outcome space_mmap(Memory *m, AddressSpace *space, VAddr va, uint64_t length, unsigned prot,
                   unsigned flags, VAddr *result);
Outcome space_munmap(Memory *m, AddressSpace *space, VAddr va, uint64_t length);
Outcome space_mprotect(Memory *m, AddressSpace *space, VAddr va, uint64_t length, unsigned prot);

typedef enum Advice {
    ADVICE_NORMAL,
    ADVICE_DONTNEED, /* drop the pages: the next touch finds zeros (anonymous)              */
    ADVICE_FREE,     /* the pages may be dropped instead of written, until written again    */
    ADVICE_WILLNEED, /* read swapped pages in now                                           */
    ADVICE_COLD,     /* clear the referenced bits                                           */
    ADVICE_PAGEOUT,  /* write the pages out now: soft faults while they are on their way    */
} Advice;
Outcome space_madvise(Memory *m, AddressSpace *space, VAddr va, uint64_t length, Advice advice);

/* *result: the new address.  May move only if `may_move`. */
Outcome space_mremap(Memory *m, AddressSpace *space, VAddr va, uint64_t old_length,
                     uint64_t new_length, bool may_move, VAddr *result);

/* brk(2) as the kernel has it: the new break, or the old one if it cannot be moved. */
VAddr space_brk(Memory *m, AddressSpace *space, VAddr wanted);

#endif
