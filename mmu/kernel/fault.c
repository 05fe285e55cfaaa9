/* fault.c - the page-fault handler: one function tells the whole story, its leaves do the work.
 *
 * Source: the order is that of mm/memory.c (handle_pte_fault) in Linux.  Which counter moves is
 * in docs/outputs.md; what each kind costs is in costs.def.
 */
#include "kernel/fault.h"

#include "kernel/fault_private.h"
#include "kernel/huge_page.h"
#include "kernel/mapping.h"
#include "kernel/policy_env.h"
#include "kernel/swap_ahead.h"
#include "kernel/trim.h"

/* Who waited may find that all has changed, and begins again.  In a memory of a few frames others can
 * take away each page before it is used; so often, then the fault gives up. */
#define ATTEMPTS_MAX 100

/* Every fault that was served, or ended in a signal, is counted here and nowhere else. */
static void fault_count(const FaultContext *f) {
    Counters *counters = counters_of(f);
    counters->pgfault++;
    switch (f->kind) {
    case FAULT_SEGV:
    case FAULT_PROTECTION:
    case FAULT_BEYOND_END:
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
    case FAULT_COPY:
        counters->cow_copies++;
        break;
    case FAULT_REUSE:
        counters->pgreuse++;
        break;
    case FAULT_CACHED:
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

/* ---- mapping ------------------------------------------------------------------------------ */

Pte fault_bits(const FaultContext *f, Pfn pfn) {
    Pte bits = page_rights(f->m, f->vma, pfn) | PTE_ACCESSED;
    bits |= page_exclusive(f->m, pfn) ? PTE_EXCLUSIVE : PTE_NONE;
    bool learns = frame_at(f->m, pfn)->kind == PAGE_FILE; /* of the write, which makes it dirty */
    if (f->access == ACCESS_READ) {
        bool back = pte_swapped(f->seen); /* where a write has to ask for the page once more */
        return back && !f->m->config.profile->swap_in_maps_writable ? bits & ~PTE_WRITABLE : bits;
    }
    bits |= learns && (f->vma->flags & VMA_SHARED) ? prot_bits(f->vma->prot) : PTE_NONE;
    return (bits & PTE_WRITABLE) ? bits | PTE_DIRTY : bits;
}

void fault_map_new(FaultContext *f, Pfn pfn, PageKind kind) {
    Memory *m = f->m;
    if (kind == PAGE_ANONYMOUS && f->vma->anon_vma == 0) {
        vma_prepare_anon(&f->space->vmas, f->vma);
    }
    flight_end(&m->flights, &m->frames, pfn);
    working_set_hold_maximum(m, f->space);
    frame_occupy(&m->frames, pfn, page_key(f->space->asid, f->vpn), kind, false);
    m->swap_copies += frame_slot_idle(m, frame_at(m, pfn));
    page_enter(m, f->space, f->vpn, f->pte, pfn, 0);
    *f->pte |= fault_bits(f, pfn);
    page_settle_in(m, pfn);
    f->pfn = pfn;
}

void fault_map_cached(FaultContext *f, Pfn pfn) {
    Memory *m = f->m;
    const Frame *frame = frame_at(m, pfn);
    if (frame->state == FRAME_DEACTIVATED) {
        page_wake(m, pfn); /* while it is still the page of the policy that did it */
    }
    page_enter(m, f->space, f->vpn, f->pte, pfn, 0);
    *f->pte |= fault_bits(f, pfn);
    if (frame->state != FRAME_RESIDENT) {
        page_wake(m, pfn);
    }
    f->pfn = pfn;
}

/* ---- the kinds of faults ------------------------------------------------------------------ */

/* A page of the file that the mapping has for itself. */
static Outcome file_in(FaultContext *f) {
    Memory *m = f->m;
    FrameGrant grant;
    Tick done;
    Outcome outcome = fault_start_read(f, &grant, &done);
    if (outcome != OUTCOME_OK || grant.pfn == PFN_NONE) {
        return outcome;
    }
    if (!fault_wait(f, grant.pfn, done) || m->files.files[f->vma->file].asid != 0) {
        return fault_give_up_frame(f, &grant);
    }
    fault_note_read(f, FAULT_FILE_IN);
    uint64_t page = f->vma->file_page + (f->vpn - f->vma->first);
    file_read(&m->files, f->vma->file, page, &frame_at(m, grant.pfn)->contents);
    counters_of(f)->filein++;
    fault_map_new(f, grant.pfn, PAGE_FILE);
    emit(m, EVENT_file_in, f->space, (Event){.va = f->va, .frame = grant.pfn, .a = page});
    return OUTCOME_OK;
}

/* Nothing is known of the page yet. */
static Outcome first_touch(FaultContext *f) {
    if (f->vma->kind == VMA_FILE) {
        return f->m->files.files[f->vma->file].asid != 0 ? fault_object(f) : file_in(f);
    }
    return fault_anonymous(f);
}

/* The entry is present, yet the access failed: a write that needs a page of its own first, or
 * another thread was here before us. */
static Outcome present_fault(FaultContext *f) {
    if (f->access == ACCESS_READ || (*f->pte & PTE_WRITABLE)) {
        f->kind = FAULT_CACHED;
        f->pfn = pte_number(*f->pte);
        charge_minor(f);
        return OUTCOME_OK;
    }
    if (huge_page_at(f->space, f->vpn) && fault_huge_protected(f)) {
        return OUTCOME_OK;
    }
    return pte_zero_page(*f->pte) ? fault_demand_zero(f) : fault_write_protected(f);
}

/* ---- the story ---------------------------------------------------------------------------- */

/* The page's entry, in a new table if need be.  NULL: the kernel has no room for more tables. */
static Pte *entry_make(const FaultContext *f) {
    PageTable *pt = &f->space->page_table;
    Pte *there = page_table_find(pt, f->vpn);
    return there != NULL || tables_are_full(f->m) ? there : page_table_make(pt, f->vpn);
}

/* An access that the tables could not translate; the mapping allows it. */
static Outcome fault_serve(FaultContext *f) {
    if (huge_page_wanted(f->m, f->vma, f->vpn) && fault_huge(f)) {
        return OUTCOME_OK;
    }
    f->pte = entry_make(f);
    if (f->pte == NULL) {
        return OUTCOME_OUT_OF_MEMORY;
    }
    f->seen = *f->pte;
    if (pte_present(*f->pte)) {
        return present_fault(f);
    }
    if (pte_transit(*f->pte)) {
        return fault_soft(f);
    }
    return pte_swapped(*f->pte) ? fault_swap_in(f) : first_touch(f);
}

/* The mapping goes on where its file has ended.  All tables but the last are there afterwards, and a
 * private mapping has got its group of pages, though it gets no page. */
static Outcome fault_beyond_end(FaultContext *f) {
    PageTable *pt = &f->space->page_table;
    unsigned leaf = pt->arena->geometry->levels - 1;
    bool there = leaf == 0 || page_table_depth(pt, f->vpn) >= leaf - 1;
    if (!there && (tables_are_full(f->m) || !page_table_make_to(pt, f->vpn, leaf - 1))) {
        return OUTCOME_OUT_OF_MEMORY;
    }
    if (f->access == ACCESS_WRITE && !(f->vma->flags & VMA_SHARED)) {
        vma_prepare_anon(&f->space->vmas, f->vma);
    }
    fault_map_around(f);
    return fault_signal(f, FAULT_BEYOND_END, OUTCOME_SIGBUS);
}

static Outcome fault_attempt(FaultContext *f) {
    Memory *m = f->m;
    f->again = false;
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
    if (object_ends_before(f->m, f->vma, f->vpn)) {
        return fault_beyond_end(f);
    }
    transit_settle(m);
    if (!f->announced) {
        f->announced = true;
        policy_fault(m, f->space, f->vpn);
    }
    return fault_serve(f);
}

/* A write to a page that came from swap or a file may need a copy of it on top: the same fault. */
static Outcome fault_finish(FaultContext *f) {
    for (; f->attempts < ATTEMPTS_MAX; f->attempts++) {
        Outcome outcome = fault_attempt(f);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        if (f->read) {
            f->kind = f->read_kind;
        }
        if (!f->again && (f->access == ACCESS_READ || (*f->pte & PTE_WRITABLE))) {
            return OUTCOME_OK;
        }
    }
    return OUTCOME_OUT_OF_MEMORY;
}

/* Another thread is bringing the page in: wait for it, and look again.  Not counted as a fault of
 * that page's kind, because the page came without it. */
static Outcome fault_join(FaultContext *f, const SpaceThread *other) {
    f->kind = FAULT_SOFT;
    charge_fault(f->m, f->space, f->m->config.costs.soft_fault_ns);
    f->m->env.wait(f->m->env.host, other->until);
    return OUTCOME_OK;
}

/* `serve` it; until that is over, the page is this thread's to bring in. */
static Outcome fault_lead(FaultContext *f, Outcome (*serve)(FaultContext *f)) {
    SpaceThread *thread = f->space->thread;
    *thread = (SpaceThread){true, f->vpn, f->m->clock->now, thread->next};
    Outcome outcome = serve(f);
    thread->faulting = false;
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
    step_count(m); /* an access that fails makes no reference */
    const SpaceThread *other = space_thread_faulting(space, f.vpn);
    Outcome outcome = other != NULL ? fault_join(&f, other) : fault_lead(&f, fault_finish);
    if (outcome != OUTCOME_OUT_OF_MEMORY) {
        fault_count(&f);
    }
    memory_tell_cpus(m, space->counters);
    emit(m, EVENT_fault, space,
         (Event){.va = va,
                 .frame = f.pfn,
                 .a = outcome == OUTCOME_OUT_OF_MEMORY ? FAULT_OUT_OF_MEMORY : f.kind,
                 .b = m->clock->now - begun,
                 .access = access,
                 .pages = f.pages});
    return outcome;
}

/* A page of the mapping's own file, whose entry is empty. */
static Outcome file_prefetch(FaultContext *f) {
    f->pte = entry_make(f);
    if (f->pte == NULL) {
        return OUTCOME_OUT_OF_MEMORY;
    }
    f->m->prefetching = true;
    Outcome outcome = file_in(f);
    f->m->prefetching = false;
    return outcome;
}

Outcome fault_prefetch(Memory *m, AddressSpace *space, Vpn vpn) {
    FaultContext f = {.m = m,
                      .space = space,
                      .vma = vma_find(&space->vmas, vpn),
                      .va = vpn << page_shift(m),
                      .vpn = vpn,
                      .access = ACCESS_READ};
    if (f.vma == NULL || space_thread_faulting(space, vpn) != NULL) {
        return OUTCOME_OK;
    }
    f.pte = page_table_find(&space->page_table, vpn);
    if (f.pte != NULL && pte_swapped(*f.pte)) {
        swap_ahead_slot(m, space, page_key(space->asid, vpn), pte_number(*f.pte));
    }
    bool empty = f.pte == NULL || *f.pte == PTE_NONE;
    return empty && has_own_file(m, f.vma) ? fault_lead(&f, file_prefetch) : OUTCOME_OK;
}
