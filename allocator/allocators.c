/* allocators.c - the list of built-in allocator models. */
#include "heap.h"

const AllocatorOps *const allocators_builtin[] = {NULL};
