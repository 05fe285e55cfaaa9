/* heap_private.h - the inside of a Heap, shared by the three files that make up the wrapper:
 * heap.c (C's contract), heap_env.c (what the model sees of the process), heap_check.c. */
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

/* The environment that a heap's model lives in; `heap` is its host. */
AllocatorEnv heap_model_env(Heap *heap);
/* Read only, metered; `meter` is its host. */
AllocatorEnv heap_peek_env(Meter *meter);

#endif
