/* curve_process.h - whose reference string the curves are of.
 *
 * A workload's only process needs no name.  Of several, one is chosen: "app", or "app#2" for a
 * further copy, as everywhere.
 */
#ifndef FAULTLINE_CURVE_PROCESS_H
#define FAULTLINE_CURVE_PROCESS_H

#include "workload.h"

/* The pid of the process `name`; NULL: the only one.  0 and `error` (OPTIONS_ERROR: no such name;
 * MACHINE_ERROR_INPUT: several, and no name). */
uint32_t curve_process_find(const Workload *workload, const char *name, GError **error);

/* Do other processes run beside it? */
bool curve_process_has_company(const Workload *workload);

#endif
