/* policy_env.h - what the kernel lends to a replacement policy: the R and M bits of pages.
 *
 * The bits are the page table's own.  Reading them goes from the frame to the entry that maps it
 * (the reverse map); clearing R drops the page's TLB entries, as hardware demands, so that the
 * next access walks again and sets it.
 */
#ifndef FAULTLINE_POLICY_ENV_H
#define FAULTLINE_POLICY_ENV_H

#include "kernel/kernel.h"

/* What has to happen before the next of `count` references: ticks, surplus pages.  How many of
 * them may be made before it has to be asked again.  Called only if m->policy_asks. */
uint64_t policy_before(PolicyInstance *p, uint64_t count);

/* A page fault on a page of the space begins: the policy may want to let others go first. */
void policy_fault(Memory *m, AddressSpace *space, Vpn vpn);

/* Set the configured policy to work on at most `capacity` frames.  False: no host memory. */
bool policy_attach(Memory *m, PolicyInstance *p, uint32_t capacity);
void policy_detach(PolicyInstance *p);

#endif
