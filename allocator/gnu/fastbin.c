/* fastbin.c - small chunks that are kept as they are: singly linked, last in, first out.
 *
 *     slot -> chunk -fd-> chunk -fd-> 0        all of one size; to their neighbours they look used
 *
 * Idea: who frees a small chunk will soon ask for one, so merging it would be wasted.  The price
 * is fragmentation; consolidation pays it all at once, when something large is asked for or freed.
 *
 * Invariant: a fastbin holds a chunk  =>  has_fast.
 */
#include "arena.h"

void fastbin_put(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size) {
    VAddr slot = fastbin_slot(arena, fastbin_index(size));
    set_arena_has_fast(gnu, arena, 1);
    VAddr first = load_word(gnu, slot);
    demand(gnu, first != chunk, "double free or corruption (fasttop)");
    set_chunk_fd(gnu, chunk, first);
    store_word(gnu, slot, chunk);
}

VAddr fastbin_take(Gnu *gnu, VAddr arena, uint64_t size) {
    VAddr slot = fastbin_slot(arena, fastbin_index(size));
    VAddr chunk = load_word(gnu, slot);
    if (chunk != 0) {
        demand(gnu, chunk % ALIGNMENT == 0, "malloc(): unaligned fastbin chunk detected");
        store_word(gnu, slot, chunk_fd(gnu, chunk));
    }
    return chunk;
}

/* One fast chunk becomes an ordinary free one, or part of top. */
static void consolidate_chunk(Gnu *gnu, VAddr arena, VAddr chunk) {
    uint64_t size = chunk_size(gnu, chunk);
    VAddr next = chunk + size;
    uint64_t next_size = chunk_size(gnu, next);
    if (!prev_in_use(gnu, chunk)) {
        uint64_t before = chunk_prev_size(gnu, chunk);
        size += before;
        chunk -= before;
        demand(gnu, chunk_size(gnu, chunk) == before, "corrupted size vs. prev_size in fastbins");
        chunk_unlink(gnu, chunk);
    }
    if (next == arena_top(gnu, arena)) {
        set_chunk_head(gnu, chunk, (size + next_size) | PREV_IN_USE);
        set_arena_top(gnu, arena, chunk);
        return;
    }
    if (!chunk_in_use(gnu, next, next_size)) {
        size += next_size;
        chunk_unlink(gnu, next);
    } else {
        set_chunk_head(gnu, next, chunk_head(gnu, next) & ~PREV_IN_USE);
    }
    unsorted_insert(gnu, arena, chunk, size);
}

void fastbins_consolidate(Gnu *gnu, VAddr arena) {
    set_arena_has_fast(gnu, arena, 0);
    for (unsigned i = 0; i < FASTBINS; i++) {
        VAddr chunk = load_word(gnu, fastbin_slot(arena, i));
        if (chunk != 0) {
            store_word(gnu, fastbin_slot(arena, i), 0);
        }
        while (chunk != 0) {
            demand(gnu, fastbin_index(chunk_size(gnu, chunk)) == i,
                   "malloc_consolidate(): invalid chunk size");
            VAddr next = chunk_fd(gnu, chunk);
            consolidate_chunk(gnu, arena, chunk);
            chunk = next;
        }
    }
}
