/* mmu.h - translation: TLB first, then the walk, setting accessed and dirty bits.
 *
 * Knows no VMA, no policy and no process: it answers with a frame or with the reason why not,
 * and says what work it did so that the kernel can charge for it.
 *
 * Rules, as x86 hardware does it:
 *   - a walk that ends in a present entry with the right (U, and W for a write) sets A; the
 *     first write through it sets D;
 *   - a write through a cached entry whose D is clear walks again to set D (no TLB miss);
 *   - a write through a cached entry that forbids it walks again before it is refused, so
 *     whoever adds rights to an entry need not drop it from the TLB;
 *   - nothing that is not present, or without U, or with A clear, is ever cached.
 */
#ifndef FAULTLINE_MMU_H
#define FAULTLINE_MMU_H

#include "page_table.h"
#include "tlb.h"

typedef struct Mmu {
    Tlb tlb;
} Mmu;

typedef enum MmuResult { MMU_OK, MMU_NOT_PRESENT, MMU_NO_RIGHT } MmuResult;

typedef struct Translation {
    MmuResult result;
    Pfn frame;              /* MMU_OK only                                              */
    Pte pte;                /* the leaf or huge entry as it is now, if the tables were walked;
                               PTE_NONE if they were not or if a table is missing       */
    unsigned tlb_level;     /* the level that hit, from 1; 0: none, the tables were walked */
    unsigned levels_walked; /* entries read; with tlb_level != 0 only to set the dirty bit
                               or to make sure that a right is missing                  */
    bool unseen;            /* the page was not yet seen in this working-set window       */
} Translation;

/* Translate one access.  `completing`: the access that a fault was just handled for; it is
 * part of that fault, so it sets no accessed bit again (a policy may have cleared it on
 * purpose) and is cached only if the bit stands.  It still sets the dirty bit. */
Translation mmu_translate(Mmu *mmu, const PageTable *pt, Asid asid, Vpn vpn, Access access,
                          bool completing);
/* After translate said `unseen` and the caller noted it: mark the cached entry as seen. */
void mmu_mark_seen(Mmu *mmu, Asid asid, Vpn vpn);

/* NULL if every TLB entry of `asid` agrees with the tree, else what is wrong. */
const char *mmu_check(const Mmu *mmu, const PageTable *pt, Asid asid);

#endif
