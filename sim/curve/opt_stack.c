/* opt_stack.c - see opt_stack.h. */
#include "curve/opt_stack.h"

#include <glib.h>
#include <stdbool.h>

enum { BLOCK = 256 };

void opt_stack_init(OptStack *stack, uint32_t page_count) {
    uint32_t blocks = page_count / BLOCK + 1;
    *stack = (OptStack){.page_count = page_count,
                        .next = g_new(uint32_t, page_count),
                        .nearest = g_new(uint32_t, blocks),
                        .farthest = g_new(uint32_t, blocks)};
}

void opt_stack_clear(OptStack *stack) {
    g_free(stack->next);
    g_free(stack->nearest);
    g_free(stack->farthest);
}

/* Places behind the first. */
static uint32_t count_behind(const OptStack *stack) { return stack->depth - 1; }

static uint32_t block_end(const OptStack *stack, uint32_t block) {
    return MIN((block + 1) * BLOCK, count_behind(stack));
}

static void block_summarize(OptStack *stack, uint32_t block) {
    uint32_t nearest = UINT32_MAX, farthest = 0;
    for (uint32_t i = block * BLOCK; i < block_end(stack, block); i++) {
        nearest = MIN(nearest, stack->next[i]);
        farthest = MAX(farthest, stack->next[i]);
    }
    stack->nearest[block] = nearest;
    stack->farthest[block] = farthest;
}

/* Hand the carried use through a block, or down to where `now` is found.  The index there, or the
 * end of the block. */
static uint32_t block_pass(OptStack *stack, uint32_t block, uint32_t now, uint32_t *carried) {
    uint32_t i = block * BLOCK, end = block_end(stack, block);
    for (; i < end && stack->next[i] != now; i++) {
        uint32_t own = stack->next[i];
        stack->next[i] = MIN(own, *carried);
        *carried = MAX(own, *carried);
    }
    if (i < end) {
        stack->next[i] = *carried;
    }
    block_summarize(stack, block);
    return i;
}

/* One place more, at the end. */
static void append(OptStack *stack, uint32_t next_use) {
    g_assert(stack->depth < stack->page_count);
    uint32_t index = stack->depth++ - 1;
    stack->next[index] = next_use;
    block_summarize(stack, index / BLOCK);
}

uint32_t opt_stack_use(OptStack *stack, uint32_t now, uint32_t next_use) {
    uint32_t carried = stack->top;
    stack->top = next_use;
    if (stack->depth == 0) {
        stack->depth = 1;
        return 0;
    }
    if (carried == now) {
        return 1;
    }
    for (uint32_t block = 0; block * BLOCK < count_behind(stack); block++) {
        bool found = stack->nearest[block] == now;
        if (found || stack->farthest[block] > carried) {
            uint32_t index = block_pass(stack, block, now, &carried);
            if (found) {
                return index + 2;
            }
        }
    }
    append(stack, carried);
    return 0;
}

const char *opt_stack_check(const OptStack *stack) {
    for (uint32_t i = 0; stack->depth > 0 && i < count_behind(stack); i++) {
        uint32_t use = stack->next[i];
        if (use < stack->nearest[i / BLOCK] || use > stack->farthest[i / BLOCK]) {
            return "opt_stack: a use is nearer or farther than its block says";
        }
    }
    return NULL;
}
