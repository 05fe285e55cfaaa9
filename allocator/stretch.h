/* stretch.h - a heap on the break, which is one stretch of bytes unless the program moved the
 * break between two growths.  Then the heap goes on behind the gap, in a new stretch.
 *
 *     | first stretch ..... |   gap   | start end | second stretch ..... |  <- break
 *       ^-- first                       \____ of the stretch before it
 *
 * Idea: each stretch but the first begins with a link of 16 bytes that tells where the stretch
 * before it starts and ends, so that a walk can visit them all, newest first.  A program that
 * leaves the break alone never pays for it.
 *
 * Used by models that grow by sbrk and find a block's neighbour by its size.
 */
#ifndef FAULTLINE_STRETCH_H
#define FAULTLINE_STRETCH_H

#include "model.h"

#define STRETCH_UNIT 16 /* every stretch starts and ends at a multiple */
#define STRETCH_LINK 16

typedef struct Stretch {
    VAddr first;      /* where the first one starts; all three are 0: no heap yet */
    VAddr start, end; /* of the newest                                            */
} Stretch;

/* Move the break up by `bytes`, and by `opening` more if a new stretch begins with them; both are
 * multiples of 16.  Where the new bytes start (behind the link, if there is one), or 0: out of
 * memory, nothing has changed. */
VAddr stretch_grow(Stretch *stretch, const AllocatorEnv *env, uint64_t bytes, uint64_t opening);

/* Where the stretch's own bytes start, behind the link. */
static inline VAddr stretch_inside(const Stretch *stretch) {
    return stretch->start == stretch->first ? stretch->start : stretch->start + STRETCH_LINK;
}

/* Make a copy of a heap's Stretch describe the stretch before it.  False: there is none. */
bool stretch_step_back(Stretch *stretch, const AllocatorEnv *peek);

#endif
