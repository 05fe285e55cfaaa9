/* bench_memory.c - what one simulated access costs, in ns of this host, and one simulated page
 * in bytes.  Not a test: read the ratios against the baseline, a bare direct-mapped TLB with
 * counters, measured in the same run.
 */
#include "faultline/rng.h"
#include "memory_bench.h"

#define ROUNDS 5

static Bench *open_under(const char *policy, uint32_t frames, uint64_t pages) {
    const PolicyOps *const *ops = policies_builtin;
    while (strcmp((*ops)->info.name, policy) != 0) {
        ops++;
    }
    MemoryConfig config = bench_config(*ops, frames);
    return bench_open(&config, pages);
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
    Bench *b = open_under(policy, 1u << 20, pages);
    fill_random(b, pages, writes);
    row(what, time_batch(b));
    bench_close(b);
}

static void bench_sequential(void) {
    const uint64_t pages = 1u << 16;
    Bench *b = open_under("clock", 1u << 20, pages);
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

static void bench_faults(const char *policy) {
    const uint64_t pages = 1u << 20;
    Bench *b = open_under(policy, 1u << 28, pages);
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
    Bench *b = open_under(policy, (uint32_t)pages / 2, pages);
    fill_random(b, pages, 30);
    char what[80];
    snprintf(what, sizeof(what), "half of memory too small, uniform (%s), per access", policy);
    row(what, time_batch(b));
    bench_close(b);
}

int main(void) {
    Bench *b = open_under("clock", 1024, 64);
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
