/* check.c - the invariants of memory as a whole (docs/invariants.md), recomputed from nothing.
 *
 * Idea: walk every page table once and let each entry vote for the frame or slot that it names;
 * then every frame and slot must have exactly the votes that its state says.
 */
#include <stdlib.h>

#include "kernel/kernel.h"

typedef struct Census {
    uint64_t rss, anon, file, swap, standby;
} Census;

static const char *present_check(const Memory *m, const AddressSpace *space, Vpn vpn, Pte pte,
                                 Census *census) {
    if (pte_zero_page(pte)) {
        return (pte & PTE_WRITABLE) ? "the shared zero page is mapped writable" : NULL;
    }
    Pfn pfn = pte_number(pte);
    if (pfn >= m->frames.total) {
        return "an entry names a frame that does not exist";
    }
    const Frame *frame = &m->frames.frames[pfn];
    if (frame->state != FRAME_RESIDENT || frame->owner != page_key(space->asid, vpn)) {
        return "an entry and its frame's owner disagree";
    }
    census->rss++;
    *(frame->file ? &census->file : &census->anon) += 1;
    return NULL;
}

static const char *entry_check(const Memory *m, const AddressSpace *space, Vpn vpn, Pte pte,
                               Census *census) {
    uint32_t at = vma_lower_bound(&space->vmas, vpn);
    if (at == space->vmas.count || space->vmas.list[at].first > vpn) {
        return "an entry stands outside every mapping";
    }
    if (pte_present(pte)) {
        return present_check(m, space, vpn, pte, census);
    }
    if (pte & (PTE_ACCESSED | PTE_DIRTY)) {
        return "an entry that is not present has accessed or dirty set";
    }
    if (pte_transit(pte)) {
        const Frame *frame = &m->frames.frames[pte_number(pte)];
        bool unmapped = frame->state == FRAME_TRANSIT || frame->state == FRAME_STANDBY;
        census->standby += frame->state == FRAME_STANDBY;
        return unmapped && frame->owner == page_key(space->asid, vpn)
                   ? NULL
                   : "an entry in transit and its frame disagree";
    }
    census->swap++;
    return index_set_has(&m->swap.free, pte_number(pte)) ? "an entry names a free swap slot" : NULL;
}

const char *address_space_check(const Memory *m, const AddressSpace *space) {
    Census census = {0};
    const char *wrong = vma_list_check(&space->vmas);
    wrong = wrong != NULL ? wrong : page_table_check(&space->page_table);
    Vpn vpn = 0;
    Vpn end = UINT64_C(1) << (m->config.geometry.user_bits - page_shift(m));
    const Pte *pte;
    while (wrong == NULL && (pte = page_table_next(&space->page_table, &vpn, end)) != NULL) {
        wrong = entry_check(m, space, vpn++, *pte, &census);
    }
    if (wrong != NULL) {
        return wrong;
    }
    if (census.rss != space->rss || census.anon != space->anon || census.file != space->file ||
        census.swap != space->swap || census.standby != space->standby ||
        space->rss > space->peak_rss) {
        return "a space's rss, anon, file, swap or standby is not the sum over its entries";
    }
    uint64_t pages = 0;
    for (uint32_t at = 0; at < space->vmas.count; at++) {
        pages += space->vmas.list[at].end - space->vmas.list[at].first;
    }
    if (pages != space->vm_size || space->vm_size > space->peak_vm_size) {
        return "a space's vm_size is not the sum over its mappings";
    }
    if (space->policy != &m->policy && m->config.policy->check(space->policy->self) != NULL) {
        return m->config.policy->check(space->policy->self);
    }
    return mmu_check(&m->mmu, &space->page_table, space->asid);
}

/* Exactly one policy holds the frame, its owner's; else none may. */
static bool held_by_policy(const Memory *m, Pfn pfn) {
    const PolicyOps *ops = m->config.policy;
    const AddressSpace *owner = frame_space(m, &m->frames.frames[pfn]);
    bool by_machine = ops->holds(m->policy.self, pfn);
    if (owner == NULL || owner->policy == &m->policy) {
        return by_machine;
    }
    return !by_machine && ops->holds(owner->policy->self, pfn);
}

/* Every resident frame has its entry; the policy holds exactly the resident frames; slots that
 * resident frames keep are counted. */
static const char *frames_check(const Memory *m) {
    uint64_t copies = 0;
    for (Pfn pfn = 0; pfn < m->frames.total; pfn++) {
        const Frame *frame = &m->frames.frames[pfn];
        bool resident = frame->state == FRAME_RESIDENT;
        if (held_by_policy(m, pfn) != (resident || frame->state == FRAME_STANDBY)) {
            return "the policies' frames are not the resident and standby frames";
        }
        copies += resident && frame->slot != SLOT_NONE;
    }
    return copies == m->swap_copies ? NULL : "swap copies of resident pages are miscounted";
}

/* Used slots = pages only in swap + resident or in-transit pages that have one. */
static const char *slots_check(const Memory *m, uint64_t swapped) {
    uint64_t used = swapped;
    for (Pfn pfn = 0; pfn < m->frames.total; pfn++) {
        const Frame *frame = &m->frames.frames[pfn];
        bool has_page = frame->state == FRAME_RESIDENT || frame->state == FRAME_TRANSIT ||
                        frame->state == FRAME_STANDBY;
        used += has_page && frame->slot != SLOT_NONE;
    }
    return used == swap_used(&m->swap) ? NULL : "a swap slot belongs to no page, or to two";
}

static const char *threads_check(const AddressSpace *space) {
    uint64_t held = 0;
    for (const SpaceThread *thread = space->threads; thread != NULL; thread = thread->next) {
        held += thread->held_frame != PFN_NONE;
    }
    return held == space->held ? NULL : "a space's held frames are not those of its threads";
}

const char *memory_check(Memory *m) {
    uint64_t rss = 0, swapped = 0, held = 0;
    const char *wrong = frame_table_check(&m->frames);
    for (uint32_t asid = 1; wrong == NULL && asid < m->space_high; asid++) {
        const AddressSpace *space = m->spaces[asid];
        if (space != NULL) {
            wrong = address_space_check(m, space);
            rss += space->rss;
            swapped += space->swap;
            held += space->held;
            wrong = wrong != NULL ? wrong : threads_check(space);
        }
    }
    if (wrong == NULL && (rss != m->frames.resident || held != m->frames.held)) {
        wrong = "the spaces' resident or held pages are not the frames'";
    }
    wrong = wrong != NULL ? wrong : frames_check(m);
    wrong = wrong != NULL ? wrong : slots_check(m, swapped);
    wrong = wrong != NULL ? wrong : index_set_check(&m->swap.free);
    wrong = wrong != NULL ? wrong : table_arena_check(&m->tables);
    wrong = wrong != NULL ? wrong : tlb_check(&m->mmu.tlb);
    return wrong != NULL ? wrong : m->config.policy->check(m->policy.self);
}
