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

#include "kernel/group.h"
#include "kernel/page.h"
#include "kernel/page_daemon.h"
#include "kernel/trim.h"

void transit_settle(Memory *m) {
    flights_land(m);
    for (Pfn pfn; (pfn = transit_pop(&m->transit, m->clock->now)) != PFN_NONE;) {
        page_written(m, pfn);
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
static Pfn asked(Memory *m, uint64_t looks, Pfn pfn, AddressSpace *space) {
    m->beneficiary = NULL;
    looks = m->looks - looks;
    reclaim_charge(m, space, looks > 0 || pfn == PFN_NONE ? looks : 1);
    return pfn;
}

Pfn policy_ask(Memory *m, PolicyInstance *policy, PageKey incoming, AddressSpace *space) {
    uint64_t looks = m->looks;
    m->beneficiary = space;
    return asked(m, looks, m->config.policy->victim(policy->self, incoming), space);
}

Pfn policy_ask_more(Memory *m, PolicyInstance *policy, AddressSpace *space) {
    if (m->config.policy->more == NULL) {
        return PFN_NONE;
    }
    uint64_t looks = m->looks;
    m->beneficiary = space;
    return asked(m, looks, m->config.policy->more(policy->self), space);
}

Pfn reclaim_choose(Memory *m, PageKey incoming, AddressSpace *space) {
    bool per_process = (m->config.policy->needs & POLICY_PER_PROCESS) != 0;
    PolicyInstance *first = per_process ? NULL : space != NULL ? space->policy : &m->policy;
    Pfn pfn = first == NULL ? PFN_NONE : policy_ask(m, first, incoming, space);
    bool machine_asked = first == &m->policy;
    SpaceCursor cursor = SPACE_CURSOR_START;
    const AddressSpace *other;
    while (pfn == PFN_NONE && (other = space_next_largest(m, &cursor, first)) != NULL) {
        bool shared = other->policy == &m->policy;
        if (!shared || !machine_asked) {
            pfn = policy_ask(m, other->policy, incoming, space);
        }
        machine_asked = machine_asked || shared;
    }
    /* Pages of objects are the machine's, even if every process has a policy of its own. */
    return pfn != PFN_NONE || machine_asked ? pfn : policy_ask(m, &m->policy, incoming, space);
}

/* ---- one frame ------------------------------------------------------------------------------ */

/* The victim goes, and the rest of its batch if its policy frees more at a time: the device is done
 * with all of them at *written_at. */
static bool victim_evict(Memory *m, Pfn victim, AddressSpace *space, Tick *written_at) {
    if (victim == PFN_NONE) {
        return false;
    }
    PolicyInstance *policy = frame_policy(m, frame_at(m, victim));
    for (; victim != PFN_NONE; victim = policy_ask_more(m, policy, space)) {
        m->machine->pgsteal_direct++;
        *written_at = page_evict(m, victim);
    }
    return true;
}

/* When will the next frame be set free that a write or a fault holds now?  TICK_NEVER: none is
 * held; a time that is past: its process is ready and only has to run. */
static Tick next_release(Memory *m) {
    Tick written = transit_next(&m->transit), flown = flight_next(&m->flights);
    return written < flown ? written : flown;
}

/* False: that time will not come. */
static bool wait_for_release(Memory *m, AddressSpace *space, Tick next, FrameGrant *grant) {
    if (next == TICK_NEVER) {
        return false;
    }
    space->thread->until = next;
    m->env.wait(m->env.host, next);
    grant->waited = true;
    transit_settle(m);
    return true;
}

/* How many pages the space has, with those that are on their way to it. */
static uint64_t quota_used(const Memory *m, const AddressSpace *space) {
    return space->owned + flight_count(&m->flights, space->asid);
}

/* Has the space as many pages as it may?  Or its group? */
static bool quota_is_full(const Memory *m, const AddressSpace *space) {
    return (space->quota != UINT64_MAX && quota_used(m, space) >= space->quota) ||
           group_is_full(m, space);
}

/* A page of the space's own, or of its group. */
static Pfn victim_within_quota(Memory *m, AddressSpace *space, PageKey incoming) {
    PolicyInstance *group = group_policy(m, space);
    Pfn pfn = policy_ask(m, space->policy, incoming, space);
    return pfn != PFN_NONE || group == NULL ? pfn : policy_ask(m, group, incoming, space);
}

/* When somebody will be done with a frame that keeps the quota full. */
static Tick next_release_within_quota(Memory *m, const AddressSpace *space) {
    return space->group == 0 ? flight_next_of(&m->flights, space->asid) : next_release(m);
}

/* Nothing is waiting for the frame: the page leaves in its own time. */
static bool trim_one(Memory *m, AddressSpace *space) {
    Pfn pfn = m->config.policy->victim(space->policy->self, page_key(space->asid, 0));
    if (pfn == PFN_NONE) {
        return false;
    }
    page_send_out(m, pfn, UNLOAD_EVICTED);
    return true;
}

void space_set_quota(Memory *m, AddressSpace *space, uint64_t quota) {
    space->quota = quota;
    while (quota_used(m, space) > quota && trim_one(m, space)) {
    }
}

void quota_hold(Memory *m, AddressSpace *space, Vpn incoming) {
    PageKey page = page_key(space->asid, incoming);
    Tick written_at;
    while (quota_is_full(m, space) &&
           victim_evict(m, victim_within_quota(m, space, page), space, &written_at)) {
    }
}

/* A process that has its share replaces pages of its own.  False: none can go. */
static bool quota_make_room(Memory *m, AddressSpace *space, PageKey incoming, FrameGrant *grant) {
    while (quota_is_full(m, space)) {
        Pfn victim = victim_within_quota(m, space, incoming);
        Tick next = next_release_within_quota(m, space);
        if (!victim_evict(m, victim, space, &grant->ready_at) &&
            !wait_for_release(m, space, next, grant)) {
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
static bool frame_free(Memory *m, AddressSpace *space, PageKey incoming, FrameGrant *grant) {
    Tick *written_at = &grant->ready_at;
    bool freed = victim_evict(m, reclaim_choose(m, incoming, space), space, written_at);
    if (!freed && m->guaranteed > 0 && transit_next(&m->transit) == TICK_NEVER) {
        m->emergency = true;
        freed = victim_evict(m, reclaim_choose(m, incoming, space), space, written_at);
        m->emergency = false;
    }
    return freed || wait_for_release(m, space, next_release(m), grant);
}

Outcome frame_get(Memory *m, AddressSpace *space, Vpn incoming, bool want_zeroed,
                  FrameGrant *grant) {
    PageKey page = page_key(space->asid, incoming);
    *grant = (FrameGrant){.pfn = PFN_NONE, .ready_at = m->clock->now};
    transit_settle(m);
    if (!quota_make_room(m, space, page, grant)) {
        return OUTCOME_OUT_OF_MEMORY;
    }
    working_set_make_room(m, space);
    bool stalled = reclaim_below_min(m, space, page);
    while (!frame_find(m, want_zeroed, grant)) {
        stalled = true;
        if (!frame_free(m, space, page, grant) || !quota_make_room(m, space, page, grant)) {
            return OUTCOME_OUT_OF_MEMORY;
        }
    }
    flight_begin(&m->flights, &m->frames,
                 (Flight){grant->pfn, space->asid, space->thread, grant->ready_at});
    group_note_grant(m, space);
    space->thread->until = grant->ready_at;
    m->machine->allocstall += stalled;
    page_daemon_notice(m);
    return OUTCOME_OK;
}

bool frame_get_now(Memory *m, AddressSpace *space, PageKey incoming, FrameGrant *grant) {
    *grant = (FrameGrant){.pfn = PFN_NONE, .ready_at = m->clock->now};
    if (quota_is_full(m, space) &&
        !victim_evict(m, victim_within_quota(m, space, incoming), space, &grant->ready_at)) {
        return false;
    }
    return frame_find(m, false, grant) ||
           (victim_evict(m, reclaim_choose(m, incoming, space), space, &grant->ready_at) &&
            frame_find(m, false, grant));
}
