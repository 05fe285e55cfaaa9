/* working_set.h - Denning's working set, counted exactly at the end of every window.
 *
 *   W(t, window) = number of distinct pages referenced in (t - window, t]
 *
 * Source: P. J. Denning, "The Working Set Model for Program Behavior", CACM 11(5), 1968.
 *
 * Idea: beside each page-table entry stands the number of the window in which its page was last
 * referenced.  The first reference in a window finds an older stamp, writes the new one and
 * counts the page.  Later references of the window never get here: the page's TLB entry is
 * marked as seen, and that mark is part of the compare that the hit path makes anyway.
 * At a window's end all marks are taken away.  So W is exact at each multiple of the window and
 * costs a hit nothing.
 *
 * A huge page is one to the hardware, so it is referenced, and counts with all its pages, as soon as
 * one of them is.
 *
 * Each space counts its own windows.  They end all together, but for those whose owner says that
 * they go on: a window in the time of a process is over when that process has run for so long.
 */
#ifndef FAULTLINE_WORKING_SET_H
#define FAULTLINE_WORKING_SET_H

#include "kernel/kernel.h"

/* The page was referenced, and its translation had no mark for this window. */
void working_set_note(Memory *m, AddressSpace *space, Vpn vpn);

#endif
