/* heap_check.c - walking a heap, and holding what the model says against what the wrapper knows.
 *
 * Reads simulated memory through `peek` only, metered: a list bent into a circle ends a walk, it
 * does not hang it.
 */
#include "heap_private.h"

/* ---- walking ---- */

static void report_gap(VAddr from, VAddr to, HeapVisit visit, void *host) {
    if (from < to) {
        visit(host, &(HeapBlock){.va = from, .length = to - from, .kind = BLOCK_OVERHEAD});
    }
}

/* A live block, from what the model gave to the end of what the program asked for. */
static HeapBlock describe_live(const Heap *heap, uint32_t entry) {
    const Interval *block = &heap->blocks.tree.nodes[entry];
    VAddr origin = heap->blocks.entries[entry].origin;
    uint64_t shift = block->start - origin;
    return (HeapBlock){.va = origin,
                       .length = shift + block->length,
                       .payload = origin,
                       .payload_length = shift + heap->blocks.entries[entry].size,
                       .kind = BLOCK_USED};
}

static void walk_range(const Heap *heap, VAddr start, VAddr end, HeapVisit visit, void *host) {
    VAddr at = start;
    for (uint32_t i = block_set_first(&heap->blocks, start); i != 0;) {
        HeapBlock block = describe_live(heap, i);
        if (block.va >= end) {
            break;
        }
        report_gap(at, block.va, visit, host);
        visit(host, &block);
        at = block.va + block.length;
        i = block_set_first(&heap->blocks, at);
    }
    report_gap(at, end, visit, host);
}

/* Of a model that keeps no record of its blocks: what the wrapper knows. */
static void walk_live(const Heap *heap, HeapVisit visit, void *host) {
    const IntervalTree *ranges = &heap->held.tree;
    for (uint32_t i = interval_above(ranges, 0); i != 0;) {
        const Interval *range = &ranges->nodes[i];
        walk_range(heap, range->start, range->start + range->length, visit, host);
        i = interval_above(ranges, range->start);
    }
}

void heap_walk(Heap *heap, const AllocatorEnv *peek, HeapVisit visit, void *host) {
    if (heap->ops->walk == NULL) {
        walk_live(heap, visit, host);
        return;
    }
    Meter meter;
    meter_start(&meter, heap, peek);
    const AllocatorEnv metered = heap_peek_env(&meter);
    if (setjmp(meter.escape) == 0) {
        heap->ops->walk(heap->model, &metered, visit, host);
    }
}

/* ---- checking ---- */

/* What the visitor below has seen so far. */
typedef struct Inspection {
    const Heap *heap;
    RangeSet seen;
    uint64_t used_blocks;
    const char *wrong;
} Inspection;

/* Is there a live block that the model gave as `block`? */
static bool is_live(const Heap *heap, const HeapBlock *block) {
    uint32_t entry = block_set_first(&heap->blocks, block->payload);
    return entry != 0 && heap->blocks.entries[entry].origin == block->payload &&
           block_set_va(&heap->blocks, entry) - block->payload + heap->blocks.entries[entry].size <=
               block->payload_length;
}

static bool payload_fits(const HeapBlock *block) {
    uint64_t offset = block->payload - block->va;
    return offset <= block->length && block->payload_length <= block->length - offset;
}

static const char *inspect_block(Inspection *in, const HeapBlock *block) {
    uint64_t before = in->seen.bytes;
    if (!range_set_covers(&in->heap->held, block->va, block->length)) {
        return "walk: a block lies outside of what the allocator holds";
    }
    if (!range_set_reserve(&in->seen)) {
        return "out of host memory";
    }
    range_set_add(&in->seen, block->va, block->length);
    if (in->seen.bytes - before != block->length) {
        return "walk: two blocks overlap";
    }
    if (block->kind == BLOCK_USED) {
        in->used_blocks++;
        return !payload_fits(block)        ? "walk: a payload sticks out of its block"
               : !is_live(in->heap, block) ? "walk: a used block is not live"
                                           : NULL;
    }
    return block_set_overlaps(&in->heap->blocks, block->va, block->length)
               ? "walk: a live block lies in what is not used"
               : NULL;
}

static void inspect(void *host, const HeapBlock *block) {
    Inspection *in = host;
    if (in->wrong == NULL) {
        in->wrong = inspect_block(in, block);
    }
}

static const char *check_walk(Heap *heap, const AllocatorEnv *peek) {
    Inspection in = {.heap = heap};
    heap_walk(heap, peek, inspect, &in);
    range_set_clear(&in.seen);
    if (in.wrong == NULL && in.used_blocks != heap->stats.live_blocks) {
        return "walk: used blocks and live blocks are not the same number";
    }
    return in.wrong;
}

static const char *check_model(Heap *heap, const AllocatorEnv *peek) {
    if (heap->ops->check == NULL) {
        return NULL;
    }
    Meter meter;
    meter_start(&meter, heap, peek);
    const AllocatorEnv metered = heap_peek_env(&meter);
    if (setjmp(meter.escape) != 0) {
        return heap_error_words(HEAP_ENDLESS);
    }
    return heap->ops->check(heap->model, &metered);
}

/* Every live block: aligned, and inside what is held.  That they are disjoint, block_set_check
 * has said. */
static const char *check_live(const Heap *heap) {
    const HeapStats *stats = &heap->stats;
    uint64_t bytes = 0, granted = 0, blocks = 0;
    for (uint32_t i = block_set_first(&heap->blocks, 0); i != 0; blocks++) {
        const Interval *block = &heap->blocks.tree.nodes[i];
        if (block->start % heap->ops->alignment != 0) {
            return "heap: a live block is misaligned";
        }
        if (!range_set_covers(&heap->held, block->start, block->length)) {
            return "heap: a live block lies outside of what the allocator holds";
        }
        bytes += heap->blocks.entries[i].size;
        granted += heap->blocks.entries[i].granted;
        i = block_set_first(&heap->blocks, block->start + block->length);
    }
    if (bytes != stats->live_bytes || blocks != stats->live_blocks ||
        granted != stats->granted_bytes) {
        return "heap: live_bytes, granted_bytes or live_blocks is not the sum over live blocks";
    }
    if (bytes > granted || granted > stats->heap_bytes) {
        return "heap: not live_bytes <= granted_bytes <= heap_bytes";
    }
    return heap->stats.heap_bytes == heap->held.bytes ? NULL : "heap: heap_bytes is wrong";
}

const char *heap_check(Heap *heap, const AllocatorEnv *peek) {
    const char *wrong = block_set_check(&heap->blocks);
    wrong = wrong != NULL ? wrong : range_set_check(&heap->held);
    if (wrong != NULL || heap->in_call || heap->damaged) {
        return wrong;
    }
    wrong = check_live(heap);
    wrong = wrong != NULL ? wrong : check_model(heap, peek);
    return wrong != NULL ? wrong : check_walk(heap, peek);
}
