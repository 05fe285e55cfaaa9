/* compare_notes.h - what is said below the tables of a comparison: what its marks mean, where there
 * is an anomaly, why a run is missing.
 */
#ifndef FAULTLINE_COMPARE_NOTES_H
#define FAULTLINE_COMPARE_NOTES_H

#include "comparison.h"

/* Append only what there is a reason to say; perhaps nothing. */
void compare_notes_print(const Comparison *comparison, GString *out);

#endif
