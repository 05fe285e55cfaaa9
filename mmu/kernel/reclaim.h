/* reclaim.h - finding a frame for a page that needs one, by replacement if need be. */
#ifndef FAULTLINE_RECLAIM_H
#define FAULTLINE_RECLAIM_H

#include "kernel/kernel.h"

/* A frame for the faulting page: FRAME_HELD, with a flight (flight.h), so that it is not lost if
 * the process is killed while it waits. */
typedef struct FrameGrant {
    Pfn pfn;
    bool zeroed;   /* it came from the zeroed set */
    bool waited;   /* others ran meanwhile: look again whether the fault still stands */
    Tick ready_at; /* the frame's old page is still being written until then */
} FrameGrant;

/* May wait (and let others run) for frames that are on their way.  OUTCOME_OUT_OF_MEMORY if
 * nothing is free, nothing can be evicted and nothing is on its way. */
Outcome frame_get(Memory *m, AddressSpace *space, Vpn incoming, bool want_zeroed,
                  FrameGrant *grant);
/* The same for a page that nobody waits for: only a frame that can be used at once.  No flight is
 * begun.  False: there is none. */
bool frame_get_now(Memory *m, AddressSpace *space, PageKey incoming, Pfn *pfn);

#endif
