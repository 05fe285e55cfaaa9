/* address_space.c - see address_space.h: birth, death and sums.  The system calls are in
 * mapping.c, advice.c and remap.c.
 */
#include "kernel/address_space.h"

#include <stdlib.h>

#include "kernel/group.h"
#include "kernel/page.h"
#include "kernel/policy_env.h"

#define GUARD_PAGES 256u /* Linux's stack_guard_gap; one page where addresses are short */

/* A free ASID, round and round, so that a new space rarely gets a number used just before.
 * 0: all are taken. */
static Asid asid_take(Memory *m) {
    for (uint32_t tries = 0; tries < SPACES_MAX - 1; tries++) {
        Asid asid = m->next_asid;
        m->next_asid = asid == SPACES_MAX - 1 ? 1 : (Asid)(asid + 1);
        if (m->spaces[asid] == NULL) {
            return asid;
        }
    }
    return 0;
}

/* Is this page charged against the commit limit, and to RLIMIT_DATA? */
static bool private_writable(const Vma *vma) {
    return vma->kind == VMA_ANONYMOUS && (vma->prot & VM_WRITE) && !(vma->flags & VMA_GROWS_DOWN);
}

void space_account(Memory *m, AddressSpace *space, const Vma *vma, int64_t change) {
    space->vm_size += (uint64_t)change;
    if (space->vm_size > space->peak_vm_size) {
        space->peak_vm_size = space->vm_size;
    }
    if (private_writable(vma)) {
        space->data_pages += (uint64_t)change;
        if (!(vma->flags & VMA_NORESERVE)) {
            m->committed += (uint64_t)change;
        }
    }
}

static bool stack_create(Memory *m, AddressSpace *space) {
    Vpn top = space->layout.stack_top >> page_shift(m);
    Vma stack = {.first = top - 1,
                 .end = top,
                 .kind = VMA_ANONYMOUS,
                 .prot = VM_READ | VM_WRITE,
                 .flags = VMA_GROWS_DOWN};
    if (!vma_insert(&space->vmas, stack)) {
        return false;
    }
    space_account(m, space, &stack, 1);
    return true;
}

/* A space with a quota replaces its own pages, by a policy of its own; the others share one. */
static bool policy_choose(Memory *m, AddressSpace *space) {
    uint64_t limit = space->limits.rss >> page_shift(m);
    space->quota = m->config.local_scope ? m->config.local_frames : UINT64_MAX;
    if (space->limits.rss != UINT64_MAX && limit < space->quota) {
        space->quota = limit > 0 ? limit : 1;
    }
    space->policy = &m->policy;
    if (space->quota == UINT64_MAX) {
        return true;
    }
    space->policy = calloc(1, sizeof(PolicyInstance));
    bool fixed = space->quota < m->frames.total && !m->config.quotas_move;
    uint64_t capacity = fixed ? space->quota : m->frames.total;
    return space->policy != NULL && policy_attach(m, space->policy, (uint32_t)capacity);
}

static void policy_drop(Memory *m, AddressSpace *space) {
    if (space->policy != NULL && space->policy != &m->policy &&
        space->policy != group_policy(m, space)) {
        policy_detach(space->policy);
        free(space->policy);
    }
}

void space_thread_add(AddressSpace *space, SpaceThread *thread) {
    *thread = (SpaceThread){.held_frame = PFN_NONE, .next = space->threads};
    space->threads = thread;
}

void space_thread_remove(Memory *m, AddressSpace *space, SpaceThread *thread) {
    SpaceThread **link = &space->threads;
    while (*link != thread) {
        link = &(*link)->next;
    }
    *link = thread->next;
    if (thread->held_frame != PFN_NONE) {
        frame_release(&m->frames, thread->held_frame);
        space->held--;
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

AddressSpace *address_space_create(Memory *m, uint32_t pid, const Limits *limits,
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
    space->layout = layout_for(&m->config.geometry);
    space->brk = space->layout.brk_start;
    space->vmas.guard_pages = m->config.geometry.user_bits < 31 ? 1 : GUARD_PAGES;
    if (!page_table_init(&space->page_table, &m->tables)) {
        free(space);
        return NULL;
    }
    if (!policy_choose(m, space) || !stack_create(m, space)) {
        policy_drop(m, space);
        page_table_clear(&space->page_table);
        free(space);
        return NULL;
    }
    m->spaces[asid] = space;
    if (asid >= m->space_high) {
        m->space_high = asid + 1u;
    }
    return space;
}

void address_space_destroy(Memory *m, AddressSpace *space) {
    pages_discard(m, space, 0, space->layout.stack_top >> page_shift(m));
    while (space->threads != NULL) {
        space_thread_remove(m, space, space->threads);
    }
    for (uint32_t at = 0; at < space->vmas.count; at++) {
        const Vma *vma = &space->vmas.list[at];
        space_account(m, space, vma, -(int64_t)(vma->end - vma->first));
        if (vma->kind == VMA_FILE) {
            file_map_less(&m->files, vma->file, vma->end - vma->first);
        }
    }
    tlb_flush_asid(&m->mmu.tlb, space->asid);
    m->machine->tlb_flushes++;
    page_table_clear(&space->page_table);
    policy_drop(m, space);
    vma_list_clear(&space->vmas);
    m->spaces[space->asid] = NULL;
    free(space);
}
