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

static bool env_dirty(void *host, Pfn pfn) { return (*reverse_map(host, pfn) & PTE_DIRTY) != 0; }

static bool env_evictable(void *host, Pfn pfn) { return page_can_leave(host, pfn); }

static uint64_t env_random(void *host, uint64_t bound) {
    return rng_below(&((Memory *)host)->policy_rng, bound);
}

static Tick env_now(void *host) { return ((Memory *)host)->clock->now; }

bool policy_attach(Memory *m) {
    m->policy_rng = rng_stream(m->config.seed, RNG_POLICY);
    m->policy_env = (PolicyEnv){.host = m,
                                .frame_count = m->frames.total,
                                .referenced = env_referenced,
                                .clear_referenced = env_clear_referenced,
                                .dirty = env_dirty,
                                .evictable = env_evictable,
                                .random = env_random,
                                .now = env_now};
    m->policy = m->config.policy->create(&m->policy_env, m->config.policy_params);
    m->touched = m->config.policy->touched;
    return m->policy != NULL;
}

void policy_detach(Memory *m) {
    if (m->policy != NULL) {
        m->config.policy->destroy(m->policy);
    }
}
