/* frame_list.h - a circle of frames with one distinguished place.
 *
 *                first
 *                  v
 *            .-> [ 4 ] -> [ 0 ] -> [ 7 ] -.
 *            '----------------------------'      an append goes between 7 and 4
 *
 * Idea: a queue and a clock are the same thing.  Read from `first` to the end it is a queue,
 * oldest first; call `first` the hand and it is a clock, and "append" puts a page just behind
 * the hand.  Turning it by one makes the first the last.
 *
 * Links are frame numbers plus one, so that memory that is all zero (faultline/lazy.h) is an
 * empty list, however large the machine is.
 *
 * Invariant (frame_list_check): next(prev(f)) = prev(next(f)) = f for each frame f on the
 * list; going round from `first` meets exactly `count` frames.
 */
#ifndef FAULTLINE_FRAME_LIST_H
#define FAULTLINE_FRAME_LIST_H

#include "faultline/policy.h"

typedef struct FrameLink {
    uint32_t prev, next; /* frame number + 1; 0: not on the list */
} FrameLink;

typedef struct FrameList {
    FrameLink *links; /* one a frame */
    uint32_t frame_count;
    Pfn first;      /* PFN_NONE: the list is empty */
    uint32_t count; /* frames on the list */
} FrameList;

/* False: out of host memory. */
bool frame_list_init(FrameList *list, uint32_t frame_count);
void frame_list_clear(FrameList *list);

static inline bool frame_list_has(const FrameList *list, Pfn frame) {
    return frame < list->frame_count && list->links[frame].next != 0;
}
static inline Pfn frame_list_next(const FrameList *list, Pfn frame) {
    return list->links[frame].next - 1;
}
static inline Pfn frame_list_last(const FrameList *list) {
    return list->first == PFN_NONE ? PFN_NONE : list->links[list->first].prev - 1;
}

/* Put a frame that is not on the list at its end, just behind the first. */
void frame_list_append(FrameList *list, Pfn frame);
/* Take a frame that is on the list out of it.  If it was the first, the next one is now. */
void frame_list_remove(FrameList *list, Pfn frame);
/* The first becomes the last.  The list is not empty. */
static inline void frame_list_turn(FrameList *list) {
    list->first = frame_list_next(list, list->first);
}

/* The first frame from `first` on that env->evictable() lets go, or PFN_NONE. */
Pfn frame_list_first_evictable(const FrameList *list, const PolicyEnv *env);

const char *frame_list_check(const FrameList *list);

#endif
