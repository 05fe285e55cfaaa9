/* costs.h - the prices of a machine, one field for each row of costs.def. */
#ifndef FAULTLINE_COSTS_H
#define FAULTLINE_COSTS_H

#include "faultline/types.h"

typedef struct Costs {
#define COST(name, modern, textbook, meaning) Tick name##_ns;
#include "faultline/costs.def"
#undef COST
} Costs;

typedef enum CostId {
#define COST(name, modern, textbook, meaning) COST_##name,
#include "faultline/costs.def"
#undef COST
    COST_COUNT
} CostId;

/* No single price may exceed this, so that count * price cannot overflow in any run that
 * a host could finish: 2^40 ns is 18 minutes for one event. */
#define COST_MAX_NS (UINT64_C(1) << 40)

#endif
