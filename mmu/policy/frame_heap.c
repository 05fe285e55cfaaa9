/* frame_heap.c - see frame_heap.h. */
#include "frame_heap.h"

#include "faultline/lazy.h"

#include <assert.h>

bool frame_heap_init(FrameHeap *heap, uint32_t frame_count) {
    *heap = (FrameHeap){
        .nodes = lazy_alloc(frame_count, sizeof(HeapNode)),
        .places = lazy_alloc(frame_count, sizeof(uint32_t)),
        .frame_count = frame_count,
    };
    if (heap->nodes != NULL && heap->places != NULL) {
        return true;
    }
    frame_heap_clear(heap);
    return false;
}

void frame_heap_clear(FrameHeap *heap) {
    lazy_free(heap->nodes, heap->frame_count, sizeof(HeapNode));
    lazy_free(heap->places, heap->frame_count, sizeof(uint32_t));
    *heap = (FrameHeap){0};
}

static bool key_less(const HeapNode *a, const HeapNode *b) {
    return a->rank != b->rank ? a->rank < b->rank : a->tie < b->tie;
}

static void node_put(FrameHeap *heap, uint32_t at, HeapNode node) {
    heap->nodes[at] = node;
    heap->places[node.frame] = at + 1;
}

static void sift_up(FrameHeap *heap, uint32_t at, HeapNode node) {
    while (at > 0 && key_less(&node, &heap->nodes[(at - 1) / 2])) {
        node_put(heap, at, heap->nodes[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    node_put(heap, at, node);
}

static void sift_down(FrameHeap *heap, uint32_t at, HeapNode node) {
    for (uint64_t child; (child = UINT64_C(2) * at + 1) < heap->count; at = (uint32_t)child) {
        if (child + 1 < heap->count && key_less(&heap->nodes[child + 1], &heap->nodes[child])) {
            child++;
        }
        if (!key_less(&heap->nodes[child], &node)) {
            break;
        }
        node_put(heap, at, heap->nodes[child]);
    }
    node_put(heap, at, node);
}

/* Up or down, whichever way this node has to go. */
static void node_settle(FrameHeap *heap, uint32_t at, HeapNode node) {
    if (at > 0 && key_less(&node, &heap->nodes[(at - 1) / 2])) {
        sift_up(heap, at, node);
    } else {
        sift_down(heap, at, node);
    }
}

void frame_heap_add(FrameHeap *heap, Pfn frame, uint64_t rank, uint64_t tie) {
    assert(frame < heap->frame_count && !frame_heap_has(heap, frame));
    heap->count++;
    sift_up(heap, heap->count - 1, (HeapNode){rank, tie, frame});
}

/* The last one fills the gap. */
void frame_heap_remove(FrameHeap *heap, Pfn frame) {
    assert(frame_heap_has(heap, frame));
    uint32_t gap = heap->places[frame] - 1;
    heap->places[frame] = 0;
    heap->count--;
    if (gap < heap->count) {
        node_settle(heap, gap, heap->nodes[heap->count]);
    }
}

void frame_heap_moved(FrameHeap *heap, Pfn frame) {
    assert(frame_heap_has(heap, frame));
    uint32_t at = heap->places[frame] - 1;
    node_settle(heap, at, heap->nodes[at]);
}

void frame_heap_rebuild(FrameHeap *heap) {
    for (uint32_t at = heap->count / 2; at-- > 0;) {
        sift_down(heap, at, heap->nodes[at]);
    }
}

/* Swap the top with the last node, and leave it behind the end of the heap. */
static void top_set_aside(FrameHeap *heap) {
    HeapNode top = heap->nodes[0], last = heap->nodes[--heap->count];
    node_put(heap, heap->count, top);
    if (heap->count > 0) {
        sift_down(heap, 0, last);
    }
}

/* Frames that may not go now stand aside until one is found that may. */
Pfn frame_heap_first_evictable(FrameHeap *heap, const PolicyEnv *env, RankNow rank_now,
                               const void *self) {
    uint32_t all = heap->count;
    Pfn found = PFN_NONE;
    while (found == PFN_NONE && heap->count > 0) {
        HeapNode top = heap->nodes[0];
        if (!env->evictable(env->host, top.frame)) {
            top_set_aside(heap);
            continue;
        }
        uint64_t rank = rank_now == NULL ? top.rank : rank_now(self, top.frame);
        if (rank > top.rank) {
            top.rank = rank;
            sift_down(heap, 0, top);
        } else {
            found = top.frame;
        }
    }
    while (heap->count < all) {
        heap->count++;
        sift_up(heap, heap->count - 1, heap->nodes[heap->count - 1]);
    }
    return found;
}

const char *frame_heap_check(const FrameHeap *heap) {
    for (uint32_t at = 0; at < heap->count; at++) {
        const HeapNode *node = &heap->nodes[at];
        if (at > 0 && key_less(node, &heap->nodes[(at - 1) / 2])) {
            return "frame heap: a key is smaller than its parent's";
        }
        if (!frame_heap_has(heap, node->frame) || heap->places[node->frame] != at + 1) {
            return "frame heap: a frame does not know its place";
        }
    }
    return NULL;
}
