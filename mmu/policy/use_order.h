/* use_order.h - the resident frames in the order of their last use, and those that have to go.
 *
 *   leaving: [4] [9]        queue: [2] [7] [0] ... [5]
 *   too old, not gone yet          oldest use ... newest use
 *
 * Idea: when each use puts a page at the end and notes the time, the pages that were not used
 * for long are at the front: nobody searches.  A page goes through `leaving` on its way out; one
 * that may not go now (dirty, and no room in swap) waits there, in nobody's way, until it may
 * or is used again.  Each use moves a page at most three times, so everything is O(1) a
 * reference.
 *
 * Used by the policies of variable space, ws and pff.
 * Invariant (use_order_check): a resident frame is on just one of the lists; the times along the
 * queue never fall.
 */
#ifndef FAULTLINE_USE_ORDER_H
#define FAULTLINE_USE_ORDER_H

#include "frame_list.h"

typedef struct UseOrder {
    FrameList queue, leaving;
    uint64_t *last_use; /* of each resident frame; the unit is the policy's */
} UseOrder;

/* False: out of host memory. */
bool use_order_init(UseOrder *order, uint32_t frame_count);
void use_order_clear(UseOrder *order);

static inline bool use_order_has(const UseOrder *order, Pfn frame) {
    return frame_list_has(&order->queue, frame) || frame_list_has(&order->leaving, frame);
}
/* The page in the frame (new, or one that is here) is used at `now`, which never falls. */
void use_order_note(UseOrder *order, Pfn frame, uint64_t now);
void use_order_remove(UseOrder *order, Pfn frame);

/* Everything that was not used since `begin` has to go. */
void use_order_expire(UseOrder *order, uint64_t begin);
/* A page that has to go and may, or PFN_NONE.  It looks at one: the others get their turn. */
Pfn use_order_surplus(UseOrder *order, const PolicyEnv *env);
/* The oldest use of all that may go, or PFN_NONE. */
Pfn use_order_victim(const UseOrder *order, const PolicyEnv *env);

const char *use_order_check(const UseOrder *order);

#endif
