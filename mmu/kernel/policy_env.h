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
 * them may be made before it has to be asked again.  Called only if m->watched. */
uint64_t policy_before(Memory *m, uint64_t count);

/* Create the configured policy.  False: out of host memory. */
bool policy_attach(Memory *m);
void policy_detach(Memory *m);

#endif
