/* chunk.h - a heap of aligned mappings: from a block's address to its chunk by arithmetic.
 *
 *     | next prev length lone | .... blocks of the model ........................... |  one chunk
 *     | next prev length lone | .... | one block, larger than a chunk can hold ..... |  a lone block
 *     ^-- a multiple of `bytes`
 *
 * Idea: every chunk begins at a multiple of its size, so the chunk of a block is its address with
 * the low bits cleared, and what the model knows about its blocks stands at the chunk's start, out
 * of the blocks' way (out-of-band).  A block that is too large gets a mapping of its own, which
 * begins like a chunk and says so.  All are on one list, newest first.
 *
 * A payload never starts where a chunk does, but for lone blocks aligned to chunks or more; these
 * start where the chunk's header would begin anew.  Hence payload - 1 is in the right chunk.
 *
 * Used by buddy, region and slab_heap.  Units: bytes.
 */
#ifndef FAULTLINE_CHUNK_H
#define FAULTLINE_CHUNK_H

#include "model.h"

#define CHUNK_HEADER    32
#define CHUNK_PAGES_MIN 16

HEADER_FIELD(chunk_next, 0)
HEADER_FIELD(chunk_prev, 8)
HEADER_FIELD(chunk_length, 16) /* of the whole mapping */
HEADER_FIELD(chunk_lone, 24)   /* the payload of its only block; 0: the model's blocks; the chunk's
                                  own address: nothing, but the system did not take it back */

typedef struct ChunkList {
    uint64_t bytes; /* of a chunk: a power of two */
    VAddr first;    /* the newest; 0: none        */
} ChunkList;

/* No chunk yet; each will have `bytes`, or as many more as make a power of two of 16 pages and up. */
void chunk_list_init(ChunkList *list, const AllocatorEnv *env, uint64_t bytes);

/* A chunk for the model's blocks; 0: out of memory. */
VAddr chunk_add(ChunkList *list, const AllocatorEnv *env);
/* Give the chunk back to the system. */
void chunk_remove(ChunkList *list, const AllocatorEnv *env, VAddr chunk);

/* A block with a mapping of its own; its payload, or 0: out of memory.  To free it, remove its
 * chunk. */
VAddr chunk_add_lone(ChunkList *list, const AllocatorEnv *env, uint64_t alignment, uint64_t size);

static inline VAddr chunk_of(const ChunkList *list, VAddr payload) {
    return (payload - 1) & ~(list->bytes - 1);
}
static inline uint64_t chunk_lone_size(const AllocatorEnv *env, VAddr chunk) {
    return chunk + chunk_length(env, chunk) - chunk_lone(env, chunk);
}

/* If the chunk has no blocks of the model's: report what it has. */
bool chunk_walk_lone(const AllocatorEnv *peek, VAddr chunk, HeapVisit visit, void *host);

/* NULL if next and prev agree, and every chunk is aligned and sane. */
const char *chunk_list_check(const ChunkList *list, const AllocatorEnv *peek);

/* The least power of two that is >= value, as its logarithm; 1 <= value <= 2^63. */
static inline unsigned log2_up(uint64_t value) {
    return value <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(value - 1);
}

#endif
