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

/* Does a mapping of `pages` pages like `vma` begin where huge pages could hold it?  A private one if
 * it is so many of them exactly, one of a file on a disk if it holds at least one of the file. */
static bool wants_alignment(const Memory *m, const Vma *vma, uint64_t pages) {
    uint64_t huge = huge_page_pages(m);
    if (vma->kind == VMA_ANONYMOUS) {
        return m->config.profile->aligns_large_mappings && pages % huge == 0;
    }
    uint64_t first_whole = (vma->file_page + huge - 1) / huge * huge;
    bool disk = vma->file != UINT32_MAX && m->files.files[vma->file].named;
    return disk && vma->file_page + pages >= first_whole + huge;
}

/* Take a gap that is a huge page longer, and in it the place where the first page is at the same offset
 * in a huge page as in its file. */
static Vpn gap_choose_aligned(const Memory *m, const AddressSpace *space, uint64_t pages,
                              const Vma *vma) {
    uint64_t huge = huge_page_pages(m), page = vma->kind == VMA_FILE ? vma->file_page : 0;
    Vpn first = gap_choose(m, space, pages + huge);
    if (first == UINT64_MAX) {
        return first;
    }
    uint64_t up = (page - first) & (huge - 1);
    bool highest = up == 0 && !space->layout.bottom_up && m->config.profile->aligns_large_mappings;
    return first + (highest ? huge : up);
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
                  const Vma *vma, PageRange *range) {
    if (pages > user_end(m)) {
        return false;
    }
    Vpn wanted = hint_round(m, space, hint);
    *range = (PageRange){wanted, wanted + pages};
    bool align = wants_alignment(m, vma, pages) && (wanted == 0 || vma->kind == VMA_FILE);
    uint64_t room = align ? pages + huge_page_pages(m) : pages;
    if (wanted != 0 && hint_is_free(m, space, (PageRange){wanted, wanted + room})) {
        return true;
    }
    range->first = align ? gap_choose_aligned(m, space, pages, vma) : UINT64_MAX;
    if (range->first == UINT64_MAX && room > pages && wanted != 0 &&
        hint_is_free(m, space, *range)) {
        return true;
    }
    if (range->first == UINT64_MAX) {
        range->first = gap_choose(m, space, pages);
    }
    range->end = range->first + pages;
    return range->first != UINT64_MAX;
}
