/* stack.c - mappings that grow down when they are touched just below: the stack.
 *
 * Source: expand_downwards() and acct_stack_growth() of Linux.  A mapping below that may be
 * accessed keeps the guard gap's distance; one without rights is a guard itself.
 */
#include "kernel/mapping.h"

/* Room between the new end and the mapping below. */
static bool stack_has_room(const Memory *m, const AddressSpace *space, uint32_t at, Vpn vpn) {
    if (vpn < space->layout.mmap_min >> page_shift(m)) {
        return false;
    }
    const Vma *below = at == 0 ? NULL : &space->vmas.list[at - 1];
    if (below == NULL || (below->flags & VMA_GROWS_DOWN) || below->prot == VM_NONE) {
        return true; /* vpn is not in it: it was not found there */
    }
    return vpn - below->end >= space->vmas.guard_pages;
}

Vma *stack_grow(Memory *m, AddressSpace *space, Vpn vpn) {
    uint32_t at = vma_lower_bound(&space->vmas, vpn);
    if (at == space->vmas.count || !(space->vmas.list[at].flags & VMA_GROWS_DOWN)) {
        return NULL;
    }
    Vma *stack = &space->vmas.list[at];
    uint64_t growth = stack->first - vpn;
    if (!stack_has_room(m, space, at, vpn) ||
        stack->end - vpn > space->limits.stack >> page_shift(m) ||
        !space_may_expand(m, space, stack, growth) ||
        !lock_allowed(m, space, stack->flags, growth) || !commit_allowed(m, space, growth)) {
        return NULL;
    }
    stack->file_page -= growth;
    stack->first = vpn;
    space_account(m, space, stack, (int64_t)growth);
    return stack;
}
