/* place.c - malloc's search for a chunk.
 *
 *     1  a fast chunk of that size        4  sort the unsorted list into bins; an exact fit is taken
 *     2  a small bin's oldest             5  the smallest chunk that is large enough; what is over
 *     3  if it is large: consolidate         goes to the unsorted list
 *                                         6  the front of top        7  more from the system
 *
 * Idea: best fit, with two biases.  The sizes asked for last come first (lists are served before
 * bins are searched), and small requests in a row are cut from the same remainder, so that they lie
 * side by side.  What a search finds in excess of one exact fit goes to the thread's cache.
 *
 * Invariant: what is returned is on no list, and its neighbour's P flag is set.
 */
#include "arena.h"

#define SORT_MAX 10000 /* so many unsorted chunks are sorted in a row, then the bins are searched */

/* The chunk of `size` bytes, on no list, serves `need` of them; the rest, if it is a chunk of its
 * own, is unsorted. */
static VAddr carve(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size, uint64_t need) {
    uint64_t rest = size - need;
    if (rest < MIN_CHUNK) {
        mark_in_use(gnu, chunk, size);
        if (arena != MAIN_ARENA) {
            set_chunk_head(gnu, chunk, chunk_head(gnu, chunk) | NOT_OF_MAIN);
        }
        return chunk;
    }
    unsorted_insert(gnu, arena, chunk + need, rest);
    if (is_small(need)) {
        set_arena_last_remainder(gnu, arena, chunk + need);
    }
    set_chunk_head(gnu, chunk, need | PREV_IN_USE | arena_flag(arena));
    return chunk;
}

/* The oldest of a small bin, or 0. */
static VAddr small_bin_take(Gnu *gnu, VAddr arena, uint64_t size) {
    VAddr head = bin_head(arena, bin_index(size));
    VAddr chunk = chunk_bk(gnu, head);
    if (chunk == head) {
        return 0;
    }
    VAddr previous = chunk_bk(gnu, chunk);
    demand(gnu, chunk_fd(gnu, previous) == chunk,
           "malloc(): smallbin double linked list corrupted");
    set_chunk_bk(gnu, head, previous);
    set_chunk_fd(gnu, previous, head);
    return carve(gnu, arena, chunk, size, size);
}

/* Steps 1 and 2: a chunk of exactly this size, or 0.  Others like it go to the tcache. */
static VAddr take_exact(Gnu *gnu, VAddr arena, uint64_t size,
                        VAddr (*take)(Gnu *, VAddr, uint64_t)) {
    VAddr chunk = take(gnu, arena, size), more;
    if (chunk != 0) {
        while (tcache_accepts(gnu, size) && (more = take(gnu, arena, size)) != 0) {
            tcache_put(gnu, more, size);
        }
    }
    return chunk;
}

static void check_unsorted(const Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size) {
    VAddr next = chunk + size, head = bin_head(arena, UNSORTED);
    uint64_t most = arena_system_bytes(gnu, arena);
    demand(gnu, size > CHUNK_HEADER && size <= most, "malloc(): invalid size (unsorted)");
    demand(gnu, chunk_head(gnu, next) >= CHUNK_HEADER && chunk_head(gnu, next) <= most,
           "malloc(): invalid next size (unsorted)");
    demand(gnu, (chunk_prev_size(gnu, next) & ~FLAGS) == size,
           "malloc(): mismatching next->prev_size (unsorted)");
    demand(gnu, chunk_fd(gnu, chunk_bk(gnu, chunk)) == chunk && chunk_fd(gnu, chunk) == head,
           "malloc(): unsorted double linked list corrupted");
    demand(gnu, !prev_in_use(gnu, next), "malloc(): invalid next->prev_inuse (unsorted)");
}

/* The last of the unsorted list leaves it. */
static void unsorted_drop(Gnu *gnu, VAddr arena, VAddr chunk) {
    VAddr head = bin_head(arena, UNSORTED), previous = chunk_bk(gnu, chunk);
    set_chunk_bk(gnu, head, previous);
    set_chunk_fd(gnu, previous, head);
}

/* Is this the remainder of the last small request, all alone, and good for one more? */
static bool is_last_remainder(const Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size,
                              uint64_t need) {
    return is_small(need) && chunk_bk(gnu, chunk) == bin_head(arena, UNSORTED) &&
           chunk == arena_last_remainder(gnu, arena) && size > need + MIN_CHUNK;
}

/* Step 4.  Exact fits fill the tcache first; when it is full, or in the end, one is given. */
static VAddr sort_unsorted(Gnu *gnu, VAddr arena, uint64_t need) {
    VAddr head = bin_head(arena, UNSORTED), chunk;
    bool cached = false;
    for (unsigned sorted = 0; sorted < SORT_MAX && (chunk = chunk_bk(gnu, head)) != head;) {
        uint64_t size = chunk_size(gnu, chunk);
        check_unsorted(gnu, arena, chunk, size);
        bool remainder = is_last_remainder(gnu, arena, chunk, size, need);
        unsorted_drop(gnu, arena, chunk);
        if (remainder) {
            return carve(gnu, arena, chunk, size, need);
        }
        if (size != need) {
            bin_insert(gnu, arena, chunk, size);
            sorted++;
            continue;
        }
        carve(gnu, arena, chunk, size, need);
        if (!tcache_accepts(gnu, need)) {
            return chunk;
        }
        tcache_put(gnu, chunk, need);
        cached = true;
    }
    return cached ? tcache_take(gnu, need) : 0;
}

/* Step 5. */
static VAddr best_fit(Gnu *gnu, VAddr arena, uint64_t need) {
    unsigned index = bin_index(need);
    VAddr chunk = is_small(need) ? 0 : large_bin_find(gnu, arena, index, need);
    if (chunk == 0) {
        chunk = bins_find_above(gnu, arena, index + 1);
    }
    if (chunk == 0) {
        return 0;
    }
    uint64_t size = chunk_size(gnu, chunk);
    demand(gnu, size >= need, "malloc(): a chunk in a bin is too small for it");
    chunk_unlink(gnu, chunk);
    return carve(gnu, arena, chunk, size, need);
}

static VAddr find_chunk(Gnu *gnu, VAddr arena, uint64_t need) {
    VAddr chunk = 0;
    if (need <= gnu->tuning.max_fast) {
        chunk = take_exact(gnu, arena, need, fastbin_take);
    }
    if (chunk == 0 && is_small(need)) {
        chunk = take_exact(gnu, arena, need, small_bin_take);
    } else if (chunk == 0 && arena_has_fast(gnu, arena) != 0) {
        fastbins_consolidate(gnu, arena);
    }
    while (chunk == 0) {
        chunk = sort_unsorted(gnu, arena, need);
        chunk = chunk != 0 ? chunk : best_fit(gnu, arena, need);
        chunk = chunk != 0 ? chunk : top_cut(gnu, arena, need);
        if (chunk == 0 && arena_has_fast(gnu, arena) == 0) {
            return system_malloc(gnu, arena, need);
        }
        if (chunk == 0) {
            fastbins_consolidate(gnu, arena);
        }
    }
    return chunk;
}

VAddr arena_malloc(Gnu *gnu, VAddr arena, uint64_t size) {
    uint64_t need = chunk_need(size);
    VAddr chunk = arena == 0 ? mapped_create(gnu, need) : find_chunk(gnu, arena, need);
    if (chunk == 0) {
        return 0;
    }
    if (gnu->tuning.perturb != 0) {
        uint8_t byte = gnu->tuning.perturb ^ 0xff;
        gnu->env->set(gnu->env->host, payload_of(chunk), byte, size);
    }
    return payload_of(chunk);
}
