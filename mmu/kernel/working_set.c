/* working_set.c - see working_set.h. */
#include "kernel/working_set.h"

void working_set_note(Memory *m, AddressSpace *space, Vpn vpn) {
    uint32_t *stamp = page_table_stamp(&space->page_table, vpn);
    if (*stamp != space->window) {
        *stamp = space->window;
        space->working_set_now++;
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
