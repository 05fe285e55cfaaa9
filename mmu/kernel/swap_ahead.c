/* swap_ahead.c - see swap_ahead.h. */
#include "kernel/swap_ahead.h"

#include "kernel/page.h"
#include "kernel/read_ahead.h"

void swap_ahead_slot(Memory *m, AddressSpace *space, PageKey name, uint32_t slot) {
    Pfn pfn;
    if (swap_cached(&m->swap, slot) != PFN_NONE ||
        !read_ahead_start(m, space, name, PAGE_ANONYMOUS, &pfn)) {
        return;
    }
    swap_read(&m->swap, slot, &frame_at(m, pfn)->contents);
    page_set_slot(m, pfn, slot);
    space->counters->pswpin++;
    emit(m, EVENT_swap_in, space,
         (Event){.va = page_key_vpn(name) << page_shift(m), .frame = pfn, .a = slot});
}

/* Slots in the next window, for a fault on this one. */
static uint32_t window_of(Memory *m, uint32_t slot) {
    SwapAhead *ahead = &m->swap_ahead;
    uint32_t most = 1u << m->config.page_cluster, pages = 4;
    if (ahead->hits == 0) {
        bool near = slot == ahead->last_slot + 1 || slot + 1 == ahead->last_slot;
        pages = near ? 2 : 1;
        ahead->last_slot = slot;
    }
    while (ahead->hits > 0 && pages < ahead->hits + 2) {
        pages *= 2;
    }
    pages = pages < most ? pages : most;
    ahead->hits = 0;
    ahead->window = pages < ahead->window / 2 ? ahead->window / 2 : pages;
    return ahead->window;
}

/* Slots count from 1 here: Linux's slot 0 is the swap area's header. */
void swap_ahead_miss(Memory *m, AddressSpace *space, uint32_t slot) {
    if (m->config.page_cluster == 0) {
        return;
    }
    uint32_t window = window_of(m, slot + 1), first = (slot + 1) & ~(window - 1);
    for (uint32_t i = 0; i < window; i++) {
        uint32_t near = first + i - 1;
        if (near != slot && swap_readable(&m->swap, near)) {
            swap_ahead_slot(m, space, page_key(0, near), near);
            Pfn pfn = swap_cached(&m->swap, near);
            if (pfn == PFN_NONE) {
                return;
            }
            frame_at(m, pfn)->read_ahead = true;
            space->counters->swap_ra++;
        }
    }
}

void swap_ahead_hit(Memory *m, AddressSpace *space, Pfn pfn) {
    Frame *frame = frame_at(m, pfn);
    m->swap_ahead.hits += frame->read_ahead;
    space->counters->swap_ra_hit += frame->read_ahead;
    frame->read_ahead = false;
}
