/* alone.h - how long each process would take with the machine to itself.
 *
 *   slowdown = turnaround in company / turnaround alone
 *
 * Idea: a run of the same workload with that one process in it, begun at once.  So a process that
 * lost nothing by its company has a slowdown of 1.
 */
#ifndef FAULTLINE_ALONE_H
#define FAULTLINE_ALONE_H

#include "stats.h"

/* Fill in `alone` of each process that the workload made itself.  False and `error` if one of
 * those runs has to stop. */
bool alone_measure(Stats *stats, GError **error);

#endif
