/* slab.c - slabs of blocks of one size; what is known about the blocks lies far from them.
 *
 *     chunk: | records, bits | 16 16 16 16 16 16 ... | 80 80 80 ... | 48 48 48 ... | hole |
 *              ^ one or two pages tell all about a MiB of blocks
 *
 * Idea: a heap whose free blocks are found without touching them.  malloc takes the lowest free
 * block of a slab of its class; free clears a bit; neither goes near the block, which may be on
 * disk and stays there.  With free = links the same slabs thread their free blocks on a list
 * instead, as Bonwick's did for small objects: each free then writes to the block.
 * slab_heap.h has the mechanics; this model never tells the system that pages are not needed,
 * unless it is asked to (malloc_trim).
 *
 * Invariant (slab_check): that of slab_heap, and all holes that were ever used are dirty.
 */
#include "allocators.h"
#include "slab_heap.h"

#include <stdlib.h>

static const Param slab_params[] = {SLAB_PARAM_ROWS, {.name = NULL}};

static void *slab_create(const AllocatorEnv *env, const uint64_t *params) {
    SlabHeap *heap = calloc(1, sizeof *heap);
    if (heap != NULL && !slab_heap_init(heap, env, params)) {
        slab_heap_destroy(heap);
        return NULL;
    }
    return heap;
}

static void *slab_clone(const void *self, const AllocatorEnv *env) {
    return slab_heap_clone(self, sizeof(SlabHeap), env);
}

/* Pages that were never used and pages that were are all the same here, so that they merge. */
static bool slab_trim(void *self, uint64_t pad) {
    (void)pad;
    PageRuns *runs = &((SlabHeap *)self)->runs;
    while (runs->holes[RUN_CLEAN] != 0) {
        page_runs_turn(runs, runs->holes[RUN_CLEAN], RUN_DIRTY);
    }
    return page_runs_trim(runs);
}

static const char *slab_check(void *self, const AllocatorEnv *peek) {
    const SlabHeap *heap = self;
    return heap->runs.holes[RUN_MUZZY] == 0 ? slab_heap_check(self, peek) : "slab: a hole is muzzy";
}

const AllocatorOps allocator_slab = {
    .info = {.name = "slab",
             .summary = "slabs of blocks of one size, with bits or links for the free ones",
             .source = "Bonwick, The Slab Allocator, USENIX 1994; jemalloc (size classes, bits)",
             .params = slab_params},
    .alignment = SLAB_ALIGNMENT,
    .create = slab_create,
    .destroy = slab_heap_destroy,
    .clone = slab_clone,
    .malloc = slab_heap_malloc,
    .free = slab_heap_free,
    .usable_size = slab_heap_usable_size,
    .aligned_alloc = slab_heap_aligned_alloc,
    .walk = slab_heap_walk,
    .check = slab_check,
    .trim = slab_trim,
};
