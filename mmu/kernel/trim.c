/* trim.c - see trim.h. */
#include "kernel/trim.h"

#include "kernel/mapping.h"
#include "kernel/page.h"
#include "kernel/reclaim.h"

bool memory_plentiful(const Memory *m) { return frames_available(m) > m->config.watermarks.high; }

/* How many pages the space has above what it has a right to; negative: below. */
static int64_t space_excess(const AddressSpace *space) {
    return (int64_t)space->owned - (int64_t)space->rss_min;
}

static bool owner_protected(const Memory *m, Pfn pfn) {
    const AddressSpace *owner = frame_space(m, &m->frames.frames[pfn]);
    return owner != NULL && owner != m->beneficiary && !m->emergency && space_excess(owner) <= 0;
}

bool page_may_go(Memory *m, Pfn pfn) {
    if (m->trimming) {
        const Frame *frame = frame_at(m, pfn);
        return frame_is_held_by_policy(frame) && frame->pins == 0 && !page_is_locked(m, pfn);
    }
    return page_can_leave(m, pfn) && !owner_protected(m, pfn);
}

/* ---- one working set -------------------------------------------------------------------- */

static bool at_maximum(const Memory *m, const AddressSpace *space) {
    uint64_t pages = space->owned + flight_count(&m->flights, space->asid);
    return pages >= space->rss_max || (pages >= space->rss_soft_max && !memory_plentiful(m));
}

static void working_set_trim(Memory *m, AddressSpace *space) {
    m->trimming = true;
    Pfn pfn = policy_ask(m, space->policy, page_key(0, 0), space);
    m->trimming = false;
    if (pfn != PFN_NONE) {
        page_trim(m, pfn);
    }
}

void working_set_make_room(Memory *m, AddressSpace *space) {
    if (at_maximum(m, space)) {
        working_set_trim(m, space);
    }
}

void working_set_hold_maximum(Memory *m, AddressSpace *space) {
    if (space->owned >= space->rss_max) {
        working_set_trim(m, space);
    }
}

/* ---- all of them: Windows' balance-set manager -------------------------------------------- */

/* Does (excess, asid) come after the cursor? */
static bool comes_after(SpaceCursor cursor, int64_t excess, Asid asid) {
    return excess < cursor.excess || (excess == cursor.excess && asid > cursor.asid);
}

AddressSpace *space_next_largest(const Memory *m, SpaceCursor *cursor, const PolicyInstance *but) {
    AddressSpace *next = NULL;
    for (uint32_t asid = 1; asid < m->space_high; asid++) {
        AddressSpace *space = m->spaces[asid];
        if (space != NULL && space->policy != but &&
            comes_after(*cursor, space_excess(space), (Asid)asid) &&
            (next == NULL || space_excess(space) > space_excess(next))) {
            next = space;
        }
    }
    if (next != NULL) {
        *cursor = (SpaceCursor){space_excess(next), next->asid};
    }
    return next;
}

/* The next page that a pass gives up.  A policy without passes of its own just chooses. */
static Pfn pass_next(Memory *m, AddressSpace *space, uint64_t *left) {
    const PolicyOps *ops = m->config.policy;
    uint64_t looks = m->looks;
    m->trimming = true;
    Pfn pfn = ops->trim != NULL ? ops->trim(space->policy->self, left)
                                : ops->victim(space->policy->self, page_key(0, 0));
    m->trimming = false;
    reclaim_charge(m, NULL, m->looks - looks);
    return pfn;
}

void balance_set_trim(Memory *m, uint64_t goal) {
    SpaceCursor cursor = SPACE_CURSOR_START;
    for (AddressSpace *space; (space = space_next_largest(m, &cursor, NULL)) != NULL;) {
        uint64_t left = space->owned;
        Pfn pfn;
        while (frames_coming(m) < goal && space_excess(space) > 0 &&
               (pfn = pass_next(m, space, &left)) != PFN_NONE) {
            page_trim(m, pfn);
        }
    }
}

/* ---- the lists as a source of frames ------------------------------------------------------- */

/* The oldest modified page for which there is a place. */
static Pfn modified_oldest(const Memory *m) {
    Pfn pfn = page_lists_oldest(&m->lists, LIST_MODIFIED);
    while (pfn != PFN_NONE && !page_can_be_written(m, pfn)) {
        pfn = page_lists_newer(&m->lists, pfn);
    }
    return pfn;
}

Pfn trimmed_frame_take(Memory *m, Tick *ready_at) {
    Pfn pfn = page_lists_oldest(&m->lists, LIST_STANDBY);
    if (pfn != PFN_NONE) {
        m->machine->standby_reuse++;
    } else {
        pfn = modified_oldest(m);
    }
    if (pfn != PFN_NONE) {
        *ready_at = page_repurpose(m, pfn);
    }
    return pfn;
}

const char *trim_check(Memory *m) {
    const char *wrong = page_lists_check(&m->lists);
    uint64_t listed = 0;
    for (PageListId list = LIST_MODIFIED; list <= LIST_STANDBY && wrong == NULL; list++) {
        Pfn pfn = page_lists_oldest(&m->lists, list);
        for (; pfn != PFN_NONE; pfn = page_lists_newer(&m->lists, pfn), listed++) {
            const Frame *frame = frame_at(m, pfn);
            if (frame->state != FRAME_TRIMMED || frame->dirty != (list == LIST_MODIFIED)) {
                return "a frame is on the wrong one of the modified and the standby list";
            }
        }
    }
    return wrong != NULL || listed == m->frames.trimmed
               ? wrong
               : "a trimmed frame is on neither the modified nor the standby list";
}
