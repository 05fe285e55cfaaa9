/* fault_anon.c - the first touch of anonymous memory: demand zero.
 *
 *   read            the shared zero page, for everybody the same one
 *   write           a page of zeros of one's own, from the pool or zeroed on the spot
 *   write, folios   several neighbours at once, the largest size that fits (MemoryConfig.folio_orders)
 *
 * A folio is aligned to its size, lies within the mapping, and none of its entries was in use: so
 * one fault does the work of many.  Once mapped, its pages go their own ways.
 *
 * Source: do_anonymous_page() and alloc_anon_folio() of mm/memory.c in Linux.
 */
#include "kernel/fault_private.h"
#include "kernel/frame_block.h"
#include "kernel/group.h"
#include "kernel/huge_page.h"
#include "kernel/page_daemon.h"

void fault_supply_zeros(FaultContext *f, const FrameGrant *grant) {
    Memory *m = f->m;
    if (m->config.zero_pool.mode == ZERO_POOL_NEVER) {
        f->kind = FAULT_UNZEROED;
        return;
    }
    if (grant->zeroed) {
        f->kind = FAULT_ZERO_POOL;
        return;
    }
    f->kind = FAULT_ZERO_NOW;
    charge_fault(m, f->space, m->config.costs.zero_page_ns);
    frame_zero(&m->frames, grant->pfn);
    m->machine->zeroed_on_demand++;
}

Outcome fault_demand_zero(FaultContext *f) {
    FrameGrant grant;
    charge_minor(f);
    Outcome outcome = fault_take_frame(f, true, &grant);
    if (outcome == OUTCOME_OK && grant.pfn != PFN_NONE) {
        fault_supply_zeros(f, &grant);
        bool upgrade = pte_zero_page(*f->pte);
        if (upgrade) {
            page_discard(f->m, f->space, f->vpn, f->pte);
        }
        counters_of(f)->zero_page_upgrades += upgrade && f->kind != FAULT_UNZEROED;
        fault_map_new(f, grant.pfn, PAGE_ANONYMOUS);
    }
    return outcome;
}

static Outcome zero_page_read(FaultContext *f) {
    f->kind = FAULT_ZERO_PAGE;
    f->pfn = f->m->zero_frame;
    charge_minor(f);
    page_map_zero(f->m, f->pte, f->vma);
    return OUTCOME_OK;
}

/* ---- several pages at once ---------------------------------------------------------------- */

Pfn fault_take_block(FaultContext *f, unsigned order) {
    Memory *m = f->m;
    uint64_t dirty = 0;
    bool zero = m->config.zero_pool.mode != ZERO_POOL_NEVER;
    if (!pages_affordable(m, f->space, UINT64_C(1) << order)) {
        return PFN_NONE;
    }
    Pfn block = frame_take_block(&m->frames, order, zero, &dirty);
    if (block == PFN_NONE) {
        return PFN_NONE;
    }
    f->kind = !zero ? FAULT_UNZEROED : dirty == 0 ? FAULT_ZERO_POOL : FAULT_ZERO_NOW;
    if (zero) {
        charge_fault(m, f->space, dirty * m->config.costs.zero_page_ns);
        m->machine->zeroed_on_demand += dirty;
    }
    charge_minor(f);
    page_daemon_notice(m);
    return block;
}

/* The page that is asked for comes last: no policy has reason to let go of it at once. */
static void block_settle_in(FaultContext *f, Vpn first, Pfn block, unsigned order) {
    Memory *m = f->m;
    m->prefetching = true;
    for (uint64_t i = 0; i < UINT64_C(1) << order; i++) {
        if (first + i != f->vpn) {
            page_settle_in(m, block + (Pfn)i);
        }
    }
    m->prefetching = false;
    page_settle_in(m, f->pfn);
    group_note_grant(m, f->space);
}

void fault_map_block(FaultContext *f, Vpn first, Pte *pte, Pfn block, unsigned order) {
    Memory *m = f->m;
    vma_prepare_anon(&f->space->vmas, f->vma);
    f->pages = UINT32_C(1) << order;
    for (uint32_t i = 0; i < f->pages; i++) {
        frame_occupy(&m->frames, block + i, page_key(f->space->asid, first + i), PAGE_ANONYMOUS,
                     false);
        frame_at(m, block + i)->folio_order = (uint8_t)order;
        page_enter(m, f->space, first + i, &pte[i], block + i, 0);
        pte[i] |= fault_bits(f, block + i);
    }
    f->pfn = block + (Pfn)(f->vpn - first);
    f->pte = &pte[f->vpn - first];
    if (order == huge_page_order(m)) {
        huge_page_join(m, f->space, first);
    }
    block_settle_in(f, first, block, order);
}

static bool entries_are_empty(const Pte *pte, unsigned order) {
    uint64_t i = 0;
    while (i < UINT64_C(1) << order && pte[i] == PTE_NONE) {
        i++;
    }
    return i == UINT64_C(1) << order;
}

/* The sizes that the mapping may have, one bit an order. */
static uint32_t folio_orders(const FaultContext *f) {
    const MemoryConfig *config = &f->m->config;
    unsigned flags = f->vma->flags;
    uint32_t asked = (flags & VMA_HUGE_PAGE) ? config->folio_orders_madvise : 0;
    return (flags & VMA_NO_HUGE_PAGE) ? 0 : config->folio_orders | asked;
}

/* The largest folio that fits around the page and that there is a block of frames for. */
static bool folio_fault(FaultContext *f) {
    for (uint32_t orders = folio_orders(f); orders != 0;) {
        unsigned order = 31 - (unsigned)__builtin_clz(orders);
        Vpn first = f->vpn >> order << order;
        Pte *pte = f->pte - (f->vpn - first);
        orders &= ~(UINT32_C(1) << order);
        if (!pages_fit_mapping(f->vma, f->vpn, order) || !entries_are_empty(pte, order)) {
            continue;
        }
        Pfn block = fault_take_block(f, order);
        if (block != PFN_NONE) {
            fault_map_block(f, first, pte, block, order);
            counters_of(f)->anon_folio_alloc++;
            return true;
        }
    }
    return false;
}

Outcome fault_anonymous(FaultContext *f) {
    if (f->access == ACCESS_READ && f->m->config.shared_zero_page) {
        return zero_page_read(f);
    }
    return folio_fault(f) ? OUTCOME_OK : fault_demand_zero(f);
}
