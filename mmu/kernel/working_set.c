/* working_set.c - see working_set.h. */
#include "kernel/working_set.h"

#include "kernel/huge_page.h"

void working_set_note(Memory *m, AddressSpace *space, Vpn vpn) {
    bool huge = huge_page_at(space, vpn);
    uint64_t pages = huge ? huge_page_pages(m) : 1;
    uint32_t *stamps = page_table_stamp(&space->page_table, huge ? huge_page_first(m, vpn) : vpn);
    if (stamps[0] != space->window) { /* those of a huge page are all alike */
        space->working_set_now += pages;
        for (uint64_t i = 0; i < pages; i++) {
            stamps[i] = space->window;
        }
    }
    mmu_mark_seen(&m->mmu, space->asid, vpn);
}

void memory_window_end(Memory *m) {
    for (uint32_t asid = 1; asid < m->space_high; asid++) {
        AddressSpace *space = m->spaces[asid];
        if (space != NULL && !space->window_goes_on) {
            space->working_set = space->working_set_now;
            space->working_set_now = 0;
            space->window++;
        }
    }
    tlb_forget_seen(&m->mmu.tlb);
    for (uint32_t cpu = 0; m->parked != NULL && cpu < m->config.cpus; cpu++) {
        tlb_forget_seen(&cpu_mmu(m, cpu)->tlb);
    }
}
