/* reclaim.c - see reclaim.h.
 *
 *   free frame?  -> take it
 *   a victim?    -> the policy chooses; unmap, TLB, write if dirty, free -> take it
 *   on its way?  -> wait for the device or for the process that holds it, try again
 *   else         -> out of memory
 */
#include "kernel/reclaim.h"

#include <assert.h>

#include "kernel/page.h"

/* Evict the page that a policy chooses.  False: it has none to give. */
static bool reclaim_from(Memory *m, PolicyInstance *policy, PageKey incoming, Tick *written_at) {
    Pfn pfn = m->config.policy->victim(policy->self, incoming);
    if (pfn == PFN_NONE) {
        return false;
    }
    *written_at = page_evict(m, pfn);
    return true;
}

/* The space with the most resident pages; of equals the one with the lowest ASID. */
static AddressSpace *largest_space(const Memory *m) {
    AddressSpace *largest = NULL;
    for (uint32_t asid = 1; asid < m->space_high; asid++) {
        AddressSpace *space = m->spaces[asid];
        if (space != NULL && (largest == NULL || space->rss > largest->rss)) {
            largest = space;
        }
    }
    return largest;
}

/* Whoever has anything to give: pages of objects are the machine's, and a space may have pages in
 * memory that it does not map (read ahead, or left by a fork). */
static bool reclaim_from_anyone(Memory *m, PageKey incoming, Tick *written_at) {
    bool reclaimed = reclaim_from(m, &m->policy, incoming, written_at);
    for (uint32_t asid = 1; !reclaimed && asid < m->space_high; asid++) {
        AddressSpace *space = m->spaces[asid];
        reclaimed = space != NULL && reclaim_from(m, space->policy, incoming, written_at);
    }
    return reclaimed;
}

/* One's own policy first, be it the machine's; then that of whoever maps the most. */
static bool reclaim_one(Memory *m, AddressSpace *space, PageKey incoming, Tick *written_at) {
    if (reclaim_from(m, space->policy, incoming, written_at)) {
        return true;
    }
    const AddressSpace *other = largest_space(m);
    if (other != NULL && other->policy != space->policy &&
        reclaim_from(m, other->policy, incoming, written_at)) {
        return true;
    }
    return space->policy != &m->policy && reclaim_from_anyone(m, incoming, written_at);
}

/* When will the next frame be set free that a write or a fault holds now?  TICK_NEVER: none is
 * held; a time that is past: its process is ready and only has to run. */
static Tick next_release(Memory *m) {
    Tick written = transit_next(&m->transit), flown = flight_next(&m->flights);
    return written < flown ? written : flown;
}

/* Has the space its whole share, with the pages that are on their way to it? */
static bool quota_is_full(const Memory *m, const AddressSpace *space) {
    return space->quota != UINT64_MAX &&
           space->owned + flight_count(&m->flights, space->asid) >= space->quota;
}

/* Wait until the next frame may be free.  False: that time will not come. */
static bool wait_for_release(Memory *m, FrameGrant *grant) {
    Tick next = next_release(m);
    if (next == TICK_NEVER) {
        return false;
    }
    m->env.wait(m->env.host, next);
    grant->waited = true;
    return true;
}

Outcome frame_get(Memory *m, AddressSpace *space, Vpn incoming, bool want_zeroed,
                  FrameGrant *grant) {
    PageKey page = page_key(space->asid, incoming);
    *grant = (FrameGrant){.pfn = PFN_NONE, .ready_at = m->clock->now};
    while (grant->pfn == PFN_NONE) {
        transit_settle(m);
        bool full = quota_is_full(m, space);
        if (!full) {
            grant->pfn = frame_take(&m->frames, want_zeroed, &grant->zeroed);
        }
        if (grant->pfn == PFN_NONE &&
            !(full ? reclaim_from(m, space->policy, page, &grant->ready_at)
                   : reclaim_one(m, space, page, &grant->ready_at)) &&
            !wait_for_release(m, grant)) {
            return OUTCOME_OUT_OF_MEMORY;
        }
    }
    flight_begin(&m->flights, &m->frames,
                 (Flight){grant->pfn, space->asid, .attended = true, .until = grant->ready_at});
    return OUTCOME_OK;
}

bool frame_get_now(Memory *m, AddressSpace *space, PageKey incoming, Pfn *pfn) {
    bool zeroed;
    Tick written_at = m->clock->now;
    if (quota_is_full(m, space) && !reclaim_from(m, space->policy, incoming, &written_at)) {
        return false;
    }
    *pfn = frame_take(&m->frames, false, &zeroed);
    if (*pfn == PFN_NONE && reclaim_one(m, space, incoming, &written_at)) {
        *pfn = frame_take(&m->frames, false, &zeroed);
    }
    return *pfn != PFN_NONE;
}
