/* test_event_queue.c - the total order (time, class, sequence). */
#include <stdlib.h>

#include "event_queue.h"
#include "faultline/rng.h"

static void test_one_instant(void) {
    EventQueue queue;
    QueuedEvent event;
    static const uint32_t expected[] = {2, 5, 1, 3, 0, 4};
    event_queue_init(&queue);
    event_queue_push(&queue, 7, CLASS_WAKEUP, 0);
    event_queue_push(&queue, 7, CLASS_TIMER, 1);
    event_queue_push(&queue, 7, CLASS_IO, 2);
    event_queue_push(&queue, 7, CLASS_TIMER, 3);
    event_queue_push(&queue, 7, CLASS_WAKEUP, 4);
    event_queue_push(&queue, 7, CLASS_IO, 5);
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_assert_true(event_queue_pop_due(&queue, 7, &event));
        g_assert_cmpuint(event.subject, ==, expected[i]);
    }
    g_assert_false(event_queue_pop_due(&queue, TICK_NEVER, &event));
    event_queue_clear(&queue);
}

static void test_due(void) {
    EventQueue queue;
    QueuedEvent event;
    event_queue_init(&queue);
    g_assert_cmpuint(event_queue_next(&queue), ==, TICK_NEVER);
    event_queue_push(&queue, 100, CLASS_IO, 1);
    event_queue_push(&queue, 50, CLASS_WAKEUP, 2);
    g_assert_cmpuint(event_queue_next(&queue), ==, 50);
    g_assert_false(event_queue_pop_due(&queue, 49, &event));
    g_assert_true(event_queue_pop_due(&queue, 50, &event));
    g_assert_cmpuint(event.subject, ==, 2);
    g_assert_false(event_queue_pop_due(&queue, 99, &event));
    g_assert_cmpuint(event_queue_next(&queue), ==, 100);
    event_queue_clear(&queue);
}

static int by_order(const void *left, const void *right) {
    const QueuedEvent *a = left, *b = right;
    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }
    if (a->class != b->class) {
        return a->class < b->class ? -1 : 1;
    }
    return a->sequence < b->sequence ? -1 : 1;
}

/* The queue against a sorted array, with few different times so that there are many ties. */
static void test_random(void) {
    enum { COUNT = 2000 };
    Rng rng = {12};
    EventQueue queue;
    g_autofree QueuedEvent *sorted = g_new0(QueuedEvent, COUNT);
    event_queue_init(&queue);
    for (uint32_t i = 0; i < COUNT; i++) {
        sorted[i] = (QueuedEvent){.time = rng_below(&rng, 50), .sequence = i, .subject = i};
        sorted[i].class = (EventClass)rng_below(&rng, 3);
        event_queue_push(&queue, sorted[i].time, sorted[i].class, i);
        g_assert_cmpstr(event_queue_check(&queue), ==, NULL);
    }
    qsort(sorted, COUNT, sizeof *sorted, by_order);
    for (uint32_t i = 0; i < COUNT; i++) {
        QueuedEvent event;
        g_assert_true(event_queue_pop_due(&queue, 50, &event));
        g_assert_cmpuint(event.subject, ==, sorted[i].subject);
        g_assert_cmpstr(event_queue_check(&queue), ==, NULL);
    }
    event_queue_clear(&queue);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/event_queue/one_instant", test_one_instant);
    g_test_add_func("/sim/event_queue/due", test_due);
    g_test_add_func("/sim/event_queue/random", test_random);
    return g_test_run();
}
