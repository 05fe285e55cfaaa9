/* fault_wait.c - a fault that waits, for a frame, for the device or for another fault, and what it
 * finds then.
 *
 * Whoever waits lets others run.  So each wait ends with the same question: does the fault still
 * stand?  That is: the mapping is there and allows the access, and the entry says what it said when
 * the attempt began.  If not, the frame that was granted is given up, and the fault begins again.
 */
#include "kernel/fault_private.h"

static bool fault_stands(FaultContext *f) {
    f->vma = vma_find(&f->space->vmas, f->vpn);
    f->pte = page_table_find(&f->space->page_table, f->vpn);
    return f->vma != NULL && access_allowed(f->vma, f->access) && f->pte != NULL &&
           *f->pte == f->seen;
}

Outcome fault_give_up_frame(FaultContext *f, FrameGrant *grant) {
    flight_end(&f->m->flights, &f->m->frames, grant->pfn);
    frame_release(&f->m->frames, grant->pfn);
    grant->pfn = PFN_NONE;
    f->again = true;
    return OUTCOME_OK;
}

bool fault_wait(FaultContext *f, Pfn held, Tick until) {
    if (held != PFN_NONE) {
        flight_of(&f->m->flights, frame_at(f->m, held))->until = until;
    }
    f->space->thread->until = until;
    if (until <= f->m->clock->now) {
        return true;
    }
    f->m->env.wait(f->m->env.host, until);
    return fault_stands(f);
}

Outcome fault_wait_for_other(FaultContext *f, Pfn filled) {
    Tick until = flight_of(&f->m->flights, frame_at(f->m, filled))->until;
    f->space->thread->until = until;
    f->m->env.wait(f->m->env.host, until); /* if it is past, the other has only to run */
    f->again = true;
    return OUTCOME_OK;
}

/* A frame, given up again if the fault does not stand once it is there. */
static Outcome frame_for_fault(FaultContext *f, bool want_zeroed, FrameGrant *grant) {
    Outcome outcome = frame_get(f->m, f->space, f->vpn, want_zeroed, grant);
    bool moot = outcome == OUTCOME_OK && grant->waited && !fault_stands(f);
    return moot ? fault_give_up_frame(f, grant) : outcome;
}

Outcome fault_take_frame(FaultContext *f, bool want_zeroed, FrameGrant *grant) {
    Outcome outcome = frame_for_fault(f, want_zeroed, grant);
    if (outcome != OUTCOME_OK || grant->pfn == PFN_NONE) {
        return outcome;
    }
    bool stands = fault_wait(f, grant->pfn, grant->ready_at);
    return stands ? OUTCOME_OK : fault_give_up_frame(f, grant);
}

/* The device serves in order, so the read comes after the write of what was in the frame. */
Outcome fault_start_read(FaultContext *f, FrameGrant *grant, Tick *done) {
    Memory *m = f->m;
    charge_fault(m, f->space, m->config.costs.major_fault_ns);
    Outcome outcome = frame_for_fault(f, false, grant);
    if (outcome == OUTCOME_OK && grant->pfn != PFN_NONE) {
        *done = device_submit(&m->device, m->clock->now, ACCESS_READ, m->machine);
    }
    return outcome;
}
