/* heap_private.h - the inside of a Heap, shared by the files that make up the wrapper: heap.c (C's
 * contract), heap_books.c (live blocks), heap_env.c (what the model sees of the process),
 * heap_check.c. */
#ifndef FAULTLINE_HEAP_PRIVATE_H
#define FAULTLINE_HEAP_PRIVATE_H

#include <setjmp.h>

#include "block_set.h"
#include "heap.h"
#include "range_set.h"

/* A list bent into a circle would keep a model busy for ever.  So each call into a model has a
 * budget of loads and stores, far above what any sane list walk needs; whoever exceeds it is
 * thrown back to where `escape` was set. */
typedef struct Meter {
    const AllocatorEnv *env; /* where loads and stores really go */
    uint64_t budget;
    jmp_buf escape;
} Meter;

/* What setjmp() says to who was thrown back. */
enum { ESCAPE_ENDLESS = 1, ESCAPE_CORRUPTED };

void meter_start(Meter *meter, const Heap *heap, const AllocatorEnv *env);
static inline void meter_spend(Meter *meter) {
    if (meter->budget == 0) {
        longjmp(meter->escape, ESCAPE_ENDLESS);
    }
    meter->budget--;
}

struct Heap {
    const AllocatorOps *ops;
    void *model;
    AllocatorEnv env; /* the process's; its load may be its peek for a while  */
    uint64_t (*load)(void *host, VAddr va, unsigned size); /* the process's           */
    AllocatorEnv model_env; /* the model's: passes on to env and keeps the books    */
    Meter meter;            /* of the call under way                                */
    BlockSet blocks;
    RangeSet held; /* what sbrk and mmap gave and was not given back       */
    VAddr first_sbrk, first_mmap;
    HeapStats stats;
    HeapError error; /* of the last call                                          */
    bool in_call;    /* a call has begun and not come to its end (perhaps never will) */
    bool damaged;    /* an error other than a bad free has been seen                  */
};

/* ---- heap_books.c: live blocks by their entries in `blocks` ------------------------------- */

/* The call gives nothing: that is counted, and 0. */
VAddr books_fail(Heap *heap);
/* The same, because the model was wrong. */
VAddr books_refuse(Heap *heap, HeapError error);
/* May a block of the model be there? */
HeapError books_judge(const Heap *heap, VAddr va, uint64_t size, uint64_t alignment);
/* The model gave `origin` (0: nothing); the program is to get the first multiple of `alignment`
 * in it, which is the result, or 0. */
VAddr books_admit(Heap *heap, VAddr origin, uint64_t size, uint64_t alignment);
/* A block at `va` that was judged is live now. */
void books_enter(Heap *heap, VAddr va, uint64_t size, VAddr origin);
/* What the model gave for the live block at `entry`, which is no more. */
VAddr books_retire(Heap *heap, uint32_t entry);
/* The entry of a live block, or 0 and an error. */
uint32_t books_find(Heap *heap, VAddr payload);
/* How far the live block reaches from the program's address on.  May load its header. */
uint64_t books_room(Heap *heap, uint32_t entry);

/* ---- heap_env.c --------------------------------------------------------------------------- */

/* The environment that a heap's model lives in; `heap` is its host. */
AllocatorEnv heap_model_env(Heap *heap);
/* Read only, metered; `meter` is its host. */
AllocatorEnv heap_peek_env(Meter *meter);

#endif
