/* curve_data.h - curves for programs: CSV and JSON. */
#ifndef FAULTLINE_CURVE_DATA_H
#define FAULTLINE_CURVE_DATA_H

#include "curve/curve_set.h"

#define CURVE_SCHEMA "faultline-curve/1"

/* One row for each point of each curve; if the working set over time was asked for, one row for
 * each sample of that instead.  RFC 4180, LF lines.  A new string. */
char *curve_csv(const CurveSet *set);
/* The whole document, as a new string that ends with a line feed. */
char *curve_json(const CurveSet *set);

/* part / whole with that many decimals, rounded half up, in integers; "-" of nothing. */
char *fixed_quotient(uint64_t part, uint64_t whole, unsigned decimals);

#endif
