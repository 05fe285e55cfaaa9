/* subheap.c - the heaps that arenas other than the main one live in.
 *
 *     64 MiB reserved, aligned to 64 MiB
 *     | header | chunks ...    top |  writable once, given back | reserved only            |
 *     heap                         + size                       + writable                 + 64 MiB
 *
 * Idea: reserve address space at once, make it writable as it is needed, and align it so that a
 * chunk's address alone tells its heap.  To get 64 MiB aligned, 128 are reserved and what lies
 * around them is unmapped; the next heap tries its luck right behind.
 *
 * Invariants: SUBHEAP_HEADER <= size <= writable <= SUBHEAP_MAX;  size is a multiple of the page;
 *             a heap that is not the first of its arena begins with a chunk right behind its header.
 */
#include "arena.h"

static VAddr reserve(Gnu *gnu, VAddr hint, uint64_t length) {
    return gnu->env->reserve(gnu->env->host, hint, length);
}

static void give_back(Gnu *gnu, VAddr va, uint64_t length) {
    gnu->env->munmap(gnu->env->host, va, length);
}

/* [va, va + SUBHEAP_MAX), if it is aligned; else it is given back and 0. */
static VAddr keep_if_aligned(Gnu *gnu, VAddr va) {
    if (va != VADDR_FAIL && va % SUBHEAP_MAX != 0) {
        give_back(gnu, va, SUBHEAP_MAX);
    }
    return va == VADDR_FAIL || va % SUBHEAP_MAX != 0 ? 0 : va;
}

static VAddr reserve_aligned(Gnu *gnu) {
    VAddr area = gnu->aligned_heap_area;
    gnu->aligned_heap_area = 0;
    if (area != 0) {
        area = keep_if_aligned(gnu, reserve(gnu, area, SUBHEAP_MAX));
    }
    if (area != 0) {
        return area;
    }
    VAddr twice = reserve(gnu, 0, 2 * SUBHEAP_MAX);
    if (twice == VADDR_FAIL) {
        return keep_if_aligned(gnu, reserve(gnu, 0, SUBHEAP_MAX));
    }
    area = round_up(twice, SUBHEAP_MAX);
    uint64_t before = area - twice;
    if (before != 0) {
        give_back(gnu, twice, before);
    } else {
        gnu->aligned_heap_area = area + SUBHEAP_MAX;
    }
    give_back(gnu, area + SUBHEAP_MAX, SUBHEAP_MAX - before);
    return area;
}

VAddr subheap_create(Gnu *gnu, uint64_t size, uint64_t pad) {
    if (size > SUBHEAP_MAX) {
        return 0;
    }
    uint64_t bytes = pad > SUBHEAP_MAX - size   ? SUBHEAP_MAX
                     : size + pad < SUBHEAP_MIN ? SUBHEAP_MIN
                                                : size + pad;
    bytes = round_up(bytes, gnu->env->page_size);
    VAddr subheap = reserve_aligned(gnu);
    if (subheap == 0) {
        return 0;
    }
    if (!gnu->env->protect(gnu->env->host, subheap, bytes, true)) {
        give_back(gnu, subheap, SUBHEAP_MAX);
        return 0;
    }
    set_subheap_prev(gnu, subheap, 0);
    set_subheap_size(gnu, subheap, bytes);
    set_subheap_writable(gnu, subheap, bytes);
    set_subheap_page_size(gnu, subheap, gnu->env->page_size);
    return subheap;
}

bool subheap_grow(Gnu *gnu, VAddr subheap, uint64_t bytes) {
    uint64_t size = subheap_size(gnu, subheap) + round_up(bytes, subheap_page_size(gnu, subheap));
    if (size > SUBHEAP_MAX) {
        return false;
    }
    uint64_t writable = subheap_writable(gnu, subheap);
    if (size > writable) {
        if (!gnu->env->protect(gnu->env->host, subheap + writable, size - writable, true)) {
            return false;
        }
        set_subheap_writable(gnu, subheap, size);
    }
    set_subheap_size(gnu, subheap, size);
    return true;
}

/* The chunk of 16 or 32 bytes, marked as used, that ends a heap which its arena has left; behind it
 * stands a head of size 0. */
static VAddr find_fencepost(const Gnu *gnu, VAddr subheap) {
    VAddr end = subheap + subheap_size(gnu, subheap);
    VAddr last = (end - CHUNK_HEADER) & ~(uint64_t)(ALIGNMENT - 1);
    demand(gnu, chunk_head(gnu, last) == PREV_IN_USE, "heap_trim(): fencepost overwritten");
    return last - chunk_prev_size(gnu, last);
}

/* The newest heap is empty: unmap it, and let top be the end of the one before, from the fencepost
 * or a free chunk before that on, if there is enough room for what may come next.  False: it
 * stays. */
static bool drop_subheap(Gnu *gnu, VAddr arena, VAddr subheap, uint64_t pad) {
    VAddr before = subheap_prev(gnu, subheap), end = before + subheap_size(gnu, before);
    VAddr top = find_fencepost(gnu, before);
    bool merge = !prev_in_use(gnu, top);
    if (merge) {
        top -= chunk_prev_size(gnu, top);
    }
    if (before + SUBHEAP_MAX - top < pad + MIN_CHUNK + subheap_page_size(gnu, subheap)) {
        return false;
    }
    uint64_t bytes = arena_system_bytes(gnu, arena) - subheap_size(gnu, subheap);
    set_arena_system_bytes(gnu, arena, bytes);
    if (subheap + SUBHEAP_MAX == gnu->aligned_heap_area) {
        gnu->aligned_heap_area = 0;
    }
    give_back(gnu, subheap, SUBHEAP_MAX);
    if (merge) {
        chunk_unlink(gnu, top);
    }
    set_arena_top(gnu, arena, top);
    set_chunk_head(gnu, top, (end - top) | PREV_IN_USE);
    return true;
}

void subheap_trim(Gnu *gnu, VAddr arena) {
    uint64_t pad = gnu->tuning.top_pad;
    VAddr top = arena_top(gnu, arena), subheap = subheap_of(top);
    while (top == subheap + SUBHEAP_HEADER && drop_subheap(gnu, arena, subheap, pad)) {
        top = arena_top(gnu, arena);
        subheap = subheap_of(top);
    }
    uint64_t size = chunk_size(gnu, top), spare = size - MIN_CHUNK - 1;
    if (size < gnu->tuning.trim_threshold || (int64_t)spare < 0 || spare <= pad) {
        return;
    }
    uint64_t extra = (spare - pad) & ~(subheap_page_size(gnu, subheap) - 1);
    uint64_t rest = subheap_size(gnu, subheap) - extra;
    if (extra == 0 || rest < SUBHEAP_HEADER) {
        return;
    }
    gnu->env->discard(gnu->env->host, subheap + rest, extra, false);
    set_subheap_size(gnu, subheap, rest);
    set_arena_system_bytes(gnu, arena, arena_system_bytes(gnu, arena) - extra);
    set_chunk_head(gnu, top, (size - extra) | PREV_IN_USE);
}
