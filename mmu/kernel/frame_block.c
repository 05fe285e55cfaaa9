/* frame_block.c - see frame_block.h. */
#include "kernel/frame_block.h"

#include <assert.h>

#define WORD_ORDER 6u /* a word of a set stands for a block of this order */

/* Frames 64 * word .. 64 * word + 63 that are free or zeroed. */
static uint64_t idle_word(const FrameTable *table, uint64_t word) {
    return index_set_word(&table->free, word) | index_set_word(&table->zeroed, word);
}

/* Where blocks of an order below WORD_ORDER begin in a word that are wholly free. */
static uint64_t block_starts(uint64_t idle, unsigned order) {
    for (unsigned k = 0; k < order; k++) {
        idle &= idle >> (1U << k); /* bit i stays if the 2^k frames behind it are free, too */
    }
    uint64_t aligned = UINT64_MAX / ((UINT64_C(1) << (1U << order)) - 1);
    return idle & aligned;
}

static bool block_is_free(const FrameTable *table, uint64_t first, unsigned order) {
    if (order < WORD_ORDER) {
        return (block_starts(idle_word(table, first / 64), order) >> first % 64 & 1) != 0;
    }
    uint64_t word = first / 64, end = word + (UINT64_C(1) << (order - WORD_ORDER));
    while (word < end && word <= table->total / 64 && idle_word(table, word) == UINT64_MAX) {
        word++;
    }
    return word == end;
}

/* The lowest free block at or behind `from`, which a block may begin at; PFN_NONE: there is none. */
static Pfn block_find(const FrameTable *table, uint64_t from, unsigned order) {
    uint64_t step = UINT64_C(1) << (order < WORD_ORDER ? WORD_ORDER : order);
    for (uint64_t first = from & ~(step - 1); first < table->total; first += step) {
        if (order >= WORD_ORDER) {
            if (block_is_free(table, first, order)) {
                return (Pfn)first;
            }
            continue;
        }
        uint64_t starts = block_starts(idle_word(table, first / 64), order);
        if (starts != 0) {
            return (Pfn)(first + (uint64_t)__builtin_ctzll(starts));
        }
    }
    return PFN_NONE;
}

/* Frames were released since the last look: blocks may begin further down again. */
static void hints_lower(FrameTable *table) {
    for (unsigned order = 0; order < FRAME_BLOCK_ORDERS_MAX; order++) {
        Pfn first = table->lowest_released >> order << order;
        table->block_from[order] =
            first < table->block_from[order] ? first : table->block_from[order];
    }
    table->lowest_released = PFN_NONE;
}

Pfn frame_take_block(FrameTable *table, unsigned order, bool zero, uint64_t *dirty) {
    assert(order < FRAME_BLOCK_ORDERS_MAX);
    if (frame_caches_exist(&table->caches)) { /* frames lie about there that complete blocks */
        frame_caches_drain(&table->caches, &table->free, &table->zeroed);
        table->lowest_released = 0;
    }
    hints_lower(table);
    Pfn first = block_find(table, table->block_from[order], order);
    table->block_from[order] = first == PFN_NONE ? table->total : first;
    *dirty = 0;
    for (Pfn pfn = first; first != PFN_NONE && pfn - first < UINT32_C(1) << order; pfn++) {
        bool zeroed;
        frame_take_this(table, pfn, &zeroed);
        *dirty += !zeroed;
        if (zero && !zeroed) {
            frame_zero(table, pfn);
        }
    }
    return first;
}

/* The largest free blocks within the block at `first`. */
static void count_within(const FrameTable *table, uint64_t first, unsigned order,
                         FrameBlocks *blocks) {
    if (first >= table->total || (order <= WORD_ORDER && idle_word(table, first / 64) == 0)) {
        return;
    }
    if (block_is_free(table, first, order)) {
        blocks->count[order]++;
    } else if (order > 0) {
        count_within(table, first, order - 1, blocks);
        count_within(table, first + (UINT64_C(1) << (order - 1)), order - 1, blocks);
    }
}

FrameBlocks frame_count_blocks(const FrameTable *table) {
    FrameBlocks blocks = {{0}};
    for (uint64_t first = 0; first < table->total; first += UINT64_C(1) << FRAME_BLOCK_ORDER_MAX) {
        count_within(table, first, FRAME_BLOCK_ORDER_MAX, &blocks);
    }
    return blocks;
}

uint64_t frame_unusable_index(const FrameBlocks *blocks, unsigned order) {
    uint64_t free = 0, useful = 0;
    for (unsigned k = 0; k <= FRAME_BLOCK_ORDER_MAX; k++) {
        free += blocks->count[k] << k;
        useful += k >= order ? blocks->count[k] << k : 0;
    }
    return free == 0 ? 0 : (free - useful) * 1000 / free;
}
