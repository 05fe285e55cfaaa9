/* frame_heap.h - frames with keys, the smallest key on top.
 *
 *              [ 2: f7 ]            A binary heap in an array.  A frame knows its place in it,
 *             /         \           so its key can change and it can leave from anywhere, each
 *        [ 5: f0 ]    [ 3: f4 ]     in O(log n).
 *
 * Keys have two parts: the first decides, the second breaks ties (a time, or the frame's own
 * number), so no two frames should have equal keys.
 *
 * Choosing is lazy.  Where a key can only have grown since it was put in (a referenced bit that
 * somebody set since), ask a `rank_now` for what it is: the frame on top either sinks to where it
 * belongs, or it was right and is the smallest of all.  Each frame sinks once a growth, not once
 * a choice.
 *
 * Invariant (frame_heap_check): no key is smaller than its parent's; nodes[place(f)].frame = f.
 * 28 bytes a frame, paid for where touched.  Used by lfu.c and aging.c.
 */
#ifndef FAULTLINE_FRAME_HEAP_H
#define FAULTLINE_FRAME_HEAP_H

#include "faultline/policy.h"

typedef struct HeapNode {
    uint64_t rank, tie;
    Pfn frame;
} HeapNode;

typedef struct FrameHeap {
    HeapNode *nodes;  /* nodes[0..count-1]; the children of i are 2i+1 and 2i+2 */
    uint32_t *places; /* of each frame: its index in nodes + 1; 0: not in the heap */
    uint32_t frame_count;
    uint32_t count;
} FrameHeap;

/* False: out of host memory. */
bool frame_heap_init(FrameHeap *heap, uint32_t frame_count);
void frame_heap_clear(FrameHeap *heap);

static inline bool frame_heap_has(const FrameHeap *heap, Pfn frame) {
    return frame < heap->frame_count && heap->places[frame] != 0;
}
/* The node of a frame that is in the heap.  Who writes to it calls frame_heap_moved(). */
static inline HeapNode *frame_heap_node(const FrameHeap *heap, Pfn frame) {
    return &heap->nodes[heap->places[frame] - 1];
}

/* The frame joins the heap (`tie` decides among equal ranks), or leaves it. */
void frame_heap_add(FrameHeap *heap, Pfn frame, uint64_t rank, uint64_t tie);
void frame_heap_remove(FrameHeap *heap, Pfn frame);
/* The key of this frame has changed: put the frame where it belongs. */
void frame_heap_moved(FrameHeap *heap, Pfn frame);
/* Any keys may have changed: O(n). */
void frame_heap_rebuild(FrameHeap *heap);

/* The rank that a frame has now, never smaller than in the heap. */
typedef uint64_t (*RankNow)(const void *self, Pfn frame);

/* The frame of the smallest key that env->evictable() lets go, or PFN_NONE.  A `rank_now` of NULL:
 * the ranks in the heap are what they are. */
Pfn frame_heap_first_evictable(FrameHeap *heap, const PolicyEnv *env, RankNow rank_now,
                               const void *self);

const char *frame_heap_check(const FrameHeap *heap);

#endif
