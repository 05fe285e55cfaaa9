/* compare_data.h - a comparison for programs: one record a run, as CSV or JSON. */
#ifndef FAULTLINE_COMPARE_DATA_H
#define FAULTLINE_COMPARE_DATA_H

#include "comparison.h"

#define COMPARE_SCHEMA "faultline-compare/1"

/* RFC 4180, LF lines; a run that failed has only its last column, "error".  A new string. */
char *compare_csv(const Comparison *comparison);
/* The whole document, as a new string that ends with a line feed. */
char *compare_json(const Comparison *comparison);

#endif
