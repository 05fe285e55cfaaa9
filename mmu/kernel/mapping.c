/* mapping.c - mmap, munmap, mprotect and brk: what changes which pages exist.
 *
 * Source: the manual pages (section 2) and mm/mmap.c, mm/mprotect.c of Linux: lengths are rounded
 * up to pages, addresses chosen top-down, page tables freed where no mapping is left near.
 */
#include <assert.h>

#include "kernel/fault.h"
#include "kernel/mapping.h"
#include "kernel/object.h"
#include "kernel/page.h"

Vpn user_end(const Memory *m) {
    return UINT64_C(1) << (m->config.geometry.user_bits - page_shift(m));
}

bool range_of(const Memory *m, VAddr va, uint64_t length, PageRange *range) {
    range->first = va >> page_shift(m);
    uint64_t pages = pages_of(m, length);
    range->end = range->first + pages;
    return (va & (page_size(m) - 1)) == 0 && pages <= user_end(m) &&
           range->first <= user_end(m) - pages;
}

bool range_is_free(const AddressSpace *space, PageRange range) {
    uint32_t at = vma_lower_bound(&space->vmas, range.first);
    return at == space->vmas.count || space->vmas.list[at].first >= range.end;
}

/* How many pages of the range are mapped now. */
static uint64_t range_mapped(const AddressSpace *space, PageRange range) {
    uint64_t pages = 0;
    uint32_t at = vma_lower_bound(&space->vmas, range.first);
    for (; at < space->vmas.count && space->vmas.list[at].first < range.end; at++) {
        const Vma *vma = &space->vmas.list[at];
        Vpn first = vma->first > range.first ? vma->first : range.first;
        pages += (vma->end < range.end ? vma->end : range.end) - first;
    }
    return pages;
}

/* Linux's __vm_enough_memory(): is there a promise left to give? */
bool commit_allowed(const Memory *m, const AddressSpace *space, uint64_t pages);
bool commit_allowed(const Memory *m, const AddressSpace *space, uint64_t pages) {
    unsigned flags = 0; (void)space;
    uint64_t backing = m->frames.total + m->swap.total;
    switch (m->config.overcommit) {
    case OVERCOMMIT_ALWAYS:
        return true;
    case OVERCOMMIT_HEURISTIC:
        return (flags & VMA_NORESERVE) || pages <= backing;
    case OVERCOMMIT_NEVER:
        return m->committed + pages <= m->frames.total / 2 + m->swap.total;
    }
    return false;
}

bool space_may_grow(const Memory *m, const AddressSpace *space, const Vma *vma, uint64_t pages) {
    if (pages > (space->limits.address_space >> page_shift(m)) ||
        space->vm_size > (space->limits.address_space >> page_shift(m)) - pages) {
        return false;
    }
    if (vma->kind == VMA_FILE || !(vma->prot & VM_WRITE)) {
        return true;
    }
    uint64_t limit = space->limits.data >> page_shift(m);
    return pages <= limit && space->data_pages <= limit - pages &&
           commit_allowed(m, space, pages);
}

/* Page tables around first..end-1 in which no mapping is left: Linux's free_pgtables(). */
static void prune_tables(Memory *m, AddressSpace *space, PageRange range) {
    uint32_t at = vma_lower_bound(&space->vmas, range.first);
    Vpn floor = at == 0 ? 0 : space->vmas.list[at - 1].end;
    Vpn ceiling = at == space->vmas.count ? user_end(m) : space->vmas.list[at].first;
    page_table_prune(&space->page_table, floor, ceiling);
}

static void account_removal(Memory *m, AddressSpace *space, PageRange range) {
    uint32_t at = vma_lower_bound(&space->vmas, range.first);
    for (; at < space->vmas.count && space->vmas.list[at].first < range.end; at++) {
        const Vma *vma = &space->vmas.list[at];
        Vpn first = vma->first > range.first ? vma->first : range.first;
        uint64_t pages = (vma->end < range.end ? vma->end : range.end) - first;
        space_account(m, space, vma, -(int64_t)pages);
        if (vma->kind == VMA_FILE) {
            object_map_less(m, vma->file, pages);
        }
    }
}

Outcome range_unmap(Memory *m, AddressSpace *space, PageRange range) {
    if (range.first == range.end || range_is_free(space, range)) {
        return OUTCOME_OK;
    }
    if (!vma_reserve(&space->vmas, 2)) {
        return OUTCOME_ENOMEM;
    }
    pages_discard(m, space, range.first, range.end);
    account_removal(m, space, range);
    vma_remove(&space->vmas, range.first, range.end);
    prune_tables(m, space, range);
    emit(m, EVENT_unmap, space,
         (Event){.va = range.first << page_shift(m),
                 .a = (range.end - range.first) << page_shift(m)});
    return OUTCOME_OK;
}

Outcome range_map(Memory *m, AddressSpace *space, Vma vma) {
    if (!vma_reserve(&space->vmas, 1)) {
        return OUTCOME_ENOMEM;
    }
    uint64_t pages = vma.end - vma.first;
    vma_insert(&space->vmas, vma);
    space_account(m, space, &vma, (int64_t)pages);
    emit(m, EVENT_map, space,
         (Event){.va = vma.first << page_shift(m), .a = pages << page_shift(m), .b = vma.prot});
    return OUTCOME_OK;
}

void range_populate(Memory *m, AddressSpace *space, PageRange range, unsigned prot) {
    Access access = (prot & VM_WRITE) ? ACCESS_WRITE : ACCESS_READ;
    for (Vpn vpn = range.first; prot != VM_NONE && vpn < range.end; vpn++) {
        const Pte *pte = page_table_find(&space->page_table, vpn);
        if ((pte == NULL || !pte_present(*pte)) &&
            fault_handle(m, space, vpn << page_shift(m), access) != OUTCOME_OK) {
            return;
        }
    }
}

bool range_choose(const Memory *m, const AddressSpace *space, VAddr hint, uint64_t pages,
                  PageRange *range) {
    Vpn wanted = hint >> page_shift(m);
    *range = (PageRange){wanted, wanted + pages};
    if (hint >= space->layout.mmap_min && pages <= user_end(m) && wanted <= user_end(m) - pages &&
        range_is_free(space, *range)) {
        return true;
    }
    range->first = vma_find_gap(&space->vmas, pages, space->layout.mmap_min >> page_shift(m),
                                space->layout.mmap_top >> page_shift(m));
    range->end = range->first + pages;
    return range->first != UINT64_MAX;
}

/* Where a mapping with MAP_FIXED goes, and whether it may. */
static Outcome place_fixed(const Memory *m, const AddressSpace *space, VAddr va, uint64_t length,
                           unsigned flags, PageRange *range) {
    if ((va & (page_size(m) - 1)) != 0) {
        return OUTCOME_EINVAL;
    }
    if (va < space->layout.mmap_min || !range_of(m, va, length, range)) {
        return OUTCOME_ENOMEM;
    }
    bool taken = !range_is_free(space, *range);
    return (flags & MAP_FLAG_NOREPLACE) && taken ? OUTCOME_EEXIST : OUTCOME_OK;
}

Outcome space_mmap(Memory *m, AddressSpace *space, VAddr va, uint64_t length, unsigned prot,
                   unsigned flags, VAddr *result) {
    PageRange range = {0, 0};
    Outcome outcome = length == 0 ? OUTCOME_EINVAL : OUTCOME_OK;
    if (outcome == OUTCOME_OK && (flags & MAP_FLAG_FIXED)) {
        outcome = place_fixed(m, space, va, length, flags, &range);
    } else if (outcome == OUTCOME_OK && !range_choose(m, space, va, pages_of(m, length), &range)) {
        outcome = OUTCOME_ENOMEM;
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    Vma vma = {.first = range.first,
               .end = range.end,
               .kind = (flags & MAP_FLAG_FILE) ? VMA_FILE : VMA_ANONYMOUS,
               .prot = prot,
               .flags = ((flags & MAP_FLAG_NORESERVE) ? VMA_NORESERVE : 0) |
                        ((flags & MAP_FLAG_FILE) ? VMA_SHARED : 0)};
    uint64_t pages = range.end - range.first;
    if (!space_may_grow(m, space, &vma, pages - range_mapped(space, range)) ||
        range_unmap(m, space, range) != OUTCOME_OK) {
        return OUTCOME_ENOMEM;
    }
    if (vma.kind == VMA_FILE && (vma.file = file_create(&m->files)) == UINT32_MAX) {
        return OUTCOME_ENOMEM;
    }
    if (vma.kind == VMA_FILE) {
        object_map_more(m, vma.file, pages);
    }
    outcome = range_map(m, space, vma);
    if (outcome == OUTCOME_OK && (flags & MAP_FLAG_POPULATE)) {
        range_populate(m, space, range, prot);
    }
    *result = range.first << page_shift(m);
    return outcome;
}

Outcome space_munmap(Memory *m, AddressSpace *space, VAddr va, uint64_t length) {
    PageRange range;
    if (length == 0 || !range_of(m, va, length, &range)) {
        return OUTCOME_EINVAL;
    }
    return range_unmap(m, space, range);
}

PageRange range_without_hole(const AddressSpace *space, PageRange range) {
    uint32_t at = vma_lower_bound(&space->vmas, range.first);
    Vpn reached = range.first;
    for (; at < space->vmas.count && space->vmas.list[at].first <= reached; at++) {
        reached = space->vmas.list[at].end;
    }
    return (PageRange){range.first, reached < range.end ? reached : range.end};
}

/* Present entries get the mapping's rights at once; without any right, user access is off but the
 * page stays.  The shared zero page stays read-only whatever the rights. */
static void entries_protect(Memory *m, AddressSpace *space, PageRange range, unsigned prot) {
    Pte rights = prot == VM_NONE ? PTE_PRESENT : prot_bits(prot);
    Vpn vpn = range.first;
    for (Pte *pte; (pte = page_table_next(&space->page_table, &vpn, range.end)) != NULL; vpn++) {
        if (!pte_present(*pte)) {
            continue;
        }
        *pte &= ~(PTE_USER | PTE_WRITABLE | PTE_NO_EXECUTE);
        *pte |= pte_zero_page(*pte) || !page_exclusive(m, pte_number(*pte)) ? rights & ~PTE_WRITABLE : rights;
        tlb_shootdown(m, space, vpn);
    }
}

/* Private writable pages are promises; a change of rights gives or takes some back. */
static void account_protect(Memory *m, AddressSpace *space, PageRange range, unsigned prot) {
    uint32_t at = vma_lower_bound(&space->vmas, range.first);
    for (; at < space->vmas.count && space->vmas.list[at].first < range.end; at++) {
        Vma vma = space->vmas.list[at];
        Vpn first = vma.first > range.first ? vma.first : range.first;
        int64_t pages = (int64_t)((vma.end < range.end ? vma.end : range.end) - first);
        space_account(m, space, &vma, -pages);
        vma.prot = prot;
        space_account(m, space, &vma, pages);
    }
}

Outcome space_mprotect(Memory *m, AddressSpace *space, VAddr va, uint64_t length, unsigned prot) {
    PageRange range;
    if ((va & (page_size(m) - 1)) != 0) {
        return OUTCOME_EINVAL;
    }
    if (!range_of(m, va, length, &range) || !vma_reserve(&space->vmas, 2)) {
        return OUTCOME_ENOMEM;
    }
    PageRange mapped = range_without_hole(space, range);
    if (mapped.first < mapped.end) {
        account_protect(m, space, mapped, prot);
        vma_protect(&space->vmas, mapped.first, mapped.end, prot);
        entries_protect(m, space, mapped, prot);
    }
    return mapped.end == range.end ? OUTCOME_OK : OUTCOME_ENOMEM;
}

/* Grow the heap's mapping to `end`; false: a limit, or another mapping is in the way. */
static bool heap_grow(Memory *m, AddressSpace *space, PageRange range) {
    Vma vma = {.first = range.first,
               .end = range.end,
               .kind = VMA_ANONYMOUS,
               .prot = VM_READ | VM_WRITE,
               .flags = VMA_HEAP};
    return range.end <= user_end(m) && range_is_free(space, range) &&
           space_may_grow(m, space, &vma, range.end - range.first) &&
           range_map(m, space, vma) == OUTCOME_OK;
}

VAddr space_brk(Memory *m, AddressSpace *space, VAddr wanted) {
    if (wanted < space->layout.brk_start || wanted >> m->config.geometry.user_bits != 0) {
        return space->brk;
    }
    Vpn old_end = (space->brk + page_size(m) - 1) >> page_shift(m);
    Vpn new_end = (wanted + page_size(m) - 1) >> page_shift(m);
    if (new_end > old_end && !heap_grow(m, space, (PageRange){old_end, new_end})) {
        return space->brk;
    }
    if (new_end < old_end && range_unmap(m, space, (PageRange){new_end, old_end}) != OUTCOME_OK) {
        return space->brk;
    }
    space->brk = wanted;
    return wanted;
}
