/* allocator.h - the contract between a malloc/free model and the process that it serves.
 *
 * An allocator is a user program: it owns nothing but what sbrk and mmap gave it, and every
 * word of its book-keeping is loaded and stored through the environment, so it goes through
 * the simulated MMU, faults, and can be evicted.  Its C struct may hold only what a real
 * allocator would keep in global variables (heap start, list heads, a roving pointer).
 *
 * Any environment call may end the process (a SIGSEGV on a corrupted header), and a call that
 * reads on and on (a list bent into a circle) is cut short; it then does not return.  So keep no
 * host resource in a local variable across environment calls.
 *
 * A model is called by the wrapper only (allocator/heap.h), which does for every model what C
 * promises: malloc(0), free(NULL), calloc, realloc, overflow.  A model places blocks.
 */
#ifndef FAULTLINE_ALLOCATOR_H
#define FAULTLINE_ALLOCATOR_H

#include "faultline/param.h"
#include "faultline/types.h"

/* What an allocator gets.  All functions take `host` first. */
typedef struct AllocatorEnv {
    void *host;
    uint64_t page_size;
    /* Does new memory read as zeros?  Not on a machine whose kernel hands out pages as they were:
     * there calloc must clear all that it gives. */
    bool zeroed;
    /* Move the break; the old break, or VADDR_FAIL (ENOMEM).  sbrk(0) asks where it is.  The
     * program may move it too: what two calls give need not be adjacent, nor aligned. */
    VAddr (*sbrk)(void *host, int64_t increment);
    /* New private anonymous read-write memory; its address, or VADDR_FAIL (ENOMEM). */
    VAddr (*mmap)(void *host, uint64_t length);
    bool (*munmap)(void *host, VAddr va, uint64_t length);
    /* Address space only (PROT_NONE, not charged): at `hint` if that is free, else anywhere. */
    VAddr (*reserve)(void *host, VAddr hint, uint64_t length);
    /* mprotect: whole pages become readable and writable, or lose all rights. */
    bool (*protect)(void *host, VAddr va, uint64_t length, bool writable);
    /* madvise: the pages' bytes are wanted no more.  At once (DONTNEED: they read as zeros), or
     * when memory is short (`lazily`, FREE: until then they read as before). */
    bool (*discard)(void *host, VAddr va, uint64_t length, bool lazily);
    /* mremap that may move; the new address, or VADDR_FAIL (ENOMEM: nothing has changed). */
    VAddr (*remap)(void *host, VAddr va, uint64_t length, uint64_t new_length);
    /* Loads and stores of 1, 2, 4 or 8 bytes, little-endian. */
    uint64_t (*load)(void *host, VAddr va, unsigned size);
    void (*store)(void *host, VAddr va, unsigned size, uint64_t value);
    /* For the wrapper only, models get NULL: as load, but nobody notices. */
    uint64_t (*peek)(void *host, VAddr va, unsigned size);
    /* memmove and memset in simulated memory. */
    void (*copy)(void *host, VAddr to, VAddr from, uint64_t length);
    void (*set)(void *host, VAddr va, uint8_t byte, uint64_t length);
    /* A number in 0..bound-1 from the allocator's own stream, bound <= 2^32. */
    uint64_t (*random)(void *host, uint64_t bound);
    uint32_t (*thread)(
        void *host); /* which thread is calling: 0 is the first, numbers are reused */
    Tick (*now)(void *host);
    /* The book-keeping is not as the model left it: end the program, as a real malloc does.  Does
     * not return.  `why`: in words, a constant. */
    void (*abort)(void *host, const char *why);
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
    VAddr link; /* where the next block of its list begins (its va), 0 if on none or last */
    /* For models with lists of several kinds; constants.  "tcache", 32: the list of that name and
     * size, or of sizes from that on; NULL: the model does not name them; 0: of any size. */
    const char *list;
    uint64_t list_size;
    const char *flags; /* the marks in the block's header, in letters; NULL: it has none */
} HeapBlock;
typedef void (*HeapVisit)(void *host, const HeapBlock *block);

/* What an allocator gives.  Addresses returned are 0 on failure (ENOMEM), as in C.  A failed
 * call leaves every live block and every invariant as it was. */
typedef struct AllocatorOps {
    ComponentInfo info;
    uint32_t alignment; /* every payload address is a multiple of this, a power of two */
    /* Set up the C struct: `params` has one value for each row of info.params, within its
     * range; `env` lives as long as the model.  Makes no environment call: a model takes its
     * first memory in its first malloc.  NULL: out of host memory. */
    void *(*create)(const AllocatorEnv *env, const uint64_t *params);
    void (*destroy)(void *self);
    /* 1 <= size <= ALLOCATOR_SIZE_MAX, also in all calls below. */
    VAddr (*malloc)(void *self, uint64_t size);
    /* `payload` is a live block that malloc gave. */
    void (*free)(void *self, VAddr payload);

    /* All that follows is optional: NULL, and the wrapper makes do. */

    /* fork(2): a copy of the C struct, for a process whose memory is a copy of this one's; `env` is
     * the copy's, and lives as long as it.  Makes no environment call.  NULL in place of a result:
     * out of host memory.  NULL in place of the function: programs that fork are refused. */
    void *(*clone)(const void *self, const AllocatorEnv *env);

    /* How many bytes there are behind a live payload address, at least what was asked for.
     * NULL: the model cannot tell; a realloc that grows then always moves the block. */
    uint64_t (*usable_size)(void *self, VAddr payload);
    /* count * size does not overflow.  NULL: malloc, then set to zero. */
    VAddr (*calloc)(void *self, uint64_t count, uint64_t size);
    /* NULL: stay if the new size fits into usable_size, else malloc, copy, free. */
    VAddr (*realloc)(void *self, VAddr payload, uint64_t size);
    /* A power of two > ops->alignment.  NULL: malloc of alignment - ops->alignment bytes more,
     * of which the program gets an aligned inner address. */
    VAddr (*aligned_alloc)(void *self, uint64_t alignment, uint64_t size);
    /* Report every block, in address order within a region: disjoint, and together all the
     * bytes held from the system.  Reads through `peek`, which sees simulated memory without
     * touching it: a walk changes no count.  Only peek->load may be called.  It may read
     * whatever nonsense the program has written over the headers: then what it reports is
     * nonsense too, but it ends.  NULL: the wrapper reports the live blocks as used and the
     * rest as overhead. */
    void (*walk)(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host);
    /* NULL if all invariants hold, else what is wrong, in words.  Reads through `peek`. */
    const char *(*check)(void *self, const AllocatorEnv *peek);
    /* The calling thread ends: what it kept for itself goes back. */
    void (*thread_exit)(void *self);
    /* malloc_trim(3): give back what can be given, but `pad` bytes at the top.  True: something. */
    bool (*trim)(void *self, uint64_t pad);
    /* mallopt(3): `option` by its number there (M_MXFAST 1 ... M_ARENA_MAX -8).  False: refused. */
    bool (*tune)(void *self, int option, uint64_t value);
} AllocatorOps;

/* No block is larger: what is asked beyond this fails before the model sees it, so sizes plus
 * headers, padding and growth never overflow. */
#define ALLOCATOR_SIZE_MAX (UINT64_C(1) << 47)

#endif
