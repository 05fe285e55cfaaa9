/* types.h - the words that every room of faultline speaks.
 *
 * Idea: the simulated world has its own integers.  An address, a frame number or a
 * time never is a host pointer or a size_t, so that the same run gives the same bytes
 * on every machine.  Plain libc, included by everyone, includes nobody.
 */
#ifndef FAULTLINE_TYPES_H
#define FAULTLINE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t VAddr;   /* simulated virtual address, in bytes                     */
typedef uint64_t Vpn;     /* virtual page number: VAddr >> page_shift                */
typedef uint32_t Pfn;     /* page frame number: index into the machine's frames      */
typedef uint64_t Tick;    /* virtual time, in nanoseconds since the machine started  */
typedef uint16_t Asid;    /* address-space identifier, 1..65535; 0 is nobody         */
typedef uint64_t PageKey; /* a page of some address space: asid << 48 | vpn          */

#define PFN_NONE   UINT32_MAX
#define TICK_NEVER UINT64_MAX
#define VADDR_FAIL UINT64_MAX /* what mmap and sbrk answer when they fail          */

#define PAGE_KEY_VPN_BITS 48
static inline PageKey page_key(Asid asid, Vpn vpn) {
    return (uint64_t)asid << PAGE_KEY_VPN_BITS | vpn;
}
static inline Asid page_key_asid(PageKey key) { return (Asid)(key >> PAGE_KEY_VPN_BITS); }
static inline Vpn page_key_vpn(PageKey key) {
    return key & ((UINT64_C(1) << PAGE_KEY_VPN_BITS) - 1);
}

typedef enum Access { ACCESS_READ, ACCESS_WRITE } Access;

/* Protection of a mapping, as in mmap(2): bits to be or-ed together. */
typedef enum Prot { VM_NONE = 0, VM_READ = 1, VM_WRITE = 2, VM_EXEC = 4 } Prot;

/* `count` single accesses, the k-th at va + k * stride: what programs and traces hand to
 * the machine.  An access belongs to the page of its address; a source whose access
 * straddles two pages hands down two. */
typedef struct AccessRun {
    VAddr va;
    uint64_t count;
    int64_t stride; /* bytes; 0: the same address again and again */
    Access access;
} AccessRun;

/* The machine's one clock.  Whoever uses time adds to `now`; whoever runs long compares
 * `now` with `horizon`, the next instant at which something else is due (the end of the
 * quantum, an event), and gives way once now >= horizon.
 *
 * Virtual time says little about how long the simulator is at work: a cost may be 0, and a sleep of
 * a year is one step.  `steps` counts that: references, operations, pages that a system call or
 * a policy goes through, events.  A run that may not take more than `steps_max` ends there. */
typedef struct Clock {
    Tick now;
    Tick horizon;
    uint64_t steps, steps_max; /* steps_max 0: as many as it takes */
} Clock;

static inline bool clock_is_spent(const Clock *clock) {
    return clock->steps_max != 0 && clock->steps >= clock->steps_max;
}

#endif
