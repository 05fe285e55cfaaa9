/* policy_env.c - see policy_env.h. */
#include "kernel/policy_env.h"

#include <assert.h>

#include "kernel/page.h"

/* The entry that maps a resident frame. */
static Pte *reverse_map(Memory *m, Pfn pfn) {
    const Frame *frame = frame_at(m, pfn);
    assert(frame->state == FRAME_RESIDENT);
    return page_table_find(&frame_space(m, frame)->page_table, page_key_vpn(frame->owner));
}

static bool env_referenced(void *host, Pfn pfn) {
    return (*reverse_map(host, pfn) & PTE_ACCESSED) != 0;
}

static void env_clear_referenced(void *host, Pfn pfn) {
    Memory *m = host;
    const Frame *frame = frame_at(m, pfn);
    *reverse_map(m, pfn) &= ~PTE_ACCESSED;
    tlb_shootdown(m, frame_space(m, frame), page_key_vpn(frame->owner));
}

static bool env_dirty(void *host, Pfn pfn) { return page_is_dirty(host, pfn); }

static bool env_evictable(void *host, Pfn pfn) { return page_can_leave(host, pfn); }

static uint64_t env_random(void *host, uint64_t bound) {
    return rng_below(&((Memory *)host)->policy_rng, bound);
}

static Tick env_now(void *host) { return ((Memory *)host)->clock->now; }

static uint64_t env_references(void *host) { return ((Memory *)host)->references; }

static uint64_t env_next_use(void *host) {
    const Memory *m = host;
    assert(m->references < m->config.next_use_count);
    uint32_t next = m->config.next_use[m->references];
    return next == FUTURE_NEVER ? NEXT_USE_NEVER : next;
}

static void env_clean(void *host, Pfn pfn) { page_clean(host, pfn); }

static void env_deactivate(void *host, Pfn pfn) { page_deactivate(host, pfn); }

static void tick_start(Memory *m) {
    const PolicyOps *ops = m->config.policy;
    m->tick_due = UINT64_MAX;
    if (ops->interval != NULL) {
        uint64_t interval = ops->interval(m->policy);
        m->tick_by_time = (interval & WINDOW_IS_TIME) != 0;
        m->tick_interval = interval & ~WINDOW_IS_TIME;
        m->tick_due = m->tick_interval;
    }
}

/* Called once however many intervals have gone by: bits cleared twice are cleared. */
static void tick_run(Memory *m) {
    uint64_t at = m->tick_by_time ? m->clock->now : m->references;
    if (at >= m->tick_due) {
        m->tick_due += ((at - m->tick_due) / m->tick_interval + 1) * m->tick_interval;
        m->config.policy->tick(m->policy);
    }
}

static void surplus_leaves(Memory *m) {
    Pfn pfn;
    while ((pfn = m->config.policy->surplus(m->policy)) != PFN_NONE && page_can_leave(m, pfn)) {
        page_send_out(m, pfn, UNLOAD_EVICTED);
    }
}

uint64_t policy_before(Memory *m, uint64_t count) {
    const PolicyOps *ops = m->config.policy;
    tick_run(m);
    if (ops->surplus != NULL) {
        surplus_leaves(m);
    }
    if (ops->needs & POLICY_NEEDS_FUTURE) {
        count = 1;
    }
    if (!m->tick_by_time && m->tick_due - m->references < count) {
        count = m->tick_due - m->references;
    }
    return count;
}

bool policy_attach(Memory *m) {
    m->policy_rng = rng_stream(m->config.seed, RNG_POLICY);
    m->policy_env = (PolicyEnv){.host = m,
                                .frame_count = m->frames.total,
                                .capacity = m->frames.total,
                                .referenced = env_referenced,
                                .clear_referenced = env_clear_referenced,
                                .dirty = env_dirty,
                                .evictable = env_evictable,
                                .random = env_random,
                                .now = env_now,
                                .references = env_references,
                                .next_use = env_next_use,
                                .clean = env_clean,
                                .deactivate = env_deactivate};
    m->policy = m->config.policy->create(&m->policy_env, m->config.policy_params);
    if (m->policy == NULL) {
        return false;
    }
    const PolicyOps *ops = m->config.policy;
    m->touched = ops->touched;
    m->watched = ops->interval != NULL || ops->surplus != NULL || ops->needs != 0;
    tick_start(m);
    return true;
}

void policy_detach(Memory *m) {
    if (m->policy != NULL) {
        m->config.policy->destroy(m->policy);
    }
}
