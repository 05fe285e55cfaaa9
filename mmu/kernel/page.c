/* page.c - mapping and unmapping pages: see page.h. */
#include "kernel/page.h"

#include <assert.h>
#include <stdlib.h>

#include "kernel/folio.h"
#include "kernel/group.h"
#include "kernel/huge_page.h"
#include "kernel/object.h"
#include "kernel/reclaim.h"
#include "kernel/trim.h"

Pte *mapper_entry(const Memory *m, PageKey mapper) {
    return page_table_find(&m->spaces[page_key_asid(mapper)]->page_table, page_key_vpn(mapper));
}

AddressSpace *frame_payer(const Memory *m, Pfn pfn, VAddr *va) {
    const Frame *frame = &m->frames.frames[pfn];
    PageKey name = frame->owner;
    if (frame->of_object) {
        RmapCursor c = rmap_begin(frame);
        name = rmap_next(&m->rmap, frame, &c) ? c.mapper : name;
    }
    *va = page_key_vpn(name) << page_shift(m);
    return m->spaces[page_key_asid(name)];
}

Counters *frame_counters(const Memory *m, Pfn pfn) {
    VAddr va;
    AddressSpace *payer = frame_payer(m, pfn, &va);
    return payer == NULL ? m->machine : payer->counters;
}

/* ---- entries ------------------------------------------------------------------------------ */

static void count_resident(AddressSpace *space, PageKind kind, int64_t change) {
    space->rss += (uint64_t)change;
    *(kind == PAGE_FILE    ? &space->file
      : kind == PAGE_SHMEM ? &space->shmem
                           : &space->anon) += (uint64_t)change;
    if (space->rss > space->peak_rss) {
        space->peak_rss = space->rss;
    }
}

/* ---- names, and the policies that know the pages by them ----------------------------------- */

static void count_owned(Memory *m, PageKey name, int64_t change) {
    AddressSpace *space = m->spaces[page_key_asid(name)];
    if (space != NULL) {
        space->owned += (uint64_t)change;
        group_count_owned(m, space, change);
    }
}

/* A space holds more pages than it may while none of them can go (there is no swap, say): its
 * policy learns of it before the page comes, and has that much room from now on. */
static void policy_make_room(PolicyInstance *policy, uint64_t pages) {
    if (pages > policy->env.capacity) {
        policy->env.capacity = (uint32_t)pages;
    }
}

void page_settle_in(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    AddressSpace *owner = frame_space(m, frame);
    PolicyInstance *policy = frame_policy(m, frame);
    if (owner != NULL) {
        quota_hold(m, owner, page_key_vpn(frame->owner));
        working_set_hold_maximum(m, owner);
    }
    count_owned(m, frame->owner, 1);
    if (owner != NULL && policy != &m->policy) {
        policy_make_room(policy, owner->owned);
    }
    m->config.policy->loaded(policy->self, pfn, frame->owner);
}

static void settle_out(Memory *m, Pfn pfn, PolicyInstance *policy, PageKey name,
                       UnloadReason reason) {
    count_owned(m, name, -1);
    /* A slot's number will be another page's: no ghost may bear it. */
    reason = page_key_asid(name) == 0 ? UNLOAD_REMOVED : reason;
    m->config.policy->unloaded(policy->self, pfn, name, reason);
}

/* What kept the page of an unmapped frame in memory lets go of it. */
static void frame_take_back(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    if (frame->state == FRAME_TRANSIT) {
        transit_void(&m->transit, frame->transit);
    } else if (frame->state == FRAME_TRIMMED) {
        page_lists_remove(&m->lists, pfn);
    }
    for (RmapCursor c = rmap_begin(frame);
         frame->state == FRAME_DEACTIVATED && rmap_next(&m->rmap, frame, &c);) {
        m->spaces[page_key_asid(c.mapper)]->deactivated--;
    }
}

void page_renamed(Memory *m, Pfn pfn, PolicyInstance *before, PageKey old_name) {
    const Frame *frame = frame_at(m, pfn);
    const PolicyOps *ops = m->config.policy;
    PolicyInstance *now = frame_policy(m, frame);
    if (!frame_is_held_by_policy(frame)) {
        return;
    }
    if (now != before) {
        settle_out(m, pfn, before, old_name, UNLOAD_REMOVED);
        if (frame->state == FRAME_DEACTIVATED) { /* the other policy never did that */
            frame_take_back(m, pfn);
            frame_set_resident(&m->frames, pfn);
            m->swap_copies += frame_slot_idle(m, frame);
        }
        page_settle_in(m, pfn);
        return;
    }
    count_owned(m, old_name, -1);
    count_owned(m, frame->owner, 1);
    if (ops->renamed != NULL) {
        ops->renamed(now->self, pfn, frame->owner);
    }
}

void page_enter(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte, Pfn pfn, Pte bits) {
    Frame *frame = frame_at(m, pfn);
    Pte before = *pte;
    PageKey mapper = page_key(space->asid, vpn);
    if (!pte_transit(before)) {
        PageKey old_name = frame->owner;
        PolicyInstance *old_policy = frame_policy(m, frame);
        if (!rmap_add(&m->rmap, frame, mapper)) {
            abort();
        }
        if (frame->owner != old_name) {
            page_renamed(m, pfn, old_policy, old_name);
        }
    }
    *pte = pte_make(pfn, bits);
    count_resident(space, frame->kind, 1);
    if (pte_swapped(before)) {
        space->swap--;
        slot_release(m, pte_number(before));
    }
}

/* A page of the swap cache that nobody maps goes by its slot's number, with the ASID of nobody. */
static PageKey slot_name(const Frame *frame) { return page_key(0, frame->slot - 1); }

void page_land(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    flight_end(&m->flights, &m->frames, pfn);
    bool wanted =
        frame->of_object || (frame->slot != SLOT_NONE && m->swap.references[frame->slot - 1] > 0);
    if (!wanted) {
        frame_forget(m, pfn);
        return;
    }
    PageKey name = frame->of_object ? frame->owner : slot_name(frame);
    frame_occupy(&m->frames, pfn, name, frame->kind, frame->of_object);
    m->swap_copies += frame_slot_idle(m, frame);
    page_settle_in(m, pfn);
}

void flights_land(Memory *m) {
    for (uint32_t i = 0; m->flights.unattended > 0 && i < m->flights.count;) {
        const Flight *flight = &m->flights.list[i];
        if (flight->thread == NULL && flight->until <= m->clock->now) {
            page_land(m, flight->pfn);
        } else {
            i++;
        }
    }
}

void flight_cancel(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    flight_end(&m->flights, &m->frames, pfn);
    if (frame->of_object) {
        bool slot = frame->slot != SLOT_NONE;
        object_page_left(m, frame, slot ? pte_make(frame->slot - 1, PTE_KIND_SWAPPED) : PTE_NONE);
    }
    frame_forget(m, pfn);
}

void page_wake(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    bool deactivated = frame->state == FRAME_DEACTIVATED;
    frame_take_back(m, pfn);
    frame_set_resident(&m->frames, pfn);
    m->swap_copies += frame_slot_idle(m, frame);
    if (deactivated) {
        m->config.policy->reactivated(frame_policy(m, frame)->self, pfn);
    } else {
        page_settle_in(m, pfn);
    }
}

void page_map_zero(const Memory *m, Pte *pte, const Vma *vma) {
    *pte = pte_make(m->zero_frame,
                    (prot_bits(vma->prot) & ~PTE_WRITABLE) | PTE_ACCESSED | PTE_ZERO_PAGE);
}

void page_moved(Memory *m, AddressSpace *space, Pfn pfn, Vpn from, Vpn to) {
    Frame *frame = frame_at(m, pfn);
    PageKey old_name = frame->owner;
    if (rmap_rename(&m->rmap, frame, page_key(space->asid, from), page_key(space->asid, to))) {
        page_renamed(m, pfn, space->policy, old_name);
    }
}

/* ---- unmapping ---------------------------------------------------------------------------- */

/* One entry that leads to a page becomes `after`; the mapper stays in the reverse map. */
static void entry_leave(Memory *m, Pfn pfn, PageKey mapper, Pte after) {
    Frame *frame = frame_at(m, pfn);
    AddressSpace *space = m->spaces[page_key_asid(mapper)];
    huge_page_split(m, space, page_key_vpn(mapper));
    Pte *pte = mapper_entry(m, mapper), before = *pte;
    *pte = after;
    if (pte_present(before)) {
        tlb_shootdown(m, space, page_key_vpn(mapper));
        count_resident(space, frame->kind, -1);
        frame->dirty = frame->dirty || (before & PTE_DIRTY);
    }
    if (frame->state == FRAME_DEACTIVATED) {
        space->deactivated--;
    }
    if (pte_swapped(after)) {
        swap_refer(&m->swap, pte_number(after));
        space->swap++;
    }
}

static void entries_leave(Memory *m, Pfn pfn, Pte after) {
    Frame *frame = frame_at(m, pfn);
    Pte entry = frame->of_object && !pte_transit(after) ? PTE_NONE : after;
    for (RmapCursor c = rmap_begin(frame); rmap_next(&m->rmap, frame, &c);) {
        entry_leave(m, pfn, c.mapper, entry);
    }
    if (!pte_transit(after)) {
        rmap_drop(&m->rmap, frame);
        if (frame->of_object) {
            object_page_left(m, frame, after);
        }
    }
}

void page_leave(Memory *m, Pfn pfn, Pte after, UnloadReason reason) {
    const Frame *frame = frame_at(m, pfn);
    PageKey name = frame->owner;
    PolicyInstance *policy = frame_policy(m, frame);
    m->swap_copies -= frame_slot_idle(m, frame);
    entries_leave(m, pfn, after);
    settle_out(m, pfn, policy, name, reason);
}

void page_gone(Memory *m, Pfn pfn, Pte after) { entries_leave(m, pfn, after); }

void page_deactivate(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    folio_break(m, pfn);
    m->swap_copies -= frame_slot_idle(m, frame);
    entries_leave(m, pfn, pte_make(pfn, PTE_KIND_TRANSIT));
    frame_set_deactivated(&m->frames, pfn);
    for (RmapCursor c = rmap_begin(frame); rmap_next(&m->rmap, frame, &c);) {
        m->spaces[page_key_asid(c.mapper)]->deactivated++;
    }
}

void frame_detach(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    if (frame->slot != SLOT_NONE) {
        swap_uncache(&m->swap, frame->slot - 1);
        frame->slot = SLOT_NONE;
    }
}

void frame_forget(Memory *m, Pfn pfn) {
    frame_detach(m, pfn);
    frame_release(&m->frames, pfn);
}

/* One of several mappers goes, or the last of a page that stays in memory without any. */
static void page_unmap(Memory *m, AddressSpace *space, Vpn vpn, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    PageKey mapper = page_key(space->asid, vpn), old_name = frame->owner;
    PolicyInstance *policy = frame_policy(m, frame);
    entry_leave(m, pfn, mapper, PTE_NONE);
    bool renamed = rmap_remove(&m->rmap, frame, mapper);
    if (frame->mapcount == 0 && !frame->of_object) {
        frame->owner = slot_name(frame);
        renamed = true;
    }
    if (renamed) {
        page_renamed(m, pfn, policy, old_name);
    }
}

void page_die(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    if (frame->state == FRAME_HELD) {
        frame->of_object = false; /* it is being read for nobody: whoever waits lets it go */
        return;
    }
    if (frame_is_held_by_policy(frame)) {
        page_leave(m, pfn, PTE_NONE, UNLOAD_REMOVED);
    } else {
        frame_take_back(m, pfn);
        page_gone(m, pfn, PTE_NONE);
    }
    frame_forget(m, pfn);
}

/* Others may want the page when this mapper is gone. */
static bool page_outlives(const Memory *m, const Frame *frame) {
    return frame->of_object || frame->mapcount > 1 ||
           (frame->slot != SLOT_NONE && m->swap.references[frame->slot - 1] > 0);
}

void page_discard(Memory *m, AddressSpace *space, Vpn vpn, Pte *pte) {
    Pte entry = *pte;
    if (pte_zero_page(entry)) {
        *pte = PTE_NONE;
        tlb_shootdown(m, space, vpn);
    } else if (pte_present(entry) || pte_transit(entry)) {
        Pfn pfn = pte_number(entry);
        if (page_outlives(m, frame_at(m, pfn))) {
            page_unmap(m, space, vpn, pfn);
        } else {
            page_die(m, pfn);
        }
    } else if (pte_swapped(entry)) {
        *pte = PTE_NONE;
        space->swap--;
        slot_release(m, pte_number(entry));
    }
}

void pages_discard(Memory *m, AddressSpace *space, Vpn first, Vpn end) {
    Vpn vpn = first;
    huge_page_split_edges(m, space, first, end);
    for (Pte *pte; (pte = page_table_next(&space->page_table, &vpn, end)) != NULL; vpn++) {
        step_count(m);
        if (huge_page_at(space, vpn)) {
            huge_page_discard(m, space, vpn);
            vpn += huge_page_pages(m) - 1;
        } else {
            page_discard(m, space, vpn, pte);
        }
    }
    policy_forget(m, space, first, end);
}
