/* flight.c - see flight.h. */
#include "kernel/flight.h"

#include <stdlib.h>

void flight_clear(FlightTable *flights) {
    free(flights->list);
    *flights = (FlightTable){0};
}

void flight_begin(FlightTable *flights, FrameTable *frames, Flight flight) {
    if (flights->count == flights->capacity) {
        flights->capacity = flights->capacity == 0 ? 16 : 2 * flights->capacity;
        flights->list = realloc(flights->list, flights->capacity * sizeof(Flight));
        if (flights->list == NULL) {
            abort();
        }
    }
    frames->frames[flight.pfn].transit = flights->count;
    flights->list[flights->count++] = flight;
    flights->unattended += flight.thread == NULL;
}

void flight_end(FlightTable *flights, FrameTable *frames, Pfn pfn) {
    uint32_t index = frames->frames[pfn].transit;
    flights->unattended -= flights->list[index].thread == NULL;
    Flight last = flights->list[--flights->count];
    flights->list[index] = last;
    frames->frames[last.pfn].transit = index;
}

Pfn flight_find(const FlightTable *flights, const struct SpaceThread *thread) {
    for (uint32_t i = 0; i < flights->count; i++) {
        if (flights->list[i].thread == thread) {
            return flights->list[i].pfn;
        }
    }
    return PFN_NONE;
}

uint32_t flight_count(const FlightTable *flights, Asid asid) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < flights->count; i++) {
        count += flights->list[i].asid == asid;
    }
    return count;
}

/* ASID 0, which no space has, stands for all. */
static Tick next_of(const FlightTable *flights, Asid asid) {
    Tick next = TICK_NEVER;
    for (uint32_t i = 0; i < flights->count; i++) {
        const Flight *flight = &flights->list[i];
        if ((asid == 0 || flight->asid == asid) && flight->until < next) {
            next = flight->until;
        }
    }
    return next;
}

Tick flight_next(const FlightTable *flights) { return next_of(flights, 0); }

Tick flight_next_of(const FlightTable *flights, Asid asid) { return next_of(flights, asid); }
