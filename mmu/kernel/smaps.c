/* smaps.c - see smaps.h. */
#include "kernel/smaps.h"

#include "kernel/huge_page.h"
#include "kernel/mapping.h"
#include "kernel/page.h"

/* ---- one mapping ---------------------------------------------------------------------------- */

static uint64_t share_of_page(const Memory *m, uint64_t sharers) {
    return (page_size(m) << PSS_SHIFT) / (sharers == 0 ? 1 : sharers);
}

/* What an object's page is, all who map it see; of an anonymous page each entry has its own bit. */
static bool shows_dirty(const Memory *m, const Frame *frame, Pte pte) {
    return frame->of_object ? page_is_dirty(m, pte_number(pte))
                            : frame->dirty || (pte & PTE_DIRTY) != 0;
}

static void count_present(const Memory *m, const Vma *vma, Pte pte, MappingSums *sums) {
    const Frame *frame = &m->frames.frames[pte_number(pte)];
    uint64_t share = share_of_page(m, frame->mapcount);
    bool dirty = shows_dirty(m, frame, pte), shared = frame->mapcount > 1;
    bool anonymous = frame->kind == PAGE_ANONYMOUS;
    sums->rss++;
    sums->pss += share;
    sums->pss_locked += (vma->flags & VMA_LOCKED) ? share : 0;
    sums->shared_dirty += shared && dirty;
    sums->shared_clean += shared && !dirty;
    sums->private_dirty += !shared && dirty;
    sums->private_clean += !shared && !dirty;
    sums->referenced += (pte & PTE_ACCESSED) != 0;
    sums->anonymous += anonymous;
    sums->lazy_free += anonymous && !dirty && frame->slot == SLOT_NONE; /* MADV_FREE */
}

void space_sum_mapping(const Memory *m, const AddressSpace *space, const Vma *vma,
                       MappingSums *sums) {
    Vpn vpn = vma->first;
    for (const Pte *pte; (pte = page_table_next(&space->page_table, &vpn, vma->end)) != NULL;
         vpn++) {
        if (pte_present(*pte) && !pte_zero_page(*pte)) {
            const Pte *huge = page_table_huge(&space->page_table, vpn); /* has the marks of all */
            Pte marks = huge == NULL ? PTE_NONE : *huge & (PTE_ACCESSED | PTE_DIRTY);
            count_present(m, vma, *pte | marks, sums);
            sums->huge += huge != NULL;
        } else if (pte_swapped(*pte)) {
            sums->swap++;
            sums->swap_pss += share_of_page(m, m->swap.references[pte_number(*pte)]);
        }
    }
}

/* ---- all of memory -------------------------------------------------------------------------- */

/* Of the entries that lead to a page only the first counts it. */
static bool is_first_mapper(const Memory *m, const Frame *frame, PageKey mapper) {
    RmapCursor c = rmap_begin(frame);
    return rmap_next(&m->rmap, frame, &c) && c.mapper == mapper;
}

static void sum_space(Memory *m, const AddressSpace *space, MemorySums *sums) {
    Vpn vpn = 0;
    for (const Pte *pte; (pte = page_table_next(&space->page_table, &vpn, UINT64_MAX)) != NULL;
         vpn++) {
        const Frame *frame = &m->frames.frames[pte_number(*pte)];
        if (!pte_present(*pte) || pte_zero_page(*pte) ||
            !is_first_mapper(m, frame, page_key(space->asid, vpn))) {
            continue;
        }
        sums->anon += frame->kind == PAGE_ANONYMOUS;
        sums->huge += huge_page_at(space, vpn);
        sums->mapped += frame->kind != PAGE_ANONYMOUS;
        sums->file += frame->kind == PAGE_FILE && !frame->of_object; /* of a file of its own */
        sums->locked += page_is_locked(m, pte_number(*pte));
    }
    sums->page_tables += space->page_table.tables;
}

static void sum_cache(const File *object, MemorySums *sums) {
    Vpn page = 0;
    for (const Pte *entry; (entry = page_table_next(&object->cache, &page, FILE_PAGES_MAX)) != NULL;
         page++) {
        *(object->shmem ? &sums->shmem : &sums->file) += pte_present(*entry);
    }
}

MemorySums memory_sum_pages(Memory *m) {
    MemorySums sums = {0};
    for (uint32_t asid = 1; asid < m->space_high; asid++) {
        if (m->spaces[asid] != NULL) {
            sum_space(m, m->spaces[asid], &sums);
        }
    }
    for (uint32_t file = 0; file < m->files.count; file++) {
        if (m->files.files[file].used && m->files.files[file].asid != 0) {
            sum_cache(&m->files.files[file], &sums);
        }
    }
    return sums;
}
