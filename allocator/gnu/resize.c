/* resize.c - realloc and memalign: chunks whose bounds change.
 *
 *     realloc up:    | chunk | top        |  ->  |   chunk    | top |         stays
 *                    | chunk | free |        ->  |   chunk    |free |         stays
 *                    | chunk | used |        ->  somewhere else, copied
 *     memalign:      |   chunk, large enough  |  ->  |free|  aligned chunk |free|
 *
 * Idea: take more than needed, then free the ends like blocks of the program, so that they are
 * cached or merged like those.
 */
#include "arena.h"

/* The chunk of `size` bytes keeps `need` of them; the rest is freed. */
static void shorten(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size, uint64_t need) {
    VAddr rest = chunk + need;
    uint64_t a_flag = arena_flag(arena);
    set_chunk_head(gnu, chunk, need | (chunk_head(gnu, chunk) & PREV_IN_USE) | a_flag);
    set_chunk_head(gnu, rest, (size - need) | PREV_IN_USE | a_flag);
    arena_free(gnu, arena, rest);
}

/* The chunk, which has `size` bytes now, is to have `need`. */
static VAddr settle(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size, uint64_t need) {
    mark_in_use(gnu, chunk, size);
    if (size - need >= MIN_CHUNK) {
        shorten(gnu, arena, chunk, size, need);
    } else {
        uint64_t p_flag = chunk_head(gnu, chunk) & PREV_IN_USE;
        set_chunk_head(gnu, chunk, size | p_flag | arena_flag(arena));
    }
    return chunk;
}

static VAddr grow_into_top(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size, uint64_t need) {
    uint64_t p_flag = chunk_head(gnu, chunk) & PREV_IN_USE;
    set_chunk_head(gnu, chunk, need | p_flag | arena_flag(arena));
    set_arena_top(gnu, arena, chunk + need);
    set_chunk_head(gnu, chunk + need, (size - need) | PREV_IN_USE);
    return chunk;
}

/* Get, copy, free; unless what is got happens to be the next chunk. */
static VAddr move(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size, uint64_t need) {
    VAddr payload = arena_malloc(gnu, arena, need - (ALIGNMENT - 1));
    if (payload == 0) {
        return 0;
    }
    VAddr moved = chunk_of(payload);
    if (moved == chunk + size) {
        return settle(gnu, arena, chunk, size + chunk_size(gnu, moved), need);
    }
    gnu->env->copy(gnu->env->host, payload, payload_of(chunk), size - WORD);
    arena_free(gnu, arena, chunk);
    return moved;
}

/* The chunk, not mapped, with `need` bytes, perhaps elsewhere, or 0. */
static VAddr resize_chunk(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t need) {
    uint64_t size = chunk_size(gnu, chunk), limit = arena_system_bytes(gnu, arena);
    demand(gnu, size >= MIN_CHUNK && size < limit, "realloc(): invalid old size");
    VAddr next = chunk + size;
    uint64_t next_size = chunk_size(gnu, next);
    demand(gnu, next_size >= CHUNK_HEADER && next_size < limit, "realloc(): invalid next size");
    if (size >= need) {
        return settle(gnu, arena, chunk, size, need);
    }
    if (next == arena_top(gnu, arena)) {
        return size + next_size >= need + MIN_CHUNK
                   ? grow_into_top(gnu, arena, chunk, size + next_size, need)
                   : move(gnu, arena, chunk, size, need);
    }
    if (!chunk_in_use(gnu, next, next_size) && size + next_size >= need) {
        chunk_unlink(gnu, next);
        return settle(gnu, arena, chunk, size + next_size, need);
    }
    return move(gnu, arena, chunk, size, need);
}

/* malloc, copy, free, from whatever arena has memory. */
static VAddr move_anywhere(Gnu *gnu, VAddr chunk, uint64_t size, uint64_t usable) {
    VAddr moved = gnu_malloc(gnu, size);
    if (moved != 0) {
        gnu->env->copy(gnu->env->host, moved, payload_of(chunk), usable);
        chunk_free(gnu, chunk);
    }
    return moved;
}

static VAddr resize_mapped(Gnu *gnu, VAddr chunk, uint64_t size) {
    uint64_t bytes = chunk_size(gnu, chunk), need = chunk_need(size);
    VAddr resized = mapped_resize(gnu, chunk, need);
    if (resized != 0) {
        return payload_of(resized);
    }
    return bytes - WORD >= need ? payload_of(chunk)
                                : move_anywhere(gnu, chunk, size, bytes - CHUNK_HEADER);
}

VAddr gnu_realloc(void *self, VAddr payload, uint64_t size) {
    Gnu *gnu = self;
    VAddr chunk = chunk_of(payload);
    thread_enter(gnu);
    if (chunk_is_mapped(gnu, chunk)) {
        return resize_mapped(gnu, chunk, size);
    }
    tcache_start(gnu);
    uint64_t usable = chunk_size(gnu, chunk) - WORD;
    VAddr resized = resize_chunk(gnu, arena_of_chunk(gnu, chunk), chunk, chunk_need(size));
    if (resized != 0) {
        return payload_of(resized);
    }
    return gnu->many_threads ? move_anywhere(gnu, chunk, size, usable) : 0;
}

/* ---- memalign ---- */

/* Where in the chunk does an aligned one begin, with room for a chunk before it? */
static VAddr aligned_inside(VAddr chunk, uint64_t alignment) {
    VAddr inside = chunk_of(round_up(payload_of(chunk), alignment));
    return inside - chunk < MIN_CHUNK ? inside + alignment : inside;
}

/* The chunk begins `lead` bytes later, what is before it is freed. */
static VAddr cut_front(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t lead) {
    uint64_t size = chunk_size(gnu, chunk) - lead;
    VAddr rest = chunk + lead;
    set_chunk_head(gnu, rest, size | PREV_IN_USE | arena_flag(arena));
    mark_in_use(gnu, rest, size);
    uint64_t p_flag = chunk_head(gnu, chunk) & PREV_IN_USE;
    set_chunk_head(gnu, chunk, lead | p_flag | arena_flag(arena));
    arena_free(gnu, arena, chunk);
    return rest;
}

static VAddr align_in_arena(Gnu *gnu, VAddr arena, uint64_t alignment, uint64_t size) {
    uint64_t need = chunk_need(size);
    VAddr payload = arena_malloc(gnu, arena, need + alignment + MIN_CHUNK);
    if (payload == 0) {
        return 0;
    }
    VAddr chunk = chunk_of(payload);
    uint64_t lead = payload % alignment == 0 ? 0 : aligned_inside(chunk, alignment) - chunk;
    if (chunk_is_mapped(gnu, chunk)) {
        return payload_of(lead == 0 ? chunk : mapped_shift(gnu, chunk, lead));
    }
    chunk = lead == 0 ? chunk : cut_front(gnu, arena, chunk, lead);
    uint64_t bytes = chunk_size(gnu, chunk);
    if (bytes > need + MIN_CHUNK) {
        shorten(gnu, arena, chunk, bytes, need);
    }
    return payload_of(chunk);
}

VAddr gnu_aligned_alloc(void *self, uint64_t alignment, uint64_t size) {
    Gnu *gnu = self;
    thread_enter(gnu);
    alignment = alignment < MIN_CHUNK ? MIN_CHUNK : alignment;
    VAddr arena = arena_choose(gnu, size + alignment + MIN_CHUNK);
    VAddr payload = align_in_arena(gnu, arena, alignment, size);
    if (payload == 0 && arena != 0 && gnu->many_threads) {
        arena = arena_retry(gnu, arena, size);
        payload = align_in_arena(gnu, arena, alignment, size);
    }
    return payload;
}
