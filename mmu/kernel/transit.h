/* transit.h - pages on their way out: unmapped, their write queued, their bytes still here.
 *
 * Idea: writes complete in the order in which they were made, so the pages in transit are a
 * queue.  An access to such a page before its write is complete finds it still in memory: a
 * soft fault.  A ticket numbers each entry; taking a page back just voids its ticket.
 *
 * Invariant (memory_check): one valid ticket for each frame in transit.
 */
#ifndef FAULTLINE_TRANSIT_H
#define FAULTLINE_TRANSIT_H

#include "faultline/types.h"

typedef struct TransitEntry {
    Pfn pfn; /* PFN_NONE: void */
    Tick done;
} TransitEntry;

typedef struct TransitQueue {
    TransitEntry *ring;
    uint32_t capacity;   /* a power of two */
    uint32_t head, tail; /* tickets head..tail-1 are in the ring, at ticket % capacity */
} TransitQueue;

void transit_clear(TransitQueue *queue);
/* The ticket of the new entry. */
uint32_t transit_push(TransitQueue *queue, Pfn pfn, Tick done);
void transit_void(TransitQueue *queue, uint32_t ticket);
/* The next frame whose write is complete at `now`, taken out; PFN_NONE if there is none. */
Pfn transit_pop(TransitQueue *queue, Tick now);
/* When the first write that is still valid will be complete; TICK_NEVER if none is under way. */
Tick transit_next(TransitQueue *queue);

#endif
