/* bench_memory.c - what one simulated access costs, in ns of this host, and one simulated page
 * in bytes.  Not a test: read the ratios against the baseline, a bare direct-mapped TLB with
 * counters, measured in the same run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faultline/rng.h"
#include "hardware/geometry.h"
#include "kernel/kernel.h"

extern const PolicyOps *const policies_builtin[];

#define PAGE   4096u
#define BATCH  (1u << 16)
#define ROUNDS 5

typedef struct Bench {
    Clock clock;
    Counters machine, counters;
    EventSink sink;
    Memory *m;
    AddressSpace *space;
    VAddr base;
    AccessRun runs[BATCH];
} Bench;

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void bench_wait(void *host, Tick when) {
    Bench *b = host;
    b->clock.now = when > b->clock.now ? when : b->clock.now;
}

/* A quantum of 1 ms, as in a real run, with nothing to do at its end. */
static void bench_interrupt(void *host) {
    Bench *b = host;
    b->clock.horizon = b->clock.now + 1000000;
}

static Bench *bench_open(const char *policy, uint32_t frames, uint64_t pages) {
    Bench *b = calloc(1, sizeof(Bench));
    MemoryConfig config = {.geometry = *geometry_find("x86-64"),
                           .frames = frames,
                           .swap_slots = 1u << 22,
                           .tlb = {{64, 4, TLB_LRU}, {1536, 12, TLB_LRU}},
                           .tlb_levels = 2,
                           .zero_pool = {ZERO_POOL_BACKGROUND, 333333, 500000},
                           .shared_zero_page = true,
                           .costs = {.memory_reference_ns = 100, .tlb_hit_ns = 1},
                           .working_set_window = 10000000,
                           .seed = 42};
    for (unsigned i = 0; policies_builtin[i] != NULL; i++) {
        if (strcmp(policies_builtin[i]->info.name, policy) == 0) {
            config.policy = policies_builtin[i];
        }
    }
    MemoryEnv env = {.host = b, .interrupt = bench_interrupt, .wait = bench_wait};
    b->m = memory_create(&config, &b->clock, &env, &b->sink, &b->machine);
    b->space = address_space_create(
        b->m, 1, &(Limits){UINT64_MAX, UINT64_MAX, UINT64_C(8) << 20, UINT64_MAX, 0, UINT64_MAX},
        NULL, &b->counters);
    space_mmap(b->m, b->space, 0, pages * PAGE, VM_READ | VM_WRITE, 0, &b->base);
    return b;
}

static void bench_close(Bench *b) {
    memory_destroy(b->m);
    free(b);
}

static void touch(Bench *b, uint64_t count) {
    uint64_t done;
    memory_touch(b->m, b->space, b->runs, count, &done);
}

static void fill_random(Bench *b, uint64_t pages, unsigned write_percent) {
    Rng rng = {7};
    for (unsigned i = 0; i < BATCH; i++) {
        VAddr va = b->base + rng_below(&rng, pages) * PAGE + rng_below(&rng, PAGE / 8) * 8;
        Access access = rng_below(&rng, 100) < write_percent ? ACCESS_WRITE : ACCESS_READ;
        b->runs[i] = (AccessRun){va, 1, 0, access};
    }
}

/* ns per access of the batch, best of a few rounds; the first, which faults, not counted. */
static double time_batch(Bench *b) {
    double best = 1e18;
    for (unsigned round = 0; round <= ROUNDS; round++) {
        double begun = now_ns();
        touch(b, BATCH);
        double spent = (now_ns() - begun) / BATCH;
        for (unsigned i = 0; i < BATCH; i++) {
            b->runs[i].count = 1; /* a run that was made has none left */
        }
        best = round > 0 && spent < best ? spent : best;
    }
    return best;
}

/* The least that any simulator must do: one compare of a direct-mapped tag, two counters. */
static double time_baseline(Bench *b) {
    static uint64_t tags[256];
    uint64_t hits = 0, misses = 0;
    double best = 1e18;
    for (unsigned round = 0; round <= ROUNDS; round++) {
        double begun = now_ns();
        for (unsigned i = 0; i < BATCH; i++) {
            uint64_t vpn = b->runs[i].va / PAGE;
            if (tags[vpn % 256] == vpn) {
                hits++;
            } else {
                tags[vpn % 256] = vpn;
                misses++;
            }
        }
        double spent = (now_ns() - begun) / BATCH;
        best = round > 0 && spent < best ? spent : best;
    }
    __asm__ volatile("" ::"r"(hits), "r"(misses));
    return best;
}

static double baseline;

static void row(const char *what, double ns) {
    printf("  %-52s %8.2f ns  %6.1f x\n", what, ns, ns / baseline);
}

static void bench_accesses(const char *what, const char *policy, uint64_t pages, unsigned writes) {
    Bench *b = bench_open(policy, 1u << 20, pages);
    fill_random(b, pages, writes);
    row(what, time_batch(b));
    bench_close(b);
}

static void bench_sequential(void) {
    const uint64_t pages = 1u << 16;
    Bench *b = bench_open("clock", 1u << 20, pages);
    b->runs[0] = (AccessRun){b->base, pages, PAGE, ACCESS_WRITE};
    touch(b, 1);
    double begun = now_ns();
    b->runs[0] = (AccessRun){b->base, pages * PAGE / 8, 8, ACCESS_WRITE};
    touch(b, 1);
    double spent = now_ns() - begun;
    row("sequential words over 256 MiB, per page", spent / (double)pages);
    row("sequential words over 256 MiB, per access", spent / (double)(pages * PAGE / 8));
    bench_close(b);
}

static uint64_t host_bytes(void) {
    unsigned long long size = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm != NULL) {
        if (fscanf(statm, "%llu %llu", &size, &resident) != 2) {
            resident = 0;
        }
        fclose(statm);
    }
    return resident * 4096;
}

static void bench_faults(const char *policy) {
    const uint64_t pages = 1u << 20;
    Bench *b = bench_open(policy, 1u << 28, pages);
    uint64_t bytes = host_bytes();
    b->runs[0] = (AccessRun){b->base, pages, PAGE, ACCESS_WRITE};
    double begun = now_ns();
    touch(b, 1);
    double spent = (now_ns() - begun) / (double)pages;
    char what[80];
    snprintf(what, sizeof(what), "demand-zero fault (%s), host's own faults included", policy);
    row(what, spent);
    printf("  %-52s %8.1f bytes\n", "host memory for each resident page, contents aside",
           (double)(host_bytes() - bytes) / (double)pages);
    bench_close(b);
}

static void bench_replacement(const char *policy) {
    const uint64_t pages = 1u << 15;
    Bench *b = bench_open(policy, (uint32_t)pages / 2, pages);
    fill_random(b, pages, 30);
    char what[80];
    snprintf(what, sizeof(what), "half of memory too small, uniform (%s), per access", policy);
    row(what, time_batch(b));
    bench_close(b);
}

int main(void) {
    Bench *b = bench_open("clock", 1024, 64);
    fill_random(b, 16, 30);
    baseline = time_baseline(b);
    bench_close(b);
    printf("one access\n");
    row("baseline: direct-mapped tag, counters, 16 pages", baseline);
    bench_accesses("TLB hit, 16 pages, random", "clock", 16, 30);
    bench_accesses("TLB hit, 16 pages, random, reads only", "clock", 16, 0);
    bench_accesses("TLB hit, 16 pages, random, lru (every reference)", "lru", 16, 30);
    bench_accesses("second-level TLB hit mostly, 512 pages", "clock", 512, 30);
    bench_accesses("walk mostly, 32,768 pages", "clock", 1u << 15, 30);
    bench_sequential();
    printf("one fault\n");
    bench_faults("clock");
    bench_faults("lru");
    bench_replacement("clock");
    bench_replacement("lru");
    return 0;
}
