/* allocation.h - under local replacement: how many frames each process may hold.
 *
 *     equal          frames / processes of the workload, for ever (machine_config.c)
 *     proportional   frames x its mapped pages / those of all living processes
 *     pff            page-fault frequency: who faults too often gets frames that nobody has; if
 *                    there are none, who faults seldom gives some up
 *
 * The last two are looked at whenever a process starts, and once an interval while somebody faults.
 * Sources: Silberschatz, Galvin and Gagne, Operating System Concepts, "Allocation of Frames" and
 * "Page-Fault Frequency"; Chu and Opderbeck, AFIPS FJCC 41, 1972.
 *
 * Invariant (allocation_check): with pff, the quotas of living processes add up to at most the
 * frames, or to one each if there are more processes than frames.
 */
#ifndef FAULTLINE_ALLOCATION_H
#define FAULTLINE_ALLOCATION_H

#include "process.h"

/* Do quotas change during the run? */
bool allocation_moves(const Machine *machine);
/* A process has got its address space. */
void allocation_start(Process *process);
/* An interval is over.  False: nobody faulted in it, so none more is needed before somebody runs. */
bool allocation_adjust(Machine *machine);

const char *allocation_check(const Machine *machine);

#endif
