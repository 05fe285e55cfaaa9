/* heap.h - the wrapper around every allocator model: C's contract, and the watchman.
 *
 * Idea: models only place blocks.  What every malloc owes its caller (overflow checks, calloc's
 * zeroes, realloc's copying, malloc(0), free(NULL)) is done here once; and since the wrapper
 * remembers every live block, out of the model's sight, it finds what a model or a program
 * does wrong: overlaps, misalignment, double and foreign frees, lists bent into a circle.
 *
 * Invariant (heap_check): live blocks are disjoint, aligned, inside what the model got from the
 * system; live_bytes is the sum of their requested sizes, granted_bytes that of their usable ones
 * when they were got, live_bytes <= granted_bytes <= heap_bytes; each live block is a used block of the
 * model's walk and the reverse; the model's own invariants hold.
 *
 * An environment call may never return (the process is killed): the heap can be destroyed, asked
 * and checked in the middle of any call.  heap_destroy makes no environment call.
 */
#ifndef FAULTLINE_HEAP_H
#define FAULTLINE_HEAP_H

#include "allocators.h"
#include "faultline/allocator.h"

typedef enum HeapError {
    HEAP_OK,
    HEAP_DOUBLE_FREE,  /* free or realloc of a block that was live once                  */
    HEAP_FOREIGN_FREE, /* ... of an address that never was a block's                     */
    HEAP_OVERLAP,      /* the model gave a block that overlaps a live one                 */
    HEAP_MISALIGNED,   /* the model gave an address that is not a multiple of alignment   */
    HEAP_OUTSIDE,      /* the model gave bytes that it does not own                       */
    HEAP_ENDLESS,      /* the model read its lists on and on: they are corrupted          */
    HEAP_CORRUPTED,    /* the model found its headers or lists overwritten                */
    HEAP_ERRORS
} HeapError;

typedef struct HeapStats {
    uint64_t heap_bytes, peak_heap_bytes; /* held from the system: break moved + mapped       */
    uint64_t live_bytes, peak_live_bytes; /* asked for, in live blocks                        */
    uint64_t granted_bytes, peak_granted_bytes; /* usable in them: live_bytes, rounded up      */
    uint64_t live_blocks;
    uint64_t mallocs, frees, failed; /* calls, as counters.def defines them              */
} HeapStats;

typedef struct Heap Heap;

/* `ops` and `params` (one value a row of ops->info.params) describe the model; `params` may go
 * afterwards.  `env` is copied.  The wrapper hands the model an environment of its own that
 * passes everything on and measures sbrk, mmap and munmap.  Makes no environment call.
 * NULL: out of host memory. */
Heap *heap_create(const AllocatorOps *ops, const uint64_t *params, const AllocatorEnv *env);
void heap_destroy(Heap *heap);

/* fork(2): the same heap over a copy of its memory, for the process that `env` is.  Not in the
 * middle of a call.  NULL: out of host memory.  Only if heap_can_clone(). */
Heap *heap_clone(const Heap *heap, const AllocatorEnv *env);
bool heap_can_clone(const Heap *heap);
/* What a clone takes of the host's memory, the model's few words aside. */
uint64_t heap_host_bytes(const Heap *heap);

/* As in C.  0: failed (out of simulated memory, an alignment that is no power of two), or what
 * C says about size 0: malloc(0) gives a unique block, realloc(p, 0) frees.  After each call
 * heap_error() tells whether something was wrong; then the result is 0 too.  When it is a double
 * or foreign free, the model was not called; when it is anything else, the heap is damaged and
 * no promise is kept from there on, but that of not harming the host. */
VAddr heap_malloc(Heap *heap, uint64_t size);
VAddr heap_calloc(Heap *heap, uint64_t count, uint64_t size);
VAddr heap_aligned_alloc(Heap *heap, uint64_t alignment, uint64_t size);
VAddr heap_realloc(Heap *heap, VAddr payload, uint64_t size);
void heap_free(Heap *heap, VAddr payload);
/* malloc_trim(3) and mallopt(3), for models that have them.  False: nothing was done. */
bool heap_trim(Heap *heap, uint64_t pad);
bool heap_tune(Heap *heap, int option, uint64_t value);
/* The calling thread ends. */
void heap_thread_exit(Heap *heap);
HeapError heap_error(const Heap *heap);
/* Has anything but a bad free ever been found, or has a call begun that did not come to its end? */
bool heap_is_damaged(const Heap *heap);
/* "double free" ...; for HEAP_OK "no error". */
const char *heap_error_words(HeapError error);

/* The size that the program asked for when it got this live block; 0 if it is not live. */
uint64_t heap_block_size(const Heap *heap, VAddr payload);
/* malloc_usable_size(3): how many bytes of it the program may use; 0 if it is not live.  May load
 * the block's header. */
uint64_t heap_usable_size(Heap *heap, VAddr payload);
const HeapStats *heap_stats(const Heap *heap);
/* Where the model's heap begins: the first address that sbrk gave it; if it has used mmap only,
 * the first that mmap gave it; 0: none yet. */
VAddr heap_base(const Heap *heap);
/* The program wrote to, or took away, bytes behind the model's back.  If any of them are the
 * heap's and not a live block's (`whole`: or even then), the heap is damaged from now on: what
 * the model does is the program's misfortune. */
void heap_note_interference(Heap *heap, VAddr va, uint64_t length, bool whole);
/* Every block of the heap, in address order within a region (see AllocatorOps.walk).  Of `peek`
 * only host and load are used.  In the middle of a call the picture may be askew. */
void heap_walk(Heap *heap, const AllocatorEnv *peek, HeapVisit visit, void *host);
/* NULL if the invariant above holds, else what is wrong, in words.  A program that writes over
 * the model's headers breaks it, too.  In the middle of a call, and once the heap is damaged,
 * only the wrapper's own part is looked at. */
const char *heap_check(Heap *heap, const AllocatorEnv *peek);

#endif
