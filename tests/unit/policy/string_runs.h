/* string_runs.h - policies on thousands of random strings, with no machine around them: what a run
 * did at each reference, to be compared with another run.
 *
 * Units: pages are numbers below NAMES, so that a set of them is a word.
 */
#ifndef FAULTLINE_TEST_STRING_RUNS_H
#define FAULTLINE_TEST_STRING_RUNS_H

#include "reference_answers.h"
#include "fake_kernel.h"

#define STRINGS   5000
#define PAGES     14
#define NAMES     (PAGES + 3)
#define LENGTH    50
#define FRAMES_TO 7

/* What a run did: all that two runs can be compared by. */
typedef struct Run {
    bool faulted[LENGTH];
    uint32_t memory[LENGTH]; /* bit p: page p is in memory after reference t */
    uint64_t faults, writebacks;
} Run;

/* The string with the next use of each reference. */
typedef struct String {
    GArray *references;
    uint64_t next[LENGTH];
    uint32_t pages; /* distinct */
} String;

static inline String string_of(GArray *references) {
    String string = {.references = references};
    uint64_t seen[NAMES];
    for (unsigned page = 0; page < NAMES; page++) {
        seen[page] = NEXT_USE_NEVER;
    }
    for (guint t = references->len; t-- > 0;) {
        uint32_t page = g_array_index(references, Reference, t).page;
        string.pages += seen[page] == NEXT_USE_NEVER;
        string.next[t] = seen[page];
        seen[page] = t;
    }
    return string;
}

static inline uint32_t memory_after(uint32_t memory, const FakeKernel *k, uint32_t page) {
    for (unsigned i = 0; i < k->left_count; i++) {
        memory &= ~(UINT32_C(1) << k->left[i]);
    }
    return memory | UINT32_C(1) << page;
}

/* `policy` as in "nru:interval=8". */
static inline Run run_string(const char *policy, uint32_t frames, const String *string) {
    FakeKernel *k = fake_kernel_named(policy, frames, 42);
    k->check_every = 0;
    k->future = g_memdup2(string->next, sizeof string->next);
    Run run = {0};
    for (guint t = 0; t < string->references->len; t++) {
        const Reference *r = &g_array_index(string->references, Reference, t);
        run.faulted[t] = fake_access(k, r->page, r->write);
        run.memory[t] = memory_after(t == 0 ? 0 : run.memory[t - 1], k, r->page);
    }
    assert_policy_sound(k);
    run.faults = k->faults;
    run.writebacks = k->writebacks;
    fake_kernel_destroy(k);
    return run;
}

static inline void assert_same_faults(const Run *a, const Run *b) {
    g_assert_cmpmem(a->faulted, sizeof a->faulted, b->faulted, sizeof b->faulted);
    g_assert_cmpuint(a->faults, ==, b->faults);
}

static inline void assert_same(const Run *a, const Run *b) {
    assert_same_faults(a, b);
    g_assert_cmpmem(a->memory, sizeof a->memory, b->memory, sizeof b->memory);
    g_assert_cmpuint(a->writebacks, ==, b->writebacks);
}

/* Call `check` with random strings. */
static inline void for_strings(void (*check)(const String *string, Rng *rng)) {
    for (uint64_t seed = 1; seed <= STRINGS; seed++) {
        Rng rng = {seed};
        g_autoptr(GArray) references = string_random(&rng, PAGES, LENGTH);
        String string = string_of(references);
        check(&string, &rng);
    }
}

#endif
