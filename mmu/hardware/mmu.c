/* mmu.c - one translation: the TLB's levels, then the tables.
 *
 * Idea: a cached entry either settles the access or is looked up again in the tables, by the
 * one function that also serves misses; so what the tables say has one place.
 *
 * Used by the kernel's access path, after tlb_hit() could not settle the access alone.
 */
#include "mmu.h"

/* What the TLB keeps of a present leaf entry. */
static uint64_t tlb_data(Pte pte) {
    return (uint64_t)pte_number(pte) << TLB_FRAME_SHIFT |
           ((pte & PTE_WRITABLE) != 0 ? TLB_WRITABLE : 0) |
           ((pte & PTE_DIRTY) != 0 ? TLB_DIRTY : 0) | ((pte & PTE_HUGE) != 0 ? TLB_HUGE : 0);
}

/* Where a page is whose leaf or huge entry this is. */
static Pfn frame_of(const PageTable *pt, Vpn vpn, Pte pte) {
    Vpn within = vpn & ((UINT64_C(1) << pt->arena->huge_shift) - 1);
    return pte_number(pte) + ((pte & PTE_HUGE) != 0 ? (Pfn)within : 0);
}

static Translation refuse(MmuResult why, Pte pte, unsigned levels_walked) {
    return (Translation){
        .result = why, .frame = PFN_NONE, .pte = pte, .levels_walked = levels_walked};
}

/* Walk the tables and do to the leaf entry what the access does. */
static Translation walk(const PageTable *pt, Vpn vpn, Access access, bool completing) {
    unsigned levels_walked;
    Pte *pte = page_table_walk(pt, vpn, &levels_walked);
    if (pte == NULL || !pte_present(*pte)) {
        return refuse(MMU_NOT_PRESENT, pte == NULL ? PTE_NONE : *pte, levels_walked);
    }
    Pte rights = PTE_USER | (access == ACCESS_WRITE ? PTE_WRITABLE : 0);
    if ((*pte & rights) != rights) {
        return refuse(MMU_NO_RIGHT, *pte, levels_walked);
    }
    *pte |= (completing ? 0 : PTE_ACCESSED) | (access == ACCESS_WRITE ? PTE_DIRTY : 0);
    return (Translation){.result = MMU_OK,
                         .frame = frame_of(pt, vpn, *pte),
                         .pte = *pte,
                         .levels_walked = levels_walked,
                         .unseen = true};
}

Translation mmu_translate(Mmu *mmu, const PageTable *pt, Asid asid, Vpn vpn, Access access,
                          bool completing) {
    uint64_t tag = tlb_tag(asid, vpn);
    unsigned hit;
    Pfn huge =
        tlb_hit_huge(&mmu->tlb, tag, access == ACCESS_WRITE ? TLB_NEED_WRITE : TLB_NEED_READ);
    if (huge != PFN_NONE) {
        return (Translation){.result = MMU_OK, .frame = huge, .tlb_level = 1};
    }
    const uint64_t *cached = tlb_find(&mmu->tlb, tag, &hit);
    uint64_t need = access == ACCESS_WRITE ? TLB_WRITABLE | TLB_DIRTY : 0;
    bool seen = cached != NULL && (*cached & TLB_SEEN) != 0;
    if (cached != NULL && (*cached & need) == need) {
        return (Translation){.result = MMU_OK,
                             .frame = tlb_frame(&mmu->tlb, tag, *cached),
                             .tlb_level = hit,
                             .unseen = !seen};
    }
    Translation t = walk(pt, vpn, access, completing);
    t.tlb_level = hit;
    if (t.result == MMU_OK && hit != 0) {
        t.unseen = !seen;
        tlb_add_bits(&mmu->tlb, tag, tlb_data(t.pte) & (TLB_WRITABLE | TLB_DIRTY));
    } else if (t.result == MMU_OK && (t.pte & PTE_ACCESSED) != 0) {
        tlb_insert(&mmu->tlb, tag, tlb_data(t.pte));
    }
    return t;
}

void mmu_mark_seen(Mmu *mmu, Asid asid, Vpn vpn) {
    tlb_add_bits(&mmu->tlb, tlb_tag(asid, vpn), TLB_SEEN);
}

/* ---- the invariant --------------------------------------------------------------------- */

static const char *check_entry(const PageTable *pt, uint64_t tag, uint64_t data) {
    bool huge = (data & TLB_HUGE) != 0;
    unsigned entries_read;
    Vpn vpn = tag >> 16 << (huge ? pt->arena->huge_shift : 0);
    const Pte *pte = page_table_walk(pt, vpn, &entries_read);
    if (pte == NULL || !pte_present(*pte)) {
        return "TLB: an entry stands for a page that is not present";
    }
    if (((*pte & PTE_HUGE) != 0) != huge) {
        return "TLB: an entry stands for a page of another size";
    }
    if (pte_number(*pte) != data >> TLB_FRAME_SHIFT) {
        return "TLB: an entry leads to another frame than the page table";
    }
    if ((*pte & PTE_ACCESSED) == 0) {
        return "TLB: a page is cached whose accessed bit is clear";
    }
    if ((*pte & PTE_USER) == 0 || ((data & TLB_WRITABLE) != 0 && (*pte & PTE_WRITABLE) == 0)) {
        return "TLB: an entry gives a right that the page table does not";
    }
    if ((data & TLB_DIRTY) != 0 && (*pte & PTE_DIRTY) == 0) {
        return "TLB: an entry says dirty, the page table does not";
    }
    return NULL;
}

static const char *check_level(const TlbLevel *level, const PageTable *pt, Asid asid) {
    uint64_t entries = (level->set_mask + 1) * level->ways;
    const char *wrong = NULL;
    for (uint64_t entry = 0; entry < entries && wrong == NULL; entry++) {
        if ((level->tags[entry] & UINT16_MAX) == asid) {
            wrong = check_entry(pt, level->tags[entry], level->data[entry]);
        }
    }
    return wrong;
}

const char *mmu_check(const Mmu *mmu, const PageTable *pt, Asid asid) {
    const char *wrong = NULL;
    for (unsigned i = 0; i < mmu->tlb.levels && wrong == NULL; i++) {
        wrong = check_level(&mmu->tlb.level[i], pt, asid);
        wrong = wrong != NULL ? wrong : check_level(&mmu->tlb.huge[i], pt, asid);
    }
    return wrong;
}
