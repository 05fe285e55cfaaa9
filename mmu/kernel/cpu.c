/* cpu.c - what a processor does to its TLB when it is given to another address space.
 *
 * Where the TLB tells address spaces apart (by their ASIDs, as here) a switch leaves it alone.
 * Hardware that cannot do so has to forget everything.
 */
#include "kernel/kernel.h"

void memory_flush_tlb(Memory *m) {
    tlb_flush_all(&m->mmu.tlb);
    m->machine->tlb_flushes++;
}
