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
           ((pte & PTE_DIRTY) != 0 ? TLB_DIRTY : 0);
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
                         .frame = pte_number(*pte),
                         .pte = *pte,
                         .levels_walked = levels_walked,
                         .unseen = true};
}

Translation mmu_translate(Mmu *mmu, const PageTable *pt, Asid asid, Vpn vpn, Access access,
                          bool completing) {
    uint64_t tag = tlb_tag(asid, vpn);
    unsigned hit;
    const uint64_t *cached = tlb_find(&mmu->tlb, tag, &hit);
    uint64_t need = access == ACCESS_WRITE ? TLB_WRITABLE | TLB_DIRTY : 0;
    bool seen = cached != NULL && (*cached & TLB_SEEN) != 0;
    if (cached != NULL && (*cached & need) == need) {
        return (Translation){.result = MMU_OK,
                             .frame = (Pfn)(*cached >> TLB_FRAME_SHIFT),
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
    const Pte *pte = page_table_find(pt, tag >> 16);
    if (pte == NULL || !pte_present(*pte)) {
        return "TLB: an entry stands for a page that is not present";
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

const char *mmu_check(const Mmu *mmu, const PageTable *pt, Asid asid) {
    for (unsigned i = 0; i < mmu->tlb.levels; i++) {
        const TlbLevel *level = &mmu->tlb.level[i];
        uint64_t entries = (level->set_mask + 1) * level->ways;
        for (uint64_t entry = 0; entry < entries; entry++) {
            if ((level->tags[entry] & UINT16_MAX) == asid) {
                const char *wrong = check_entry(pt, level->tags[entry], level->data[entry]);
                if (wrong != NULL) {
                    return wrong;
                }
            }
        }
    }
    return NULL;
}
