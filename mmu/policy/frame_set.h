/* frame_set.h - a set of frames in the order of their numbers: which is the k-th?
 *
 *   frames   0 1 2 3 4 5 6 7        A Fenwick tree: sums[i] counts the members in the last
 *   member   . x x . . x . .        (i & -i) frames before frame i.
 *   sums[1]  =                      To add or remove, go up: i += i & -i.
 *   sums[2]  ===                    To find the k-th, go down by halves, and skip a half
 *   sums[4]  =======                whenever it has no more than k members.
 *   sums[8]  ===============
 *
 * Add, remove and find are O(log n).  The 0-th is the lowest, and a rank drawn by lot draws any
 * member with the same chance.  4 bytes a frame, paid for where touched.  Used by nru.c.
 *
 * Invariant (frame_set_check): the members' numbers rise with their ranks, and there are `count`
 * of them.
 */
#ifndef FAULTLINE_FRAME_SET_H
#define FAULTLINE_FRAME_SET_H

#include "faultline/policy.h"

typedef struct FrameSet {
    uint32_t *sums; /* sums[i - 1] is the picture's sums[i] */
    uint32_t frame_count;
    uint32_t half; /* the largest power of two <= frame_count */
    uint32_t count;
} FrameSet;

/* False: out of host memory. */
bool frame_set_init(FrameSet *set, uint32_t frame_count);
void frame_set_clear(FrameSet *set);

/* A frame that is not in the set. */
void frame_set_add(FrameSet *set, Pfn frame);
/* A frame that is in the set. */
void frame_set_remove(FrameSet *set, Pfn frame);
/* The member below which there are `rank` others; rank < count. */
Pfn frame_set_at(const FrameSet *set, uint32_t rank);

const char *frame_set_check(const FrameSet *set);

#endif
