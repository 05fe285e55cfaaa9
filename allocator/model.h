/* model.h - the small vocabulary that allocator models share: fields of a header, rounding,
 * growing the heap, choosing among holes, reporting overhead.
 *
 * A hole is a free block.  Units: bytes.  Everything that lives in simulated memory is reached
 * through an AllocatorEnv, never through a pointer.
 */
#ifndef FAULTLINE_MODEL_H
#define FAULTLINE_MODEL_H

#include "faultline/allocator.h"

/* An 8-byte field of the header that begins at `block`.  HEADER_FIELD(block_size, 0) makes
 * block_size(env, block), which loads it, and set_block_size(env, block, value). */
#define HEADER_FIELD(name, offset)                                                                 \
    static inline uint64_t name(const AllocatorEnv *env, VAddr block) {                            \
        return env_load64(env, block + (offset));                                                  \
    }                                                                                              \
    static inline void set_##name(const AllocatorEnv *env, VAddr block, uint64_t value) {          \
        env_store64(env, block + (offset), value);                                                 \
    }

/* The number of the highest bit of a value that is not 0: its logarithm, rounded down. */
static inline unsigned highest_bit(uint64_t value) { return 63 - (unsigned)__builtin_clzll(value); }

/* The least multiple of `unit`, a power of two, that is >= value.  Sizes are far below 2^64 (see
 * ALLOCATOR_SIZE_MAX), so the sum does not overflow. */
static inline uint64_t round_up(uint64_t value, uint64_t unit) {
    return (value + unit - 1) & ~(unit - 1);
}

/* AllocatorOps.clone for a model whose struct is flat: `bytes` of it copied, and `env`, which is
 * its first field, replaced.  NULL: out of host memory. */
void *model_clone(const void *self, uint64_t bytes, const AllocatorEnv *env);

/* Move the break up by `bytes`, a multiple of `alignment`; the aligned start of the new bytes, or
 * 0 (out of memory; nothing has changed).  Only if somebody left the break misaligned does it
 * move further, by the padding. */
VAddr grow_break(const AllocatorEnv *env, uint64_t bytes, uint64_t alignment);

/* A walk reports bytes that are neither a block nor a hole. */
static inline void visit_overhead(VAddr va, uint64_t length, HeapVisit visit, void *host) {
    visit(host, &(HeapBlock){.va = va, .length = length, .kind = BLOCK_OVERHEAD});
}

/* Which of the holes that are big enough? */
typedef enum Fit {
    FIT_FIRST, /* the first of the list                                         */
    FIT_BEST,  /* the smallest; the first of equals                             */
    FIT_WORST, /* the largest; the first of equals                              */
    FIT_NEXT,  /* the first from where the last search ended, around the list   */
} Fit;
#define FIT_CHOICES "first|best|worst|next"

/* Does this fit take the first hole that is big enough, without looking further? */
static inline bool fit_is_greedy(Fit fit) { return fit == FIT_FIRST || fit == FIT_NEXT; }
/* Does best or worst fit like a hole of `size` more than one of `best`? */
static inline bool fit_prefers(Fit fit, uint64_t size, uint64_t best) {
    return fit == FIT_BEST ? size < best : size > best;
}

#endif
