/* reclaim.h - finding a frame for a page that needs one, by replacement if need be. */
#ifndef FAULTLINE_RECLAIM_H
#define FAULTLINE_RECLAIM_H

#include "kernel/kernel.h"

/* Linux's SWAP_CLUSTER_MAX: this many pages are reclaimed before one looks up again. */
#define RECLAIM_BATCH 32u

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
bool frame_get_now(Memory *m, AddressSpace *space, PageKey incoming, FrameGrant *grant);
/* A page that is in memory becomes the space's: one that may hold no more gives another up. */
void quota_hold(Memory *m, AddressSpace *space, Vpn incoming);
/* Pages in transit whose writes are complete by now: their frames are free, or on standby. */
void transit_settle(Memory *m);

/* Pages were looked at: counted, and charged to the space's process; NULL: to the background. */
void reclaim_charge(Memory *m, AddressSpace *space, uint64_t pages);
/* Ask one policy for a victim, on behalf of the space (NULL: of nobody), and charge for it. */
Pfn policy_ask(Memory *m, PolicyInstance *policy, PageKey incoming, AddressSpace *space);
/* The victim has gone: the next one of its batch. */
Pfn policy_ask_more(Memory *m, PolicyInstance *policy, AddressSpace *space);
/* A victim from anybody: see reclaim.c for the order.  PFN_NONE: nobody has one to give. */
Pfn reclaim_choose(Memory *m, PageKey incoming, AddressSpace *space);

#endif
