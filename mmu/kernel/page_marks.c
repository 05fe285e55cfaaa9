/* page_marks.c - what all entries of a page say together: whose it is, what may be done to it, and
 * what was done.
 *
 * Each entry that leads to a page has accessed and dirty bits of its own, so a question about the
 * page is one about all of them, found through the reverse map:
 *
 *   dirty(page)       the frame's own mark, or any entry's D bit
 *   referenced(page)  any entry's A bit
 *
 * Sources: folio_referenced() and folio_mkclean() of mm/rmap.c in Linux.
 */
#include "kernel/huge_page.h"
#include "kernel/object.h"
#include "kernel/page.h"

bool page_exclusive(const Memory *m, Pfn pfn) {
    const Frame *frame = &m->frames.frames[pfn];
    return frame->kind == PAGE_ANONYMOUS && frame->mapcount == 1 &&
           (frame->slot == SLOT_NONE || m->swap.references[frame->slot - 1] == 0);
}

Pte page_rights(const Memory *m, const Vma *vma, Pfn pfn) {
    Pte rights = prot_bits(vma->prot);
    PageKind kind = m->frames.frames[pfn].kind;
    bool shared = (vma->flags & VMA_SHARED) != 0;
    bool direct = kind == PAGE_ANONYMOUS ? page_exclusive(m, pfn)
                  : kind == PAGE_SHMEM   ? shared
                                         : has_own_file(m, vma);
    return direct ? rights : rights & ~PTE_WRITABLE;
}

/* The bits that stand for a page of a huge one are the huge entry's, too. */
static bool any_entry_has(const Memory *m, Pfn pfn, Pte bit) {
    const Frame *frame = &m->frames.frames[pfn];
    for (RmapCursor c = rmap_begin(frame); rmap_next(&m->rmap, frame, &c);) {
        const AddressSpace *space = m->spaces[page_key_asid(c.mapper)];
        if (page_table_read(&space->page_table, page_key_vpn(c.mapper)) & bit) {
            return true;
        }
    }
    return false;
}

/* CPUs are told for the sake of what they would write, not of what they read. */
static void all_entries_clear(Memory *m, Pfn pfn, Pte bit) {
    const Frame *frame = frame_at(m, pfn);
    for (RmapCursor c = rmap_begin(frame); rmap_next(&m->rmap, frame, &c);) {
        AddressSpace *space = m->spaces[page_key_asid(c.mapper)];
        Vpn vpn = page_key_vpn(c.mapper);
        Pte *pte = mapper_entry(m, c.mapper), *huge = page_table_huge(&space->page_table, vpn);
        if (huge != NULL && (*huge & bit)) {
            huge_page_spread(m, space, vpn);
        }
        if (*pte & bit) {
            *pte &= ~bit;
            (bit == PTE_DIRTY ? tlb_shootdown : tlb_forget)(m, space, vpn);
        }
    }
}

bool page_is_dirty(const Memory *m, Pfn pfn) {
    return m->frames.frames[pfn].dirty || any_entry_has(m, pfn, PTE_DIRTY);
}

bool page_referenced(const Memory *m, Pfn pfn) { return any_entry_has(m, pfn, PTE_ACCESSED); }

void page_clear_referenced(Memory *m, Pfn pfn) { all_entries_clear(m, pfn, PTE_ACCESSED); }

void page_clear_dirty(Memory *m, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    bool asks =
        frame->kind == PAGE_FILE && frame->of_object; /* the next write tells the file again */
    frame->dirty = false;
    all_entries_clear(m, pfn, asks ? PTE_DIRTY | PTE_WRITABLE : PTE_DIRTY);
}
