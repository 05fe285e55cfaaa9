/* break.c - brk: the heap's end, to the byte; whole pages are mapped.
 *
 *   image | brk_start [ heap ......... brk |..rest of its page] one page free | next mapping
 *
 * Source: brk(2), mm/mmap.c of Linux.  The heap becomes one mapping with itself, never with what
 * lies below its start.
 */
#include "kernel/mapping.h"

/* One page is kept free between the heap and the next mapping (and a stack's guard gap). */
static bool heap_has_room(const Memory *m, const AddressSpace *space, PageRange range) {
    const Vma *next = mapping_next(space, range.first, user_end(m));
    if (range.end >= user_end(m)) {
        return false;
    }
    return next == NULL || range.end + 1 <= vma_room_end(&space->vmas, next);
}

static bool heap_may_grow(const Memory *m, const AddressSpace *space, const Vma *heap,
                          VAddr wanted) {
    uint64_t pages = heap->end - heap->first;
    return wanted - space->layout.brk_start <= space->limits.data &&
           heap_has_room(m, space, (PageRange){heap->first, heap->end}) &&
           space_may_expand(m, space, heap, pages) && commit_allowed(m, space, pages) &&
           lock_allowed(m, space, heap->flags, pages) && space->vmas.count <= MAPPINGS_MAX;
}

static bool heap_grow(Memory *m, AddressSpace *space, PageRange range, VAddr wanted) {
    Vma heap = {.first = range.first,
                .end = range.end,
                .kind = VMA_ANONYMOUS,
                .prot = VM_READ | VM_WRITE,
                .flags = VMA_ACCOUNT | space->lock_future,
                .file_page = range.first};
    if (!heap_may_grow(m, space, &heap, wanted)) {
        return false;
    }
    bool begins = range.first == space->layout.brk_start >> page_shift(m);
    Outcome outcome = range_map(m, space, heap, !begins);
    if (outcome == OUTCOME_OK && (heap.flags & VMA_LOCKED)) {
        range_populate(m, space, range); /* as for mmap: failing is no error */
    }
    return outcome == OUTCOME_OK;
}

/* Nothing of what should go is mapped: Linux refuses. */
static bool heap_shrink(Memory *m, AddressSpace *space, PageRange range) {
    return !range_is_free(space, range) && range_unmap(m, space, range) == OUTCOME_OK;
}

VAddr space_brk(Memory *m, AddressSpace *space, VAddr wanted) {
    if (wanted < space->layout.brk_start || wanted >> m->config.geometry.user_bits != 0) {
        return space->brk;
    }
    Vpn old_end = pages_of(m, space->brk), new_end = pages_of(m, wanted);
    bool moved = new_end == old_end;
    if (new_end > old_end) {
        moved = heap_grow(m, space, (PageRange){old_end, new_end}, wanted);
    } else if (new_end < old_end) {
        moved = heap_shrink(m, space, (PageRange){new_end, old_end});
    }
    if (moved) {
        space->brk = wanted;
    }
    return space->brk;
}
