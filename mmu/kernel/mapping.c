/* mapping.c - mmap and munmap, and the ranges that all calls on mappings work on.
 *
 * Source: the manual pages (section 2) and mm/mmap.c, mm/vma.c of Linux: lengths are rounded up
 * to pages, places are chosen by placement.c, page tables freed where no mapping is left near.
 */
#include "kernel/mapping.h"

#include <assert.h>

#include "kernel/huge_page.h"
#include "kernel/object.h"
#include "kernel/page.h"

/* ---- ranges ------------------------------------------------------------------------------- */

Vpn user_end(const Memory *m) {
    return (UINT64_C(1) << (m->config.geometry.user_bits - page_shift(m))) - 1;
}

bool range_of(const Memory *m, VAddr va, uint64_t length, PageRange *range) {
    range->first = va >> page_shift(m);
    uint64_t pages = pages_of(m, length);
    range->end = range->first + pages;
    return (va & (page_size(m) - 1)) == 0 && pages <= user_end(m) &&
           range->first <= user_end(m) - pages;
}

PageRange range_within(const Vma *vma, PageRange range) {
    return (PageRange){vma->first > range.first ? vma->first : range.first,
                       vma->end < range.end ? vma->end : range.end};
}

const Vma *mapping_next(const AddressSpace *space, Vpn from, Vpn end) {
    uint32_t at = vma_lower_bound(&space->vmas, from);
    bool found = from < end && at < space->vmas.count && space->vmas.list[at].first < end;
    return found ? &space->vmas.list[at] : NULL;
}

bool range_is_free(const AddressSpace *space, PageRange range) {
    return mapping_next(space, range.first, range.end) == NULL;
}

/* How many pages of the range are mapped, and how many of them are charged. */
typedef struct RangeSum {
    uint64_t mapped, charged;
} RangeSum;

static RangeSum range_sum(const AddressSpace *space, PageRange range) {
    RangeSum sum = {0, 0};
    const Vma *vma;
    for (Vpn at = range.first; (vma = mapping_next(space, at, range.end)) != NULL; at = vma->end) {
        uint64_t pages = range_pages(range_within(vma, range));
        sum.mapped += pages;
        sum.charged += (vma->flags & VMA_ACCOUNT) ? pages : 0;
    }
    return sum;
}

/* ---- deeds -------------------------------------------------------------------------------- */

/* Page tables around first..end-1 in which no mapping is left: Linux's free_pgtables(). */
static void prune_tables(Memory *m, AddressSpace *space, PageRange range) {
    uint32_t at = vma_lower_bound(&space->vmas, range.first);
    Vpn floor = at == 0 ? 0 : space->vmas.list[at - 1].end;
    Vpn ceiling = at == space->vmas.count ? user_end(m) : space->vmas.list[at].first;
    page_table_prune(&space->page_table, floor, ceiling);
}

static void account_removal(Memory *m, AddressSpace *space, PageRange range) {
    const Vma *vma;
    for (Vpn at = range.first; (vma = mapping_next(space, at, range.end)) != NULL; at = vma->end) {
        uint64_t pages = range_pages(range_within(vma, range));
        space_account(m, space, vma, -(int64_t)pages);
        if (vma->kind == VMA_FILE) {
            object_map_less(m, vma->file, pages);
        }
    }
}

/* A hole in the middle of a mapping makes two of it, and there may be no more. */
static bool splits_too_many(const AddressSpace *space, PageRange range) {
    const Vma *vma = mapping_next(space, range.first, range.end);
    return vma->first < range.first && vma->end > range.end && space->vmas.count >= MAPPINGS_MAX;
}

Outcome range_unmap(Memory *m, AddressSpace *space, PageRange range) {
    if (range.first == range.end || range_is_free(space, range)) {
        return OUTCOME_OK;
    }
    if (splits_too_many(space, range) || !vma_reserve(&space->vmas, 2)) {
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

Outcome range_map(Memory *m, AddressSpace *space, Vma vma, bool may_merge) {
    if (!vma_reserve(&space->vmas, 1)) {
        return OUTCOME_ENOMEM;
    }
    uint64_t pages = vma.end - vma.first;
    (may_merge ? vma_insert : vma_add)(&space->vmas, vma);
    space_account(m, space, &vma, (int64_t)pages);
    emit(m, EVENT_map, space,
         (Event){.va = vma.first << page_shift(m), .a = pages << page_shift(m), .b = vma.prot});
    return OUTCOME_OK;
}

Outcome range_change(Memory *m, AddressSpace *space, PageRange range, unsigned prot,
                     unsigned flags) {
    if (space->vmas.count > MAPPINGS_MAX || !vma_reserve(&space->vmas, 2)) {
        return OUTCOME_ENOMEM;
    }
    huge_page_split_edges(m, space, range.first, range.end); /* none lies in two mappings */
    Vma vma = *mapping_next(space, range.first, range.end);
    int64_t pages = (int64_t)range_pages(range);
    space_account(m, space, &vma, -pages);
    vma.prot = prot;
    vma.flags = flags;
    space_account(m, space, &vma, pages);
    vma_change(&space->vmas, range.first, range.end, prot, flags);
    return OUTCOME_OK;
}

/* ---- mmap --------------------------------------------------------------------------------- */

/* Where a mapping with MAP_FIXED goes, and whether it may. */
static Outcome place_fixed(const Memory *m, const AddressSpace *space, VAddr va, uint64_t length,
                           unsigned flags, PageRange *range) {
    uint64_t pages = pages_of(m, length);
    if (pages > user_end(m) || va > (user_end(m) - pages) << page_shift(m)) {
        return OUTCOME_ENOMEM;
    }
    if (!range_of(m, va, length, range)) {
        return OUTCOME_EINVAL;
    }
    if (va < space->layout.mmap_min) {
        return OUTCOME_EPERM;
    }
    bool taken = !range_is_free(space, *range);
    return (flags & MAP_FLAG_NOREPLACE) && taken ? OUTCOME_EEXIST : OUTCOME_OK;
}

static Outcome place(const Memory *m, const AddressSpace *space, VAddr va, uint64_t length,
                     unsigned flags, const Vma *vma, PageRange *range) {
    if (length == 0) {
        return OUTCOME_EINVAL;
    }
    if (space->vmas.count > MAPPINGS_MAX) {
        return OUTCOME_ENOMEM;
    }
    if (flags & MAP_FLAG_FIXED) {
        return place_fixed(m, space, va, length, flags, range);
    }
    return range_choose(m, space, va, pages_of(m, length), vma, range) ? OUTCOME_OK
                                                                       : OUTCOME_ENOMEM;
}

static unsigned mapping_flags(const Memory *m, const AddressSpace *space, unsigned prot,
                              unsigned flags) {
    bool unreserved = (flags & MAP_FLAG_NORESERVE) && m->config.overcommit != OVERCOMMIT_NEVER;
    unsigned vma_flags = ((flags & MAP_FLAG_SHARED) ? VMA_SHARED : 0) |
                         ((flags & MAP_FLAG_GROWS_DOWN) ? VMA_GROWS_DOWN : 0) |
                         ((flags & MAP_FLAG_LOCKED) ? VMA_LOCKED : 0) |
                         (unreserved ? VMA_NORESERVE : 0) | space->lock_future;
    return vma_flags | (mapping_is_charged(prot, vma_flags) ? VMA_ACCOUNT : 0);
}

static bool is_new_shared_memory(const Vma *vma, unsigned flags) {
    return vma->kind == VMA_FILE && vma->file == UINT32_MAX && (flags & MAP_FLAG_FILE) == 0;
}

/* May this mapping exist, in place of what the range holds now? */
static Outcome mapping_allowed(const Memory *m, const AddressSpace *space, const Vma *vma,
                               unsigned flags) {
    uint64_t pages = vma->end - vma->first;
    if ((flags & MAP_FLAG_LOCKED) && space->limits.locked == 0) {
        return OUTCOME_EPERM;
    }
    if (!lock_allowed(m, space, vma->flags, pages)) {
        return OUTCOME_EAGAIN;
    }
    if (is_new_shared_memory(vma, flags) && !(vma->flags & VMA_NORESERVE) &&
        !commit_allowed(m, space, pages)) {
        return OUTCOME_ENOMEM;
    }
    RangeSum there = range_sum(space, (PageRange){vma->first, vma->end});
    if (!space_may_expand(m, space, vma, pages - there.mapped)) {
        return OUTCOME_ENOMEM;
    }
    bool promise = (vma->flags & VMA_ACCOUNT) && pages > there.charged;
    return !promise || commit_allowed(m, space, pages - there.charged) ? OUTCOME_OK
                                                                       : OUTCOME_ENOMEM;
}

/* What shows no file in particular gets one of its own: shared memory an object. */
static Outcome mapping_make(Memory *m, AddressSpace *space, Vma vma, unsigned flags) {
    PageRange range = {vma.first, vma.end};
    if (range_unmap(m, space, range) != OUTCOME_OK) {
        return OUTCOME_ENOMEM;
    }
    if (vma.kind == VMA_FILE) {
        if (vma.file == UINT32_MAX) {
            bool shmem = is_new_shared_memory(&vma, flags);
            vma.file = shmem ? object_create(m, range_pages(range), true) : file_create(&m->files);
        }
        if (vma.file == UINT32_MAX) {
            return OUTCOME_ENOMEM;
        }
        if (m->files.files[vma.file].shmem && !(vma.flags & VMA_NORESERVE)) {
            object_charge(m, vma.file);
        }
        object_map_more(m, vma.file, range_pages(range));
    }
    return range_map(m, space, vma, true);
}

static Outcome mapping_new(Memory *m, AddressSpace *space, VAddr va, uint64_t length, Vma vma,
                           unsigned flags, VAddr *result) {
    PageRange range = {0, 0};
    Outcome outcome = place(m, space, va, length, flags, &vma, &range);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    vma.first = range.first;
    vma.end = range.end;
    vma.file_page = vma.kind == VMA_FILE ? vma.file_page : range.first;
    outcome = mapping_allowed(m, space, &vma, flags);
    if (outcome == OUTCOME_OK) {
        outcome = mapping_make(m, space, vma, flags);
    }
    if (outcome == OUTCOME_OK && ((flags & MAP_FLAG_POPULATE) || (vma.flags & VMA_LOCKED))) {
        range_populate(m, space, range); /* what cannot be faulted in now is no error */
    }
    *result = range.first << page_shift(m);
    return outcome;
}

Outcome space_mmap(Memory *m, AddressSpace *space, VAddr va, uint64_t length, unsigned prot,
                   unsigned flags, VAddr *result) {
    bool own_file = (flags & MAP_FLAG_FILE) != 0; /* its pages are written back to it */
    unsigned all = own_file ? flags | MAP_FLAG_SHARED : flags;
    bool object = (all & MAP_FLAG_SHARED) != 0;
    Vma vma = {.kind = object ? VMA_FILE : VMA_ANONYMOUS, .prot = prot, .file = UINT32_MAX};
    vma.flags = mapping_flags(m, space, prot, all);
    return mapping_new(m, space, va, length, vma, flags, result);
}

Outcome space_mmap_file(Memory *m, AddressSpace *space, VAddr va, uint64_t length, unsigned prot,
                        unsigned flags, FileOffset from, VAddr *result) {
    if ((from.offset & (page_size(m) - 1)) != 0) {
        return OUTCOME_EINVAL;
    }
    Vma vma = {.kind = VMA_FILE,
               .prot = prot,
               .file = from.file,
               .file_page = from.offset >> page_shift(m)};
    vma.flags = mapping_flags(m, space, prot, flags);
    return mapping_new(m, space, va, length, vma, flags | MAP_FLAG_FILE, result);
}

Outcome space_munmap(Memory *m, AddressSpace *space, VAddr va, uint64_t length) {
    PageRange range;
    if (length == 0 || !range_of(m, va, length, &range)) {
        return OUTCOME_EINVAL;
    }
    return range_unmap(m, space, range);
}
