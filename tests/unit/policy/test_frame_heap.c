/* test_frame_heap.c - the heap against a plain array that is searched for its smallest key. */
#include "frame_heap.h"

#include "faultline/rng.h"

#include <glib.h>

#define FRAMES 40

/* What the heap should hold, and what its environment says. */
typedef struct Model {
    bool in[FRAMES], pinned[FRAMES];
    uint64_t rank[FRAMES], tie[FRAMES]; /* rank: as of now, never below the heap's */
    PolicyEnv env;
} Model;

static bool model_evictable(void *host, Pfn frame) { return !((Model *)host)->pinned[frame]; }

static uint64_t model_rank(const void *self, Pfn frame) {
    return ((const Model *)self)->rank[frame];
}

static Pfn model_first(const Model *m) {
    Pfn best = PFN_NONE;
    for (Pfn f = 0; f < FRAMES; f++) {
        if (m->in[f] && !m->pinned[f] &&
            (best == PFN_NONE || m->rank[f] < m->rank[best] ||
             (m->rank[f] == m->rank[best] && m->tie[f] < m->tie[best]))) {
            best = f;
        }
    }
    return best;
}

static void assert_same(FrameHeap *heap, const Model *m) {
    uint32_t count = 0;
    g_assert_cmpstr(frame_heap_check(heap), ==, NULL);
    for (Pfn f = 0; f < FRAMES; f++) {
        g_assert_cmpint(frame_heap_has(heap, f), ==, m->in[f]);
        count += m->in[f];
    }
    g_assert_cmpuint(heap->count, ==, count);
    g_assert_cmpuint(frame_heap_first_evictable(heap, &m->env, model_rank, m), ==, model_first(m));
    g_assert_cmpuint(heap->count, ==, count);
    g_assert_cmpstr(frame_heap_check(heap), ==, NULL);
}

/* Any key may change, known to the heap; a rank may grow behind its back. */
static void change(FrameHeap *heap, Model *m, Rng *rng, Pfn f) {
    switch (rng_below(rng, 3)) {
    case 0:
        m->rank[f] += rng_below(rng, 4);
        break;
    case 1:
        m->rank[f] = rng_below(rng, 10);
        *frame_heap_node(heap, f) = (HeapNode){m->rank[f], m->tie[f], f};
        frame_heap_moved(heap, f);
        break;
    default:
        frame_heap_remove(heap, f);
        m->in[f] = false;
    }
}

static void rebuild(FrameHeap *heap, Model *m, Rng *rng) {
    for (uint32_t i = 0; i < heap->count; i++) {
        HeapNode *node = &heap->nodes[i];
        node->rank = m->rank[node->frame] = rng_below(rng, 6);
    }
    frame_heap_rebuild(heap);
}

static void test_random(void) {
    Model m = {0};
    m.env = (PolicyEnv){.host = &m, .evictable = model_evictable};
    Rng rng = {11};
    FrameHeap heap;
    g_assert_true(frame_heap_init(&heap, FRAMES));
    for (int step = 0; step < 20000; step++) {
        Pfn f = (Pfn)rng_below(&rng, FRAMES);
        if (!m.in[f]) {
            m.in[f] = true;
            m.rank[f] = rng_below(&rng, 10);
            m.tie[f] = (uint64_t)step;
            frame_heap_add(&heap, f, m.rank[f], m.tie[f]);
        } else {
            change(&heap, &m, &rng, f);
        }
        if (step % 50 == 0) {
            rebuild(&heap, &m, &rng);
        }
        m.pinned[f] = rng_below(&rng, 3) == 0;
        assert_same(&heap, &m);
    }
    frame_heap_clear(&heap);
}

static void test_check_sees_damage(void) {
    FrameHeap heap;
    g_assert_true(frame_heap_init(&heap, FRAMES));
    for (Pfn f = 0; f < 5; f++) {
        frame_heap_add(&heap, f, 10 - f, f);
    }
    g_assert_cmpstr(frame_heap_check(&heap), ==, NULL);
    HeapNode top = heap.nodes[0];
    heap.nodes[0].rank = 100;
    g_assert_nonnull(frame_heap_check(&heap));
    heap.nodes[0] = top;
    heap.places[top.frame]++;
    g_assert_nonnull(frame_heap_check(&heap));
    frame_heap_clear(&heap);
}

static void test_a_large_machine_is_free(void) {
    FrameHeap heap;
    Pfn last = (UINT32_C(1) << 28) - 1;
    g_assert_true(frame_heap_init(&heap, UINT32_C(1) << 28));
    frame_heap_add(&heap, last, 1, 0);
    frame_heap_add(&heap, 0, 1, 1);
    g_assert_cmpuint(heap.nodes[0].frame, ==, last);
    frame_heap_remove(&heap, last);
    g_assert_cmpuint(heap.nodes[0].frame, ==, 0);
    g_assert_false(frame_heap_has(&heap, UINT32_C(1) << 28));
    frame_heap_clear(&heap);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frame-heap/random", test_random);
    g_test_add_func("/frame-heap/check-sees-damage", test_check_sees_damage);
    g_test_add_func("/frame-heap/large", test_a_large_machine_is_free);
    return g_test_run();
}
