/* counters.h - the counters of counters.def as a struct, and as an array to walk over. */
#ifndef FAULTLINE_COUNTERS_H
#define FAULTLINE_COUNTERS_H

#include <stdint.h>

typedef struct Counters {
#define COUNTER(name, unit, scope, meaning) uint64_t name;
#define GAUGE(name, unit, meaning)
#include "faultline/counters.def"
#undef COUNTER
#undef GAUGE
} Counters;

/* A process's state at an instant, in counters.def's order of gauges. */
typedef struct Gauges {
#define COUNTER(name, unit, scope, meaning)
#define GAUGE(name, unit, meaning) uint64_t name;
#include "faultline/counters.def"
#undef COUNTER
#undef GAUGE
} Gauges;

#define COUNTERS_COUNT (sizeof(Counters) / sizeof(uint64_t))
#define GAUGES_COUNT   (sizeof(Gauges) / sizeof(uint64_t))

/* sum += part, field by field. */
static inline void counters_add(Counters *sum, const Counters *part) {
    for (uint64_t i = 0; i < COUNTERS_COUNT; i++) {
        ((uint64_t *)sum)[i] += ((const uint64_t *)part)[i];
    }
}

#endif
