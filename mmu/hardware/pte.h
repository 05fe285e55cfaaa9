/* pte.h - the bits of a page-table entry, shaped like x86-64's.
 *
 * present:      63  62..52  51........12  11..9  8  7 6 5 4..3 2 1 0
 *              |NX| unused |   frame    | soft |  |HU D A|    |U W P|
 * not present:             |   slot     |                 |kind 0 |
 *                                                          kind: bits 3..1
 *
 * U: programs may access the page at all; a present page of a PROT_NONE mapping lacks it.
 * soft: Z, the entry maps the shared zero page; E, it maps an anonymous page that is its own alone (since
 * nobody forked, or by a write afterwards).  HU: an entry above the last level that maps a huge page,
 * its frame field being the first of the frames.
 * Any other entry of an upper level holds the index of the lower table in its frame field.
 * Every entry is exactly one of: none (0), present, swapped(slot), in transit(slot).
 */
#ifndef FAULTLINE_PTE_H
#define FAULTLINE_PTE_H

#include "faultline/types.h"

typedef uint64_t Pte;

#define PTE_NONE        UINT64_C(0)
#define PTE_PRESENT     (UINT64_C(1) << 0)
#define PTE_WRITABLE    (UINT64_C(1) << 1)
#define PTE_USER        (UINT64_C(1) << 2)
#define PTE_ACCESSED    (UINT64_C(1) << 5)
#define PTE_DIRTY       (UINT64_C(1) << 6)
#define PTE_HUGE        (UINT64_C(1) << 7)
#define PTE_ZERO_PAGE   (UINT64_C(1) << 9)
#define PTE_EXCLUSIVE   (UINT64_C(1) << 10)
#define PTE_NO_EXECUTE  (UINT64_C(1) << 63)
#define PTE_FRAME_SHIFT 12
#define PTE_FRAME_MASK  (UINT64_C(0xFFFFFFFFFF) << PTE_FRAME_SHIFT)

/* The kind of an entry that is not present, in bits 3..1. */
#define PTE_KIND_MASK    (UINT64_C(7) << 1)
#define PTE_KIND_SWAPPED (UINT64_C(1) << 1)
#define PTE_KIND_TRANSIT (UINT64_C(2) << 1)

static inline bool pte_present(Pte pte) { return (pte & PTE_PRESENT) != 0; }
static inline bool pte_zero_page(Pte pte) {
    return (pte & (PTE_PRESENT | PTE_ZERO_PAGE)) == (PTE_PRESENT | PTE_ZERO_PAGE);
}
/* Swapped: the page is only in its slot.  In transit: it is on its way to the slot and
 * still in memory. */
static inline bool pte_swapped(Pte pte) {
    return (pte & (PTE_PRESENT | PTE_KIND_MASK)) == PTE_KIND_SWAPPED;
}
static inline bool pte_transit(Pte pte) {
    return (pte & (PTE_PRESENT | PTE_KIND_MASK)) == PTE_KIND_TRANSIT;
}
/* The frame, the lower table or the slot: whatever the number field holds. */
static inline uint32_t pte_number(Pte pte) {
    return (uint32_t)((pte & PTE_FRAME_MASK) >> PTE_FRAME_SHIFT);
}
static inline Pte pte_make(uint32_t number, Pte bits) {
    return (uint64_t)number << PTE_FRAME_SHIFT | bits;
}

#endif
