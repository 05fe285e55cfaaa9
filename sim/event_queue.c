/* event_queue.c - the binary heap behind event_queue.h.
 *
 *            0            the children of i are 2i+1 and 2i+2;
 *          1   2          a new event rises from the end, and the last one sinks from
 *         3 4 5 6         the top when the top is taken
 */
#include "event_queue.h"

static QueuedEvent *at(const EventQueue *queue, guint i) {
    return &g_array_index(queue->heap, QueuedEvent, i);
}

static bool comes_before(const QueuedEvent *a, const QueuedEvent *b) {
    if (a->time != b->time) {
        return a->time < b->time;
    }
    if (a->class != b->class) {
        return a->class < b->class;
    }
    return a->sequence < b->sequence;
}

static void swap(EventQueue *queue, guint i, guint j) {
    QueuedEvent held = *at(queue, i);
    *at(queue, i) = *at(queue, j);
    *at(queue, j) = held;
}

static void rise(EventQueue *queue, guint i) {
    while (i > 0 && comes_before(at(queue, i), at(queue, (i - 1) / 2))) {
        swap(queue, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
}

static void sink(EventQueue *queue, guint i) {
    for (;;) {
        guint first = i;
        for (guint child = 2 * i + 1; child <= 2 * i + 2 && child < queue->heap->len; child++) {
            if (comes_before(at(queue, child), at(queue, first))) {
                first = child;
            }
        }
        if (first == i) {
            return;
        }
        swap(queue, i, first);
        i = first;
    }
}

void event_queue_init(EventQueue *queue) {
    queue->heap = g_array_new(FALSE, FALSE, sizeof(QueuedEvent));
    queue->pushed = 0;
}

void event_queue_clear(EventQueue *queue) { g_clear_pointer(&queue->heap, g_array_unref); }

uint64_t event_queue_push(EventQueue *queue, Tick time, EventClass class, uint64_t subject) {
    QueuedEvent event = {
        .time = time, .sequence = ++queue->pushed, .class = class, .subject = subject};
    g_array_append_val(queue->heap, event);
    rise(queue, queue->heap->len - 1);
    return event.sequence;
}

Tick event_queue_next(const EventQueue *queue) {
    return queue->heap->len == 0 ? TICK_NEVER : at(queue, 0)->time;
}

bool event_queue_pop_due(EventQueue *queue, Tick now, QueuedEvent *event) {
    if (queue->heap->len == 0 || at(queue, 0)->time > now) {
        return false;
    }
    *event = *at(queue, 0);
    g_array_remove_index_fast(queue->heap, 0); /* puts the last one in its place */
    sink(queue, 0);
    return true;
}

const char *event_queue_check(const EventQueue *queue) {
    for (guint i = 1; i < queue->heap->len; i++) {
        if (comes_before(at(queue, i), at(queue, (i - 1) / 2))) {
            return "event queue: an event stands below a later one";
        }
    }
    return NULL;
}
