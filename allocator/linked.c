/* linked.c - one list of all blocks, in the order in which they were made.
 *
 *      head                                       tail
 *       |                                          |
 *       v                                          v
 *     | 24 | payload .... | 24 | payload .. |    | 24 | payload |  <- break
 *      {size, is_free, next}--^  next ------- ... -^
 *
 * Idea: malloc reuses the first free block that is big enough, whole; else it makes a block of
 * exactly header + size at the break.  free gives the last block back to the system, and only
 * that one: a free block before it stays, also when it becomes the last by that.  Nothing is
 * ever split or merged.  With source = mmap each block is a mapping of its own instead, and free
 * unmaps it.
 *
 * Invariants (linked_check): the list has `count` blocks and ends at `tail`; sizes are multiples
 * of 8 and > 0; is_free is 0 or 1;  the sum of HEADER + size = heap bytes (but for padding, if
 * the program has moved the break itself).
 *
 * Header, in simulated memory: size (of the payload) at 0, is_free at 8, next at 16.
 */
#include "allocators.h"
#include "model.h"

#include <stdlib.h>

#define ALIGNMENT 8
#define HEADER    24

HEADER_FIELD(block_size, 0)
HEADER_FIELD(block_is_free, 8)
HEADER_FIELD(block_next, 16)

typedef enum Source { SOURCE_SBRK, SOURCE_MMAP } Source;

typedef struct Linked {
    const AllocatorEnv *env;
    Source source;
    VAddr head, tail; /* blocks; 0: the list is empty */
    uint64_t count;   /* of blocks                    */
} Linked;

enum { PARAM_SOURCE };
static const Param linked_params[] = {
    [PARAM_SOURCE] = {.name = "source",
                      .kind = PARAM_CHOICE,
                      .initial = SOURCE_SBRK,
                      .choices = "sbrk|mmap",
                      .help = "where blocks come from: the break, or a mapping for each"},
    {.name = NULL},
};

static void *linked_create(const AllocatorEnv *env, const uint64_t *params) {
    Linked *linked = calloc(1, sizeof *linked);
    if (linked != NULL) {
        linked->env = env;
        linked->source = (Source)params[PARAM_SOURCE];
    }
    return linked;
}

static VAddr first_fit(const Linked *linked, uint64_t size) {
    const AllocatorEnv *env = linked->env;
    for (VAddr block = linked->head; block != 0; block = block_next(env, block)) {
        if (block_is_free(env, block) && block_size(env, block) >= size) {
            return block;
        }
    }
    return 0;
}

/* A block that is not on the list yet, with at least `size` bytes of payload, or 0. */
static VAddr make_block(const Linked *linked, uint64_t size) {
    const AllocatorEnv *env = linked->env;
    uint64_t bytes = HEADER + size;
    VAddr block = 0;
    if (linked->source == SOURCE_SBRK) {
        block = grow_break(env, bytes, ALIGNMENT);
    } else {
        bytes = round_up(bytes, env->page_size);
        block = env->mmap(env->host, bytes);
        block = block == VADDR_FAIL ? 0 : block;
    }
    if (block != 0) {
        set_block_size(env, block, bytes - HEADER);
    }
    return block;
}

static void append_block(Linked *linked, VAddr block) {
    set_block_next(linked->env, block, 0);
    if (linked->tail != 0) {
        set_block_next(linked->env, linked->tail, block);
    } else {
        linked->head = block;
    }
    linked->tail = block;
    linked->count++;
}

static VAddr linked_malloc(void *self, uint64_t size) {
    Linked *linked = self;
    size = round_up(size, ALIGNMENT);
    VAddr block = first_fit(linked, size);
    if (block == 0) {
        block = make_block(linked, size);
        if (block == 0) {
            return 0;
        }
        append_block(linked, block);
    }
    set_block_is_free(linked->env, block, 0);
    return block + HEADER;
}

/* The block before `block` in the list, 0 if it is the first. */
static VAddr find_previous(const Linked *linked, VAddr block) {
    VAddr previous = 0;
    for (VAddr at = linked->head; at != 0 && at != block; at = block_next(linked->env, at)) {
        previous = at;
    }
    return previous;
}

static void unlink_block(Linked *linked, VAddr previous, VAddr next, VAddr block) {
    if (previous != 0) {
        set_block_next(linked->env, previous, next);
    } else {
        linked->head = next;
    }
    if (linked->tail == block) {
        linked->tail = previous;
    }
    linked->count--;
}

/* Give the block's bytes back to the system, if they can be given. */
static bool release_block(const Linked *linked, VAddr block, uint64_t bytes) {
    const AllocatorEnv *env = linked->env;
    if (linked->source == SOURCE_MMAP) {
        return env->munmap(env->host, block, bytes);
    }
    return block == linked->tail && env->sbrk(env->host, 0) == block + bytes &&
           env->sbrk(env->host, -(int64_t)bytes) != VADDR_FAIL;
}

static void linked_free(void *self, VAddr payload) {
    Linked *linked = self;
    const AllocatorEnv *env = linked->env;
    VAddr block = payload - HEADER;
    if (linked->source == SOURCE_SBRK && block != linked->tail) {
        set_block_is_free(env, block, 1);
        return;
    }
    VAddr previous = find_previous(linked, block);
    VAddr next = block_next(env, block);
    if (release_block(linked, block, HEADER + block_size(env, block))) {
        unlink_block(linked, previous, next, block);
    } else {
        set_block_is_free(env, block, 1);
    }
}

static uint64_t linked_usable_size(void *self, VAddr payload) {
    const Linked *linked = self;
    return block_size(linked->env, payload - HEADER);
}

static void linked_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host) {
    const Linked *linked = self;
    for (VAddr block = linked->head; block != 0;) {
        uint64_t size = block_size(peek, block);
        VAddr next = block_next(peek, block);
        visit(host, &(HeapBlock){.va = block,
                                 .length = HEADER + size,
                                 .payload = block + HEADER,
                                 .payload_length = size,
                                 .kind = block_is_free(peek, block) ? BLOCK_FREE : BLOCK_USED,
                                 .link = next});
        block = next;
    }
}

static const char *linked_check(void *self, const AllocatorEnv *peek) {
    const Linked *linked = self;
    uint64_t count = 0;
    VAddr last = 0;
    for (VAddr block = linked->head; block != 0; block = block_next(peek, block)) {
        uint64_t size = block_size(peek, block);
        if (size == 0 || size % ALIGNMENT != 0) {
            return "linked: a block's size is 0 or no multiple of 8";
        }
        if (block_is_free(peek, block) > 1) {
            return "linked: is_free is neither 0 nor 1";
        }
        if (linked->source == SOURCE_SBRK && last != 0 &&
            block < last + HEADER + block_size(peek, last)) {
            return "linked: blocks are not in address order or overlap";
        }
        last = block;
        count++;
    }
    if (last != linked->tail) {
        return "linked: the list does not end at its tail";
    }
    return count == linked->count ? NULL : "linked: the list has lost or gained blocks";
}

static void *linked_clone(const void *self, const AllocatorEnv *env) {
    return model_clone(self, sizeof(Linked), env);
}

const AllocatorOps allocator_linked = {
    .info = {.name = "linked",
             .summary = "one list of all blocks, first fit, never splits or merges",
             .source = "the first malloc of many tutorials: a header {size, is_free, next}",
             .params = linked_params},
    .alignment = ALIGNMENT,
    .create = linked_create,
    .destroy = free,
    .clone = linked_clone,
    .malloc = linked_malloc,
    .free = linked_free,
    .usable_size = linked_usable_size,
    .walk = linked_walk,
    .check = linked_check,
};
