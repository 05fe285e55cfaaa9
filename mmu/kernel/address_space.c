/* address_space.c - see address_space.h: birth, death and sums.  The system calls are in
 * mapping.c, protect.c, remap.c, advice.c, break.c, lock.c and user_copy.c.
 */
#include "kernel/address_space.h"

#include <stdlib.h>

#include "kernel/group.h"
#include "kernel/mapping.h"
#include "kernel/object.h"
#include "kernel/page.h"
#include "kernel/policy_env.h"

#define GUARD_PAGES 256u /* Linux's stack_guard_gap; one page where addresses are short */

/* A free ASID, round and round, so that a new space rarely gets a number used just before.
 * 0: all are taken. */
Asid asid_take(Memory *m) {
    for (uint32_t tries = 0; tries < SPACES_MAX - 1; tries++) {
        Asid asid = m->next_asid;
        m->next_asid = asid == SPACES_MAX - 1 ? 1 : (Asid)(asid + 1);
        if (m->spaces[asid] == NULL && m->object_files[asid] == 0) {
            return asid;
        }
    }
    return 0;
}

/* A mapping that is there before the program begins; nobody asks whether it may be. */
static bool mapping_begin(Memory *m, AddressSpace *space, VAddr start, VAddr end, unsigned prot,
                          unsigned flags) {
    Vma vma = {.first = start >> page_shift(m),
               .end = end >> page_shift(m),
               .kind = VMA_ANONYMOUS,
               .prot = prot,
               .flags = flags,
               .file_page = start >> page_shift(m)};
    vma.flags |= mapping_is_charged(prot, flags) ? VMA_ACCOUNT : 0;
    if (!vma_add(&space->vmas, vma)) {
        return false;
    }
    space_account(m, space, &vma, (int64_t)(vma.end - vma.first));
    return true;
}

/* The image and the stack. */
static bool mappings_create(Memory *m, AddressSpace *space) {
    const Layout *layout = &space->layout;
    bool ok = true;
    for (unsigned i = 0; i < layout->image_count && ok; i++) {
        const LayoutRange *range = &layout->image[i];
        ok = mapping_begin(m, space, range->start, range->end, range->prot, 0);
    }
    VAddr bottom = layout->stack_top - (layout->stack_pages << page_shift(m));
    return ok &&
           mapping_begin(m, space, bottom, layout->stack_top, VM_READ | VM_WRITE, VMA_GROWS_DOWN);
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* How many pages it may hold, and has a right to. */
static void bounds_set(const Memory *m, AddressSpace *space) {
    uint64_t limit = space->limits.rss >> page_shift(m);
    space->quota = m->config.local_scope ? m->config.local_frames : UINT64_MAX;
    space->rss_max = space->limits.rss == UINT64_MAX ? UINT64_MAX : limit > 0 ? limit : 1;
    space->rss_soft_max = UINT64_MAX;
    space->rss_min = pages_of(m, space->limits.rss_min);
}

/* The same as its policy has it. */
static void bounds_ask(const Memory *m, AddressSpace *space) {
    if (m->config.policy->bounds != NULL) {
        WorkingSetBounds bounds = m->config.policy->bounds(space->policy->self);
        uint64_t *max = bounds.hard ? &space->rss_max : &space->rss_soft_max;
        *max = least(*max, bounds.maximum);
        space->rss_min = space->rss_min > bounds.minimum ? space->rss_min : bounds.minimum;
    }
}

/* A space that has a limit, or whose policy wants it so, has a policy of its own; the others share
 * one. */
static bool policy_choose(Memory *m, AddressSpace *space) {
    bounds_set(m, space);
    uint64_t most = least(space->quota, space->rss_max);
    uint64_t fixed = m->config.quotas_move ? space->rss_max : most;
    space->policy = &m->policy;
    if (most != UINT64_MAX || (m->config.policy->needs & POLICY_PER_PROCESS)) {
        space->policy = calloc(1, sizeof(PolicyInstance));
        if (space->policy == NULL ||
            !policy_attach(m, space->policy, (uint32_t)least(fixed, m->frames.total))) {
            return false;
        }
        bounds_ask(m, space);
    }
    space->rss_min = least(space->rss_min, least(space->quota, space->rss_max));
    return true;
}

static void policy_drop(Memory *m, AddressSpace *space) {
    if (space->policy != NULL && space->policy != &m->policy &&
        space->policy != group_policy(m, space)) {
        policy_detach(space->policy);
        free(space->policy);
    }
}

/* No mapping is left, and no promise. */
static void mappings_forget(Memory *m, AddressSpace *space) {
    for (uint32_t at = 0; at < space->vmas.count; at++) {
        const Vma *vma = &space->vmas.list[at];
        space_account(m, space, vma, -(int64_t)(vma->end - vma->first));
        if (vma->kind == VMA_FILE) {
            object_map_less(m, vma->file, vma->end - vma->first);
        }
    }
    vma_list_clear(&space->vmas);
}

void space_thread_add(AddressSpace *space, SpaceThread *thread) {
    *thread = (SpaceThread){.next = space->threads};
    space->threads = thread;
}

void space_thread_remove(Memory *m, AddressSpace *space, SpaceThread *thread) {
    SpaceThread **link = &space->threads;
    while (*link != thread) {
        link = &(*link)->next;
    }
    *link = thread->next;
    Pfn held = flight_find(&m->flights, thread);
    if (held != PFN_NONE) {
        flight_cancel(m, held);
    }
    if (space->thread == thread) {
        space->thread = &space->first;
    }
}

const SpaceThread *space_thread_faulting(const AddressSpace *space, Vpn page) {
    const SpaceThread *thread = space->threads;
    while (thread != NULL && !(thread->faulting && thread->page == page)) {
        thread = thread->next;
    }
    return thread;
}

AddressSpace *space_create_bare(Memory *m, uint32_t pid, const Limits *limits, const Layout *layout,
                                Counters *counters) {
    Asid asid = asid_take(m);
    AddressSpace *space = asid == 0 ? NULL : calloc(1, sizeof(AddressSpace));
    if (space == NULL) {
        return NULL;
    }
    space->asid = asid;
    space->window = 1;
    space->pid = pid;
    space->limits = *limits;
    space->counters = counters;
    space_thread_add(space, &space->first);
    space->thread = &space->first;
    space->layout = *layout;
    space->brk = space->layout.brk_start;
    space->vmas.guard_pages = m->config.geometry.user_bits < 31 ? 1 : GUARD_PAGES;
    if (!page_table_init(&space->page_table, &m->tables)) {
        free(space);
        return NULL;
    }
    if (!policy_choose(m, space)) {
        policy_drop(m, space);
        page_table_clear(&space->page_table);
        free(space);
        return NULL;
    }
    m->guaranteed += space->rss_min > 0;
    m->spaces[asid] = space;
    if (asid >= m->space_high) {
        m->space_high = asid + 1u;
    }
    return space;
}

AddressSpace *address_space_create(Memory *m, uint32_t pid, const Limits *limits,
                                   const Layout *layout, Counters *counters) {
    AddressSpace *space =
        space_create_bare(m, pid, limits, layout != NULL ? layout : &m->config.layout, counters);
    if (space != NULL && !mappings_create(m, space)) {
        address_space_destroy(m, space);
        return NULL;
    }
    return space;
}

void address_space_destroy(Memory *m, AddressSpace *space) {
    cpus_forget_space(m, space);
    pages_discard(m, space, 0, user_end(m));
    while (space->threads != NULL) {
        space_thread_remove(m, space, space->threads);
    }
    mappings_forget(m, space);
    tlb_flush_asid(&m->mmu.tlb, space->asid);
    m->machine->tlb_flushes++;
    page_table_clear(&space->page_table);
    policy_drop(m, space);
    m->guaranteed -= space->rss_min > 0;
    m->spaces[space->asid] = NULL;
    free(space);
}
