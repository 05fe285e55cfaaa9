/* model.c - how models grow the heap. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

VAddr grow_break(const AllocatorEnv *env, uint64_t bytes, uint64_t alignment) {
    VAddr old = env->sbrk(env->host, (int64_t)bytes);
    if (old == VADDR_FAIL) {
        return 0;
    }
    uint64_t padding = round_up(old, alignment) - old;
    if (padding != 0 && env->sbrk(env->host, (int64_t)padding) == VADDR_FAIL) {
        env->sbrk(env->host, -(int64_t)bytes);
        return 0;
    }
    return old + padding;
}

void *model_clone(const void *self, uint64_t bytes, const AllocatorEnv *env) {
    void *copy = malloc(bytes);
    if (copy != NULL) {
        memcpy(copy, self, bytes);
        memcpy(copy, &env, sizeof env);
    }
    return copy;
}
