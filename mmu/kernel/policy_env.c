/* policy_env.c - see policy_env.h. */
#include "kernel/policy_env.h"

#include "kernel/page.h"
#include "kernel/trim.h"

enum { EXPECT_AHEAD = 6 };

static Memory *memory_of(void *host) { return ((PolicyInstance *)host)->m; }

static bool env_referenced(void *host, Pfn pfn) {
    step_count(memory_of(host));
    memory_of(host)->looks++;
    return page_referenced(memory_of(host), pfn);
}

static void env_clear_referenced(void *host, Pfn pfn) {
    page_clear_referenced(memory_of(host), pfn);
}

static bool env_dirty(void *host, Pfn pfn) { return page_is_dirty(memory_of(host), pfn); }

/* Queues and hands come to frames more or less in the order of their numbers, and will then ask what the
 * page tables say of their pages: the host's memory is asked ahead.  Only a hint. */
static inline __attribute__((always_inline)) void expect_next(const Memory *m, Pfn pfn) {
    uint32_t asid = pfn + EXPECT_AHEAD < m->frames.total
                        ? page_key_asid(m->frames.frames[pfn + EXPECT_AHEAD].owner)
                        : 0;
    if (m->spaces[asid] != NULL) {
        page_table_expect(&m->spaces[asid]->page_table,
                          page_key_vpn(m->frames.frames[pfn + EXPECT_AHEAD].owner));
    }
}

static bool env_evictable(void *host, Pfn pfn) {
    expect_next(memory_of(host), pfn);
    step_count(memory_of(host));
    return page_may_go(memory_of(host), pfn);
}

static uint64_t env_random(void *host, uint64_t bound) {
    return rng_below(&((PolicyInstance *)host)->rng, bound);
}

/* One CPU may be behind another by an action: no policy is to see time go back. */
static Tick env_now(void *host) {
    Memory *m = memory_of(host);
    m->policy_time = m->clock->now > m->policy_time ? m->clock->now : m->policy_time;
    return m->policy_time;
}

static uint64_t env_references(void *host) { return memory_of(host)->references; }

static uint64_t env_next_use(void *host) {
    const Memory *m = memory_of(host);
    if (m->prefetching) {
        return m->references;
    }
    if (m->references >= m->config.next_use_count) {
        return NEXT_USE_NEVER; /* the run that recorded the future ended here, out of memory */
    }
    uint32_t next = m->config.next_use[m->references];
    return next == FUTURE_NEVER ? NEXT_USE_NEVER : next;
}

static void env_clean(void *host, Pfn pfn) { page_clean(memory_of(host), pfn); }

static void env_deactivate(void *host, Pfn pfn) { page_deactivate(memory_of(host), pfn); }

static void env_count(void *host, PolicyCount what) {
    Counters *machine = memory_of(host)->machine;
    uint64_t *const counters[] = {
        [POLICY_COUNT_PGACTIVATE] = &machine->pgactivate,
        [POLICY_COUNT_PGDEACTIVATE] = &machine->pgdeactivate,
        [POLICY_COUNT_PGREFILL] = &machine->pgrefill,
        [POLICY_COUNT_WORKINGSET_REFAULT] = &machine->workingset_refault_anon,
        [POLICY_COUNT_WORKINGSET_ACTIVATE] = &machine->workingset_activate_anon,
        [POLICY_COUNT_WORKINGSET_RESTORE] = &machine->workingset_restore_anon,
    };
    ++*counters[what];
}

static void tick_start(PolicyInstance *p) {
    const PolicyOps *ops = p->m->config.policy;
    p->tick_due = UINT64_MAX;
    if (ops->interval != NULL) {
        uint64_t interval = ops->interval(p->self);
        p->tick_by_time = (interval & WINDOW_IS_TIME) != 0;
        p->tick_interval = interval & ~WINDOW_IS_TIME;
        p->tick_due = p->tick_interval;
    }
}

/* Called once however many intervals have gone by: bits cleared twice are cleared. */
static void tick_run(PolicyInstance *p) {
    uint64_t at = p->tick_by_time ? p->m->clock->now : p->m->references;
    if (at >= p->tick_due) {
        p->tick_due += ((at - p->tick_due) / p->tick_interval + 1) * p->tick_interval;
        p->m->config.policy->tick(p->self);
    }
}

static void surplus_leaves(PolicyInstance *p) {
    Pfn pfn;
    while ((pfn = p->m->config.policy->surplus(p->self)) != PFN_NONE && page_can_leave(p->m, pfn)) {
        page_send_out(p->m, pfn, UNLOAD_EVICTED);
    }
}

uint64_t policy_before(PolicyInstance *p, uint64_t count) {
    const PolicyOps *ops = p->m->config.policy;
    tick_run(p);
    if (ops->surplus != NULL) {
        surplus_leaves(p);
    }
    if (ops->surplus != NULL || (ops->needs & POLICY_NEEDS_FUTURE)) {
        count = 1;
    }
    if (!p->tick_by_time && p->tick_due - p->m->references < count) {
        count = p->tick_due - p->m->references;
    }
    return count;
}

void policy_fault(Memory *m, AddressSpace *space, Vpn vpn) {
    const PolicyOps *ops = m->config.policy;
    if (ops->faulting != NULL) {
        ops->faulting(space->policy->self, page_key(space->asid, vpn));
        if (ops->surplus != NULL) {
            surplus_leaves(space->policy);
        }
    }
}

bool policy_attach(Memory *m, PolicyInstance *p, uint32_t capacity) {
    const PolicyOps *ops = m->config.policy;
    p->m = m;
    p->rng = rng_stream(m->config.seed, RNG_POLICY);
    p->env = (PolicyEnv){.host = p,
                         .frame_count = m->frames.total,
                         .capacity = capacity,
                         .referenced = env_referenced,
                         .clear_referenced = env_clear_referenced,
                         .dirty = env_dirty,
                         .evictable = env_evictable,
                         .random = env_random,
                         .now = env_now,
                         .references = env_references,
                         .next_use = env_next_use,
                         .clean = env_clean,
                         .deactivate = env_deactivate,
                         .count = env_count};
    p->self = ops->create(&p->env, m->config.policy_params);
    if (p->self == NULL) {
        return false;
    }
    m->touched = ops->touched;
    m->policy_asks =
        ops->interval != NULL || ops->surplus != NULL || (ops->needs & POLICY_NEEDS_FUTURE) != 0;
    m->watched = m->policy_asks || m->clock->steps_max != 0;
    tick_start(p);
    return true;
}

void policy_detach(PolicyInstance *p) {
    if (p->self != NULL) {
        p->m->config.policy->destroy(p->self);
        p->self = NULL;
    }
}
