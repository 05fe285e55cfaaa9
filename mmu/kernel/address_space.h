/* address_space.h - what one process can address: its mappings, its page table, its sums.
 *
 *   0 ...... | heap -> (brk) ......... <- mmap areas | guard | <- stack | user end
 *
 * Invariant (address_space_check() in check.c): mappings sorted and disjoint; rss = anon + file + shmem =
 * present entries that map no zero page; huge = those of
 * them that are beneath huge entries; swap = entries that are only in swap; vm_size, data_pages,
 * locked and committed = sums over the mappings; peaks >= what they are the peak of; brk within
 * its limits; only mappings with an anon_vma have anonymous pages.
 */
#ifndef FAULTLINE_ADDRESS_SPACE_H
#define FAULTLINE_ADDRESS_SPACE_H

#include "kernel/layout.h"
#include "kernel/memory.h"
#include "kernel/vma.h"

/* UINT64_MAX: no limit.  Bytes. */
typedef struct Limits {
    uint64_t address_space, data, stack;
    uint64_t rss;     /* resident pages beyond this push one of the process's own out */
    uint64_t rss_min; /* replacement for others leaves it this much; 0: no guarantee */
    uint64_t locked;  /* mlock: by a process without privileges */
} Limits;

/* What the kernel keeps of one thread of a space: the fault that it is in the middle of.  While
 * it waits in there, another thread that faults on the same page waits for it.  The frame that the
 * fault has taken is in the table of flights (flight.h). */
typedef struct SpaceThread {
    bool faulting;
    Vpn page;   /* the page that its fault brings in */
    Tick until; /* when the fault can go on: the device will be done then, or somebody is */
    struct SpaceThread *next;
} SpaceThread;

struct PolicyInstance;

struct AddressSpace {
    Asid asid;
    uint64_t cpus; /* CPUs whose TLBs may know pages of it: bit n is CPU n (cpu.h) */
    PageTable page_table;
    VmaList vmas;
    Layout layout;
    Limits limits;
    VAddr brk;                     /* the program's break, to the byte */
    VAddr fault_address;           /* of the last access that failed */
    struct PolicyInstance *policy; /* who chooses its victims: the machine's, or its own */
    uint32_t group;                /* whose limit it shares, from 1; 0: none */
    uint64_t deactivated;          /* pages unmapped by its policy, which goes on holding them */
    uint64_t owned;                /* pages in memory that its policy answers for: those that go
                                     * by a name of the space, mapped or not */
    uint64_t quota;                /* its share under local scope; UINT64_MAX: no such */
    uint64_t rss_max;              /* pages owned at which it is trimmed: always ... */
    uint64_t rss_soft_max;         /* ... or if memory is short */
    uint64_t rss_min;              /* pages that others leave it */
    Counters *counters;            /* where accesses are counted now; the owner may switch it */
    SpaceThread *thread;           /* which one is at work; the owner may switch it */
    SpaceThread *threads;          /* all of them */
    SpaceThread first;             /* the one that a space begins with */
    uint32_t pid;                  /* for events only */
    bool bookkeeping;              /* for events only: who is accessing */
    uint64_t rss, anon, file, shmem, swap;    /* pages */
    uint64_t huge;                            /* of anon, those that huge entries map */
    uint64_t peak_rss, vm_size, peak_vm_size; /* pages */
    uint64_t data_pages;                   /* private writable pages, the `data` limit's measure */
    uint64_t locked;                       /* pages of locked mappings (VmLck) */
    uint64_t committed;                    /* pages charged against the commit limit */
    unsigned lock_future;                  /* VMA_LOCK_FLAGS that new mappings get (mlockall) */
    uint32_t window;                       /* number of its working-set window, from 1 */
    bool window_goes_on;                   /* its owner: it does not end when the others do */
    uint64_t working_set, working_set_now; /* pages: of the last full window, of this one */
};

/* A space with the mappings of a layout (NULL: the machine's): its image and a stack that grows on
 * touch.  NULL: out of host memory or 65,535 spaces are alive. */
AddressSpace *address_space_create(Memory *m, uint32_t pid, const Limits *limits,
                                   const Layout *layout, Counters *counters);
/* exec(2): fault in what the layout says is present at the start.  As the process itself: it may
 * have to wait.  OUTCOME_OUT_OF_MEMORY: to be called again. */
Outcome space_load_image(Memory *m, AddressSpace *space);
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

/* ---- system calls, as in section 2 of the manual ----------------------------------------
 * They change mappings; they neither charge nor count the call itself (the caller does).  Sources:
 * the manual pages, and mm/ of Linux 6.18, 6.12 and 6.1 (see profile.h).  Lengths are rounded up
 * to pages.  OUTCOME_OUT_OF_MEMORY: a page could not be had; the call may be made again. */

typedef enum MapFlags {
    MAP_FLAG_FIXED = 1,        /* exactly at `va`, replacing what is there                      */
    MAP_FLAG_POPULATE = 2,     /* fault every page in now                                       */
    MAP_FLAG_FILE = 4,         /* backed by a file of the mapping's own: page-ins, write-backs   */
    MAP_FLAG_NORESERVE = 8,    /* not charged against the commit limit                          */
    MAP_FLAG_NOREPLACE = 16,   /* with FIXED: EEXIST instead of replacing                      */
    MAP_FLAG_SHARED = 32,      /* writes are seen by everybody who has it                       */
    MAP_FLAG_LOCKED = 64,      /* as by mlock, but failing to fault a page in is no error       */
    MAP_FLAG_GROWS_DOWN = 128, /* a stack: with a guard gap below                              */
    MAP_FLAG_STACK = 1 << 15,  /* a thread's stack: says so, and does nothing                 */
} MapFlags;

/* *result: the address. `va` is a hint unless FIXED.  EINVAL, ENOMEM, EEXIST; EAGAIN and EPERM: the
 * limit of locked memory. */
Outcome space_mmap(Memory *m, AddressSpace *space, VAddr va, uint64_t length, unsigned prot,
                   unsigned flags, VAddr *result);
/* The same for a mapping of a file (memory_file), from so many bytes on, which are whole pages
 * (EINVAL): private, so that who writes gets a page of his own, or MAP_FLAG_SHARED. */
typedef struct FileOffset {
    uint32_t file;
    uint64_t offset;
} FileOffset;
Outcome space_mmap_file(Memory *m, AddressSpace *space, VAddr va, uint64_t length, unsigned prot,
                        unsigned flags, FileOffset from, VAddr *result);
/* All pages of the range go; holes in it do not matter.  EINVAL; ENOMEM: too many mappings. */
Outcome space_munmap(Memory *m, AddressSpace *space, VAddr va, uint64_t length);
/* Up to the first hole: ENOMEM. */
Outcome space_mprotect(Memory *m, AddressSpace *space, VAddr va, uint64_t length, unsigned prot);

typedef enum Advice {
    ADVICE_NORMAL,
    ADVICE_DONTNEED,       /* drop the pages: the next touch finds zeros (anonymous)              */
    ADVICE_FREE,           /* the pages may be dropped instead of written, until written again    */
    ADVICE_WILLNEED,       /* read swapped pages in now                                           */
    ADVICE_COLD,           /* clear the referenced bits                                           */
    ADVICE_PAGEOUT,        /* write the pages out now: soft faults while they are on their way    */
    ADVICE_RANDOM,         /* read no neighbours ahead                                            */
    ADVICE_SEQUENTIAL,     /* read ahead aggressively                                       */
    ADVICE_POPULATE_READ,  /* fault every page in, as a read would                          */
    ADVICE_POPULATE_WRITE, /* ... as a write would                                          */
    ADVICE_DONTFORK,       /* children do not get it ...                                    */
    ADVICE_DOFORK,         /* ... after all                                                 */
    ADVICE_WIPEONFORK,     /* children get it empty ...                                     */
    ADVICE_KEEPONFORK,     /* ... after all                                                 */
    ADVICE_HUGEPAGE,       /* huge pages are welcome ...                                    */
    ADVICE_NOHUGEPAGE,     /* ... or not at all                                             */
    ADVICES
} Advice;
/* Holes: the rest is done, and the answer is ENOMEM.  EINVAL: not for this kind of mapping (locked,
 * shared, without the right). */
Outcome space_madvise(Memory *m, AddressSpace *space, VAddr va, uint64_t length, Advice advice);

typedef enum RemapFlags { /* the numbers of mremap(2) */
                          REMAP_MAY_MOVE = 1,
                          REMAP_FIXED =
                              2, /* to `target`, replacing what is there                             */
                          REMAP_DONT_UNMAP =
                              4, /* the old range stays mapped, without its pages                    */
} RemapFlags;

/* *result: the new address.  `target` is where to (FIXED) or a hint (DONT_UNMAP).  EINVAL,
 * EFAULT: no mapping there, or not so long; EAGAIN: the limit of locked memory; ENOMEM.  An
 * old_length of 0 maps the pages of a shared mapping once more. */
Outcome space_mremap(Memory *m, AddressSpace *space, VAddr va, uint64_t old_length,
                     uint64_t new_length, unsigned flags, VAddr target, VAddr *result);

/* brk(2) as the kernel has it: the new break, or the old one if it cannot be moved. */
VAddr space_brk(Memory *m, AddressSpace *space, VAddr wanted);

/* mlock(2), mlock2(2) with on_fault: the pages are faulted in (on_fault: as they are touched) and
 * replacement leaves them alone.  ENOMEM: a hole, or the limit; EPERM: the limit is 0. */
Outcome space_mlock(Memory *m, AddressSpace *space, VAddr va, uint64_t length, bool on_fault);
Outcome space_munlock(Memory *m, AddressSpace *space, VAddr va, uint64_t length);

typedef enum LockAllFlags { /* the numbers of mlockall(2) */
                            LOCK_ALL_CURRENT = 1,
                            LOCK_ALL_FUTURE = 2, /* mappings made from now on */
                            LOCK_ALL_ON_FAULT = 4,
} LockAllFlags;
/* `flags`: LockAllFlags. */
Outcome space_mlockall(Memory *m, AddressSpace *space, unsigned flags);
Outcome space_munlockall(Memory *m, AddressSpace *space);

/* mincore(2): *resident becomes how many of the pages are in memory.  EINVAL, ENOMEM: a hole. */
Outcome space_mincore(Memory *m, const AddressSpace *space, VAddr va, uint64_t length,
                      uint64_t *resident);

/* The kernel fills a buffer of the program (read(2); `from` NULL: with zeros), or takes one
 * (write(2); `to` NULL: away).  Pages fault in as by the program's own accesses.  *done: how many
 * bytes; EFAULT if none, because the first is not accessible. */
Outcome space_copy_to_user(Memory *m, AddressSpace *space, VAddr va, const void *from,
                           uint64_t length, uint64_t *done);
Outcome space_copy_from_user(Memory *m, AddressSpace *space, VAddr va, void *to, uint64_t length,
                             uint64_t *done);

#endif
