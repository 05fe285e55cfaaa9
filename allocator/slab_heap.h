/* slab_heap.h - blocks of few sizes, each size in slabs of its own: what slab and decay share.
 *
 * Idea: sizes are rounded up to classes, so many to a doubling.  A slab is a run of pages cut into
 * blocks of one class; a block has no header: its page's record tells its slab, that the class.
 * Which blocks of a slab are free is told by bits beside the records (out-of-band), or by links
 * in the free blocks themselves.  A slab that has become empty is a hole of pages again.
 *
 *     size <= largest            a block of a slab
 *     as long as a chunk has it  a run of pages
 *     more                       a lone block (chunk.h)
 *
 * Invariants (slab_heap_check): those of page_runs; a slab is on the list of its class if and only
 * if it has room; used = its bits set, or blocks ever used - blocks linked; bits of no block are 0.
 */
#ifndef FAULTLINE_SLAB_HEAP_H
#define FAULTLINE_SLAB_HEAP_H

#include "page_runs.h"

#define SLAB_ALIGNMENT   16
#define SIZE_CLASSES     128
#define SLAB_LARGEST_MAX (1 << 18)

typedef struct SizeClass {
    uint64_t size, pages, blocks; /* of a block; of a slab */
    VAddr slabs;                  /* those that have room, the last to get some first */
} SizeClass;

typedef struct SlabHeap {
    PageRuns runs;
    bool links;          /* free blocks are linked, not told by bits     */
    unsigned class_bits; /* 2^class_bits classes a doubling              */
    unsigned count;      /* of classes                                   */
    SizeClass classes[SIZE_CLASSES];
    uint64_t *marks; /* for walks only: a bit for each block of a slab with links */
} SlabHeap;

/* The first parameters of every model on a SlabHeap. */
enum { SLAB_CLASSES, SLAB_LARGEST, SLAB_WASTE, SLAB_FREE, SLAB_CHUNK, SLAB_PARAMS };
#define SLAB_PARAM_ROWS                                                                            \
    [SLAB_CLASSES] = {.name = "classes",                                                           \
                      .kind = PARAM_COUNT,                                                         \
                      .initial = 4,                                                                \
                      .min = 1,                                                                    \
                      .max = 8,                                                                    \
                      .help = "size classes a doubling, rounded up to a power of two"},            \
    [SLAB_LARGEST] = {.name = "largest",                                                           \
                      .kind = PARAM_SIZE,                                                          \
                      .initial = 14336,                                                            \
                      .min = SLAB_ALIGNMENT,                                                       \
                      .max = SLAB_LARGEST_MAX,                                                     \
                      .help = "blocks up to this size come from slabs, others are pages"},         \
    [SLAB_WASTE] = {.name = "waste",                                                               \
                    .kind = PARAM_COUNT,                                                           \
                    .initial = 8,                                                                  \
                    .min = 2,                                                                      \
                    .max = 16,                                                                     \
                    .help =                                                                        \
                        "a slab has as many pages as it takes to waste at most 1/waste of them"},  \
    [SLAB_FREE] = {.name = "free",                                                                 \
                   .kind = PARAM_CHOICE,                                                           \
                   .initial = 0,                                                                   \
                   .choices = "bitmap|links",                                                      \
                   .help =                                                                         \
                       "what tells a slab's free blocks: bits far from them, or links in them"},   \
    [SLAB_CHUNK] = {                                                                               \
        .name = "chunk",                                                                           \
        .kind = PARAM_SIZE,                                                                        \
        .initial = 1 << 20,                                                                        \
        .min = 1 << 16,                                                                            \
        .max = 1 << 30,                                                                            \
        .help = "what is asked of the system, rounded up to a power of two of at least 16 pages"}

HEADER_FIELD(block_link, 0) /* of a free block, with links */

static inline bool class_has_room(const SizeClass *class, uint64_t used) {
    return used < class->blocks;
}

/* Is the run with this info a slab, of a class that there is? */
static inline bool run_is_slab(const SlabHeap *heap, uint64_t info) {
    return info_kind(info) == RUN_SLAB && info_class(info) < heap->count;
}

/* False: out of host memory. */
bool slab_heap_init(SlabHeap *heap, const AllocatorEnv *env, const uint64_t *params);
/* AllocatorOps.clone for a struct of `bytes` that begins with a SlabHeap and is flat behind it. */
void *slab_heap_clone(const void *self, uint64_t bytes, const AllocatorEnv *env);
/* AllocatorOps.destroy for the same. */
void slab_heap_destroy(void *self);

/* As in AllocatorOps; `self` is a SlabHeap, or a struct that begins with one. */
VAddr slab_heap_malloc(void *self, uint64_t size);
VAddr slab_heap_aligned_alloc(void *self, uint64_t alignment, uint64_t size);
void slab_heap_free(void *self, VAddr payload);
uint64_t slab_heap_usable_size(void *self, VAddr payload);
void slab_heap_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host);
const char *slab_heap_check(void *self, const AllocatorEnv *peek);

#endif
