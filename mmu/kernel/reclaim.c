/* reclaim.c - see reclaim.h.
 *
 *   free frame?  -> take it
 *   a victim?    -> the policy chooses; unmap, TLB, write if dirty, free -> take it
 *   on its way?  -> wait for the device or for the process that holds it, try again
 *   else         -> out of memory
 */
#include "kernel/reclaim.h"

#include <assert.h>

#include "kernel/group.h"
#include "kernel/page.h"

void transit_settle(Memory *m) {
    for (Pfn pfn; (pfn = transit_pop(&m->transit, m->clock->now)) != PFN_NONE;) {
        Frame *frame = frame_at(m, pfn);
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
    return true;
}

/* Has the space as many pages as it may, those counted that its threads are bringing in?  Or its
 * group? */
static bool quota_is_full(const Memory *m, const AddressSpace *space) {
    return space->rss + space->standby + space->held >= space->quota || group_is_full(m, space);
}

/* One page less, of the space's own or of its group. */
static bool reclaim_within_quota(Memory *m, AddressSpace *space, PageKey incoming,
                                 Tick *written_at) {
    PolicyInstance *group = group_policy(m, space);
    return reclaim_from(m, space->policy, incoming, written_at) ||
           (group != NULL && reclaim_from(m, group, incoming, written_at));
}

/* When somebody will be done with a frame that keeps the quota full. */
static Tick next_release_within_quota(Memory *m, const AddressSpace *space) {
    return space->group == 0 ? next_release_of(space) : next_release(m);
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
    while (space->rss + space->standby + space->held > quota && trim_one(m, space)) {
    }
}

void quota_make_room(Memory *m, AddressSpace *space, Vpn incoming) {
    Tick written_at;
    while (quota_is_full(m, space) &&
           reclaim_within_quota(m, space, page_key(space->asid, incoming), &written_at)) {
    }
}

Outcome frame_get(Memory *m, AddressSpace *space, Vpn incoming, bool want_zeroed,
                  FrameGrant *grant) {
    PageKey page = page_key(space->asid, incoming);
    grant->ready_at = m->clock->now;
    for (;;) {
        transit_settle(m);
        if (quota_is_full(m, space)) {
            if (!reclaim_within_quota(m, space, page, &grant->ready_at) &&
                !wait_for_release(m, space, next_release_within_quota(m, space))) {
                return OUTCOME_OUT_OF_MEMORY;
            }
            continue;
        }
        grant->pfn = frame_take(&m->frames, want_zeroed, &grant->zeroed);
        if (grant->pfn != PFN_NONE) {
            break;
        }
        if (!reclaim_one(m, space, page, &grant->ready_at) &&
            !wait_for_release(m, space, next_release(m))) {
            return OUTCOME_OUT_OF_MEMORY;
        }
    }
    space->held++;
    group_note_grant(m, space);
    space->thread->held_frame = grant->pfn;
    space->thread->until = grant->ready_at;
    return OUTCOME_OK;
}
