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

/* One's own policy first, be it the machine's; then that of whoever holds the most. */
static bool reclaim_one(Memory *m, AddressSpace *space, PageKey incoming, Tick *written_at) {
    if (reclaim_from(m, space->policy, incoming, written_at)) {
        return true;
    }
    const AddressSpace *other = largest_space(m);
    return other != NULL && other->policy != space->policy &&
           reclaim_from(m, other->policy, incoming, written_at);
}

/* When will the next frame be set free that a write or a fault holds now?  TICK_NEVER: none is
 * held; a time that is past: its process is ready and only has to run. */
static Tick next_release(Memory *m) {
    Tick written = transit_next(&m->transit), flown = flight_next(&m->flights);
    return written < flown ? written : flown;
}

Outcome frame_get(Memory *m, AddressSpace *space, Vpn incoming, bool want_zeroed,
                  FrameGrant *grant) {
    PageKey page = page_key(space->asid, incoming);
    grant->ready_at = m->clock->now;
    grant->waited = false;
    for (;;) {
        transit_settle(m);
        if (space->rss + space->standby >= space->quota) {
            if (!reclaim_from(m, space->policy, page, &grant->ready_at)) {
                return OUTCOME_OUT_OF_MEMORY;
            }
            continue;
        }
        grant->pfn = frame_take(&m->frames, want_zeroed, &grant->zeroed);
        if (grant->pfn != PFN_NONE) {
            break;
        }
        if (!reclaim_one(m, space, page, &grant->ready_at)) {
            Tick next = next_release(m);
            if (next == TICK_NEVER) {
                return OUTCOME_OUT_OF_MEMORY;
            }
            m->env.wait(m->env.host, next);
            grant->waited = true;
        }
    }
    flight_begin(&m->flights, &m->frames, grant->pfn, space->asid, grant->ready_at);
    return OUTCOME_OK;
}

bool frame_get_now(Memory *m, AddressSpace *space, PageKey incoming, Pfn *pfn) {
    bool zeroed;
    Tick written_at = m->clock->now;
    *pfn = frame_take(&m->frames, false, &zeroed);
    if (*pfn == PFN_NONE && reclaim_one(m, space, incoming, &written_at)) {
        *pfn = frame_take(&m->frames, false, &zeroed);
    }
    return *pfn != PFN_NONE;
}
