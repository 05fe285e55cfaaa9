/* reclaim.h - finding a frame for a page that needs one, by replacement if need be. */
#ifndef FAULTLINE_RECLAIM_H
#define FAULTLINE_RECLAIM_H

#include "kernel/kernel.h"

/* A frame for the faulting page: FRAME_HELD, noted in space->thread so that it is not lost
 * if the process is killed while it waits. */
typedef struct FrameGrant {
    Pfn pfn;
    bool zeroed;   /* it came from the zeroed set */
    Tick ready_at; /* the frame's old page is still being written until then */
} FrameGrant;

/* May wait (and let others run) for frames that are on their way.  OUTCOME_OUT_OF_MEMORY if
 * nothing is free, nothing can be evicted and nothing is on its way. */
Outcome frame_get(Memory *m, AddressSpace *space, Vpn incoming, bool want_zeroed,
                  FrameGrant *grant);
/* A page comes back that still has its frame: a space that may hold no more pages gives one up. */
void quota_make_room(Memory *m, AddressSpace *space, Vpn incoming);
/* Free the frames of pages in transit whose writes are complete by now. */
void transit_settle(Memory *m);

#endif
