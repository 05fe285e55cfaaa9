/* allocators.c - the list of built-in allocator models.
 *
 * A new model is one file of this folder and one line here (docs/write-an-allocator.md).  The
 * first is the default.
 */
#include "allocators.h"

const AllocatorOps *const allocators_builtin[] = {
    &allocator_explicit,
    &allocator_bump,
    &allocator_two_list,
    &allocator_linked,
    &allocator_kr,
    &allocator_segregated,
    &allocator_buddy,
    &allocator_slab,
    &allocator_region,
    &allocator_decay,
    &allocator_gnu,
    &allocator_thread_cache,
    NULL,
};
