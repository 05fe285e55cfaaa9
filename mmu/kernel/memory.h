/* memory.h - the kernel's front door: one machine's memory, as programs reach it.
 *
 * Idea: an access loops "translate, or fault and retry".  A hit crosses no function pointer:
 * it costs the TLB compare, two additions and the test of the clock's horizon.
 *
 * Everything that moves upwards goes through MemoryEnv.  wait() and interrupt() may run other
 * processes before they return, so nothing that another process can change may be kept in a
 * local variable across them.
 *
 * Invariants: docs/invariants.md; memory_check() holds them all.
 */
#ifndef FAULTLINE_MEMORY_H
#define FAULTLINE_MEMORY_H

#include "faultline/costs.h"
#include "faultline/counters.h"
#include "faultline/event.h"
#include "faultline/policy.h"
#include "faultline/types.h"
#include "hardware/mmu.h"
#include "kernel/layout.h"
#include "kernel/profile.h"

typedef struct Memory Memory;
typedef struct AddressSpace AddressSpace;

typedef struct MemoryEnv {
    void *host;
    /* clock->now has reached clock->horizon. */
    void (*interrupt)(void *host);
    /* The current process must not go on before `when`: it is blocked, others run.  With
     * when <= now it merely lets the others go first. */
    void (*wait)(void *host, Tick when);
    /* memory_background() is to be called at `when`, now at the earliest.  NULL: never. */
    void (*background)(void *host, Tick when);
    /* This CPU, not the one at work, is interrupted to drop TLB entries.  May be NULL with one. */
    void (*interrupt_cpu)(void *host, uint32_t cpu);
    /* Files hold more data than they may (page_out.c): the run has to end soon.  May be NULL. */
    void (*files_full)(void *host);
    /* NULL, or told of every reference, in order: for a first pass that records the string. */
    void (*record)(void *host, PageKey page, uint64_t count);
} MemoryEnv;

typedef enum ZeroPoolMode {
    ZERO_POOL_BACKGROUND, /* the idle task refills it; an empty pool zeroes on the spot     */
    ZERO_POOL_ON_DEMAND,  /* no pool: every demand-zero fault zeroes on the spot            */
    ZERO_POOL_NEVER,      /* nobody zeroes: unsafe, shows the previous owner's bytes        */
} ZeroPoolMode;

typedef struct ZeroPoolConfig {
    ZeroPoolMode mode;
    uint32_t start_ppm, stop_ppm; /* of free pages zeroed: refill below start, up to stop   */
} ZeroPoolConfig;

/* Available frames are those that a fault can have at once: free, zeroed or on standby. */
typedef struct Watermarks {
    uint32_t min, low, high; /* frames; below `min` a fault reclaims for itself.  All 0: none */
    bool background;         /* a background reclaimer works from below `low` until `high`    */
} Watermarks;

/* As /proc/sys/vm/overcommit_memory: 1, 0, 2. */
typedef enum Overcommit { OVERCOMMIT_ALWAYS, OVERCOMMIT_HEURISTIC, OVERCOMMIT_NEVER } Overcommit;

/* As /sys/kernel/mm/transparent_hugepage/enabled: where anonymous memory gets huge pages. */
typedef enum HugePages {
    HUGE_PAGES_NEVER,
    HUGE_PAGES_MADVISE, /* where a program has asked for them */
    HUGE_PAGES_ALWAYS,
} HugePages;

#define PAGE_CLUSTER_LINUX 3 /* vm.page-cluster, as Linux starts */

#define CPUS_MAX 64
/* Idle frames that a CPU keeps at hand (frame_cache.h): more than `high` it gives back, and it takes
 * or gives `batch` at a time.  high 0: none. */
typedef struct PerCpuPages {
    uint32_t batch, high;
} PerCpuPages;

#define GROUPS_MAX 64 /* of spaces that share a limit */

typedef struct MemoryConfig {
    Geometry geometry;
    uint32_t cpus; /* 1..CPUS_MAX; 0 is 1 */
    PerCpuPages per_cpu_pages;
    uint32_t frames;     /* user frames; page tables come out of a kernel reserve            */
    uint64_t swap_slots; /* 0: no swap                                                      */
    bool swap_by_cpu;    /* the processor itself does the device's work (zram): a process that asks
                            for pages to be written has them written when it goes on       */
    unsigned page_cluster; /* log2 of how many slots a fault reads at once (swap_ahead.h)  */
    TlbLevelConfig tlb[TLB_LEVELS_MAX];
    unsigned tlb_levels;
    TlbLevelConfig
        tlb_huge[TLB_LEVELS_MAX]; /* for huge pages, of the same levels; entries 0: none */
    const PolicyOps *policy;
    uint64_t policy_params[PARAMS_MAX];
    ZeroPoolConfig zero_pool;
    Watermarks watermarks;
    bool local_scope;      /* each process replaces its own pages only ...              */
    uint32_t local_frames; /* ... and may hold this many frames (its equal share)       */
    bool quotas_move;      /* space_set_quota() is called: policies are made for all frames */
    uint32_t group_count;
    uint64_t group_frames[GROUPS_MAX]; /* what the spaces of each group may hold together, >= 1 */
    Overcommit overcommit;
    uint32_t overcommit_percent;  /* OVERCOMMIT_NEVER: of memory, that may be promised; 0: 50 */
    Layout layout;                /* of every address space; stack_top 0: layout_for(geometry) */
    const KernelProfile *profile; /* NULL: the first of kernel_profiles */
    bool shared_zero_page; /* reading untouched anonymous memory maps one page of zeros     */
    HugePages huge_pages;
    /* Folios: a first write may get 2^k pages at once, if bit k is set; always, or where a program
     * has asked for huge pages. */
    uint32_t folio_orders, folio_orders_madvise;
    Costs costs;
    Tick working_set_window; /* > 0 */
    uint64_t seed;
    /* For policies that need the future: next_use[t] is the number of the next reference to the
     * page of reference t; FUTURE_NEVER if there is none.  Outlives the memory; else NULL. */
    const uint32_t *next_use;
    uint64_t next_use_count;
} MemoryConfig;

/* May anonymous memory be mapped by more than a page at a time?  Then it matters whether free frames
 * lie together. */
static inline bool config_has_folios(const MemoryConfig *config) {
    return config->huge_pages != HUGE_PAGES_NEVER ||
           (config->folio_orders | config->folio_orders_madvise) != 0;
}

#define FUTURE_NEVER UINT32_MAX

/* How an access or a system call went.  Not OK: nothing was changed by the failed part. */
typedef enum Outcome {
    OUTCOME_OK,
    OUTCOME_SEGV_MAPERR,   /* no mapping at the address                                      */
    OUTCOME_SEGV_ACCERR,   /* a mapping without that right                                   */
    OUTCOME_SIGBUS,        /* beyond the end of the file or shared memory that is mapped     */
    OUTCOME_OUT_OF_MEMORY, /* no frame, nothing to evict or no swap left: somebody must die */
    OUTCOME_ENOMEM,        /* system calls only, as in their manual pages, section 2         */
    OUTCOME_EINVAL,
    OUTCOME_EEXIST,
    OUTCOME_EPERM,
    OUTCOME_EAGAIN,
    OUTCOME_EFAULT,
} Outcome;

/* NULL: out of host memory.  `clock`, `env`, `sink` and `machine` outlive the memory;
 * `machine` receives the counters of scope MACHINE that paging moves. */
Memory *memory_create(const MemoryConfig *config, Clock *clock, const MemoryEnv *env,
                      const EventSink *sink, Counters *machine);
void memory_destroy(Memory *m);

/* ---- accesses (the access path) ----------------------------------------------------------
 * Each access is counted in *space->counters (see address_space.h) and charged to the clock.
 * If the outcome is not OK, everything before the failing access was done, and the failing
 * address is in space->fault_address. */

/* Perform `count` runs in order, moving no data.  *done: how many are complete; if that is not all
 * of them, runs[*done] is advanced to the access that failed. */
Outcome memory_touch(Memory *m, AddressSpace *space, AccessRun *runs, uint64_t count,
                     uint64_t *done);

/* Make the bytes at `va` reachable: on OK, *host points to the contents and *length, at most
 * what was asked, says how far they go (never past the page).  Counts one reference for each
 * aligned 8-byte word that overlaps.  The pointer is good until the next call of anything.
 * With ACCESS_READ the bytes must not be written. */
Outcome memory_span(Memory *m, AddressSpace *space, VAddr va, uint64_t *length, Access access,
                    uint8_t **host);

/* Bytes as the space would read them, without touching anything: no fault, no count, no
 * clock, no referenced bit.  Pages in swap are read there, untouched ones as zeros.  False if
 * the range is not mapped. */
bool memory_peek(const Memory *m, const AddressSpace *space, VAddr va, void *to, uint64_t length);

/* ---- files --------------------------------------------------------------------------- */

/* A new file of so many pages, all zeros, in nobody's memory yet; its number.  UINT32_MAX: out of
 * host memory, or of the numbers that it shares with address spaces. */
uint32_t memory_file(Memory *m, uint64_t pages);
/* Somebody reads all of it: its pages are in the page cache afterwards, as far as memory goes.  To
 * be called by the process, which waits. */
void memory_file_warm(Memory *m, AddressSpace *reader, uint32_t file);
/* How many pages of such files the page cache holds: they stay when nobody maps them. */
uint64_t memory_page_cache(const Memory *m);
/* Its dirty pages are written, then those that nobody maps leave the page cache. */
void memory_file_cool(Memory *m, uint32_t file);

/* ftruncate(2): the file has so many pages from now on; what was behind is unmapped everywhere (private
 * copies, too) and forgotten: when the file grows again it is zeros. */
void memory_file_truncate(Memory *m, uint32_t file, uint64_t pages);

/* Pages of the space that are in swap, those of the shared memory that it maps included. */
uint64_t memory_swapped(const Memory *m, const AddressSpace *space);

/* To be called by a process that has asked for pages to be written (madvise): if the processor
 * does the device's work itself, they are written now, and the process waits for it. */
void memory_await_writes(Memory *m);

/* ---- time ---------------------------------------------------------------------------- */

/* The CPU has nothing to do for `available` ns: zero pages in the background, if the pool is
 * low, and begin to write modified ones.  Returns the ns used, a whole number of pages' worth;
 * the clock is not moved. */
Tick memory_idle(Memory *m, Tick available);
/* What the kernel asked for by MemoryEnv.background: the background reclaimer's next batch, and the
 * modified-page writer's next round.  Returns the ns used; they are on the clock. */
Tick memory_background(Memory *m);
/* How long a CPU has to be idle until memory_idle() has zeroed another page; TICK_NEVER: none is
 * wanted. */
Tick memory_idle_work(Memory *m);
/* A working-set window has ended: publish the count of each space, begin the next window; not of
 * spaces whose window goes on. */
void memory_window_end(Memory *m);

/* ---- processors (cpu.h) ---------------------------------------------------------------- */

/* From here on this CPU does what is done, with its own TLB. */
void memory_enter_cpu(Memory *m, uint32_t cpu);
/* The CPU at work runs in this space from here on. */
void memory_run_space(const Memory *m, AddressSpace *space);
/* The CPU at work forgets all translations. */
void memory_flush_tlb(Memory *m);
/* An operation is over, or is about to wait: interrupt the other CPUs whose TLBs it changed, once
 * each.  `payer` is charged for it (shootdown_ns), or, if that is NULL, the kernel (reclaim_ns).
 * And idle CPUs are to look at the zeroed-page pool if it is low since (MemoryEnv.background). */
void memory_tell_cpus(Memory *m, Counters *payer);

/* ---- the state of things ---------------------------------------------------------------- */

typedef struct FrameCensus {
    uint64_t free, zeroed, resident, in_transit; /* frames in each state ...                  */
    uint64_t standby, modified;                  /* trimmed: clean, and still to be written   */
    uint64_t deactivated;                        /* unmapped by their policy, which has them  */
    uint64_t total;                              /* ... of which this is the sum              */
    uint64_t swap_used, swap_total;              /* slots */
} FrameCensus;

/* Linux's MAX_PAGE_ORDER: free blocks are counted up to this order. */
#define FRAME_BLOCK_ORDER_MAX 10u

/* Free blocks by order, as in /proc/buddyinfo: see frame_block.h. */
typedef struct FrameBlocks {
    uint64_t count[FRAME_BLOCK_ORDER_MAX + 1];
} FrameBlocks;
/* O(frames); none are counted where all memory goes by the page (config_has_folios). */
FrameBlocks memory_free_blocks(const Memory *m);
/* Which part of the free frames, in thousandths, is of no use to who needs a block of this order;
 * 0 if nothing is free. */
uint64_t frame_unusable_index(const FrameBlocks *blocks, unsigned order);

/* The most that group `group`, from 1, ever held; and is that of the space at its limit now? */
uint64_t memory_group_peak(const Memory *m, uint32_t group);
bool memory_group_full(const Memory *m, const AddressSpace *space);
/* Have page tables taken all that the kernel has for them? */
bool memory_tables_full(const Memory *m);
FrameCensus memory_census(const Memory *m);

/* Pages that are promised to processes, in all; and how many may be (overcommit "never"). */
typedef struct CommitCharge {
    uint64_t now, peak, limit;
} CommitCharge;

CommitCharge memory_commit_charge(const Memory *m);

/* NULL if every invariant holds, else what is wrong, in words.  O(frames + mapped pages). */
const char *memory_check(Memory *m);

#endif
