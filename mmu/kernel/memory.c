/* memory.c - the machine's memory: its making, and the access path.
 *
 * The access path, for one page of a run:
 *
 *   horizon reached?   -> env.interrupt: events, other processes
 *   tlb_hit            -> the frame                                        (the usual case)
 *   else reach()       -> L2 TLB, walk, fault, until it translates
 *   count, add to the clock, tell a policy that wants every reference
 *
 * Time: each reference costs reference_ns; a translation that the first TLB level did not have
 * costs more, once per reference.  A walk that ends in a fault is part of the fault's price.
 */
#include <stdlib.h>
#include <string.h>

#include "faultline/lazy.h"
#include "kernel/fault.h"
#include "kernel/frame_block.h"
#include "kernel/group.h"
#include "kernel/huge_page.h"
#include "kernel/kernel.h"
#include "kernel/object.h"
#include "kernel/policy_env.h"
#include "kernel/swap_ahead.h"
#include "kernel/working_set.h"

static bool memory_init(Memory *m) {
    const MemoryConfig *config = &m->config;
    bool zeroed = config->zero_pool.mode == ZERO_POOL_BACKGROUND;
    table_arena_init(&m->tables, &config->geometry);
    file_table_init(&m->files, &m->contents);
    m->spaces = lazy_alloc(SPACES_MAX, sizeof(AddressSpace *));
    m->object_files = lazy_alloc(SPACES_MAX, sizeof(uint32_t));
    return m->spaces != NULL && m->object_files != NULL &&
           contents_init(&m->contents, page_size(m)) && cpus_init(m) &&
           frame_table_init(&m->frames, config->frames, zeroed, &m->contents) &&
           frame_caches_init(&m->frames.caches, config->per_cpu_pages,
                             config->cpus > 0 ? config->cpus : 1, m->machine) &&
           page_lists_init(&m->lists, config->frames) &&
           swap_init(&m->swap, (uint32_t)config->swap_slots, config->page_cluster > 0,
                     &m->contents) &&
           policy_attach(m, &m->policy, config->frames) && groups_init(m);
}

Memory *memory_create(const MemoryConfig *config, Clock *clock, const MemoryEnv *env,
                      const EventSink *sink, Counters *machine) {
    Memory *m = calloc(1, sizeof(Memory));
    if (m == NULL) {
        return NULL;
    }
    const Costs *costs = &config->costs;
    m->config = *config;
    if (config->profile == NULL) {
        m->config.profile = &kernel_profiles[0];
    }
    if (config->layout.stack_top == 0) {
        m->config.layout = layout_for(&config->geometry);
    }
    m->config.overcommit_percent += config->overcommit_percent == 0 ? 50 : 0;
    m->clock = clock;
    m->env = *env;
    m->sink = sink;
    m->machine = machine;
    m->next_asid = 1;
    m->space_high = 1;
    m->zero_frame = config->frames;
    m->swap_ahead.hits = SWAP_AHEAD_HITS_FIRST;
    m->device = (Device){.read_ns = costs->swap_read_ns, .write_ns = costs->swap_write_ns};
    m->observed = env->record != NULL || folios_possible(m);
    m->reference_ns = costs->memory_reference_ns + (config->tlb_levels > 0 ? costs->tlb_hit_ns : 0);
    if (!memory_init(m)) {
        memory_destroy(m);
        return NULL;
    }
    return m;
}

void memory_destroy(Memory *m) {
    if (m == NULL) {
        return;
    }
    for (uint32_t asid = 1; asid < m->space_high; asid++) {
        if (m->spaces[asid] != NULL) {
            address_space_destroy(m, m->spaces[asid]);
        }
    }
    policy_detach(&m->policy);
    groups_clear(m);
    transit_clear(&m->transit);
    file_table_clear(&m->files);
    swap_clear(&m->swap);
    page_lists_clear(&m->lists);
    frame_table_clear(&m->frames);
    cpus_clear(m);
    tlb_clear(&m->mmu.tlb);
    table_arena_clear(&m->tables);
    contents_clear(&m->contents);
    rmap_clear(&m->rmap);
    flight_clear(&m->flights);
    lazy_free(m->object_files, SPACES_MAX, sizeof(uint32_t));
    lazy_free(m->spaces, SPACES_MAX, sizeof(AddressSpace *));
    free(m);
}

/* ---- the access path ---- */

enum { BLOCK = 16 }; /* runs that are looked ahead for together */

static void charge_translation(Memory *m, AddressSpace *space, const Translation *t) {
    Counters *counters = space->counters;
    counters->tlb_misses += t->tlb_level == 0 && m->config.tlb_levels > 0;
    counters->walk_levels += t->levels_walked;
    m->clock->now += t->levels_walked * m->config.costs.walk_level_ns;
    if (t->tlb_level > 1) {
        counters->tlb_l2_hits++;
        m->clock->now += m->config.costs.tlb_l2_hit_ns;
    }
}

/* Translate what the first TLB level could not: look further, or fault and try again.
 * *faulted: this very access was part of a fault. */
static __attribute__((noinline)) Outcome reach(Memory *m, AddressSpace *space, VAddr va,
                                               Access access, Pfn *pfn, bool *faulted) {
    Vpn vpn = va >> page_shift(m);
    *faulted = false;
    for (;;) {
        Translation t =
            mmu_translate(&m->mmu, &space->page_table, space->asid, vpn, access, *faulted);
        if (t.result == MMU_OK) {
            charge_translation(m, space, &t);
            if (t.unseen) {
                working_set_note(m, space, vpn);
            }
            *pfn = t.frame;
            return OUTCOME_OK;
        }
        Outcome outcome = fault_handle(m, space, va, access);
        if (outcome != OUTCOME_OK) {
            space->fault_address = va;
            return outcome;
        }
        *faulted = true;
    }
}

/* How many of `count` references to one page, the first of which is due now, may be made at
 * once: those that begin before the horizon.  Without a TLB each walks for itself. */
static inline uint64_t before_horizon(const Memory *m, uint64_t count) {
    if (count == 1 || m->clock->now >= m->clock->horizon || m->mmu.tlb.levels == 0) {
        return 1;
    }
    Tick left = m->clock->horizon - m->clock->now;
    if (m->reference_ns == 0 || left / m->reference_ns >= count) {
        return count;
    }
    uint64_t fit = (left - 1) / m->reference_ns + 1;
    return fit < count ? fit : count;
}

/* A page that several share may be another's to replace. */
static inline void policy_touch(Memory *m, const AddressSpace *space, Pfn pfn, uint64_t count) {
    PolicyInstance *own = space->policy;
    PolicyInstance *policy = own == &m->policy ? own : frame_policy(m, frame_at(m, pfn));
    m->touched(policy->self, pfn, count);
}

/* What few machines want to know of each reference: its address, and what stores leave.  A store
 * without data was made: whatever the contents say, the page does not hold zeros any more, until
 * all its bytes are written. */
static __attribute__((noinline, cold)) void observe(Memory *m, const AddressSpace *space,
                                                    const AccessRun *made, bool data) {
    Vpn vpn = made->va >> page_shift(m);
    if (m->env.record != NULL) {
        m->env.record(m->env.host, page_key(space->asid, vpn), made->count);
    }
    if (made->access == ACCESS_WRITE) {
        Frame *frame = frame_at(m, pte_number(*page_table_find(&space->page_table, vpn)));
        frame->stored = !data || (frame->stored && made->count * 8 < page_size(m));
    }
}

/* What must come before the next of `count` references; how many of them may be made at once. */
static __attribute__((noinline)) uint64_t look_before(Memory *m, AddressSpace *space,
                                                      uint64_t count) {
    const Clock *clock = m->clock;
    if (clock_is_spent(clock)) {
        m->env.interrupt(m->env.host);
    }
    if (m->policy_asks) {
        count = policy_before(space->policy, count);
        memory_tell_cpus(m, space->counters);
    }
    uint64_t left = clock->steps_max - clock->steps;
    return clock->steps_max != 0 && left < count ? left : count;
}

/* `*count` references to the page of `va`; on return, how many of them were made (the rest
 * begin after the horizon).  `data`: a store writes bytes that are kept.  The one door that every
 * simulated access goes through. */
static inline __attribute__((always_inline)) Outcome access_page(Memory *m, AddressSpace *space,
                                                                 VAddr va, uint64_t *count,
                                                                 Access access, bool data,
                                                                 Pfn *pfn) {
    Clock *clock = m->clock;
    if (__builtin_expect(clock->now >= clock->horizon, 0)) {
        m->env.interrupt(m->env.host);
    }
    if (__builtin_expect(m->watched, 0)) {
        *count = look_before(m, space, *count);
    }
    uint64_t tag = tlb_tag(space->asid, va >> page_shift(m));
    bool faulted = false;
    *pfn = tlb_hit(&m->mmu.tlb, tag, access == ACCESS_WRITE ? TLB_NEED_WRITE : TLB_NEED_READ);
    if (__builtin_expect(*pfn == PFN_NONE, 0)) {
        Outcome outcome = reach(m, space, va, access, pfn, &faulted);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
    }
    /* A faulting reference goes alone: what it leaves in the TLB is its policy's to say. */
    uint64_t n = *count = faulted ? 1 : before_horizon(m, *count);
    uint64_t stores = access == ACCESS_WRITE ? n : 0; /* no branch: programs mix the two */
    space->counters->stores += stores;
    space->counters->loads += n - stores;
    clock->now += n * m->reference_ns;
    if (m->touched != NULL && !faulted && *pfn < m->zero_frame) {
        policy_touch(m, space, *pfn, n);
    }
    if (__builtin_expect(m->observed, 0)) {
        observe(m, space, &(AccessRun){va, n, 0, access}, data);
    }
    m->references += n;
    clock->steps += n;
    return OUTCOME_OK;
}

/* How many accesses of a run lie in the page of its first one. */
static inline uint64_t run_on_page(const Memory *m, const AccessRun *run) {
    if (run->count == 1 || run->stride == 0) {
        return run->count;
    }
    uint64_t offset = run->va & (page_size(m) - 1);
    bool up = run->stride > 0;
    uint64_t step = up ? (uint64_t)run->stride : -(uint64_t)run->stride;
    uint64_t room = up ? page_size(m) - 1 - offset : offset;
    if (step > room) {
        return 1;
    }
    uint64_t more = (step & (step - 1)) == 0 ? room >> __builtin_ctzll(step) : room / step;
    return more < run->count ? more + 1 : run->count;
}

static inline __attribute__((always_inline)) Outcome touch_run(Memory *m, AddressSpace *space,
                                                               AccessRun *run) {
    while (run->count > 0) {
        Pfn pfn;
        uint64_t n = run_on_page(m, run);
        Outcome outcome = access_page(m, space, run->va, &n, run->access, false, &pfn);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        run->va += n * (uint64_t)run->stride;
        run->count -= n;
    }
    return OUTCOME_OK;
}

/* The next references are known.  While every fourth one walks, what the next block will need of the
 * tables is asked of the host's memory together, instead of waited for one by one. */
static inline __attribute__((always_inline)) void
look_ahead(const Memory *m, const AddressSpace *space, const AccessRun *runs, uint64_t count) {
    for (uint64_t i = 0; i < count && i < BLOCK; i++) {
        page_table_expect(&space->page_table, runs[i].va >> page_shift(m));
    }
}

Outcome memory_touch(Memory *m, AddressSpace *space, AccessRun *runs, uint64_t count,
                     uint64_t *done) {
    const uint64_t *walked = &space->counters->walk_levels;
    for (*done = 0; *done < count;) {
        uint64_t end = count - *done < BLOCK ? count : *done + BLOCK, before = *walked;
        for (; *done < end; ++*done) {
            Outcome outcome = touch_run(m, space, &runs[*done]);
            if (outcome != OUTCOME_OK) {
                return outcome;
            }
        }
        if (*walked - before >= BLOCK / 4 * m->config.geometry.levels) {
            look_ahead(m, space, &runs[end], count - end);
        }
    }
    return OUTCOME_OK;
}

/* The address `words` aligned words on, or the end of what was asked. */
static uint64_t words_reach(VAddr va, uint64_t words, uint64_t length) {
    uint64_t bytes = words * 8 - va % 8;
    return bytes < length ? bytes : length;
}

Outcome memory_span(Memory *m, AddressSpace *space, VAddr va, uint64_t *length, Access access,
                    uint8_t **host) {
    uint64_t offset = va & (page_size(m) - 1);
    uint64_t on_page = page_size(m) - offset;
    uint64_t bytes = *length < on_page ? *length : on_page;
    uint64_t words = (va % 8 + bytes + 7) / 8;
    Pfn pfn;
    Outcome outcome = access_page(m, space, va, &words, access, true, &pfn);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    *length = words_reach(va, words, bytes);
    if (pfn >= m->zero_frame) {
        *host = m->contents.zeros + offset;
    } else if (access == ACCESS_WRITE) {
        *host = contents_write(&m->contents, &frame_at(m, pfn)->contents) + offset;
    } else {
        *host = (uint8_t *)contents_read(&m->contents, frame_at(m, pfn)->contents) + offset;
    }
    return OUTCOME_OK;
}

/* The bytes of one page as its owner would read them. */
static const uint8_t *peek_page(const Memory *m, const AddressSpace *space, const Vma *vma,
                                Vpn vpn) {
    const Pte *pte = page_table_find(&space->page_table, vpn);
    uint32_t contents = CONTENTS_ZERO;
    if (pte != NULL && (pte_present(*pte) || pte_transit(*pte))) {
        Pfn pfn = pte_number(*pte);
        contents = pfn == m->zero_frame ? CONTENTS_ZERO : m->frames.frames[pfn].contents;
    } else if (pte != NULL && pte_swapped(*pte)) {
        contents = m->swap.slots[pte_number(*pte)];
    } else if (vma->kind == VMA_FILE) {
        contents = object_contents(m, vma->file, vma->file_page + (vpn - vma->first));
    }
    return contents_read(&m->contents, contents);
}

bool memory_peek(const Memory *m, const AddressSpace *space, VAddr va, void *to, uint64_t length) {
    uint8_t *out = to;
    while (length > 0) {
        Vpn vpn = va >> page_shift(m);
        uint32_t at = vma_lower_bound(&space->vmas, vpn);
        if (at == space->vmas.count || space->vmas.list[at].first > vpn) {
            return false;
        }
        uint64_t offset = va & (page_size(m) - 1);
        uint64_t n = page_size(m) - offset < length ? page_size(m) - offset : length;
        memcpy(out, peek_page(m, space, &space->vmas.list[at], vpn) + offset, n);
        out += n;
        va += n;
        length -= n;
    }
    return true;
}

bool memory_tables_full(const Memory *m) { return tables_are_full(m); }

FrameBlocks memory_free_blocks(const Memory *m) {
    return config_has_folios(&m->config) ? frame_count_blocks(&m->frames) : (FrameBlocks){{0}};
}

FrameCensus memory_census(const Memory *m) {
    return (FrameCensus){.free = frames_free(&m->frames),
                         .zeroed = frames_zeroed(&m->frames),
                         .resident = m->frames.resident,
                         .in_transit = m->frames.in_transit + m->frames.held,
                         .standby = page_lists_count(&m->lists, LIST_STANDBY),
                         .modified = page_lists_count(&m->lists, LIST_MODIFIED),
                         .deactivated = m->frames.deactivated,
                         .total = m->frames.total,
                         .swap_used = swap_used(&m->swap),
                         .swap_total = m->swap.total};
}
