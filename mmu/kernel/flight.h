/* flight.h - faults that wait: the frames that they hold, and until when.
 *
 * Idea: a fault that waits for the device holds a frame that is nobody's page yet.  Others may ask
 * for the same page meanwhile (a thread, or another mapping of the same file): they find the frame
 * in the swap cache or page cache, held, and wait for it too.  If the waiting thread is killed,
 * what it held is found here.
 *
 * Invariant (memory_check): one flight for each held frame; a held frame's `transit` field is the
 * index of its flight.
 */
#ifndef FAULTLINE_FLIGHT_H
#define FAULTLINE_FLIGHT_H

#include "kernel/frame.h"

struct SpaceThread;

typedef struct Flight {
    Pfn pfn;
    Asid asid; /* of the space that it is for */
    const struct SpaceThread
        *thread; /* whose fault waits for it; NULL: nobody's, it is read ahead */
    Tick until;  /* when the device will be done; a time that is past: its process has to run */
} Flight;

typedef struct FlightTable {
    Flight *list;
    uint32_t count, capacity;
    uint32_t unattended; /* flights for which nobody waits */
} FlightTable;

void flight_clear(FlightTable *flights);
/* The frame is held from now on. */
void flight_begin(FlightTable *flights, FrameTable *frames, Flight flight);
/* It does no more: the frame becomes a page, or is free. */
void flight_end(FlightTable *flights, FrameTable *frames, Pfn pfn);
static inline Flight *flight_of(const FlightTable *flights, const Frame *held) {
    return &flights->list[held->transit];
}
/* The frame that the fault of a thread holds; PFN_NONE: none. */
Pfn flight_find(const FlightTable *flights, const struct SpaceThread *thread);
/* How many frames are held for a space. */
uint32_t flight_count(const FlightTable *flights, Asid asid);
/* When the first of them all will be over; TICK_NEVER: there is none. */
Tick flight_next(const FlightTable *flights);
/* The same for those of a space. */
Tick flight_next_of(const FlightTable *flights, Asid asid);

#endif
