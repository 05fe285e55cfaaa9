/* placement.c - where the kernel puts a mapping whose place it may choose.
 *
 *   top-down:    | ... free ...  [new][taken][ gap ][taken] ^ mmap_top      the highest gap that fits
 *   bottom-up:   mmap_bottom ^ [taken][new] ... free ...                    the lowest
 *
 * Source: get_unmapped_area() and __thp_get_unmapped_area() of Linux.
 */
#include "kernel/huge_page.h"
#include "kernel/mapping.h"

/* A gap of `pages` pages: as the layout says, and bottom-up if that fails; UINT64_MAX: none. */
static Vpn gap_choose(const Memory *m, const AddressSpace *space, uint64_t pages) {
    const Layout *layout = &space->layout;
    unsigned shift = page_shift(m);
    if (!layout->bottom_up) {
        Vpn first =
            vma_find_gap(&space->vmas, pages, layout->mmap_min >> shift, layout->mmap_top >> shift);
        if (first != UINT64_MAX) {
            return first;
        }
    }
    return vma_find_gap_up(&space->vmas, pages, layout->mmap_bottom >> shift, user_end(m));
}

/* Begin at a huge page: take a gap that is one longer, and in it the place that is aligned. */
static Vpn gap_choose_aligned(const Memory *m, const AddressSpace *space, uint64_t pages) {
    uint64_t huge = huge_page_pages(m);
    Vpn first = gap_choose(m, space, pages + huge);
    if (first == UINT64_MAX) {
        return first;
    }
    uint64_t up = -first & (huge - 1);
    return first + (up == 0 && !space->layout.bottom_up ? huge : up);
}

/* Linux rounds a hint down to a page and up to the lowest address that may be mapped. */
static Vpn hint_round(const Memory *m, const AddressSpace *space, VAddr hint) {
    Vpn lowest = space->layout.mmap_min >> page_shift(m), wanted = hint >> page_shift(m);
    return wanted != 0 && wanted < lowest ? lowest : wanted;
}

static bool hint_is_free(const Memory *m, const AddressSpace *space, PageRange range) {
    uint32_t at = vma_lower_bound(&space->vmas, range.first);
    return range.end <= user_end(m) &&
           (at == space->vmas.count ||
            range.end <= vma_room_end(&space->vmas, &space->vmas.list[at]));
}

bool range_choose(const Memory *m, const AddressSpace *space, VAddr hint, uint64_t pages,
                  bool may_align, PageRange *range) {
    if (pages > user_end(m)) {
        return false;
    }
    Vpn wanted = hint_round(m, space, hint);
    *range = (PageRange){wanted, wanted + pages};
    if (wanted != 0 && hint_is_free(m, space, *range)) {
        return true;
    }
    range->first = UINT64_MAX;
    if (may_align && wanted == 0 && m->config.profile->aligns_large_mappings &&
        pages % huge_page_pages(m) == 0) {
        range->first = gap_choose_aligned(m, space, pages);
    }
    if (range->first == UINT64_MAX) {
        range->first = gap_choose(m, space, pages);
    }
    range->end = range->first + pages;
    return range->first != UINT64_MAX;
}
