/* folio.h - pages that were allocated together: a huge page, or a smaller block of them.
 *
 *   folio of order 2     [ 8 ][ 9 ][ 10 ][ 11 ]      one fault, four frames in a row
 *   entries              [ 8 ][   ][ 10 ][ 11 ]      page 9 was given back since
 *
 * Idea: a folio's pages are mapped, written and given back one by one like any others; but until it
 * is split, advice about some of its pages is advice about a part of a whole.  Linux splits it then,
 * and looks what is in it: pages that were never written turn into the shared zero page, so that
 * memory which only came along is given back.
 *
 * The folio of a frame is the aligned block of 2^folio_order frames that it lies in, as far as they
 * say the same order: those that were freed do not any more.
 * Source: __folio_split() and try_to_map_unused_to_zeropage() of Linux, and the uses in mm/madvise.c.
 */
#ifndef FAULTLINE_FOLIO_H
#define FAULTLINE_FOLIO_H

#include "kernel/kernel.h"

/* The page at `vpn` has an entry that leads to a frame of a folio of several pages.  Are it and those
 * behind it, before `end`, all of that folio, in order? */
bool folio_mapped_whole(const Memory *m, const AddressSpace *space, Vpn vpn, Vpn end);
/* Does any other space have a page of the frame's folio? */
bool folio_is_shared(const Memory *m, const AddressSpace *space, Pfn pfn);
/* Its pages are single ones from now on, mapped one by one.  Those that hold zeros, and are not
 * locked, give way to the shared zero page.  Only for folios that are not shared. */
void folio_split(Memory *m, AddressSpace *space, Pfn pfn);
/* The same for one that replacement takes a page of, whoever has it: all pages stay. */
void folio_break(Memory *m, Pfn pfn);

#endif
