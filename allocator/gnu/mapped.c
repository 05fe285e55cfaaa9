/* mapped.c - large chunks, each a mapping of its own.
 *
 *     mapping -> | prev_size = 0 | size | M | payload ...                    | whole pages
 *     mapping -> | lead           | prev_size = lead | size | M | payload ...   after memalign
 *
 * Idea: freeing such a chunk gives everything back at once, wherever it lies; but each costs two
 * system calls and fresh pages.  So if a program frees one, it will want another: from then on
 * sizes up to that one come from the heap (the threshold rises, and trimming with it).
 *
 * Invariants: chunk - prev_size and prev_size + size are multiples of the page size;
 *             mmaps = the number of such chunks.
 */
#include "arena.h"

#define THRESHOLD_MAX (UINT64_C(32) << 20) /* dynamically; mallopt may go beyond */

static void forget(Gnu *gnu, VAddr chunk) {
    uint32_t node = interval_at_or_below(&gnu->mapped, chunk);
    if (node != 0 && gnu->mapped.nodes[node].start == chunk) {
        interval_remove(&gnu->mapped, node);
    }
}

/* Whatever the program has done to the headers, the notes stay disjoint and have room. */
static void note(Gnu *gnu, VAddr chunk) {
    forget(gnu, chunk);
    if (interval_reserve(&gnu->mapped, 1)) {
        interval_insert(&gnu->mapped, chunk, 1);
    }
}

/* A word more than in the heap: there is no next chunk whose prev_size could be used. */
VAddr mapped_create(Gnu *gnu, uint64_t need) {
    uint64_t size = round_up(need + WORD, gnu->env->page_size);
    if (!interval_reserve(&gnu->mapped, 1)) {
        return 0;
    }
    VAddr chunk = gnu->env->mmap(gnu->env->host, size);
    if (chunk == VADDR_FAIL) {
        return 0;
    }
    set_chunk_prev_size(gnu, chunk, 0);
    set_chunk_head(gnu, chunk, size | IS_MAPPED);
    gnu->mmaps++;
    note(gnu, chunk);
    return chunk;
}

static void check_bounds(const Gnu *gnu, VAddr start, uint64_t bytes, const char *otherwise) {
    demand(gnu, ((start | bytes) & (gnu->env->page_size - 1)) == 0, otherwise);
}

void mapped_free(Gnu *gnu, VAddr chunk) {
    uint64_t head = chunk_head(gnu, chunk), lead = chunk_prev_size(gnu, chunk);
    uint64_t size = head & ~FLAGS;
    if (gnu->tuning.dynamic && head > gnu->tuning.mmap_threshold && head <= THRESHOLD_MAX) {
        gnu->tuning.mmap_threshold = size;
        gnu->tuning.trim_threshold = 2 * size;
    }
    check_bounds(gnu, chunk - lead, lead + size, "munmap_chunk(): invalid pointer");
    forget(gnu, chunk);
    gnu->mmaps--;
    gnu->env->munmap(gnu->env->host, chunk - lead, lead + size);
}

VAddr mapped_resize(Gnu *gnu, VAddr chunk, uint64_t need) {
    uint64_t size = chunk_size(gnu, chunk), lead = chunk_prev_size(gnu, chunk);
    uint64_t bytes = round_up(need + lead + WORD, gnu->env->page_size);
    check_bounds(gnu, chunk - lead, lead + size, "mremap_chunk(): invalid pointer");
    if (bytes == lead + size) {
        return chunk;
    }
    VAddr start = gnu->env->remap(gnu->env->host, chunk - lead, lead + size, bytes);
    if (start == VADDR_FAIL) {
        return 0;
    }
    forget(gnu, chunk);
    note(gnu, start + lead);
    set_chunk_head(gnu, start + lead, (bytes - lead) | IS_MAPPED);
    return start + lead;
}

VAddr mapped_shift(Gnu *gnu, VAddr chunk, uint64_t lead) {
    uint64_t size = chunk_size(gnu, chunk) - lead;
    set_chunk_prev_size(gnu, chunk + lead, chunk_prev_size(gnu, chunk) + lead);
    set_chunk_head(gnu, chunk + lead, size | IS_MAPPED);
    forget(gnu, chunk);
    note(gnu, chunk + lead);
    return chunk + lead;
}
