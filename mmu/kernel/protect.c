/* protect.c - mprotect: other rights for a range, mapping by mapping up to the first hole.
 *
 * Source: mprotect(2), mprotect_fixup() in mm/mprotect.c of Linux.  Pages stay where they are,
 * even without any right; a right to write comes back to pages that are the program's own
 * without a fault, while the shared zero page has to be faulted away.
 */
#include "kernel/huge_page.h"
#include "kernel/mapping.h"
#include "kernel/page.h"

/* What is dirty already has nothing to tell its file; an anonymous page that was shared by a fork waits
 * for a write to find out whether it still is. */
static Pte rights_now(const Memory *m, const Vma *vma, Pte pte) {
    bool zero = pte_zero_page(pte);
    bool anonymous = !zero && m->frames.frames[pte_number(pte)].kind == PAGE_ANONYMOUS;
    if (zero || (anonymous && !(pte & PTE_EXCLUSIVE))) {
        return prot_bits(vma->prot) & ~PTE_WRITABLE;
    }
    bool known_dirty = (vma->flags & VMA_SHARED) && (pte & PTE_DIRTY);
    return known_dirty ? prot_bits(vma->prot) : page_rights(m, vma, pte_number(pte));
}

static void huge_page_protect(Memory *m, AddressSpace *space, const Vma *vma, Vpn vpn) {
    bool own = (*page_table_huge(&space->page_table, vpn) & PTE_EXCLUSIVE) != 0;
    Pte rights = vma->prot == VM_NONE ? PTE_PRESENT : prot_bits(vma->prot);
    huge_page_set_rights(m, space, vpn, own ? rights : rights & ~PTE_WRITABLE);
}

/* Present entries get the mapping's rights at once; without any right, user access is off but the
 * page stays.  The shared zero page stays read-only whatever the rights. */
static void entries_protect(Memory *m, AddressSpace *space, PageRange range, unsigned prot) {
    const Vma *vma = vma_find(&space->vmas, range.first);
    Vpn vpn = range.first;
    for (Pte *pte; (pte = page_table_next(&space->page_table, &vpn, range.end)) != NULL; vpn++) {
        step_count(m);
        if (huge_page_at(space, vpn)) {
            huge_page_protect(m, space, vma, vpn);
            vpn += huge_page_pages(m) - 1;
            continue;
        }
        if (!pte_present(*pte)) {
            continue;
        }
        *pte = (*pte & ~(PTE_USER | PTE_WRITABLE | PTE_NO_EXECUTE)) |
               (prot == VM_NONE ? PTE_PRESENT : rights_now(m, vma, *pte));
        tlb_shootdown(m, space, vpn);
    }
}

/* Pages that become writable are promised now; pages that cease to be so are given back only if
 * there never was one. */
static Outcome protect_charge(const Memory *m, const AddressSpace *space, const Vma *vma,
                              uint64_t pages, unsigned prot, unsigned *flags) {
    if (!(prot & VM_WRITE)) {
        bool untouched = vma->kind == VMA_ANONYMOUS && vma->anon_vma == 0;
        if (untouched && m->config.profile->mprotect_uncharges_untouched) {
            *flags &= ~(unsigned)VMA_ACCOUNT;
        }
        return OUTCOME_OK;
    }
    Vma writable = *vma;
    writable.prot = prot;
    if (!space_may_expand(m, space, &writable, pages) && space_may_expand(m, space, vma, pages)) {
        return OUTCOME_ENOMEM;
    }
    if ((*flags & VMA_ACCOUNT) || (vma->prot & VM_WRITE) || !mapping_is_charged(prot, *flags)) {
        return OUTCOME_OK;
    }
    *flags |= VMA_ACCOUNT;
    return commit_allowed(m, space, pages) ? OUTCOME_OK : OUTCOME_ENOMEM;
}

static Outcome mapping_protect(Memory *m, AddressSpace *space, Vma vma, PageRange range,
                               unsigned prot) {
    if (vma.prot == prot) {
        return OUTCOME_OK;
    }
    unsigned flags = vma.flags;
    Outcome outcome = protect_charge(m, space, &vma, range_pages(range), prot, &flags);
    if (outcome == OUTCOME_OK) {
        outcome = range_change(m, space, range, prot, flags);
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    entries_protect(m, space, range, prot);
    bool locked = (flags & (VMA_LOCKED | VMA_SHARED)) == VMA_LOCKED;
    if (locked && !(vma.prot & VM_WRITE) && (prot & VM_WRITE)) {
        range_populate(m, space, range); /* locked pages do not fault later: failing is no error */
    }
    return OUTCOME_OK;
}

Outcome space_mprotect(Memory *m, AddressSpace *space, VAddr va, uint64_t length, unsigned prot) {
    PageRange range;
    if ((va & (page_size(m) - 1)) != 0) {
        return OUTCOME_EINVAL;
    }
    if (length == 0) {
        return OUTCOME_OK;
    }
    if (!range_of(m, va, length, &range)) {
        range.end = user_end(m); /* what is mapped before the end is changed */
    }
    for (Vpn at = range.first; at < range.end;) {
        const Vma *vma = mapping_next(space, at, range.end);
        if (vma == NULL || vma->first > at) {
            return OUTCOME_ENOMEM;
        }
        PageRange part = range_within(vma, (PageRange){at, range.end});
        Outcome outcome = mapping_protect(m, space, *vma, part, prot);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        at = part.end;
    }
    return pages_of(m, length) == range_pages(range) ? OUTCOME_OK : OUTCOME_ENOMEM;
}
