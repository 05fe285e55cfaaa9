/* policy_env.h - what the kernel lends to a replacement policy: the R and M bits of pages.
 *
 * The bits are the page table's own.  Reading them goes from the frame to the entry that maps it
 * (the reverse map); clearing R drops the page's TLB entries, as hardware demands, so that the
 * next access walks again and sets it.
 */
#ifndef FAULTLINE_POLICY_ENV_H
#define FAULTLINE_POLICY_ENV_H

#include "kernel/kernel.h"

/* Create the configured policy.  False: out of host memory. */
bool policy_attach(Memory *m);
void policy_detach(Memory *m);

#endif
