/* top.c - the end of an arena: cutting from it, growing it, giving it back.
 *
 *     | chunk | chunk |        top        | break                       grows by sbrk
 *     | chunk | top |16|16| somebody else's memory | new top | break    a foreign sbrk came between
 *
 * Idea: top is a free chunk that is on no list, and the last to be used, so that the heap stays
 * short.  What is asked of the system is top_pad more than needed.
 *
 * If the main arena's new memory does not follow the old (the program moved the break itself), two
 * fenceposts, chunks of 16 bytes that look used, end the old piece, so that nothing ever merges
 * across the gap.  If the break cannot move at all, the heap goes on in a mapping, the first of
 * whole MiB, and pieces are expected to have gaps from then on ("not contiguous").  Then nothing is
 * corrected any more: a break that the program has left at an odd place ends it, as in glibc.
 *
 * Invariants: top's P flag is set;  top_cut leaves at least MIN_CHUNK bytes of top;
 *             contiguous  =>  sbrk_base + system_bytes = the end of top.
 */
#include "arena.h"

#include <stdlib.h>

#define MAPPED_GROWTH_UNIT (UINT64_C(1) << 20)

VAddr top_cut(Gnu *gnu, VAddr arena, uint64_t need) {
    VAddr chunk = arena_top(gnu, arena);
    uint64_t size = chunk_size(gnu, chunk);
    demand(gnu, size <= arena_system_bytes(gnu, arena), "malloc(): corrupted top size");
    if (size < need + MIN_CHUNK) {
        return 0;
    }
    set_arena_top(gnu, arena, chunk + need);
    set_chunk_head(gnu, chunk, need | PREV_IN_USE | arena_flag(arena));
    set_chunk_head(gnu, chunk + need, (size - need) | PREV_IN_USE);
    return chunk;
}

static void add_system_bytes(Gnu *gnu, VAddr arena, uint64_t more) {
    set_arena_system_bytes(gnu, arena, arena_system_bytes(gnu, arena) + more);
}

/* ---- an arena in heaps ---- */

/* The old heap is full: a fencepost at its end, what is left of its top is freed. */
static void leave_subheap(Gnu *gnu, VAddr arena, VAddr top, uint64_t size) {
    size = (size - MIN_CHUNK) & ~(uint64_t)(ALIGNMENT - 1);
    set_chunk_head(gnu, top + size + CHUNK_HEADER, 0 | PREV_IN_USE);
    if (size >= MIN_CHUNK) {
        set_chunk_head(gnu, top + size, CHUNK_HEADER | PREV_IN_USE);
        set_footer(gnu, top + size, CHUNK_HEADER);
        set_chunk_head(gnu, top, size | PREV_IN_USE | NOT_OF_MAIN);
        arena_free(gnu, arena, top);
    } else {
        set_chunk_head(gnu, top, (size + CHUNK_HEADER) | PREV_IN_USE);
        set_footer(gnu, top, size + CHUNK_HEADER);
    }
}

/* False: no memory. */
static bool grow_in_subheaps(Gnu *gnu, VAddr arena, uint64_t need) {
    VAddr top = arena_top(gnu, arena), old = subheap_of(top);
    uint64_t size = chunk_size(gnu, top), old_bytes = subheap_size(gnu, old);
    if (subheap_grow(gnu, old, MIN_CHUNK + need - size)) {
        uint64_t bytes = subheap_size(gnu, old);
        add_system_bytes(gnu, arena, bytes - old_bytes);
        set_chunk_head(gnu, top, (old + bytes - top) | PREV_IN_USE);
        return true;
    }
    VAddr fresh = subheap_create(gnu, need + MIN_CHUNK + SUBHEAP_HEADER, gnu->tuning.top_pad);
    if (fresh == 0) {
        return false;
    }
    uint64_t bytes = subheap_size(gnu, fresh);
    set_subheap_arena(gnu, fresh, arena);
    set_subheap_prev(gnu, fresh, old);
    add_system_bytes(gnu, arena, bytes);
    set_arena_top(gnu, arena, fresh + SUBHEAP_HEADER);
    set_chunk_head(gnu, fresh + SUBHEAP_HEADER, (bytes - SUBHEAP_HEADER) | PREV_IN_USE);
    leave_subheap(gnu, arena, top, size);
    return true;
}

/* ---- the main arena ---- */

static VAddr main_end(const Gnu *gnu) {
    VAddr top = arena_top(gnu, MAIN_ARENA);
    return top + chunk_size(gnu, top);
}

/* Room to note one more region?  False: out of host memory. */
static bool reserve_region(Gnu *gnu) {
    if (gnu->region_count < gnu->region_room) {
        return true;
    }
    uint64_t room = gnu->region_room * 2 + 4;
    GnuRegion *regions = realloc(gnu->regions, room * sizeof *regions);
    if (regions != NULL) {
        gnu->regions = regions;
        gnu->region_room = room;
    }
    return regions != NULL;
}

/* From here on, top is in memory that begins at `start`. */
static void note_region(Gnu *gnu, VAddr start) {
    if (gnu->region_count > 0) {
        gnu->regions[gnu->region_count - 1].end = main_end(gnu);
    }
    gnu->regions[gnu->region_count++] = (GnuRegion){.start = start};
}

/* Fenceposts at the end of the old top, whose rest is freed. */
static void leave_region(Gnu *gnu, VAddr top, uint64_t size) {
    size = (size - 2 * CHUNK_HEADER) & ~(uint64_t)(ALIGNMENT - 1);
    set_chunk_head(gnu, top, size | PREV_IN_USE);
    set_chunk_head(gnu, top + size, CHUNK_HEADER | PREV_IN_USE);
    set_chunk_head(gnu, top + size + CHUNK_HEADER, CHUNK_HEADER | PREV_IN_USE);
    if (size >= MIN_CHUNK) {
        arena_free(gnu, MAIN_ARENA, top);
    }
}

/* New memory [start, end) that does not follow the old: top moves there. */
static void begin_region(Gnu *gnu, VAddr start, VAddr end) {
    VAddr old = arena_top(gnu, MAIN_ARENA), top = round_up(start, ALIGNMENT);
    uint64_t old_size = chunk_size(gnu, old);
    note_region(gnu, start);
    set_arena_top(gnu, MAIN_ARENA, top);
    set_chunk_head(gnu, top, (end - top) | PREV_IN_USE);
    if (old_size != 0) {
        leave_region(gnu, old, old_size);
    }
}

/* The break moved from `start` by `size`, and somebody else had moved it before (or nobody had):
 * ask for what is missing, since old memory was counted on, and for the rest of the last page.
 * Returns where the memory ends. */
static VAddr correct_break(Gnu *gnu, VAddr start, uint64_t size) {
    uint64_t old_size = chunk_size(gnu, arena_top(gnu, MAIN_ARENA));
    if (old_size != 0) {
        add_system_bytes(gnu, MAIN_ARENA, start - main_end(gnu));
    }
    uint64_t correction = round_up(start, ALIGNMENT) - start + old_size;
    VAddr end = start + size + correction;
    correction += round_up(end, gnu->env->page_size) - end;
    VAddr more = gnu->env->sbrk(gnu->env->host, (int64_t)correction);
    if (more == VADDR_FAIL) {
        return gnu->env->sbrk(gnu->env->host, 0);
    }
    add_system_bytes(gnu, MAIN_ARENA, correction);
    return more + correction;
}

/* The break does not move: the heap goes on in a mapping.  The first must also replace what was
 * counted on of the old top, and comes in large units; glibc 2.36 means to use them always, but
 * mistakes one argument for another. */
static bool grow_by_mapping(Gnu *gnu, uint64_t size) {
    if (arena_not_contiguous(gnu, MAIN_ARENA) == 0) {
        size = round_up(size + chunk_size(gnu, arena_top(gnu, MAIN_ARENA)), MAPPED_GROWTH_UNIT);
    }
    VAddr start = gnu->env->mmap(gnu->env->host, size);
    if (start == VADDR_FAIL) {
        return false;
    }
    set_arena_not_contiguous(gnu, MAIN_ARENA, 1);
    gnu->sbrk_base = gnu->sbrk_base == 0 ? start : gnu->sbrk_base;
    add_system_bytes(gnu, MAIN_ARENA, size);
    begin_region(gnu, start, start + size);
    return true;
}

static bool grow_main(Gnu *gnu, uint64_t need) {
    VAddr top = arena_top(gnu, MAIN_ARENA), old_end = main_end(gnu);
    uint64_t old_size = chunk_size(gnu, top);
    bool contiguous = arena_not_contiguous(gnu, MAIN_ARENA) == 0;
    uint64_t size = need + gnu->tuning.top_pad + MIN_CHUNK - (contiguous ? old_size : 0);
    size = round_up(size, gnu->env->page_size);
    if (!reserve_region(gnu)) {
        return false;
    }
    VAddr start = (int64_t)size > 0 ? gnu->env->sbrk(gnu->env->host, (int64_t)size) : VADDR_FAIL;
    if (start == VADDR_FAIL) {
        return grow_by_mapping(gnu, size);
    }
    gnu->sbrk_base = gnu->sbrk_base == 0 ? start : gnu->sbrk_base;
    add_system_bytes(gnu, MAIN_ARENA, size);
    if (start == old_end) {
        set_chunk_head(gnu, top, (size + old_size) | PREV_IN_USE);
        return true;
    }
    demand(gnu, !contiguous || old_size == 0 || start >= old_end,
           "break adjusted to free malloc space");
    demand(gnu, contiguous || start % ALIGNMENT == 0, "malloc assertion failure in sysmalloc");
    VAddr end = contiguous ? correct_break(gnu, start, size) : gnu->env->sbrk(gnu->env->host, 0);
    begin_region(gnu, start, end);
    return true;
}

/* ---- both ---- */

VAddr system_malloc(Gnu *gnu, VAddr arena, uint64_t need) {
    bool tried = need >= gnu->tuning.mmap_threshold && gnu->mmaps < gnu->tuning.mmaps_max;
    VAddr chunk = tried ? mapped_create(gnu, need) : 0;
    if (chunk != 0) {
        return chunk;
    }
    bool grown = arena == MAIN_ARENA ? grow_main(gnu, need) : grow_in_subheaps(gnu, arena, need);
    if (!grown && arena != MAIN_ARENA && !tried) {
        chunk = mapped_create(gnu, need);
    }
    if (chunk != 0) {
        return chunk;
    }
    return top_cut(gnu, arena, need);
}

/* Whole pages of top but `pad` bytes and a least chunk.  The difference may be negative, when top
 * is as small as can be: as in glibc, top then grows by a page or more. */
bool main_trim(Gnu *gnu, uint64_t pad) {
    uint64_t size = chunk_size(gnu, arena_top(gnu, MAIN_ARENA));
    uint64_t spare = size - MIN_CHUNK - 1;
    if (spare <= pad) {
        return false;
    }
    int64_t extra = (int64_t)((spare - pad) & ~(gnu->env->page_size - 1));
    VAddr end = gnu->env->sbrk(gnu->env->host, 0);
    if (extra == 0 || end != main_end(gnu)) {
        return false;
    }
    gnu->env->sbrk(gnu->env->host, -extra);
    uint64_t released = end - gnu->env->sbrk(gnu->env->host, 0);
    if (released == 0) {
        return false;
    }
    add_system_bytes(gnu, MAIN_ARENA, -released);
    set_chunk_head(gnu, arena_top(gnu, MAIN_ARENA), (size - released) | PREV_IN_USE);
    return true;
}
