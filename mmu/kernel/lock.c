/* lock.c - mlock and its family, and mincore: pages that must stay, and those that are there.
 *
 * Idea: a locked mapping has a flag; its pages are faulted in at once (or, on_fault, as they are
 * touched), and page_may_go() asks for the flag before replacement may take one.
 *
 * Source: mlock(2), mincore(2), mm/mlock.c and mm/mincore.c of Linux.
 */
#include "kernel/mapping.h"
#include "kernel/object.h"

/* Does this entry belong to a locked mapping? */
static bool mapper_is_locked(Memory *m, PageKey mapper) {
    AddressSpace *space = m->spaces[page_key_asid(mapper)];
    if (space->locked == 0) {
        return false;
    }
    const Vma *vma = vma_find(&space->vmas, page_key_vpn(mapper));
    return vma != NULL && (vma->flags & VMA_LOCKED) != 0;
}

bool page_is_locked(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    bool locked = false;
    for (RmapCursor c = rmap_begin(frame); !locked && rmap_next(&m->rmap, frame, &c);) {
        locked = mapper_is_locked(m, c.mapper);
    }
    return locked;
}

/* All pages that any of the bytes va..va+length-1 is in.  False: beyond 64 bits. */
static bool range_around(const Memory *m, VAddr va, uint64_t length, PageRange *range) {
    uint64_t bytes = length + (va & (page_size(m) - 1));
    range->first = va >> page_shift(m);
    range->end = range->first + pages_of(m, bytes);
    return bytes >= length && length <= UINT64_MAX - va;
}

/* Give a mapping's part the lock flags `lock`. */
static Outcome mapping_lock(Memory *m, AddressSpace *space, const Vma *vma, PageRange range,
                            unsigned lock) {
    unsigned flags = (vma->flags & ~(unsigned)VMA_LOCK_FLAGS) | lock;
    return flags == vma->flags ? OUTCOME_OK : range_change(m, space, range, vma->prot, flags);
}

/* Up to the first hole. */
static Outcome range_lock(Memory *m, AddressSpace *space, PageRange range, unsigned lock) {
    for (Vpn at = range.first; at < range.end;) {
        const Vma *vma = mapping_next(space, at, range.end);
        if (vma == NULL || vma->first > at) {
            return OUTCOME_ENOMEM;
        }
        PageRange part = range_within(vma, (PageRange){at, range.end});
        Outcome outcome = mapping_lock(m, space, vma, part, lock);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        at = part.end;
    }
    return OUTCOME_OK;
}

static uint64_t locked_pages(const AddressSpace *space, PageRange range) {
    uint64_t pages = 0;
    const Vma *vma;
    for (Vpn at = range.first; (vma = mapping_next(space, at, range.end)) != NULL; at = vma->end) {
        pages += (vma->flags & VMA_LOCKED) ? range_pages(range_within(vma, range)) : 0;
    }
    return pages;
}

/* What mlock answers when a page cannot be faulted in (POSIX has other words than Linux). */
static Outcome populate_locked(Memory *m, AddressSpace *space, PageRange range) {
    Outcome outcome = range_populate(m, space, range);
    return outcome == OUTCOME_OK || outcome == OUTCOME_OUT_OF_MEMORY ? outcome : OUTCOME_ENOMEM;
}

Outcome space_mlock(Memory *m, AddressSpace *space, VAddr va, uint64_t length, bool on_fault) {
    PageRange range;
    if (space->limits.locked == 0) {
        return OUTCOME_EPERM;
    }
    if (!range_around(m, va, length, &range)) {
        return OUTCOME_EINVAL;
    }
    uint64_t limit = lock_limit(m, space), pages = range_pages(range);
    uint64_t others = space->locked - locked_pages(space, range);
    if (pages > limit || others > limit - pages) {
        return OUTCOME_ENOMEM;
    }
    unsigned lock = VMA_LOCKED | (on_fault ? VMA_LOCK_ON_FAULT : 0);
    Outcome outcome = range_lock(m, space, range, lock);
    return outcome == OUTCOME_OK ? populate_locked(m, space, range) : outcome;
}

Outcome space_munlock(Memory *m, AddressSpace *space, VAddr va, uint64_t length) {
    PageRange range;
    return range_around(m, va, length, &range) ? range_lock(m, space, range, 0) : OUTCOME_EINVAL;
}

/* Every mapping gets the lock flags; what merges on the way is not met again. */
static Outcome lock_all(Memory *m, AddressSpace *space, unsigned lock) {
    const Vma *vma;
    for (Vpn at = 0; (vma = mapping_next(space, at, user_end(m))) != NULL;) {
        PageRange whole = {vma->first, vma->end};
        Outcome outcome = mapping_lock(m, space, vma, whole, lock);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        at = whole.end;
    }
    return OUTCOME_OK;
}

Outcome space_mlockall(Memory *m, AddressSpace *space, unsigned flags) {
    unsigned all = LOCK_ALL_CURRENT | LOCK_ALL_FUTURE | LOCK_ALL_ON_FAULT;
    if ((flags & ~all) != 0 || (flags & (LOCK_ALL_CURRENT | LOCK_ALL_FUTURE)) == 0) {
        return OUTCOME_EINVAL;
    }
    if (space->limits.locked == 0) {
        return OUTCOME_EPERM;
    }
    bool current = (flags & LOCK_ALL_CURRENT) != 0;
    if (current && space->vm_size > lock_limit(m, space)) {
        return OUTCOME_ENOMEM;
    }
    unsigned lock = VMA_LOCKED | ((flags & LOCK_ALL_ON_FAULT) ? VMA_LOCK_ON_FAULT : 0);
    space->lock_future = (flags & LOCK_ALL_FUTURE) ? lock : 0;
    Outcome outcome = current ? lock_all(m, space, lock) : OUTCOME_OK;
    for (Vpn at = 0; current && outcome == OUTCOME_OK;) {
        /* Mapping by mapping, because one that cannot be populated is left out. */
        const Vma *vma = mapping_next(space, at, user_end(m));
        if (vma == NULL) {
            break;
        }
        PageRange whole = {vma->first, at = vma->end};
        outcome = range_populate(m, space, whole);
        outcome = outcome == OUTCOME_OUT_OF_MEMORY ? outcome : OUTCOME_OK;
    }
    return outcome;
}

Outcome space_munlockall(Memory *m, AddressSpace *space) {
    space->lock_future = 0;
    return lock_all(m, space, 0);
}

/* Pages without an entry that the object of the mapping has in memory. */
static uint64_t cached_pages(const Memory *m, const AddressSpace *space, const Vma *vma,
                             PageRange range) {
    uint64_t pages = 0, offset = vma->first - vma->file_page;
    Vpn page = range.first - offset, end = range.end - offset;
    for (const Pte *cached;
         (cached = page_table_next(&m->files.files[vma->file].cache, &page, end)) != NULL; page++) {
        step_count(m);
        const Pte *pte = page_table_find(&space->page_table, page + offset);
        pages += (pte == NULL || *pte == PTE_NONE) && pte_present(*cached);
    }
    return pages;
}

/* The shared zero page counts as present, as does a page on its way out. */
static uint64_t present_pages(const Memory *m, const AddressSpace *space, const Vma *vma,
                              PageRange range) {
    bool object = vma->kind == VMA_FILE && !has_own_file(m, vma);
    uint64_t pages = object ? cached_pages(m, space, vma, range) : 0;
    Vpn vpn = range.first;
    for (const Pte *pte; (pte = page_table_next(&space->page_table, &vpn, range.end)) != NULL;
         vpn++) {
        step_count(m);
        pages += pte_present(*pte) || pte_transit(*pte);
    }
    return pages;
}

Outcome space_mincore(Memory *m, const AddressSpace *space, VAddr va, uint64_t length,
                      uint64_t *resident) {
    PageRange range;
    *resident = 0;
    if ((va & (page_size(m) - 1)) != 0) {
        return OUTCOME_EINVAL;
    }
    if (!range_of(m, va, length, &range)) {
        return OUTCOME_ENOMEM;
    }
    for (Vpn at = range.first; at < range.end;) {
        const Vma *vma = mapping_next(space, at, range.end);
        if (vma == NULL || vma->first > at) {
            return OUTCOME_ENOMEM;
        }
        PageRange part = range_within(vma, (PageRange){at, range.end});
        *resident += present_pages(m, space, vma, part);
        at = part.end;
    }
    return OUTCOME_OK;
}
