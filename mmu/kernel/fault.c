/* fault.c - the page-fault handler: one function tells the whole story, its leaves do the work.
 *
 * Source: the order is that of mm/memory.c (handle_pte_fault) in Linux.  Which counter moves is
 * in docs/outputs.md; what each kind costs is in costs.def.
 */
#include "kernel/fault.h"

#include <assert.h>

#include "kernel/page.h"
#include "kernel/policy_env.h"
#include "kernel/reclaim.h"

/* One fault, on its way through the handler. */
typedef struct FaultContext {
    Memory *m;
    AddressSpace *space;
    const Vma *vma;
    VAddr va;
    Vpn vpn;
    Access access;
    Pfn pfn; /* the frame that served it, for the event */
    FaultKind kind;
} FaultContext;

static Counters *counters_of(const FaultContext *f) { return f->space->counters; }

/* Every fault that was served, or ended in a signal, is counted here and nowhere else. */
static void fault_count(const FaultContext *f) {
    Counters *counters = counters_of(f);
    counters->pgfault++;
    switch (f->kind) {
    case FAULT_SEGV:
    case FAULT_PROTECTION:
        counters->invalid_faults++;
        return;
    case FAULT_SWAP_IN:
    case FAULT_FILE_IN:
        counters->majflt++;
        return;
    case FAULT_ZERO_POOL:
        counters->ozfod++;
        counters->zfod++;
        break;
    case FAULT_ZERO_NOW:
        counters->zfod++;
        break;
    case FAULT_ZERO_PAGE:
        counters->zero_page_reads++;
        break;
    case FAULT_SOFT:
        counters->softflt++;
        break;
    case FAULT_UNZEROED:
    case FAULT_OUT_OF_MEMORY:
    case FAULT_KINDS:
        break;
    }
    counters->minflt++;
}

static Outcome fault_signal(FaultContext *f, FaultKind kind, Outcome outcome) {
    f->kind = kind;
    charge_fault(f->m, f->space, f->m->config.costs.invalid_fault_ns);
    return outcome;
}

/* Linux's expand_stack(): an access below a stack grows it, within its limit and the guard gap. */
static Vma *stack_grow(Memory *m, AddressSpace *space, Vpn vpn) {
    uint32_t at = vma_lower_bound(&space->vmas, vpn);
    if (at == space->vmas.count || !(space->vmas.list[at].flags & VMA_GROWS_DOWN)) {
        return NULL;
    }
    Vma *stack = &space->vmas.list[at];
    uint64_t pages = stack->end - vpn, growth = stack->first - vpn;
    Vpn below = at == 0 ? 0 : stack[-1].end;
    uint64_t guard = at == 0 ? 0 : space->vmas.guard_pages;
    if (pages > space->limits.stack >> page_shift(m) || vpn < below + guard ||
        vpn < space->layout.mmap_min >> page_shift(m) ||
        space->vm_size + growth > space->limits.address_space >> page_shift(m)) {
        return NULL;
    }
    stack->first = vpn;
    space_account(m, space, stack, (int64_t)growth);
    return stack;
}

static bool access_allowed(const Vma *vma, Access access) {
    return access == ACCESS_WRITE ? (vma->prot & VM_WRITE) != 0 : vma->prot != VM_NONE;
}

/* Wait until the frame of a grant (and, with a read, its new bytes) can be used. */
static void fault_wait(FaultContext *f, Tick until) {
    f->space->thread->until = until;
    if (until > f->m->clock->now) {
        f->m->env.wait(f->m->env.host, until);
    }
}

/* The bits that the reference under way leaves in the entry. */
static Pte access_bits(const FaultContext *f) {
    return PTE_ACCESSED | (f->access == ACCESS_WRITE ? PTE_DIRTY : 0);
}

/* The fault is over: the held frame becomes the page. */
static void fault_map(FaultContext *f, Pfn pfn, uint32_t slot) {
    Pte *pte = page_table_find(&f->space->page_table, f->vpn);
    if (f->space->thread->held_frame != PFN_NONE) { /* else a soft fault took it */
        f->space->thread->held_frame = PFN_NONE;
        f->space->held--;
    }
    f->pfn = pfn;
    page_map(f->m, f->space, f->vpn, pte, pfn, f->vma, access_bits(f), slot);
}

static void supply_zeros(FaultContext *f, const FrameGrant *grant) {
    Memory *m = f->m;
    if (m->config.zero_pool.mode == ZERO_POOL_NEVER) {
        f->kind = FAULT_UNZEROED;
        return;
    }
    if (grant->zeroed) {
        f->kind = FAULT_ZERO_POOL;
        return;
    }
    f->kind = FAULT_ZERO_NOW;
    charge_fault(m, f->space, m->config.costs.zero_page_ns);
    frame_zero(&m->frames, grant->pfn);
    m->machine->zeroed_on_demand++;
}

static Outcome demand_zero(FaultContext *f) {
    Memory *m = f->m;
    FrameGrant grant;
    charge_fault(m, f->space, m->config.costs.minor_fault_ns);
    Outcome outcome = frame_get(m, f->space, f->vpn, true, &grant);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    fault_wait(f, grant.ready_at);
    supply_zeros(f, &grant);
    fault_map(f, grant.pfn, SLOT_NONE);
    return OUTCOME_OK;
}

/* The entry maps the shared zero page and somebody writes: a page of their own. */
static Outcome zero_page_upgrade(FaultContext *f, Pte *pte) {
    page_discard(f->m, f->space, f->vpn, pte);
    Outcome outcome = demand_zero(f);
    counters_of(f)->zero_page_upgrades += outcome == OUTCOME_OK && f->kind != FAULT_UNZEROED;
    return outcome;
}

static Outcome zero_page_read(FaultContext *f, Pte *pte) {
    f->kind = FAULT_ZERO_PAGE;
    f->pfn = f->m->zero_frame;
    charge_fault(f->m, f->space, f->m->config.costs.minor_fault_ns);
    page_map_zero(f->m, pte, f->vma);
    return OUTCOME_OK;
}

/* The page is unmapped, but still here.  On standby, its policy takes it back as it was; in
 * transit, it is as good as new: clean, because its bytes are in its slot or file already. */
static Outcome soft_fault(FaultContext *f, Pte *pte) {
    Memory *m = f->m;
    Frame *frame = frame_at(m, pte_number(*pte));
    f->kind = FAULT_SOFT;
    f->pfn = pte_number(*pte);
    charge_fault(m, f->space, m->config.costs.soft_fault_ns);
    bool standby = frame->state == FRAME_STANDBY;
    frame_set_held(&m->frames, f->pfn);
    if (standby) {
        page_reactivate(m, f->space, f->vpn, pte, f->pfn, f->vma, access_bits(f));
    } else {
        transit_void(&m->transit, frame->transit);
        quota_make_room(m, f->space, f->vpn);
        fault_map(f, f->pfn, frame->slot);
    }
    return OUTCOME_OK;
}

/* Get a frame, queue the read behind whatever the device has, and wait for it. */
static Outcome page_in(FaultContext *f, FrameGrant *grant) {
    Memory *m = f->m;
    charge_fault(m, f->space, m->config.costs.major_fault_ns);
    Outcome outcome = frame_get(m, f->space, f->vpn, false, grant);
    if (outcome == OUTCOME_OK) {
        fault_wait(f, device_submit(&m->device, m->clock->now, ACCESS_READ, m->machine));
    }
    return outcome;
}

/* A page that will be written now needs its slot no more: the copy there is about to be stale. */
static Outcome swap_in(FaultContext *f, uint32_t slot) {
    Memory *m = f->m;
    FrameGrant grant;
    Outcome outcome = page_in(f, &grant);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    f->kind = FAULT_SWAP_IN;
    swap_read(&m->swap, slot, &frame_at(m, grant.pfn)->contents);
    counters_of(f)->pswpin++;
    fault_map(f, grant.pfn, slot + 1);
    emit(m, EVENT_swap_in, f->space, (Event){.va = f->va, .frame = grant.pfn, .a = slot});
    if (f->access == ACCESS_WRITE) {
        page_drop_slot(m, grant.pfn);
    }
    return OUTCOME_OK;
}

static Outcome file_in(FaultContext *f) {
    Memory *m = f->m;
    FrameGrant grant;
    Outcome outcome = page_in(f, &grant);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    f->kind = FAULT_FILE_IN;
    uint64_t page = f->vma->file_page + (f->vpn - f->vma->first);
    file_read(&m->files, f->vma->file, page, &frame_at(m, grant.pfn)->contents);
    counters_of(f)->filein++;
    fault_map(f, grant.pfn, SLOT_NONE);
    emit(m, EVENT_file_in, f->space, (Event){.va = f->va, .frame = grant.pfn, .a = page});
    return OUTCOME_OK;
}

/* An access that the tables could not translate; the mapping allows it. */
static Outcome fault_serve(FaultContext *f) {
    Pte *pte = page_table_make(&f->space->page_table, f->vpn);
    if (pte == NULL) {
        return OUTCOME_OUT_OF_MEMORY;
    }
    if (pte_zero_page(*pte) && f->access == ACCESS_WRITE) {
        return zero_page_upgrade(f, pte);
    }
    assert(!pte_present(*pte)); /* an entry is never stricter than its mapping */
    if (pte_transit(*pte)) {
        return soft_fault(f, pte);
    }
    if (pte_swapped(*pte)) {
        return swap_in(f, pte_number(*pte));
    }
    if (f->vma->kind == VMA_FILE) {
        return file_in(f);
    }
    if (f->access == ACCESS_READ && f->m->config.shared_zero_page) {
        return zero_page_read(f, pte);
    }
    return demand_zero(f);
}

static Outcome fault_classify(FaultContext *f) {
    Memory *m = f->m;
    f->vma = vma_find(&f->space->vmas, f->vpn);
    if (f->vma == NULL) {
        f->vma = stack_grow(m, f->space, f->vpn);
    }
    if (f->vma == NULL) {
        return fault_signal(f, FAULT_SEGV, OUTCOME_SEGV_MAPERR);
    }
    if (!access_allowed(f->vma, f->access)) {
        return fault_signal(f, FAULT_PROTECTION, OUTCOME_SEGV_ACCERR);
    }
    transit_settle(m);
    policy_fault(m, f->space, f->vpn);
    return fault_serve(f);
}

/* Another thread is bringing the page in: wait for it, and look again.  Not counted as a fault of
 * that page's kind, because the page came without it. */
static Outcome fault_join(FaultContext *f, const SpaceThread *other) {
    f->kind = FAULT_SOFT;
    charge_fault(f->m, f->space, f->m->config.costs.soft_fault_ns);
    f->m->env.wait(f->m->env.host, other->until);
    return OUTCOME_OK;
}

/* From here to fault_end() the page is this thread's to bring in. */
static void fault_begin(FaultContext *f) {
    f->space->thread->faulting = true;
    f->space->thread->page = f->vpn;
    f->space->thread->until = f->m->clock->now;
}

static void fault_end(FaultContext *f) { f->space->thread->faulting = false; }

static Outcome fault_lead(FaultContext *f) {
    fault_begin(f);
    Outcome outcome = fault_classify(f);
    fault_end(f);
    return outcome;
}

Outcome fault_handle(Memory *m, AddressSpace *space, VAddr va, Access access) {
    FaultContext f = {.m = m,
                      .space = space,
                      .va = va,
                      .vpn = va >> page_shift(m),
                      .access = access,
                      .pfn = PFN_NONE};
    Tick begun = m->clock->now;
    const SpaceThread *other = space_thread_faulting(space, f.vpn);
    Outcome outcome = other != NULL ? fault_join(&f, other) : fault_lead(&f);
    if (outcome != OUTCOME_OUT_OF_MEMORY) {
        fault_count(&f);
    }
    emit(m, EVENT_fault, space,
         (Event){.va = va,
                 .frame = f.pfn,
                 .a = outcome == OUTCOME_OUT_OF_MEMORY ? FAULT_OUT_OF_MEMORY : f.kind,
                 .b = m->clock->now - begun,
                 .access = access});
    return outcome;
}

static Outcome prefetch(FaultContext *f) {
    const Pte *pte = page_table_find(&f->space->page_table, f->vpn);
    Pte entry = pte == NULL ? PTE_NONE : *pte;
    if (pte_swapped(entry)) {
        return swap_in(f, pte_number(entry));
    }
    if (f->vma->kind == VMA_FILE && entry == PTE_NONE) {
        bool table = page_table_make(&f->space->page_table, f->vpn) != NULL;
        return table ? file_in(f) : OUTCOME_OUT_OF_MEMORY;
    }
    return OUTCOME_OK;
}

Outcome fault_prefetch(Memory *m, AddressSpace *space, const Vma *vma, Vpn vpn) {
    FaultContext f = {.m = m,
                      .space = space,
                      .vma = vma,
                      .va = vpn << page_shift(m),
                      .vpn = vpn,
                      .access = ACCESS_READ};
    if (space_thread_faulting(space, vpn) != NULL) {
        return OUTCOME_OK;
    }
    fault_begin(&f);
    m->prefetching = true;
    Outcome outcome = prefetch(&f);
    m->prefetching = false;
    fault_end(&f);
    return outcome;
}
