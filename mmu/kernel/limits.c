/* limits.c - what a process may have: setrlimit's limits and the commit limit.
 *
 * Idea: memory is promised when a private writable page is mapped, not when it is touched, and shared
 * memory when it is made, whoever maps it; the
 * commit limit says how much may be promised in all.
 *
 * Source: may_expand_vm(), __vm_enough_memory() and mlock_future_ok() of Linux.  Not modelled:
 * what Linux keeps back for root and for a user's own recovery, and hugetlb pages.
 */
#include "kernel/mapping.h"

bool mapping_is_charged(unsigned prot, unsigned flags) {
    return (prot & VM_WRITE) && !(flags & (VMA_NORESERVE | VMA_SHARED));
}

/* Linux's is_data_mapping(): private, writable, no stack. */
static bool mapping_is_data(const Vma *vma) {
    return (vma->prot & VM_WRITE) && !(vma->flags & (VMA_SHARED | VMA_GROWS_DOWN));
}

static bool below_limit(uint64_t used, uint64_t more, uint64_t limit) {
    return more <= limit && used <= limit - more;
}

bool space_may_expand(const Memory *m, const AddressSpace *space, const Vma *vma, uint64_t pages) {
    if (!below_limit(space->vm_size, pages, space->limits.address_space >> page_shift(m))) {
        return false;
    }
    return !mapping_is_data(vma) ||
           below_limit(space->data_pages, pages, space->limits.data >> page_shift(m));
}

static uint64_t commit_limit(const Memory *m) {
    return m->frames.total * (uint64_t)m->config.overcommit_percent / 100 + m->swap.total;
}

CommitCharge memory_commit_charge(const Memory *m) {
    return (CommitCharge){m->committed, m->peak_committed, commit_limit(m)};
}

/* A share of memory, all of swap, less a 32nd of the asking process (user_reserve: so that what
 * it takes to repair the system can start). */
static bool commit_below_limit(const Memory *m, const AddressSpace *space, uint64_t pages) {
    uint64_t allowed = commit_limit(m);
    uint64_t reserve = space->vm_size / 32;
    reserve = reserve < m->frames.total / 32 ? reserve : m->frames.total / 32;
    allowed -= reserve < allowed ? reserve : allowed;
    return below_limit(m->committed, pages, allowed);
}

bool commit_allowed(const Memory *m, const AddressSpace *space, uint64_t pages) {
    switch (m->config.overcommit) {
    case OVERCOMMIT_ALWAYS:
        return true;
    case OVERCOMMIT_HEURISTIC:
        return pages <= m->frames.total + (uint64_t)m->swap.total;
    case OVERCOMMIT_NEVER:
        return commit_below_limit(m, space, pages);
    }
    return false;
}

uint64_t lock_limit(const Memory *m, const AddressSpace *space) {
    uint64_t most = space->quota < space->rss_max ? space->quota : space->rss_max;
    uint64_t limit = space->limits.locked >> page_shift(m);
    return limit < most ? limit : most - 1;
}

bool lock_allowed(const Memory *m, const AddressSpace *space, unsigned flags, uint64_t pages) {
    return !(flags & VMA_LOCKED) || below_limit(space->locked, pages, lock_limit(m, space));
}

void commit_charge(Memory *m, int64_t change) {
    m->committed += (uint64_t)change;
    m->peak_committed = m->committed > m->peak_committed ? m->committed : m->peak_committed;
}

void space_account(Memory *m, AddressSpace *space, const Vma *vma, int64_t change) {
    uint64_t pages = (uint64_t)change;
    space->vm_size += pages;
    if (space->vm_size > space->peak_vm_size) {
        space->peak_vm_size = space->vm_size;
    }
    space->data_pages += mapping_is_data(vma) ? pages : 0;
    space->locked += (vma->flags & VMA_LOCKED) ? pages : 0;
    if (vma->flags & VMA_ACCOUNT) {
        space->committed += pages;
        commit_charge(m, change);
    }
}
