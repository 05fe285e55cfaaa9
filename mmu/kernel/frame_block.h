/* frame_block.h - blocks of free frames: how many lie together.
 *
 * A block of order k is 2^k frames that begin at a multiple of 2^k; its two halves are buddies.
 *
 *   order 3   [ . . . . . . . . ]        free: 0-3, 6, 7
 *   order 2   [ x x x x | . . . . ]      blocks: 0-3 (order 2), 6-7 (order 1)
 *   order 1   [ x x | x x | . . | x x ]
 *
 * Idea: a buddy allocator merges two free buddies at once, so the free blocks on its lists are
 * always the largest aligned ones that are wholly free.  The sets of free frames say which those
 * are, so here are the buddy system's blocks without its lists: nothing is to be kept in step, and
 * single frames are handed out as ever, the lowest first, which keeps the free ones together, too.
 *
 * Source: mm/page_alloc.c of Linux; the index is that of mm/vmstat.c (extfrag/unusable_index).
 */
#ifndef FAULTLINE_FRAME_BLOCK_H
#define FAULTLINE_FRAME_BLOCK_H

#include "kernel/frame.h"

/* Take the lowest free block of the order, below FRAME_BLOCK_ORDERS_MAX: its first frame.  All are
 * FRAME_HELD.  *dirty: how many of them were not zeroed (and are still not, unless `zero`).
 * PFN_NONE: no free frames lie together like that. */
Pfn frame_take_block(FrameTable *table, unsigned order, bool zero, uint64_t *dirty);

/* Free blocks by order. */
FrameBlocks frame_count_blocks(const FrameTable *table);

#endif
