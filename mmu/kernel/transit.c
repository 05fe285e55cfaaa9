/* transit.c - see transit.h. */
#include "kernel/transit.h"

#include <stdlib.h>

void transit_clear(TransitQueue *queue) {
    free(queue->ring);
    *queue = (TransitQueue){0};
}

static TransitEntry *entry_at(const TransitQueue *queue, uint32_t ticket) {
    return &queue->ring[ticket & (queue->capacity - 1)];
}

static void ring_grow(TransitQueue *queue) {
    TransitQueue bigger = {.capacity = queue->capacity == 0 ? 16 : queue->capacity * 2,
                           .head = queue->head,
                           .tail = queue->tail};
    bigger.ring = calloc(bigger.capacity, sizeof(TransitEntry));
    if (bigger.ring == NULL) {
        abort();
    }
    for (uint32_t ticket = queue->head; ticket != queue->tail; ticket++) {
        *entry_at(&bigger, ticket) = *entry_at(queue, ticket);
    }
    free(queue->ring);
    *queue = bigger;
}

uint32_t transit_push(TransitQueue *queue, Pfn pfn, Tick done) {
    if (queue->tail - queue->head == queue->capacity) {
        ring_grow(queue);
    }
    *entry_at(queue, queue->tail) = (TransitEntry){pfn, done};
    return queue->tail++;
}

void transit_void(TransitQueue *queue, uint32_t ticket) { entry_at(queue, ticket)->pfn = PFN_NONE; }

static void skip_void(TransitQueue *queue) {
    while (queue->head != queue->tail && entry_at(queue, queue->head)->pfn == PFN_NONE) {
        queue->head++;
    }
}

Pfn transit_pop(TransitQueue *queue, Tick now) {
    skip_void(queue);
    if (queue->head == queue->tail || entry_at(queue, queue->head)->done > now) {
        return PFN_NONE;
    }
    return entry_at(queue, queue->head++)->pfn;
}

Tick transit_next(TransitQueue *queue) {
    skip_void(queue);
    return queue->head == queue->tail ? TICK_NEVER : entry_at(queue, queue->head)->done;
}
