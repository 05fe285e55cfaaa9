/* bump.c - the smallest allocator: each block is the next piece of the break.
 *
 *     | block | block | block |  <- break
 *
 * Idea: malloc moves the break, free does nothing.  There are no headers, so nothing of the
 * allocator's ever touches a page; and nothing is ever used twice.
 *
 * Invariant: heap bytes = the sum of all sizes ever asked for, each rounded up to ALIGNMENT.
 *
 * The model cannot tell how large a block is: it has no usable_size and no walk, and the wrapper
 * helps itself (a growing realloc always moves).
 */
#include "allocators.h"
#include "model.h"

#include <stdlib.h>

#define ALIGNMENT 16

typedef struct Bump {
    const AllocatorEnv *env;
} Bump;

static void *bump_create(const AllocatorEnv *env, const uint64_t *params) {
    (void)params;
    Bump *bump = calloc(1, sizeof *bump);
    if (bump != NULL) {
        bump->env = env;
    }
    return bump;
}

static VAddr bump_malloc(void *self, uint64_t size) {
    Bump *bump = self;
    return grow_break(bump->env, round_up(size, ALIGNMENT), ALIGNMENT);
}

static void bump_free(void *self, VAddr payload) {
    (void)self;
    (void)payload;
}

static void *bump_clone(const void *self, const AllocatorEnv *env) {
    return model_clone(self, sizeof(Bump), env);
}

const AllocatorOps allocator_bump = {
    .info = {.name = "bump",
             .summary = "moves the break for every block; free does nothing",
             .source = "folklore (\"arena\" or \"region\" without the bulk free)",
             .params = PARAMS_NONE},
    .alignment = ALIGNMENT,
    .create = bump_create,
    .destroy = free,
    .clone = bump_clone,
    .malloc = bump_malloc,
    .free = bump_free,
};
