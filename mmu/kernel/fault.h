/* fault.h - the page-fault handler. */
#ifndef FAULTLINE_FAULT_H
#define FAULTLINE_FAULT_H

#include "kernel/kernel.h"

/* Serve the fault of an access to `va`: afterwards translation succeeds, or the outcome says why
 * it never will.  May wait. */
Outcome fault_handle(Memory *m, AddressSpace *space, VAddr va, Access access);

/* The page of some mapping will be wanted: what is in swap is read into the swap cache, and nobody
 * waits for it; a page of the mapping's own file is read and mapped, as by a fault, but not counted
 * as one.  Nothing to do for any other page. */
Outcome fault_prefetch(Memory *m, AddressSpace *space, Vpn vpn);

#endif
