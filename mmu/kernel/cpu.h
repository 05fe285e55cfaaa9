/* cpu.h - several processors over one memory: whose TLB may hold what, and how it is told.
 *
 * Idea: each CPU has a TLB of its own and only one is at work at any moment of the simulation.
 * Its Mmu stands in Memory itself, so that the access path asks nobody which it is; those of the
 * others are parked.  Page tables are shared, so whoever takes a right or a frame from an entry
 * has to have every other CPU forget it: a TLB shootdown.
 *
 *   CPU 0   munmap: entry = none, own TLB entry dropped ---- IPI ----> CPU 1   drops it, goes on
 *           waits for the answers                       <--- done ----
 *
 * A space remembers which CPUs may hold translations of its pages: those that have run it since
 * they last forgot all of them (Linux's mm_cpumask).  They are interrupted once an operation,
 * however many pages it changed (Linux's mmu_gather), and pay for it with two prices: ipi_send for
 * each CPU that is told, ipi_receive for each that is.
 *
 * Rules:
 *   - Entries of all TLBs are dropped at once, as if under the page tables' lock; what comes at the
 *     end of the operation, or before it waits, is only the price.
 *   - No interrupt is sent when a right is added (the hardware walks again before it refuses) or
 *     only a referenced bit is cleared: Linux on x86 sends none then, either.  The entry is dropped
 *     all the same, so that policies see every reference after it.
 *   - None is sent for the end of a space: nobody runs in it any more.
 *
 * Invariant (mmu_check, for each CPU): every entry of every TLB agrees with the page table.
 * Invariant (cpus_check): only CPUs of space->cpus have entries of the space.
 */
#ifndef FAULTLINE_KERNEL_CPU_H
#define FAULTLINE_KERNEL_CPU_H

#include "kernel/memory.h"

typedef uint64_t CpuSet; /* bit n: CPU n */

bool cpus_init(Memory *m);
void cpus_clear(Memory *m);
/* What CPU `cpu` translates with. */
Mmu *cpu_mmu(Memory *m, uint32_t cpu);

/* The entry of `vpn` lost a right or its frame, or is to be seen dirty again: no TLB may go on
 * believing the old, and CPUs that may are told. */
void tlb_shootdown(Memory *m, const AddressSpace *space, Vpn vpn);
/* The same, but nobody is interrupted for it. */
void tlb_forget(Memory *m, const AddressSpace *space, Vpn vpn);
/* The same for all pages of the space, whose rights were reduced. */
void tlb_shootdown_space(Memory *m, const AddressSpace *space);
/* The space ends: no other CPU knows any page of it. */
void cpus_forget_space(Memory *m, AddressSpace *space);

/* NULL, or what is wrong with the TLBs' entries of one space, and with the TLBs. */
const char *cpus_check_space(Memory *m, const AddressSpace *space);
const char *cpus_check(Memory *m);

#endif
