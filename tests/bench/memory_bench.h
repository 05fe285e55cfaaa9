/* memory_bench.h - a memory with one process and nothing around it: waiting just moves the clock, and
 * a quantum of 1 ms ends as in a real run, with nothing to do then.
 */
#ifndef FAULTLINE_MEMORY_BENCH_H
#define FAULTLINE_MEMORY_BENCH_H

#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "hardware/geometry.h"
#include "kernel/kernel.h"

extern const PolicyOps *const policies_builtin[];

#define PAGE  UINT64_C(4096)
#define BATCH (1u << 16)

typedef struct Bench {
    Clock clock;
    Counters machine, counters;
    EventSink sink;
    Memory *m;
    AddressSpace *space;
    VAddr base;
    AccessRun runs[BATCH];
} Bench;

static inline void bench_wait(void *host, Tick when) {
    Bench *b = host;
    b->clock.now = when > b->clock.now ? when : b->clock.now;
}

static inline void bench_interrupt(void *host) {
    Bench *b = host;
    b->clock.horizon = b->clock.now + 1000000;
}

/* What most measurements leave as it is. */
static inline MemoryConfig bench_config(const PolicyOps *policy, uint32_t frames) {
    MemoryConfig config = {.geometry = *geometry_find("x86-64"),
                           .frames = frames,
                           .swap_slots = 1u << 22,
                           .tlb = {{64, 4, TLB_LRU}, {1536, 12, TLB_LRU}},
                           .tlb_levels = 2,
                           .policy = policy,
                           .zero_pool = {ZERO_POOL_BACKGROUND, 333333, 500000},
                           .shared_zero_page = true,
                           .costs = {.memory_reference_ns = 100, .tlb_hit_ns = 1},
                           .working_set_window = 10000000,
                           .seed = 42};
    for (unsigned i = 0; policy->info.params[i].name != NULL; i++) {
        config.policy_params[i] = policy->info.params[i].initial;
    }
    return config;
}

/* With so many pages mapped, and none touched. */
static inline Bench *bench_open(const MemoryConfig *config, uint64_t pages) {
    Bench *b = calloc(1, sizeof(Bench));
    if (b == NULL) {
        perror("bench");
        exit(1);
    }
    MemoryEnv env = {.host = b, .interrupt = bench_interrupt, .wait = bench_wait};
    Limits none = {UINT64_MAX, UINT64_MAX, UINT64_C(8) << 20, UINT64_MAX, 0, UINT64_MAX};
    b->m = memory_create(config, &b->clock, &env, &b->sink, &b->machine);
    b->space = address_space_create(b->m, 1, &none, NULL, &b->counters);
    space_mmap(b->m, b->space, 0, pages * PAGE, VM_READ | VM_WRITE, 0, &b->base);
    return b;
}

static inline void bench_close(Bench *b) {
    memory_destroy(b->m);
    free(b);
}

#endif
