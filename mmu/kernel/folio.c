/* folio.c - see folio.h. */
#include "kernel/folio.h"

#include "kernel/huge_page.h"
#include "kernel/page.h"

/* The folio's first frame; those of others may lie among its frames now. */
static Pfn folio_first(const Memory *m, Pfn pfn) {
    unsigned order = m->frames.frames[pfn].folio_order;
    return pfn >> order << order;
}

bool folio_mapped_whole(const Memory *m, const AddressSpace *space, Vpn vpn, Vpn end) {
    const PageTable *pt = &space->page_table;
    Pfn first = pte_number(*page_table_find(pt, vpn));
    uint64_t pages = UINT64_C(1) << m->frames.frames[first].folio_order;
    bool whole = folio_first(m, first) == first && end - vpn >= pages &&
                 huge_page_first(m, vpn) == huge_page_first(m, vpn + pages - 1);
    for (uint64_t i = 0; whole && i < pages; i++) {
        const Pte *pte = page_table_find(pt, vpn + i);
        whole = pte_present(*pte) && !pte_zero_page(*pte) && pte_number(*pte) == first + i;
    }
    return whole;
}

static bool mapped_elsewhere(const Memory *m, const AddressSpace *space, Pfn pfn) {
    const Frame *frame = &m->frames.frames[pfn];
    bool elsewhere = false;
    for (RmapCursor c = rmap_begin(frame); !elsewhere && rmap_next(&m->rmap, frame, &c);) {
        elsewhere = page_key_asid(c.mapper) != space->asid;
    }
    return elsewhere;
}

bool folio_is_shared(const Memory *m, const AddressSpace *space, Pfn pfn) {
    const Frame *frames = m->frames.frames;
    Pfn first = folio_first(m, pfn), end = first + (UINT32_C(1) << frames[pfn].folio_order);
    bool shared = false;
    for (Pfn at = first; at < end && !shared; at++) {
        shared =
            frames[at].folio_order == frames[pfn].folio_order && mapped_elsewhere(m, space, at);
    }
    return shared;
}

/* ---- splitting ---------------------------------------------------------------------------- */

static bool holds_zeros(const Memory *m, Pfn pfn) {
    const Frame *frame = &m->frames.frames[pfn];
    return !frame->stored && contents_is_zero(&m->contents, frame->contents);
}

/* The page gives way to the shared zero page. */
static void zero_page_instead(Memory *m, AddressSpace *space, Vpn vpn) {
    const Vma *vma = vma_find(&space->vmas, vpn);
    Pte *pte = page_table_find(&space->page_table, vpn);
    if (vma->flags & VMA_LOCKED) {
        return;
    }
    Pte rights = *pte & (PTE_USER | PTE_NO_EXECUTE);
    page_discard(m, space, vpn, pte);
    page_map_zero(m, pte, vma);
    *pte = (*pte & ~(PTE_USER | PTE_NO_EXECUTE)) | rights;
}

void folio_split(Memory *m, AddressSpace *space, Pfn pfn) {
    Frame *frames = m->frames.frames;
    unsigned order = frames[pfn].folio_order;
    Pfn first = folio_first(m, pfn), end = first + (UINT32_C(1) << order);
    bool frees = m->config.shared_zero_page && m->config.profile->split_frees_zero_pages;
    space->counters->thp_split_page += order == huge_page_order(m);
    for (Pfn at = first; at < end; at++) {
        if (frames[at].folio_order != order) {
            continue;
        }
        frames[at].folio_order = 0;
        bool mapped = frames[at].state == FRAME_RESIDENT && frames[at].mapcount > 0;
        if (mapped) {
            huge_page_split(m, space, page_key_vpn(frames[at].owner));
        }
        if (mapped && frees && holds_zeros(m, at)) {
            zero_page_instead(m, space, page_key_vpn(frames[at].owner));
        }
    }
}

void folio_break(Memory *m, Pfn pfn) {
    Frame *frames = m->frames.frames;
    unsigned order = frames[pfn].folio_order;
    if (order == 0) {
        return;
    }
    frame_counters(m, pfn)->thp_split_page += order == huge_page_order(m);
    Pfn first = folio_first(m, pfn), end = first + (UINT32_C(1) << order);
    for (Pfn at = first; at < end; at++) {
        frames[at].folio_order = frames[at].folio_order == order ? 0 : frames[at].folio_order;
    }
}
