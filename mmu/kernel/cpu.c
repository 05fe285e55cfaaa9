/* cpu.c - see cpu.h.
 *
 * Where the TLB tells address spaces apart (by their ASIDs, as here) a switch leaves it alone.
 * Hardware that cannot do so has to forget everything.
 */
#include "kernel/cpu.h"

#include <stdlib.h>

#include "kernel/huge_page.h"
#include "kernel/kernel.h"

/* ---- which CPU is at work ------------------------------------------------------------------ */

static bool cpu_init(const Memory *m, Mmu *mmu) {
    const MemoryConfig *config = &m->config;
    return tlb_init(&mmu->tlb, config->tlb, config->tlb_levels) &&
           (!huge_pages_possible(m) ||
            tlb_init_huge(&mmu->tlb, config->tlb_huge, huge_page_order(m)));
}

bool cpus_init(Memory *m) {
    bool ok = cpu_init(m, &m->mmu);
    if (ok && m->config.cpus > 1) {
        m->parked = calloc(m->config.cpus, sizeof(Mmu));
        ok = m->parked != NULL;
    }
    for (uint32_t cpu = 1; ok && cpu < m->config.cpus; cpu++) {
        ok = cpu_init(m, &m->parked[cpu]);
    }
    return ok;
}

void cpus_clear(Memory *m) {
    for (uint32_t cpu = 0; m->parked != NULL && cpu < m->config.cpus; cpu++) {
        if (cpu != m->cpu) {
            tlb_clear(&m->parked[cpu].tlb);
        }
    }
    free(m->parked);
}

Mmu *cpu_mmu(Memory *m, uint32_t cpu) { return cpu == m->cpu ? &m->mmu : &m->parked[cpu]; }

void memory_enter_cpu(Memory *m, uint32_t cpu) {
    if (cpu != m->cpu) {
        m->parked[m->cpu] = m->mmu;
        m->mmu = m->parked[cpu];
        m->cpu = cpu;
        m->frames.caches.cpu = cpu;
    }
}

static CpuSet set_of(uint32_t cpu) { return UINT64_C(1) << cpu; }

/* Take the lowest CPU out of a set that is not empty. */
static uint32_t set_take(CpuSet *set) {
    uint32_t cpu = (uint32_t)__builtin_ctzll(*set);
    *set &= *set - 1;
    return cpu;
}

static CpuSet other_cpus(const Memory *m, const AddressSpace *space) {
    return space->cpus & ~set_of(m->cpu);
}

void memory_run_space(const Memory *m, AddressSpace *space) { space->cpus |= set_of(m->cpu); }

void memory_flush_tlb(Memory *m) {
    tlb_flush_all(&m->mmu.tlb);
    m->machine->tlb_flushes++;
    for (uint32_t asid = 1; m->parked != NULL && asid < m->space_high; asid++) {
        if (m->spaces[asid] != NULL) {
            m->spaces[asid]->cpus &= ~set_of(m->cpu);
        }
    }
}

/* ---- to forget ------------------------------------------------------------------------------ */

void tlb_forget(Memory *m, const AddressSpace *space, Vpn vpn) {
    uint64_t tag = tlb_tag(space->asid, vpn);
    m->machine->tlb_shootdowns += tlb_drop(&m->mmu.tlb, tag);
    for (CpuSet others = other_cpus(m, space); others != 0;) {
        m->machine->tlb_shootdowns += tlb_drop(&cpu_mmu(m, set_take(&others))->tlb, tag);
    }
}

void tlb_shootdown(Memory *m, const AddressSpace *space, Vpn vpn) {
    m->to_tell |= other_cpus(m, space);
    tlb_forget(m, space, vpn);
}

static void flush_others(Memory *m, const AddressSpace *space) {
    for (CpuSet others = other_cpus(m, space); others != 0;) {
        tlb_flush_asid(&cpu_mmu(m, set_take(&others))->tlb, space->asid);
        m->machine->tlb_flushes++;
    }
}

void tlb_shootdown_space(Memory *m, const AddressSpace *space) {
    m->to_tell |= other_cpus(m, space);
    tlb_flush_asid(&m->mmu.tlb, space->asid);
    m->machine->tlb_flushes++;
    flush_others(m, space);
}

void cpus_forget_space(Memory *m, AddressSpace *space) {
    flush_others(m, space);
    space->cpus &= set_of(m->cpu);
}

/* ---- the price ------------------------------------------------------------------------------ */

static void interrupt_cpus(Memory *m, Counters *payer) {
    CpuSet told = m->to_tell;
    m->to_tell = 0;
    uint64_t count = (uint64_t)__builtin_popcountll(told);
    Tick price = count * m->config.costs.ipi_send_ns;
    (payer != NULL ? payer : m->machine)->ipis_sent += count;
    *(payer != NULL ? &payer->shootdown_ns : &m->machine->reclaim_ns) += price;
    m->clock->now += price;
    while (told != 0) {
        m->env.interrupt_cpu(m->env.host, set_take(&told));
    }
}

void memory_tell_cpus(Memory *m, Counters *payer) {
    if (m->parked == NULL) {
        return;
    }
    if (m->to_tell != 0) {
        interrupt_cpus(m, payer);
    }
    zero_pool_notice(m);
}

/* ---- the invariant -------------------------------------------------------------------------- */

static bool level_knows(const TlbLevel *level, Asid asid) {
    for (uint64_t entry = 0; entry < (level->set_mask + 1) * level->ways; entry++) {
        if ((level->tags[entry] & UINT16_MAX) == asid) {
            return true;
        }
    }
    return false;
}

static bool tlb_knows(const Tlb *tlb, Asid asid) {
    for (unsigned i = 0; i < tlb->levels; i++) {
        if (level_knows(&tlb->level[i], asid) || level_knows(&tlb->huge[i], asid)) {
            return true;
        }
    }
    return false;
}

const char *cpus_check_space(Memory *m, const AddressSpace *space) {
    if (m->parked == NULL) {
        return mmu_check(&m->mmu, &space->page_table, space->asid);
    }
    const char *wrong = NULL;
    for (uint32_t cpu = 0; wrong == NULL && cpu < m->config.cpus; cpu++) {
        const Mmu *mmu = cpu_mmu(m, cpu);
        wrong = mmu_check(mmu, &space->page_table, space->asid);
        if (wrong == NULL && !(space->cpus & set_of(cpu)) && tlb_knows(&mmu->tlb, space->asid)) {
            wrong = "a TLB knows pages of an address space that its CPU did not run";
        }
    }
    return wrong;
}

const char *cpus_check(Memory *m) {
    const char *wrong = m->to_tell != 0 ? "CPUs are still to be told of a change" : NULL;
    wrong = wrong != NULL ? wrong : tlb_check(&m->mmu.tlb);
    for (uint32_t cpu = 0; wrong == NULL && m->parked != NULL && cpu < m->config.cpus; cpu++) {
        wrong = tlb_check(&cpu_mmu(m, cpu)->tlb);
    }
    return wrong;
}
