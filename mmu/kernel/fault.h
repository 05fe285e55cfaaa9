/* fault.h - the page-fault handler. */
#ifndef FAULTLINE_FAULT_H
#define FAULTLINE_FAULT_H

#include "kernel/kernel.h"

/* Serve the fault of an access to `va`: afterwards translation succeeds, or the outcome says why
 * it never will.  May wait. */
Outcome fault_handle(Memory *m, AddressSpace *space, VAddr va, Access access);

/* Bring a page of the mapping in that is in swap or in its file, as a fault would, but no fault is
 * counted.  Nothing to do for any other page. */
Outcome fault_prefetch(Memory *m, AddressSpace *space, const Vma *vma, Vpn vpn);

#endif
