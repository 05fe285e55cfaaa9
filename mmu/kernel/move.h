/* move.h - page-table entries change their place: what mremap does to pages. */
#ifndef FAULTLINE_MOVE_H
#define FAULTLINE_MOVE_H

#include "kernel/mapping.h"

/* The entries of the range go to `to` and on, with all that they stand for.  Both places are mapped
 * and apart.  Not OK: out of host memory; the first part of the range has moved. */
Outcome entries_move(Memory *m, AddressSpace *space, PageRange range, Vpn to);

#endif
