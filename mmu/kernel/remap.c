/* remap.c - mremap: grow or shrink a mapping, in place or by moving its pages.
 *
 *   shrink    [AAAA....]            cut the tail off
 *   grow      [AAAA]....  room?     longer where it is, else moved if it may be
 *   move      [....]  ->  [AAAA]    page-table entries change their place, no page is copied
 *
 * Source: mremap(2), mm/mremap.c of Linux.
 */
#include "kernel/mapping.h"
#include "kernel/move.h"
#include "kernel/object.h"

/* One call; lengths in pages.  `vma` is the mapping that the old range begins in, as it was. */
typedef struct Remap {
    Vpn from, to;
    uint64_t old_pages, new_pages;
    unsigned flags; /* RemapFlags */
    Vma vma;
} Remap;

/* The caller says where to. */
static bool remap_has_target(const Remap *r) {
    return (r->flags & (REMAP_FIXED | REMAP_DONT_UNMAP)) != 0;
}

static bool ranges_overlap(PageRange a, PageRange b) { return a.first < b.end && b.first < a.end; }

/* What can be said about the words of the call alone. */
static bool remap_is_sane(const Memory *m, const Remap *r, VAddr va, VAddr target) {
    Vpn end = user_end(m);
    VAddr offset = page_size(m) - 1;
    if ((r->flags & ~(unsigned)(REMAP_MAY_MOVE | REMAP_FIXED | REMAP_DONT_UNMAP)) != 0 ||
        (va & offset) != 0 || r->new_pages == 0 || r->new_pages > end) {
        return false;
    }
    if (!remap_has_target(r)) {
        return true;
    }
    if (!(r->flags & REMAP_MAY_MOVE) || (target & offset) != 0 || r->to > end - r->new_pages ||
        ((r->flags & REMAP_DONT_UNMAP) && r->old_pages != r->new_pages)) {
        return false;
    }
    return !ranges_overlap((PageRange){r->from, r->from + r->old_pages},
                           (PageRange){r->to, r->to + r->new_pages});
}

static PageRange old_range(const Remap *r) { return (PageRange){r->from, r->from + r->old_pages}; }

/* What the mapping and the limits have to say, before anything is changed. */
static Outcome remap_allowed(const Memory *m, const AddressSpace *space, const Remap *r) {
    if (r->old_pages == 0 && !(r->vma.flags & VMA_SHARED)) {
        return OUTCOME_EINVAL;
    }
    if (r->new_pages <= r->old_pages && !remap_has_target(r)) {
        return OUTCOME_OK; /* only a tail goes: holes in it do not matter */
    }
    uint64_t kept = r->new_pages < r->old_pages ? r->new_pages : r->old_pages;
    if (kept > r->vma.end - r->from) {
        return OUTCOME_EFAULT;
    }
    if (r->new_pages <= r->old_pages) {
        return OUTCOME_OK;
    }
    uint64_t more = r->new_pages - r->old_pages;
    if (!lock_allowed(m, space, r->vma.flags, more)) {
        return OUTCOME_EAGAIN;
    }
    return space_may_expand(m, space, &r->vma, more) ? OUTCOME_OK : OUTCOME_ENOMEM;
}

static Outcome remap_shrink(Memory *m, AddressSpace *space, const Remap *r) {
    PageRange tail = {r->from + r->new_pages, r->from + r->old_pages};
    if (tail.end > user_end(m) || tail.end < tail.first) {
        return OUTCOME_EINVAL;
    }
    return range_unmap(m, space, tail);
}

/* A locked mapping has no pages that are not there. */
static void populate_if_locked(Memory *m, AddressSpace *space, const Vma *vma, PageRange grown) {
    if (vma->flags & VMA_LOCKED) {
        range_populate(m, space, grown);
    }
}

static bool can_grow_in_place(const Memory *m, const AddressSpace *space, const Remap *r) {
    Vpn end = r->from + r->old_pages;
    uint64_t more = r->new_pages - r->old_pages;
    return end == r->vma.end && more <= user_end(m) - end &&
           range_is_free(space, (PageRange){end, end + more});
}

static Outcome grow_in_place(Memory *m, AddressSpace *space, const Remap *r) {
    uint64_t more = r->new_pages - r->old_pages;
    Vma tail = r->vma;
    tail.first = r->vma.end;
    tail.end = tail.first + more;
    tail.file_page += r->vma.end - r->vma.first;
    if ((tail.flags & VMA_ACCOUNT) && !commit_allowed(m, space, more)) {
        return OUTCOME_ENOMEM;
    }
    if (tail.kind == VMA_FILE) {
        object_map_more(m, tail.file, more);
    }
    Outcome outcome = range_map(m, space, tail, true);
    if (outcome == OUTCOME_OK) {
        populate_if_locked(m, space, &tail, (PageRange){tail.first, tail.end});
    }
    return outcome;
}

/* The mapping at its new place.  One that never had a page forgets where it came from. */
static Vma remap_moved(const Remap *r) {
    Vma moved = r->vma;
    moved.file_page += r->from - r->vma.first;
    if (r->vma.kind == VMA_ANONYMOUS && !(r->vma.flags & VMA_SHARED) && r->vma.anon_vma == 0) {
        moved.file_page = r->to;
    }
    moved.first = r->to;
    moved.end = r->to + r->new_pages;
    return moved;
}

/* The old range stays, but its pages have gone: so have its locks and, if it was the whole mapping,
 * its ties to them. */
static void leave_source(Memory *m, AddressSpace *space, const Remap *r) {
    Vma *vma = vma_find(&space->vmas, r->from);
    int64_t pages = (int64_t)(vma->end - vma->first);
    space_account(m, space, vma, -pages);
    vma->flags &= ~(unsigned)VMA_LOCK_FLAGS;
    space_account(m, space, vma, pages);
    if (vma->first == r->from && vma->end == r->from + r->old_pages) {
        vma->anon_vma = 0;
        vma->inherited = false;
    }
}

static Outcome remap_move(Memory *m, AddressSpace *space, const Remap *r) {
    Vma moved = remap_moved(r);
    bool keeps_source = (r->flags & REMAP_DONT_UNMAP) != 0;
    uint64_t more = keeps_source ? r->new_pages : r->new_pages - r->old_pages;
    if (space->vmas.count >= MAPPINGS_MAX - 3 ||
        ((moved.flags & VMA_ACCOUNT) && !commit_allowed(m, space, more))) {
        return OUTCOME_ENOMEM;
    }
    if (moved.kind == VMA_FILE) {
        if (r->old_pages == 0 && !object_share(m, space, &r->vma)) {
            return OUTCOME_ENOMEM; /* two mappings of one file */
        }
        object_map_more(m, moved.file, r->new_pages);
    }
    Outcome outcome = range_map(m, space, moved, true);
    if (outcome == OUTCOME_OK) {
        outcome = entries_move(m, space, old_range(r), r->to);
    }
    if (outcome == OUTCOME_OK && keeps_source) {
        leave_source(m, space, r);
    } else if (outcome == OUTCOME_OK) {
        outcome = range_unmap(m, space, old_range(r));
    }
    if (outcome == OUTCOME_OK && more > 0 && !keeps_source) {
        populate_if_locked(m, space, &moved, (PageRange){r->to + r->old_pages, moved.end});
    }
    return outcome;
}

/* Choose a place, `r->to` being a hint, and move there. */
static Outcome remap_anywhere(Memory *m, AddressSpace *space, Remap *r, VAddr hint) {
    PageRange target;
    Vma part = r->vma;
    part.file_page += r->from - r->vma.first;
    if (!range_choose(m, space, hint, r->new_pages, &part, &target)) {
        return OUTCOME_ENOMEM;
    }
    r->to = target.first;
    return remap_move(m, space, r);
}

/* With a target: what is there goes first, then a tail that is too long. */
static Outcome remap_to(Memory *m, AddressSpace *space, Remap *r) {
    if (r->flags & REMAP_FIXED) {
        if (r->to << page_shift(m) < space->layout.mmap_min) {
            return OUTCOME_EPERM;
        }
        Outcome outcome = range_unmap(m, space, (PageRange){r->to, r->to + r->new_pages});
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        const Vma *vma = vma_find(&space->vmas, r->from);
        if (vma == NULL) { /* an old range of no pages began at the target */
            return OUTCOME_EFAULT;
        }
        r->vma = *vma;
    }
    if (r->new_pages < r->old_pages) {
        Outcome outcome = remap_shrink(m, space, r);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        r->old_pages = r->new_pages;
        r->vma = *vma_find(&space->vmas, r->from);
    }
    if (!m->config.profile->remap_checks_first) {
        Outcome outcome = remap_allowed(m, space, r);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
    }
    if ((r->flags & REMAP_DONT_UNMAP) && !space_may_expand(m, space, &r->vma, r->new_pages)) {
        return OUTCOME_ENOMEM;
    }
    return (r->flags & REMAP_FIXED) ? remap_move(m, space, r)
                                    : remap_anywhere(m, space, r, r->to << page_shift(m));
}

static Outcome remap_one(Memory *m, AddressSpace *space, Remap *r) {
    const Vma *vma = vma_find(&space->vmas, r->from);
    if (vma == NULL) {
        return OUTCOME_EFAULT;
    }
    r->vma = *vma;
    bool later = remap_has_target(r) && !m->config.profile->remap_checks_first;
    Outcome outcome = later ? OUTCOME_OK : remap_allowed(m, space, r);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    if (remap_has_target(r)) {
        return remap_to(m, space, r);
    }
    r->to = r->from;
    if (r->new_pages <= r->old_pages) {
        return r->new_pages < r->old_pages ? remap_shrink(m, space, r) : OUTCOME_OK;
    }
    if (can_grow_in_place(m, space, r)) {
        return grow_in_place(m, space, r);
    }
    return (r->flags & REMAP_MAY_MOVE) ? remap_anywhere(m, space, r, 0) : OUTCOME_ENOMEM;
}

/* The range spans mappings: each moves by the same distance.  (Holes stay holes, but not at the
 * start.) */
static Outcome remap_several(Memory *m, AddressSpace *space, const Remap *whole) {
    PageRange range = old_range(whole);
    const Vma *vma = mapping_next(space, range.first, range.end);
    if (vma == NULL || vma->first > range.first) {
        return OUTCOME_EFAULT;
    }
    for (Vpn at = range.first; (vma = mapping_next(space, at, range.end)) != NULL;) {
        PageRange part = range_within(vma, (PageRange){at, range.end});
        Remap r = *whole;
        r.from = part.first;
        r.to = whole->to + (part.first - range.first);
        r.old_pages = r.new_pages = range_pages(part);
        Outcome outcome = remap_one(m, space, &r);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        at = part.end;
    }
    return OUTCOME_OK;
}

Outcome space_mremap(Memory *m, AddressSpace *space, VAddr va, uint64_t old_length,
                     uint64_t new_length, unsigned flags, VAddr target, VAddr *result) {
    Remap r = {.from = va >> page_shift(m),
               .to = target >> page_shift(m),
               .old_pages = pages_of(m, old_length),
               .new_pages = pages_of(m, new_length),
               .flags = flags};
    if (!remap_is_sane(m, &r, va, target)) {
        return OUTCOME_EINVAL;
    }
    bool several = m->config.profile->remap_moves_several && (flags & REMAP_FIXED) &&
                   r.old_pages == r.new_pages;
    Outcome outcome = several ? remap_several(m, space, &r) : remap_one(m, space, &r);
    *result = r.to << page_shift(m);
    return outcome;
}
