/* fault_private.h - one fault on its way through the handler, as the files that serve it share it.
 *
 *   fault.c         the story: what kind of fault it is, a file of one's own
 *   fault_wait.c    waiting for frames, the device and other faults
 *   fault_swap.c    what was unmapped before: soft faults and swap-in
 *   fault_anon.c    the first touch of anonymous memory: demand zero
 *   fault_huge.c    the same for a huge page, and writes to one that may not be written as it is
 *   fault_write.c   writes to pages that may not be written as they are: zero page, copy-on-write
 *   fault_object.c  the page cache and shared memory
 *
 * A fault that waits lets others run: other threads of the same space may change its mappings, and
 * other spaces what is in the caches.  So whoever waited asks fault_stands(); if the fault does
 * not stand any more, it is begun `again`.
 */
#ifndef FAULTLINE_FAULT_PRIVATE_H
#define FAULTLINE_FAULT_PRIVATE_H

#include "kernel/fault.h"
#include "kernel/object.h"
#include "kernel/page.h"
#include "kernel/reclaim.h"

typedef struct FaultContext {
    Memory *m;
    AddressSpace *space;
    Vma *vma;
    VAddr va;
    Vpn vpn;
    Access access;
    Pte *pte; /* of the page, and ... */
    Pte seen; /* ... what it was when this attempt began */
    Pfn pfn;  /* the frame that served it, for the event */
    FaultKind kind;
    bool announced; /* the policy knows of it */
    bool around;    /* what is in the cache around the page is mapped already */
    bool read;      /* it waited for the device to read: major, whatever comes after, and ... */
    FaultKind read_kind; /* ... of this kind */
    bool again;          /* the attempt came to nothing: begin again */
    unsigned attempts;
    uint32_t pages; /* that it mapped at once, for the event; 0: one */
} FaultContext;

static inline Counters *counters_of(const FaultContext *f) { return f->space->counters; }

/* What is left of the price of a fault that is served without waiting. */
static inline void charge_minor(FaultContext *f) {
    charge_fault(f->m, f->space, f->m->config.costs.minor_fault_ns);
}

static inline void fault_note_read(FaultContext *f, FaultKind kind) {
    f->read = true;
    f->kind = f->read_kind = kind;
}

static inline bool access_allowed(const Vma *vma, Access access) {
    return access == ACCESS_WRITE ? (vma->prot & VM_WRITE) != 0 : vma->prot != VM_NONE;
}

/* ---- fault_wait.c ------------------------------------------------------------------------- */

/* A frame that is ready to be filled: its old page is written.  OUTCOME_OK with PFN_NONE: others
 * ran meanwhile and the fault does not stand any more. */
Outcome fault_take_frame(FaultContext *f, bool want_zeroed, FrameGrant *grant);
/* A frame that the device will have filled at *done: the read is queued.  As above. */
Outcome fault_start_read(FaultContext *f, FrameGrant *grant, Tick *done);
/* Wait until `until`, holding the frame if there is one.  True: the fault still stands. */
bool fault_wait(FaultContext *f, Pfn held, Tick until);
/* The attempt came to nothing, and the fault begins again: the granted frame is free. */
Outcome fault_give_up_frame(FaultContext *f, FrameGrant *grant);
/* The page is in this frame, but another fault is still filling it: wait, and begin again. */
Outcome fault_wait_for_other(FaultContext *f, Pfn filled);

/* ---- filling and mapping ------------------------------------------------------------------ */

/* Zeros for a granted frame, as the machine's pool has it; sets the kind of the fault. */
void fault_supply_zeros(FaultContext *f, const FrameGrant *grant);
/* A held frame becomes an anonymous page of the space, or a page of its own file, mapped. */
void fault_map_new(FaultContext *f, Pfn pfn, PageKind kind);
/* A page in memory is mapped by the faulting entry, which does not lead there yet. */
void fault_map_cached(FaultContext *f, Pfn pfn);
/* The rights and marks that the reference under way leaves in an entry for the page. */
Pte fault_bits(const FaultContext *f, Pfn pfn);

/* A free block of 2^order frames that the space may have, filled with zeros; sets the kind of the
 * fault.  PFN_NONE: there is none. */
Pfn fault_take_block(FaultContext *f, unsigned order);
/* Anonymous pages first.. of the space, as many as the block has frames: all are mapped, `pte` being
 * the entry of the first of them, and the policy knows of them. */
void fault_map_block(FaultContext *f, Vpn first, Pte *pte, Pfn block, unsigned order);

/* fault_swap.c: the page is unmapped, but still here. */
Outcome fault_soft(FaultContext *f);
/* The entry says in which slot of swap the page is. */
Outcome fault_swap_in(FaultContext *f);

/* fault_anon.c: the mapping is anonymous, and the entry is empty. */
Outcome fault_anonymous(FaultContext *f);
/* It is empty or leads to the zero page: a page of zeros of one's own. */
Outcome fault_demand_zero(FaultContext *f);

/* fault_huge.c: the machine wants a huge page here.  False: it was not to be had, or small ones are
 * there already. */
bool fault_huge(FaultContext *f);
/* The page is mapped by a huge entry that may not be written.  False: by small ones, now. */
bool fault_huge_protected(FaultContext *f);

/* fault_write.c: the entry is present, but may not be written. */
Outcome fault_write_protected(FaultContext *f);
/* A private copy of the page in `from` for the faulting entry. */
Outcome fault_copy(FaultContext *f, Pfn from);

/* fault_object.c: the mapping's pages belong to an object, and the entry is empty. */
Outcome fault_object(FaultContext *f);
/* A read maps, once, what is in the cache around its page; also if that page is none. */
void fault_map_around(FaultContext *f);

#endif
