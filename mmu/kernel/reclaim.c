/* reclaim.c - see reclaim.h.
 *
 *   at its limit?    -> one of its own pages goes first (trim.h; under local scope it is evicted)
 *   below min?       -> reclaim a batch, if there are watermarks
 *   free frame?      -> take it
 *   standby?         -> the oldest page there really leaves; then the oldest modified one, written
 *   a victim?        -> a policy chooses; unmap, TLB, write if dirty, free -> take it
 *   on its way?      -> wait for the device or for the process that holds it, try again
 *   else             -> out of memory
 *
 * Whose page goes: one's own policy is asked first, be it the machine's, then the others' own ones,
 * that of the space with the largest excess over its minimum first.  If every process has a
 * working set of its own (POLICY_PER_PROCESS), the largest excess comes first at once.
 * Nobody is asked for a page that its process has a right to (limits.rss_min), unless nothing else
 * is left: no victim, and no write under way that will free a frame.  That is the emergency.
 */
#include "kernel/reclaim.h"

#include <assert.h>

#include "kernel/page.h"
#include "kernel/page_daemon.h"
#include "kernel/trim.h"

void transit_settle(Memory *m) {
    for (Pfn pfn; (pfn = transit_pop(&m->transit, m->clock->now)) != PFN_NONE;) {
        Frame *frame = frame_at(m, pfn);
        if (frame->laundered) {
            page_laundered(m, pfn);
            continue;
        }
        AddressSpace *space = frame_space(m, frame);
        Pte *pte = frame_entry(m, pfn);
        *pte = PTE_NONE;
        if (frame->slot != SLOT_NONE) {
            *pte = pte_make(frame->slot - 1, PTE_KIND_SWAPPED);
            space->swap++;
        }
        frame_release(&m->frames, pfn);
    }
}

/* ---- whose page goes ------------------------------------------------------------------------ */

void reclaim_charge(Memory *m, AddressSpace *space, uint64_t pages) {
    Tick ns = pages * m->config.costs.page_scan_ns;
    if (space != NULL) {
        m->machine->pgscan_direct += pages;
        charge_fault(m, space, ns);
    } else {
        m->machine->pgscan_kswapd += pages;
        m->machine->reclaim_ns += ns;
        m->clock->now += ns;
    }
}

/* What was looked at: the pages whose referenced bit was read; at least the victim. */
Pfn policy_ask(Memory *m, PolicyInstance *policy, PageKey incoming, AddressSpace *space) {
    uint64_t looks = m->looks;
    m->beneficiary = space;
    Pfn pfn = m->config.policy->victim(policy->self, incoming);
    m->beneficiary = NULL;
    looks = m->looks - looks;
    reclaim_charge(m, space, looks > 0 || pfn == PFN_NONE ? looks : 1);
    return pfn;
}

Pfn reclaim_choose(Memory *m, PageKey incoming, AddressSpace *space) {
    bool per_process = (m->config.policy->needs & POLICY_PER_PROCESS) != 0;
    PolicyInstance *first = per_process ? NULL : space != NULL ? space->policy : &m->policy;
    Pfn pfn = first == NULL ? PFN_NONE : policy_ask(m, first, incoming, space);
    SpaceCursor cursor = SPACE_CURSOR_START;
    bool shared_asked = first == &m->policy;
    while (pfn == PFN_NONE) {
        const AddressSpace *other = space_next_largest(m, &cursor);
        if (other == NULL) {
            break;
        }
        bool shared = other->policy == &m->policy;
        if (other->policy != first && !(shared && shared_asked)) {
            pfn = policy_ask(m, other->policy, incoming, space);
            shared_asked = shared_asked || shared;
        }
    }
    return pfn;
}

/* ---- one frame ------------------------------------------------------------------------------ */

static bool victim_evict(Memory *m, Pfn victim, Tick *written_at) {
    if (victim == PFN_NONE) {
        return false;
    }
    m->machine->pgsteal_direct++;
    *written_at = page_evict(m, victim);
    return true;
}

/* When a thread of the space will be done with the frame that its fault holds. */
static Tick next_release_of(const AddressSpace *space) {
    Tick next = TICK_NEVER;
    for (const SpaceThread *thread = space->threads; thread != NULL; thread = thread->next) {
        if (thread->held_frame != PFN_NONE && thread->until < next) {
            next = thread->until;
        }
    }
    return next;
}

/* When will the next frame be set free that a write or a fault holds now?  TICK_NEVER: none is
 * held; a time that is past: its process is ready and only has to run. */
static Tick next_release(Memory *m) {
    Tick next = transit_next(&m->transit);
    for (uint32_t asid = 1; asid < m->space_high; asid++) {
        const AddressSpace *space = m->spaces[asid];
        Tick release = space == NULL || space->held == 0 ? TICK_NEVER : next_release_of(space);
        next = release < next ? release : next;
    }
    return next;
}

/* False: that time will not come. */
static bool wait_for_release(Memory *m, AddressSpace *space, Tick next) {
    if (next == TICK_NEVER) {
        return false;
    }
    space->thread->until = next;
    m->env.wait(m->env.host, next);
    transit_settle(m);
    return true;
}

/* Has the space its whole share, with the pages that its threads are bringing in? */
static bool quota_is_full(const AddressSpace *space) {
    return space->rss + space->deactivated + space->held >= space->quota;
}

/* A process that has its share replaces pages of its own.  False: none can go. */
static bool quota_make_room(Memory *m, AddressSpace *space, PageKey incoming, Tick *written_at) {
    while (quota_is_full(space)) {
        if (!victim_evict(m, policy_ask(m, space->policy, incoming, space), written_at) &&
            !wait_for_release(m, space, next_release_of(space))) {
            return false;
        }
    }
    return true;
}

/* A frame that nobody has in use. */
static bool frame_find(Memory *m, bool want_zeroed, FrameGrant *grant) {
    grant->pfn = frame_take(&m->frames, want_zeroed, &grant->zeroed);
    if (grant->pfn == PFN_NONE) {
        grant->zeroed = false;
        grant->pfn = trimmed_frame_take(m, &grant->ready_at);
    }
    return grant->pfn != PFN_NONE;
}

/* Free a frame that is in use, or wait until one may be free.  False: none will be. */
static bool frame_free(Memory *m, AddressSpace *space, PageKey incoming, Tick *written_at) {
    bool freed = victim_evict(m, reclaim_choose(m, incoming, space), written_at);
    if (!freed && m->guaranteed > 0 && transit_next(&m->transit) == TICK_NEVER) {
        m->emergency = true;
        freed = victim_evict(m, reclaim_choose(m, incoming, space), written_at);
        m->emergency = false;
    }
    return freed || wait_for_release(m, space, next_release(m));
}

Outcome frame_get(Memory *m, AddressSpace *space, Vpn incoming, bool want_zeroed,
                  FrameGrant *grant) {
    PageKey page = page_key(space->asid, incoming);
    grant->ready_at = m->clock->now;
    transit_settle(m);
    if (!quota_make_room(m, space, page, &grant->ready_at)) {
        return OUTCOME_OUT_OF_MEMORY;
    }
    working_set_make_room(m, space);
    bool stalled = reclaim_below_min(m, space, page);
    while (!frame_find(m, want_zeroed, grant)) {
        stalled = true;
        if (!frame_free(m, space, page, &grant->ready_at) ||
            !quota_make_room(m, space, page, &grant->ready_at)) {
            return OUTCOME_OUT_OF_MEMORY;
        }
    }
    space->held++;
    space->thread->held_frame = grant->pfn;
    space->thread->until = grant->ready_at;
    m->machine->allocstall += stalled;
    page_daemon_notice(m);
    return OUTCOME_OK;
}
