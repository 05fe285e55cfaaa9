/* populate.c - fault pages in before anybody touches them: populate, mlock, the program's image.
 *
 * Source: populate_vma_page_range() and __mm_populate() of Linux: as the program's own accesses
 * would, but a private mapping that may be written gets its own pages at once.
 */
#include "kernel/fault.h"
#include "kernel/mapping.h"

/* Is the page there as the access needs it?  If it is to be written, it counts as written. */
static bool page_is_ready(const AddressSpace *space, Vpn vpn, Access access) {
    Pte *pte = page_table_find(&space->page_table, vpn);
    if (pte == NULL || !pte_present(*pte) || (access == ACCESS_WRITE && !(*pte & PTE_WRITABLE))) {
        return false;
    }
    *pte |= access == ACCESS_WRITE ? PTE_DIRTY : PTE_NONE;
    return true;
}

Outcome range_fault_in(Memory *m, AddressSpace *space, PageRange range, Access access) {
    for (Vpn vpn = range.first; vpn < range.end; vpn++) {
        step_make(m);
        if (!page_is_ready(space, vpn, access)) {
            Outcome outcome = fault_handle(m, space, vpn << page_shift(m), access);
            if (outcome != OUTCOME_OK) {
                return outcome;
            }
        }
    }
    return OUTCOME_OK;
}

static Outcome mapping_populate(Memory *m, AddressSpace *space, const Vma *vma, PageRange range) {
    if (vma->flags & VMA_LOCK_ON_FAULT) {
        return OUTCOME_OK;
    }
    bool own = (vma->prot & VM_WRITE) && !(vma->flags & VMA_SHARED);
    if (vma->prot == VM_NONE) {
        return OUTCOME_EFAULT;
    }
    return range_fault_in(m, space, range_within(vma, range), own ? ACCESS_WRITE : ACCESS_READ);
}

Outcome range_populate(Memory *m, AddressSpace *space, PageRange range) {
    const Vma *next;
    for (Vpn at = range.first; (next = mapping_next(space, at, range.end)) != NULL;) {
        Vma vma = *next; /* faults may move the list */
        Outcome outcome = mapping_populate(m, space, &vma, range);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        at = vma.end;
    }
    return OUTCOME_OK;
}

Outcome space_load_image(Memory *m, AddressSpace *space) {
    const Layout *layout = &space->layout;
    unsigned shift = page_shift(m);
    Outcome outcome = OUTCOME_OK;
    for (unsigned i = 0; i < layout->image_count && outcome == OUTCOME_OK; i++) {
        const LayoutRange *range = &layout->image[i];
        if (range->present) {
            outcome =
                range_populate(m, space, (PageRange){range->start >> shift, range->end >> shift});
        }
    }
    if (layout->stack_present && outcome == OUTCOME_OK) {
        Vpn top = layout->stack_top >> shift;
        outcome = range_populate(m, space, (PageRange){top - layout->stack_pages, top});
    }
    return outcome;
}
