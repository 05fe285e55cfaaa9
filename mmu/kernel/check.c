/* check.c - the invariants of memory as a whole (docs/invariants.md), recomputed from nothing.
 *
 * Idea: walk every page table once and let each entry vote for the frame or slot that it names;
 * then every frame and slot must have exactly the votes that its state says.
 */
#include <stdlib.h>

#include "faultline/lazy.h"
#include "kernel/group.h"
#include "kernel/huge_page.h"
#include "kernel/kernel.h"
#include "kernel/object.h"
#include "kernel/page.h"
#include "kernel/trim.h"

typedef struct Census {
    uint64_t rss, anon, huge, file, shmem, swap, deactivated;
} Census;

/* What entries say, summed over all spaces and objects. */
typedef struct Votes {
    uint32_t *mappers; /* by frame: entries that lead there; lazy */
    uint32_t *cached;  /* by frame: objects that have it in their cache; lazy */
    uint32_t *slots;   /* by slot: entries that refer to it; lazy */
} Votes;

static bool votes_init(Votes *votes, const Memory *m) {
    votes->mappers = lazy_alloc(m->frames.total, sizeof(uint32_t));
    votes->cached = lazy_alloc(m->frames.total, sizeof(uint32_t));
    votes->slots = lazy_alloc(m->swap.total, sizeof(uint32_t));
    return votes->mappers != NULL && votes->cached != NULL && votes->slots != NULL;
}

static void votes_clear(Votes *votes, const Memory *m) {
    lazy_free(votes->mappers, m->frames.total, sizeof(uint32_t));
    lazy_free(votes->cached, m->frames.total, sizeof(uint32_t));
    lazy_free(votes->slots, m->swap.total, sizeof(uint32_t));
}

/* ---- entries of a space ------------------------------------------------------------------- */

static bool lists_mapper(const Memory *m, const Frame *frame, PageKey mapper) {
    for (RmapCursor c = rmap_begin(frame); rmap_next(&m->rmap, frame, &c);) {
        if (c.mapper == mapper) {
            return true;
        }
    }
    return false;
}

static const char *present_check(const Memory *m, const Vma *vma, Pte pte, Census *census) {
    if (pte_zero_page(pte)) {
        return (pte & PTE_WRITABLE) ? "the shared zero page is mapped writable" : NULL;
    }
    Pfn pfn = pte_number(pte);
    const Frame *frame = &m->frames.frames[pfn];
    if (frame->state != FRAME_RESIDENT) {
        return "a present entry leads to a frame without a resident page";
    }
    bool private = vma->kind == VMA_ANONYMOUS || !(vma->flags & VMA_SHARED);
    if (private && (pte & PTE_WRITABLE) && !(page_exclusive(m, pfn) && (pte & PTE_EXCLUSIVE))) {
        return "a shared page can be written through a private mapping";
    }
    if (frame->kind == PAGE_ANONYMOUS && vma->anon_vma == 0) {
        return "a mapping has an anonymous page, but never was given one";
    }
    census->rss++;
    *(frame->kind == PAGE_FILE    ? &census->file
      : frame->kind == PAGE_SHMEM ? &census->shmem
                                  : &census->anon) += 1;
    return NULL;
}

static const char *frame_entry_check(const Memory *m, PageKey mapper, const Vma *vma, Pte pte,
                                     Census *census, Votes *votes) {
    Pfn pfn = pte_number(pte);
    if (pfn >= m->frames.total) {
        return "an entry names a frame that does not exist";
    }
    const Frame *frame = &m->frames.frames[pfn];
    votes->mappers[pfn]++;
    if (!lists_mapper(m, frame, mapper)) {
        return "an entry leads to a frame whose reverse map does not know it";
    }
    if (pte_present(pte)) {
        return present_check(m, vma, pte, census);
    }
    census->deactivated += frame->state == FRAME_DEACTIVATED;
    return frame->state == FRAME_IDLE || frame->state == FRAME_HELD
               ? "an entry in transit and its frame disagree"
               : NULL;
}

static const char *entry_check(const Memory *m, const AddressSpace *space, Vpn vpn, Pte pte,
                               Census *census, Votes *votes) {
    uint32_t at = vma_lower_bound(&space->vmas, vpn);
    if (at == space->vmas.count || space->vmas.list[at].first > vpn) {
        return "an entry stands outside every mapping";
    }
    if (!pte_present(pte) && (pte & (PTE_ACCESSED | PTE_DIRTY))) {
        return "an entry that is not present has accessed or dirty set";
    }
    bool huge = huge_page_at(space, vpn);
    if (huge && !pages_fit_mapping(&space->vmas.list[at], vpn, huge_page_order(m))) {
        return "a huge entry maps more than one mapping has";
    }
    if (pte_zero_page(pte)) {
        return present_check(m, &space->vmas.list[at], pte, census);
    }
    census->huge += huge;
    if (pte_present(pte) || pte_transit(pte)) {
        return frame_entry_check(m, page_key(space->asid, vpn), &space->vmas.list[at], pte, census,
                                 votes);
    }
    census->swap++;
    votes->slots[pte_number(pte)]++;
    return NULL;
}

/* The sums over the mappings; and flags that go together. */
static const char *mappings_check(const AddressSpace *space) {
    uint64_t pages = 0, locked = 0, charged = 0;
    for (uint32_t at = 0; at < space->vmas.count; at++) {
        const Vma *vma = &space->vmas.list[at];
        uint64_t length = vma->end - vma->first;
        pages += length;
        locked += (vma->flags & VMA_LOCKED) ? length : 0;
        charged += (vma->flags & VMA_ACCOUNT) ? length : 0;
        if ((vma->flags & VMA_LOCK_FLAGS) == VMA_LOCK_ON_FAULT) {
            return "a mapping is locked on fault, but not locked";
        }
    }
    if (pages != space->vm_size || space->vm_size > space->peak_vm_size ||
        locked != space->locked || charged != space->committed) {
        return "a space's vm_size, locked or committed is not the sum over its mappings";
    }
    return NULL;
}

static const char *sums_check(const AddressSpace *space, const Census *census) {
    if (census->rss != space->rss || census->anon != space->anon || census->huge != space->huge ||
        census->file != space->file || census->shmem != space->shmem ||
        census->swap != space->swap || census->deactivated != space->deactivated ||
        space->rss > space->peak_rss) {
        return "a space's rss, anon, huge, file, shmem, swap or deactivated is not the sum "
               "over its entries";
    }
    if (space->owned > space->rss_max) {
        return "a working set is larger than its maximum";
    }
    return mappings_check(space);
}

static const char *address_space_check(Memory *m, const AddressSpace *space, Votes *votes) {
    Census census = {0};
    const char *wrong = vma_list_check(&space->vmas);
    wrong = wrong != NULL ? wrong : page_table_check(&space->page_table);
    Vpn vpn = 0;
    Vpn end = UINT64_C(1) << (m->config.geometry.user_bits - page_shift(m));
    const Pte *pte;
    while (wrong == NULL && (pte = page_table_next(&space->page_table, &vpn, end)) != NULL) {
        wrong = entry_check(m, space, vpn++, *pte, &census, votes);
    }
    wrong = wrong != NULL ? wrong : sums_check(space, &census);
    if (wrong == NULL && space->policy != &m->policy) {
        wrong = m->config.policy->check(space->policy->self);
    }
    return wrong != NULL ? wrong : cpus_check_space(m, space);
}

/* ---- objects ------------------------------------------------------------------------------ */

static const char *object_check(const Memory *m, uint32_t file, Votes *votes) {
    const File *object = &m->files.files[file];
    Vpn page = 0;
    for (const Pte *entry; (entry = page_table_next(&object->cache, &page, FILE_PAGES_MAX)) != NULL;
         page++) {
        if (pte_swapped(*entry)) {
            votes->slots[pte_number(*entry)]++;
            continue;
        }
        const Frame *frame = &m->frames.frames[pte_number(*entry)];
        votes->cached[pte_number(*entry)]++;
        if (!frame->of_object || frame->owner != page_key(object->asid, page)) {
            return "an object's cache and a frame's name disagree";
        }
    }
    return NULL;
}

static const char *objects_check(const Memory *m, Votes *votes) {
    const char *wrong = NULL;
    for (uint32_t file = 0; wrong == NULL && file < m->files.count; file++) {
        if (m->files.files[file].used && m->files.files[file].asid != 0) {
            wrong = object_check(m, file, votes);
        }
    }
    return wrong;
}

/* ---- frames and slots --------------------------------------------------------------------- */

/* Exactly one policy holds the frame, its page's; else none may. */
static bool held_by_policy(const Memory *m, Pfn pfn) {
    const PolicyOps *ops = m->config.policy;
    const AddressSpace *owner = frame_space(m, &m->frames.frames[pfn]);
    bool by_machine = ops->holds(m->policy.self, pfn);
    if (owner == NULL || owner->policy == &m->policy) {
        return by_machine;
    }
    return !by_machine && ops->holds(owner->policy->self, pfn);
}

static const char *frame_check(const Memory *m, Pfn pfn, const Votes *votes) {
    const Frame *frame = &m->frames.frames[pfn];
    bool in_memory = frame_is_held_by_policy(frame);
    if (held_by_policy(m, pfn) != in_memory) {
        return "the policies' frames are not the resident and deactivated frames";
    }
    if (votes->mappers[pfn] != frame->mapcount) {
        return "a frame's mapcount is not the number of entries that lead to it";
    }
    if (frame->state == FRAME_IDLE) {
        return votes->cached[pfn] != 0 ? "an object has a free frame in its cache" : NULL;
    }
    if (votes->cached[pfn] != frame->of_object) {
        return "a page of an object is not in its cache once";
    }
    if (in_memory && frame->mapcount == 0 && !frame->of_object &&
        (frame->slot == SLOT_NONE || frame->owner != page_key(0, frame->slot - 1))) {
        return "a page that nobody maps is in memory, but not under its slot's name";
    }
    bool cached = frame->slot == SLOT_NONE || swap_cached(&m->swap, frame->slot - 1) == pfn;
    return cached ? NULL : "a frame's slot does not know the frame";
}

static const char *owned_check(const Memory *m) {
    uint64_t owned = 0, objects = 0;
    for (Pfn pfn = 0; pfn < m->frames.total; pfn++) {
        const Frame *frame = &m->frames.frames[pfn];
        bool in_memory = frame_is_held_by_policy(frame);
        objects += in_memory && frame_space(m, frame) == NULL;
    }
    for (uint32_t asid = 1; asid < m->space_high; asid++) {
        owned += m->spaces[asid] == NULL ? 0 : m->spaces[asid]->owned;
    }
    return owned + objects == m->frames.resident + m->frames.deactivated
               ? NULL
               : "the pages that spaces own and those of objects are not all in memory";
}

static const char *frames_check(const Memory *m, const Votes *votes) {
    uint64_t copies = 0;
    const char *wrong = owned_check(m);
    for (Pfn pfn = 0; wrong == NULL && pfn < m->frames.total; pfn++) {
        wrong = frame_check(m, pfn, votes);
        copies += frame_slot_idle(m, &m->frames.frames[pfn]);
    }
    if (wrong == NULL && copies != m->swap_copies) {
        wrong = "swap slots kept by resident pages are miscounted";
    }
    return wrong;
}

static const char *slots_check(const Memory *m, const Votes *votes) {
    for (uint32_t slot = 0; slot < m->swap.total; slot++) {
        Pfn cached = swap_cached(&m->swap, slot);
        if (votes->slots[slot] != m->swap.references[slot]) {
            return "a swap slot's references are not the entries that refer to it";
        }
        if (cached != PFN_NONE && m->frames.frames[cached].slot != slot + 1) {
            return "a swap slot has a frame that does not know it";
        }
        if (index_set_has(&m->swap.free, slot) != (votes->slots[slot] == 0 && cached == PFN_NONE)) {
            return "a swap slot is free and used, or neither";
        }
    }
    return NULL;
}

static const char *flights_check(const Memory *m) {
    for (uint32_t i = 0; i < m->flights.count; i++) {
        const Frame *frame = &m->frames.frames[m->flights.list[i].pfn];
        if (frame->state != FRAME_HELD || frame->transit != i) {
            return "a fault under way and the frame that it holds disagree";
        }
    }
    return m->flights.count == m->frames.held ? NULL : "held frames are not those of faults";
}

static const char *pages_check(Memory *m, Votes *votes) {
    uint64_t rss = 0, mapped = 0, committed = 0;
    const char *wrong = NULL;
    for (uint32_t asid = 1; wrong == NULL && asid < m->space_high; asid++) {
        if (m->spaces[asid] != NULL) {
            wrong = address_space_check(m, m->spaces[asid], votes);
            rss += m->spaces[asid]->rss;
            committed += m->spaces[asid]->committed;
        }
    }
    for (uint32_t file = 0; file < m->files.count; file++) {
        committed += m->files.files[file].used ? m->files.files[file].charged : 0;
    }
    if (wrong == NULL && committed != m->committed) {
        wrong = "the commit charge is not the sum over spaces and shared memory";
    }
    wrong = wrong != NULL ? wrong : objects_check(m, votes);
    wrong = wrong != NULL ? wrong : frames_check(m, votes);
    wrong = wrong != NULL ? wrong : slots_check(m, votes);
    for (Pfn pfn = 0; wrong == NULL && pfn < m->frames.total; pfn++) {
        mapped +=
            m->frames.frames[pfn].state == FRAME_RESIDENT ? m->frames.frames[pfn].mapcount : 0;
    }
    return wrong != NULL || rss <= mapped ? wrong
                                          : "the spaces' resident pages are not the frames'";
}

const char *memory_check(Memory *m) {
    Votes votes;
    const char *wrong = frame_table_check(&m->frames);
    if (!votes_init(&votes, m)) {
        wrong = "no host memory left for the check";
    }
    wrong = wrong != NULL ? wrong : pages_check(m, &votes);
    votes_clear(&votes, m);
    wrong = wrong != NULL ? wrong : flights_check(m);
    wrong = wrong != NULL ? wrong : trim_check(m);
    wrong = wrong != NULL ? wrong : swap_check(&m->swap);
    wrong = wrong != NULL ? wrong : groups_check(m);
    wrong = wrong != NULL ? wrong : table_arena_check(&m->tables);
    wrong = wrong != NULL ? wrong : cpus_check(m);
    return wrong != NULL ? wrong : m->config.policy->check(m->policy.self);
}
