/* page_daemon.h - what goes on behind the programs' backs when frames are short: the background
 * reclaimer and the modified-page writer.
 *
 *        available frames (free, zeroed, standby)
 *   high ------------------------------------------  the reclaimer sleeps
 *   low  ------------------------------------------  below: it is woken, and works until high
 *   min  ------------------------------------------  below: faults reclaim for themselves
 *   0
 *
 * The background reclaimer (Linux's kswapd) evicts batches of RECLAIM_BATCH pages; dirty ones are
 * in transit until they are written, and count as available to come.  After each batch it lets
 * other events of that instant happen.  If each process has a working set of its own
 * (POLICY_PER_PROCESS) it is Windows' balance-set manager instead: one pass over the working
 * sets, trimmed in the order of their excess (balance_set_trim).  Either one gives up until it is
 * woken again when it finds nothing more to take.
 *
 * The modified-page writer writes the oldest MODIFIED_CLUSTER pages of the modified list, and the
 * next ones when those are done, as long as
 *   - the modified list has a quarter of all frames (MODIFIED_SHARE) or more, or
 *   - fewer frames than the watermark low are available; without watermarks, none; or
 *   - the CPU is idle.
 * This is looked at when a fault has taken a frame, in background work, and in idle time.
 *
 * Both need little processor time and take it from whoever runs: reclaim_ns (the cost page_scan).
 */
#ifndef FAULTLINE_PAGE_DAEMON_H
#define FAULTLINE_PAGE_DAEMON_H

#include "kernel/kernel.h"

#define MODIFIED_CLUSTER 16u
#define MODIFIED_SHARE   4u /* one in so many frames */

/* Frames have become fewer: wake whoever has to know. */
void page_daemon_notice(Memory *m);
/* Begin a round of the modified-page writer, if there is reason to. */
void modified_writer_run(Memory *m, bool idle);
/* A fault finds less than the watermark min: it evicts until min will be available again, a batch
 * at most.  True: it had to. */
bool reclaim_below_min(Memory *m, AddressSpace *space, PageKey incoming);

#endif
