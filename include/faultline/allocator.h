/* allocator.h - the contract between a malloc/free model and the process that it serves.
 *
 * An allocator is a user program: it owns nothing but what sbrk and mmap gave it, and every
 * word of its book-keeping is loaded and stored through the environment, so it goes through
 * the simulated MMU, faults, and can be evicted.  Its C struct may hold only what a real
 * allocator would keep in global variables (heap start, list heads, a roving pointer).
 *
 * Any environment call may end the process (a SIGSEGV on a corrupted header); it then does
 * not return.  So keep no host resource in a local variable across environment calls.
 */
#ifndef FAULTLINE_ALLOCATOR_H
#define FAULTLINE_ALLOCATOR_H

#include "faultline/param.h"
#include "faultline/types.h"

/* What an allocator gets.  All functions take `host` first. */
typedef struct AllocatorEnv {
    void *host;
    uint64_t page_size;
    /* Move the break; the old break, or VADDR_FAIL (ENOMEM).  sbrk(0) asks where it is. */
    VAddr (*sbrk)(void *host, int64_t increment);
    /* New private anonymous read-write memory; its address, or VADDR_FAIL (ENOMEM). */
    VAddr (*mmap)(void *host, uint64_t length);
    bool (*munmap)(void *host, VAddr va, uint64_t length);
    /* Loads and stores of 1, 2, 4 or 8 bytes, little-endian. */
    uint64_t (*load)(void *host, VAddr va, unsigned size);
    void (*store)(void *host, VAddr va, unsigned size, uint64_t value);
    /* memmove and memset in simulated memory. */
    void (*copy)(void *host, VAddr to, VAddr from, uint64_t length);
    void (*set)(void *host, VAddr va, uint8_t byte, uint64_t length);
    /* A number in 0..bound-1 from the allocator's own stream. */
    uint64_t (*random)(void *host, uint64_t bound);
} AllocatorEnv;

static inline uint64_t env_load64(const AllocatorEnv *env, VAddr va) {
    return env->load(env->host, va, 8);
}
static inline void env_store64(const AllocatorEnv *env, VAddr va, uint64_t value) {
    env->store(env->host, va, 8, value);
}

/* One block of the heap, as walk() reports it. */
typedef enum BlockKind { BLOCK_FREE, BLOCK_USED, BLOCK_OVERHEAD } BlockKind;
typedef struct HeapBlock {
    VAddr va;        /* its first byte, header included                                */
    uint64_t length; /* all its bytes, header and padding included                     */
    VAddr payload;   /* what malloc returned or would return; 0 for BLOCK_OVERHEAD     */
    uint64_t payload_length;
    BlockKind kind;
    VAddr link; /* the next block of the list that it is on, 0 if on none               */
} HeapBlock;
typedef void (*HeapVisit)(void *host, const HeapBlock *block);

/* What an allocator gives.  Addresses returned are 0 on failure (ENOMEM), as in C. */
typedef struct AllocatorOps {
    ComponentInfo info;
    uint32_t alignment; /* every payload address is a multiple of this */
    void *(*create)(const AllocatorEnv *env, const uint64_t *params);
    void (*destroy)(void *self);
    VAddr (*malloc)(void *self, uint64_t size);
    /* The size of the block behind a live payload address, which malloc gave. */
    uint64_t (*usable_size)(void *self, VAddr payload);
    void (*free)(void *self, VAddr payload);
    /* Optional (NULL: the wrapper makes them of malloc, free, copy and set). */
    VAddr (*calloc)(void *self, uint64_t count, uint64_t size);
    VAddr (*realloc)(void *self, VAddr payload, uint64_t size);
    VAddr (*aligned_alloc)(void *self, uint64_t alignment, uint64_t size);
    /* Report every block, in address order within a region.  Reads through `peek`, which
     * sees simulated memory without touching it: a walk changes no count. */
    void (*walk)(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host);
    /* NULL if all invariants hold, else what is wrong, in words.  Reads through `peek`. */
    const char *(*check)(void *self, const AllocatorEnv *peek);
} AllocatorOps;

#endif
