/* heap_books.c - the books of a heap: every live block, remembered out of the model's sight.
 *
 * Idea: books_judge() is the one place where an address from a model is looked at: is it aligned,
 * does it lie in what the model got from the system, is it nobody else's?  Only books_enter() and
 * books_retire() change the books.
 *
 * Invariant: live_bytes = the sum of the sizes asked for, live_blocks = their number,
 *            granted_bytes = the sum of what entries were granted.
 */
#include "heap_private.h"

HeapError books_judge(const Heap *heap, VAddr va, uint64_t size, uint64_t alignment) {
    if (va % alignment != 0) {
        return HEAP_MISALIGNED;
    }
    if (!range_set_covers(&heap->held, va, size)) {
        return HEAP_OUTSIDE;
    }
    return block_set_overlaps(&heap->blocks, va, size) ? HEAP_OVERLAP : HEAP_OK;
}

VAddr books_fail(Heap *heap) {
    heap->stats.failed++;
    return 0;
}

VAddr books_refuse(Heap *heap, HeapError error) {
    heap->error = error;
    heap->damaged = true;
    return books_fail(heap);
}

static uint64_t greater(uint64_t a, uint64_t b) { return a > b ? a : b; }

uint64_t books_room(Heap *heap, uint32_t entry) {
    const BlockEntry block = heap->blocks.entries[entry];
    if (heap->ops->usable_size == NULL) {
        return block.size;
    }
    uint64_t shift = block_set_va(&heap->blocks, entry) - block.origin;
    uint64_t usable = heap->ops->usable_size(heap->model, block.origin);
    return usable > shift ? usable - shift : 0;
}

/* The same, unnoticed, for the statistics; at least what was asked for. */
static uint64_t granted_to(Heap *heap, uint32_t entry) {
    uint64_t size = heap->blocks.entries[entry].size;
    if (heap->env.peek == NULL) {
        return size;
    }
    heap->env.load = heap->env.peek;
    uint64_t room = books_room(heap, entry);
    heap->env.load = heap->load;
    return greater(room, size);
}

void books_enter(Heap *heap, VAddr va, uint64_t size, VAddr origin) {
    HeapStats *stats = &heap->stats;
    uint32_t entry = block_set_add(&heap->blocks, va, size, origin);
    uint64_t granted = granted_to(heap, entry);
    heap->blocks.entries[entry].granted = granted;
    stats->live_blocks++;
    stats->live_bytes += size;
    stats->granted_bytes += granted;
    stats->peak_live_bytes = greater(stats->peak_live_bytes, stats->live_bytes);
    stats->peak_granted_bytes = greater(stats->peak_granted_bytes, stats->granted_bytes);
}

VAddr books_admit(Heap *heap, VAddr origin, uint64_t size, uint64_t alignment) {
    if (origin == 0) {
        return books_fail(heap);
    }
    VAddr va = origin;
    if (alignment > heap->ops->alignment && heap->ops->aligned_alloc == NULL) {
        va = (origin + alignment - 1) & ~(alignment - 1);
    }
    HeapError error = books_judge(heap, va, size, alignment);
    if (error == HEAP_OK && va != origin) {
        error = books_judge(heap, origin, va - origin, heap->ops->alignment);
    }
    if (error != HEAP_OK) {
        return books_refuse(heap, error);
    }
    books_enter(heap, va, size, origin);
    return va;
}

VAddr books_retire(Heap *heap, uint32_t entry) {
    VAddr origin = heap->blocks.entries[entry].origin;
    heap->stats.live_blocks--;
    heap->stats.live_bytes -= heap->blocks.entries[entry].size;
    heap->stats.granted_bytes -= heap->blocks.entries[entry].granted;
    block_set_retire(&heap->blocks, entry);
    return origin;
}

uint32_t books_find(Heap *heap, VAddr payload) {
    uint32_t entry = block_set_find(&heap->blocks, payload);
    if (entry == 0) {
        bool dead = block_set_is_dead(&heap->blocks, payload);
        heap->error = dead ? HEAP_DOUBLE_FREE : HEAP_FOREIGN_FREE;
    }
    return entry;
}

void heap_note_interference(Heap *heap, VAddr va, uint64_t length, bool whole) {
    length = length < UINT64_MAX - va ? length : UINT64_MAX - va;
    if (!range_set_touches(&heap->held, va, length)) {
        return;
    }
    uint32_t entry = interval_at_or_below(&heap->blocks.tree, va);
    const Interval *block = &heap->blocks.tree.nodes[entry];
    bool inside = !whole && entry != 0 && heap->blocks.entries[entry].live &&
                  va - block->start <= block->length &&
                  length <= block->length - (va - block->start);
    heap->damaged = heap->damaged || !inside;
}
