/* release.c - free: what becomes of a chunk that is not a mapping.
 *
 *     tcache -> fastbin -> merged with free neighbours -> unsorted list, or top
 *                                                   large -> consolidate, give back to the system
 *
 * Idea: the boundary tags tell, without a search, whether the neighbours are free and where the
 * one before begins, so merging takes constant time (Knuth, The Art of Computer Programming 2.5).
 */
#include "arena.h"

#define LARGE_FREE UINT64_C(65536) /* freeing (after merging) so much starts the great tidying */

static void fill_freed(Gnu *gnu, VAddr chunk, uint64_t size) {
    if (gnu->tuning.perturb != 0) {
        gnu->env->set(gnu->env->host, payload_of(chunk), gnu->tuning.perturb, size - CHUNK_HEADER);
    }
}

static void check_next(const Gnu *gnu, VAddr arena, VAddr next, const char *otherwise) {
    uint64_t head = chunk_head(gnu, next);
    demand(gnu, head > CHUNK_HEADER && (head & ~FLAGS) < arena_system_bytes(gnu, arena), otherwise);
}

static void check_freed(const Gnu *gnu, VAddr arena, VAddr chunk, VAddr next) {
    VAddr top = arena_top(gnu, arena);
    demand(gnu, chunk != top, "double free or corruption (top)");
    demand(gnu, arena_not_contiguous(gnu, arena) != 0 || next < top + chunk_size(gnu, top),
           "double free or corruption (out)");
    demand(gnu, prev_in_use(gnu, next), "double free or corruption (!prev)");
    check_next(gnu, arena, next, "free(): invalid next size (normal)");
}

/* A large chunk has come free: merge what can be merged, give back what need not be kept. */
static void tidy(Gnu *gnu, VAddr arena) {
    if (arena_has_fast(gnu, arena) != 0) {
        fastbins_consolidate(gnu, arena);
    }
    if (arena != MAIN_ARENA) {
        subheap_trim(gnu, arena);
    } else if (chunk_size(gnu, arena_top(gnu, arena)) >= gnu->tuning.trim_threshold) {
        main_trim(gnu, gnu->tuning.top_pad);
    }
}

/* Merge, and put the whole on the unsorted list or make it the top; its size. */
static uint64_t merge(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size) {
    VAddr next = chunk + size;
    uint64_t next_size = chunk_size(gnu, next);
    if (!prev_in_use(gnu, chunk)) {
        uint64_t before = chunk_prev_size(gnu, chunk);
        size += before;
        chunk -= before;
        demand(gnu, chunk_size(gnu, chunk) == before,
               "corrupted size vs. prev_size while consolidating");
        chunk_unlink(gnu, chunk);
    }
    if (next == arena_top(gnu, arena)) {
        size += next_size;
        set_chunk_head(gnu, chunk, size | PREV_IN_USE);
        set_arena_top(gnu, arena, chunk);
        return size;
    }
    if (!chunk_in_use(gnu, next, next_size)) {
        chunk_unlink(gnu, next);
        size += next_size;
    } else {
        set_chunk_head(gnu, next, chunk_head(gnu, next) & ~PREV_IN_USE);
    }
    unsorted_insert(gnu, arena, chunk, size);
    return size;
}

void arena_free(Gnu *gnu, VAddr arena, VAddr chunk) {
    uint64_t size = chunk_size(gnu, chunk);
    demand(gnu, chunk <= -size && chunk % ALIGNMENT == 0, "free(): invalid pointer");
    demand(gnu, size >= MIN_CHUNK && size % ALIGNMENT == 0, "free(): invalid size");
    if (tcache_offer(gnu, chunk, size)) {
        return;
    }
    if (size <= gnu->tuning.max_fast) {
        check_next(gnu, arena, chunk + size, "free(): invalid next size (fast)");
        fill_freed(gnu, chunk, size);
        fastbin_put(gnu, arena, chunk, size);
        return;
    }
    check_freed(gnu, arena, chunk, chunk + size);
    fill_freed(gnu, chunk, size);
    if (merge(gnu, arena, chunk, size) >= LARGE_FREE) {
        tidy(gnu, arena);
    }
}

void chunk_free(Gnu *gnu, VAddr chunk) {
    if (chunk_is_mapped(gnu, chunk)) {
        mapped_free(gnu, chunk);
    } else {
        arena_free(gnu, arena_of_chunk(gnu, chunk), chunk);
    }
}
