/* fixture.h - a memory with nothing around it, for the kernel's unit tests: waiting just moves
 * the clock, and events are kept for the test to look at.
 */
#ifndef FAULTLINE_KERNEL_FIXTURE_H
#define FAULTLINE_KERNEL_FIXTURE_H

#include <glib.h>
#include <string.h>

#include "hardware/geometry.h"
#include "kernel/kernel.h"
#include "kernel/reclaim.h"

/* Not "policy/policies.h": the kernel's own include path has no way to the policies. */
extern const PolicyOps *const policies_builtin[];

#define PAGE UINT64_C(4096) /* of the machine of fixture_config() */
#define RW   (VM_READ | VM_WRITE)

#define NO_LIMITS (&(Limits){UINT64_MAX, UINT64_MAX, UINT64_C(8) << 20, UINT64_MAX, 0, UINT64_MAX})

typedef struct Fixture {
    Clock clock;
    Counters machine;
    EventSink sink;
    Memory *m;
    Counters counters;
    AddressSpace *space;
    Tick background_due; /* TICK_NEVER: the kernel wants nothing */
} Fixture;

/* The earliest call that the kernel asked for; it asks again for what is still to be done. */
static inline void fixture_background(void *host, Tick when) {
    Fixture *f = host;
    f->background_due = MIN(f->background_due, when);
}

/* What the scheduler would do between two accesses. */
static inline void fixture_run_background(Fixture *f) {
    while (f->background_due <= f->clock.now) {
        f->background_due = TICK_NEVER;
        memory_background(f->m);
    }
}

static inline void fixture_wait(void *host, Tick when) {
    Fixture *f = host;
    f->clock.now = when > f->clock.now ? when : f->clock.now;
}

static inline void fixture_interrupt(void *host) { ((Fixture *)host)->clock.horizon = TICK_NEVER; }

static inline MemoryConfig fixture_config(uint32_t frames, uint32_t swap_slots) {
    return (MemoryConfig){.geometry = *geometry_find("x86-64"),
                          .frames = frames,
                          .swap_slots = swap_slots,
                          .tlb = {{16, 4, TLB_LRU}, {64, 8, TLB_LRU}},
                          .tlb_levels = 2,
                          .policy = policies_builtin[0],
                          .zero_pool = {ZERO_POOL_BACKGROUND, 333333, 500000},
                          .shared_zero_page = true,
                          .costs = {.memory_reference_ns = 100,
                                    .tlb_hit_ns = 1,
                                    .tlb_l2_hit_ns = 7,
                                    .walk_level_ns = 10,
                                    .minor_fault_ns = 800,
                                    .zero_page_ns = 200,
                                    .soft_fault_ns = 1000,
                                    .major_fault_ns = 1000,
                                    .invalid_fault_ns = 800,
                                    .swap_read_ns = 100000,
                                    .swap_write_ns = 30000},
                          .working_set_window = 1000000,
                          .seed = 42};
}

/* Another policy, with its parameters' defaults. */
static inline void fixture_set_policy(MemoryConfig *config, const PolicyOps *policy) {
    config->policy = policy;
    for (unsigned i = 0; policy->info.params[i].name != NULL; i++) {
        config->policy_params[i] = policy->info.params[i].initial;
    }
}

static inline const PolicyOps *fixture_policy(const char *name) {
    const PolicyOps *const *ops = policies_builtin;
    while (strcmp((*ops)->info.name, name) != 0) {
        ops++;
    }
    return *ops;
}

static inline void fixture_open(Fixture *f, const MemoryConfig *config) {
    *f = (Fixture){.clock = {.now = 0, .horizon = TICK_NEVER}, .background_due = TICK_NEVER};
    MemoryEnv env = {.host = f,
                     .interrupt = fixture_interrupt,
                     .wait = fixture_wait,
                     .background = fixture_background};
    f->m = memory_create(config, &f->clock, &env, &f->sink, &f->machine);
    g_assert_nonnull(f->m);
    f->space = address_space_create(f->m, 1, NO_LIMITS, NULL, &f->counters);
    g_assert_nonnull(f->space);
}

/* The machine of fixture_config() as it is. */
static inline void fixture_start(Fixture *f, uint32_t frames, uint32_t swap_slots) {
    MemoryConfig config = fixture_config(frames, swap_slots);
    fixture_open(f, &config);
}

static inline void assert_sound(const Fixture *f) { g_assert_cmpstr(memory_check(f->m), ==, NULL); }

static inline void fixture_close(Fixture *f) {
    assert_sound(f);
    memory_destroy(f->m);
}

/* Every process ends, and what was under way for nobody is over: nothing is held any more. */
static inline void fixture_close_empty(Fixture *f) {
    for (uint32_t asid = 1; asid < f->m->space_high; asid++) {
        if (f->m->spaces[asid] != NULL) {
            address_space_destroy(f->m, f->m->spaces[asid]);
        }
    }
    f->clock.now += UINT64_C(1) << 40;
    transit_settle(f->m);
    FrameCensus census = memory_census(f->m);
    g_assert_cmpuint(census.free + census.zeroed, ==, census.total);
    g_assert_cmpuint(census.swap_used, ==, 0);
    fixture_close(f);
}

/* Map anonymous memory that must be had. */
static inline VAddr fixture_map(Fixture *f, uint64_t length, unsigned prot, unsigned flags) {
    VAddr va = 0;
    g_assert_cmpint(space_mmap(f->m, f->space, 0, length, prot, flags, &va), ==, OUTCOME_OK);
    return va;
}

static inline Outcome fixture_touch(Fixture *f, VAddr va, uint64_t pages, Access access) {
    AccessRun run = {va, pages, (int64_t)page_size(f->m), access};
    uint64_t done;
    return memory_touch(f->m, f->space, &run, 1, &done);
}

static inline Outcome space_store(Fixture *f, AddressSpace *space, VAddr va, uint64_t value) {
    uint8_t *host;
    uint64_t length = 8;
    Outcome outcome = memory_span(f->m, space, va, &length, ACCESS_WRITE, &host);
    if (outcome == OUTCOME_OK) {
        memcpy(host, &value, 8);
    }
    return outcome;
}

static inline Outcome space_load(Fixture *f, AddressSpace *space, VAddr va, uint64_t *value) {
    uint8_t *host;
    uint64_t length = 8;
    Outcome outcome = memory_span(f->m, space, va, &length, ACCESS_READ, &host);
    if (outcome == OUTCOME_OK) {
        memcpy(value, host, 8);
    }
    return outcome;
}

/* What must succeed; what changes something leaves all in order. */
static inline uint64_t load(Fixture *f, AddressSpace *space, VAddr va) {
    uint64_t value = 0;
    g_assert_cmpint(space_load(f, space, va, &value), ==, OUTCOME_OK);
    return value;
}

static inline void store(Fixture *f, AddressSpace *space, VAddr va, uint64_t value) {
    g_assert_cmpint(space_store(f, space, va, value), ==, OUTCOME_OK);
    assert_sound(f);
}

static inline AddressSpace *fork_of(Fixture *f, AddressSpace *parent, Counters *counters) {
    AddressSpace *child = NULL;
    g_assert_cmpint(space_fork(f->m, parent, parent->pid + 1, counters, &child), ==, OUTCOME_OK);
    assert_sound(f);
    return child;
}

/* A property of random runs, under each policy; nobody knows the future of dice. */
static inline void each_policy(void (*run)(const PolicyOps *policy, uint64_t seed)) {
    for (const PolicyOps *const *ops = policies_builtin; *ops != NULL; ops++) {
        bool possible = ((*ops)->needs & POLICY_NEEDS_FUTURE) == 0;
        for (uint64_t seed = 1; possible && seed <= (g_test_slow() ? 60 : 3); seed++) {
            run(*ops, seed);
        }
    }
}

#endif
