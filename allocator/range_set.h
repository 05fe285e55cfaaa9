/* range_set.h - a set of addresses as disjoint ranges: what a model holds from the system.
 *
 * Invariant: no two ranges touch (neighbours are merged), so a block lies inside the set if and
 * only if it lies inside one range;  bytes = the sum of the ranges' lengths.
 *
 * Used by the heap wrapper: sbrk and mmap add, a negative sbrk and munmap remove.
 */
#ifndef FAULTLINE_RANGE_SET_H
#define FAULTLINE_RANGE_SET_H

#include "interval_tree.h"

typedef struct RangeSet {
    IntervalTree tree;
    uint64_t bytes;
} RangeSet;

/* All zero is an empty set. */
void range_set_clear(RangeSet *set);

/* Make sure that the next add or remove finds room.  False: out of host memory. */
bool range_set_reserve(RangeSet *set);
/* Ranges may be empty, but must not pass the end of the address space.  What of an added range
 * was there already stays, what of a removed one was not is no matter. */
void range_set_add(RangeSet *set, VAddr start, uint64_t length);
void range_set_remove(RangeSet *set, VAddr start, uint64_t length);

/* Is any byte of it there? */
bool range_set_touches(const RangeSet *set, VAddr start, uint64_t length);
/* Is all of it there?  An empty range must at least begin inside. */
bool range_set_covers(const RangeSet *set, VAddr start, uint64_t length);

/* `set`, whatever it holds, becomes a copy.  False: out of host memory; it is empty then. */
bool range_set_copy(RangeSet *set, const RangeSet *from);

const char *range_set_check(const RangeSet *set);

#endif
