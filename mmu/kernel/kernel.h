/* kernel.h - what the files of this room share: the Memory itself, and small helpers.
 * Nobody outside mmu/kernel includes it (tests may).
 */
#ifndef FAULTLINE_KERNEL_H
#define FAULTLINE_KERNEL_H

#include "faultline/rng.h"
#include "kernel/address_space.h"
#include "kernel/cpu.h"
#include "kernel/device.h"
#include "kernel/file.h"
#include "kernel/frame.h"
#include "kernel/flight.h"
#include "kernel/memory.h"
#include "kernel/page_lists.h"
#include "kernel/rmap.h"
#include "kernel/swap.h"
#include "kernel/transit.h"

#define SPACES_MAX 65536u

/* One replacement policy at work: the machine's, or a process's own. */
typedef struct PolicyInstance {
    Memory *m;
    void *self;
    PolicyEnv env;
    Rng rng;
    uint64_t tick_due; /* references or ns (see tick_by_time); UINT64_MAX: never */
    uint64_t tick_interval;
    bool tick_by_time;
} PolicyInstance;

/* Spaces that share a limit (group.h). */
typedef struct MemoryGroup {
    PolicyInstance policy;
    uint64_t owned; /* pages that its spaces own */
    uint64_t peak;  /* the most that was ever charged to it */
} MemoryGroup;

/* How well reading ahead in swap has gone (swap_ahead.h). */
typedef struct SwapAhead {
    uint32_t hits;      /* pages read ahead that were wanted, since the last window */
    uint32_t window;    /* slots of that window */
    uint32_t last_slot; /* where a fault last found no such page */
} SwapAhead;

struct Memory {
    Mmu mmu; /* first: the hot path begins here; of the CPU at work (cpu.h) */
    Clock *clock;
    Tick reference_ns; /* one reference whose translation the first TLB level has */
    void (*touched)(void *policy, Pfn pfn, uint64_t count); /* NULL: the policy samples */
    PolicyInstance policy; /* of all spaces that have none of their own */
    uint64_t references;   /* made so far, by everybody */
    bool observed;         /* somebody wants to know of each reference */
    bool policy_asks;      /* policy_before() has to be asked before each reference */
    bool watched;          /* for that, or because steps are counted: look before each reference */
    bool prefetching;      /* a page is being loaded that is not being referenced */
    Pfn zero_frame;        /* the shared zero page: one past the last frame; those behind it are
                            * the huge zero page's */
    bool huge_zero_made;   /* the huge zero page was read once */

    MemoryConfig config;
    MemoryEnv env;
    uint32_t cpu;     /* the one at work, from 0 */
    Mmu *parked;      /* by CPU: those of the others meanwhile; NULL: there is one CPU only */
    CpuSet to_tell;   /* CPUs to interrupt when the operation under way is over */
    bool zeroing;     /* idle CPUs were told that the zeroed-page pool is low */
    Tick policy_time; /* the latest that a policy was told: theirs never goes back */
    const EventSink *sink;
    Counters *machine;

    /* Replacement under way: on whose behalf (NULL: nobody's), and what may be taken. */
    const AddressSpace *beneficiary;
    bool trimming;       /* pages only leave their working set, not memory */
    bool emergency;      /* nothing else is left: guaranteed minimums do not hold */
    uint32_t guaranteed; /* spaces that have such a minimum */
    uint64_t looks;      /* referenced bits that policies have read */

    PageLists lists;   /* modified and standby */
    bool daemon_awake; /* the background reclaimer (page_daemon.h) has work to do */
    Tick writer_until; /* the modified-page writer is busy until then */

    TableArena tables;
    Contents contents;
    FrameTable frames;
    Rmap rmap;
    FlightTable flights;
    Swap swap;
    uint32_t swap_copies; /* resident frames that keep a slot to which no entry refers */
    Pfn copy_hand;        /* where the search for such a frame goes on */
    SwapAhead swap_ahead;
    Device device;
    TransitQueue transit;
    FileTable files;
    uint32_t *object_files;  /* by ASID: the file that goes by that number, plus 1; lazy */
    bool pool_filling;       /* the zero pool fell below its start mark and is being refilled */
    uint64_t committed;      /* private writable pages of all spaces, and shared memory ... */
    uint64_t peak_committed; /* ... and the most that they were */
    AddressSpace **spaces;   /* by ASID; lazy */
    uint32_t space_high;     /* ASIDs in use are below this */
    MemoryGroup groups[GROUPS_MAX]; /* config.group_count of them */
    Asid next_asid;
};

/* A number for a new address space or object; 0: all are taken. */
Asid asid_take(Memory *m);
/* A space without any mapping. */
AddressSpace *space_create_bare(Memory *m, uint32_t pid, const Limits *limits, const Layout *layout,
                                Counters *counters);

static inline Frame *frame_at(Memory *m, Pfn pfn) { return &m->frames.frames[pfn]; }
/* The space that a frame's page belongs to; NULL: an object's, or a space's that is gone. */
static inline AddressSpace *frame_space(const Memory *m, const Frame *frame) {
    return m->spaces[page_key_asid(frame->owner)];
}
/* The policy that holds a frame's page while it is in memory. */
static inline PolicyInstance *frame_policy(Memory *m, const Frame *frame) {
    AddressSpace *space = frame_space(m, frame);
    return space == NULL ? &m->policy : space->policy;
}
static inline unsigned page_shift(const Memory *m) { return m->config.geometry.page_shift; }
static inline uint64_t page_size(const Memory *m) {
    return geometry_page_size(&m->config.geometry);
}
static inline uint64_t pages_of(const Memory *m, uint64_t bytes) {
    return (bytes >> page_shift(m)) + ((bytes & (page_size(m) - 1)) != 0);
}

/* Processor time of a fault, on the clock and in the process's account. */
static inline void charge_fault(Memory *m, AddressSpace *space, Tick ns) {
    m->clock->now += ns;
    space->counters->fault_ns += ns;
}

/* A page more that a system call has gone through ... */
static inline void step_count(const Memory *m) { m->clock->steps++; }
/* ... and, where the call may end in the middle, the run may, too: then this does not return. */
static inline void step_make(const Memory *m) {
    step_count(m);
    if (clock_is_spent(m->clock)) {
        m->env.interrupt(m->env.host);
    }
}

/* Page tables come out of a reserve of the kernel's: as many as there are frames, but enough for
 * small machines to map what they like.  Only faults ask: what moves or copies tables makes few more. */
#define TABLES_MAX_LEAST 65536u
static inline bool tables_are_full(const Memory *m) {
    uint32_t frames = m->config.frames;
    return m->tables.live >= (frames > TABLES_MAX_LEAST ? frames : TABLES_MAX_LEAST);
}

static inline void emit(Memory *m, EventKind kind, const AddressSpace *space, Event event) {
    if (event_wanted(m->sink, kind)) {
        event.kind = kind;
        event.time = m->clock->now;
        event.pid = space == NULL ? 0 : space->pid;
        event.bookkeeping = space != NULL && space->bookkeeping;
        m->sink->emit(m->sink->host, &event);
    }
}

/* The space's pages first..end-1 are gone for good: no ghost of theirs may come back. */
static inline void policy_forget(Memory *m, const AddressSpace *space, Vpn first, Vpn end) {
    if (m->config.policy->forgotten != NULL) {
        m->config.policy->forgotten(space->policy->self, page_key(space->asid, first), end - first);
    }
}

/* zero_pool.c: the pool is low, or is no more: idle CPUs are to look, if they do not know. */
void zero_pool_notice(Memory *m);

/* Rights of a mapping as bits of its present entries. */
static inline Pte prot_bits(unsigned prot) {
    return PTE_PRESENT | PTE_USER | ((prot & VM_WRITE) ? PTE_WRITABLE : 0) |
           ((prot & VM_EXEC) ? 0 : PTE_NO_EXECUTE);
}

#endif
