/* allocators.h - the built-in allocator models: each file's own, and the list of them. */
#ifndef FAULTLINE_ALLOCATORS_H
#define FAULTLINE_ALLOCATORS_H

#include "faultline/allocator.h"

extern const AllocatorOps allocator_bump, allocator_explicit, allocator_linked, allocator_two_list;
extern const AllocatorOps allocator_kr, allocator_segregated, allocator_buddy, allocator_slab,
    allocator_region, allocator_decay, allocator_thread_cache, allocator_gnu;

/* Ended by NULL; the first (explicit) is the default. */
extern const AllocatorOps *const allocators_builtin[];

#endif
