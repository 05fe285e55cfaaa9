/* bench_policies.c - what a reference costs under each policy, through TLB, page tables, faults and
 * replacement, in ns of this host; and what a page costs in bytes.
 *
 *     bench_policies [MILLIONS_OF_REFERENCES [POLICY...]]
 *
 * Idea: a Zipf string over 1,048,576 pages in shuffled order, a third of it writes, from an empty
 * memory of a tenth and of a half of the pages.  Read the ratios against the baseline, measured in
 * the same run: a loop over the same string that looks each page up in an array and counts.  Each
 * policy runs in a child process, so that the bytes are its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "faultline/rng.h"
#include "hardware/geometry.h"
#include "kernel/kernel.h"

extern const PolicyOps *const policies_builtin[];

#define PAGE  4096u
#define PAGES (1u << 20)
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

static uint32_t *string;   /* page << 1 | write */
static uint32_t *next_use; /* of each reference */
static uint64_t length;
static double baseline;

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *array_of(uint64_t count, size_t size) {
    void *array = calloc(count, size);
    if (array == NULL) {
        perror("bench_policies");
        exit(1);
    }
    return array;
}

/* ---- the string -------------------------------------------------------------------------- */

static uint32_t draw_rank(const uint64_t *cumulative, Rng *rng) {
    uint64_t r = rng_next(rng) % cumulative[PAGES - 1];
    uint32_t from = 0, to = PAGES - 1;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (r < cumulative[middle]) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    return from;
}

/* Rank k has weight 2^32 / (k + 1), and any page. */
static void make_string(void) {
    Rng rng = {11};
    uint64_t *cumulative = array_of(PAGES, sizeof(uint64_t));
    uint32_t *pages = array_of(PAGES, sizeof(uint32_t));
    for (uint32_t k = 0; k < PAGES; k++) {
        cumulative[k] = (UINT64_C(1) << 32) / (k + 1) + (k == 0 ? 0 : cumulative[k - 1]);
        uint32_t other = (uint32_t)rng_below(&rng, k + 1u);
        pages[k] = pages[other];
        pages[other] = k;
    }
    string = array_of(length, sizeof(uint32_t));
    for (uint64_t t = 0; t < length; t++) {
        string[t] = pages[draw_rank(cumulative, &rng)] << 1 | (rng_below(&rng, 3) == 0);
    }
    free(cumulative);
    free(pages);
}

static void look_ahead(void) {
    uint32_t *seen = array_of(PAGES, sizeof(uint32_t));
    memset(seen, 0xff, PAGES * sizeof(uint32_t));
    next_use = array_of(length, sizeof(uint32_t));
    for (uint64_t t = length; t-- > 0;) {
        next_use[t] = seen[string[t] >> 1];
        seen[string[t] >> 1] = (uint32_t)t;
    }
    free(seen);
}

/* The least that any simulator must do: find the page, and count. */
static double time_baseline(void) {
    uint8_t *table = array_of(PAGES, 1);
    uint64_t seen = 0;
    double begun = now_ns();
    for (uint64_t t = 0; t < length; t++) {
        uint8_t *entry = &table[string[t] >> 1];
        seen += *entry != 0;
        *entry |= (uint8_t)(1u << (string[t] & 1));
    }
    double spent = (now_ns() - begun) / (double)length;
    __asm__ volatile("" ::"r"(seen));
    free(table);
    return spent;
}

/* ---- one policy -------------------------------------------------------------------------- */

static void bench_wait(void *host, Tick when) {
    Bench *b = host;
    b->clock.now = when > b->clock.now ? when : b->clock.now;
}

static void bench_interrupt(void *host) {
    Bench *b = host;
    b->clock.horizon = b->clock.now + 1000000;
}

static Bench *bench_open(const PolicyOps *policy, uint32_t frames) {
    Bench *b = array_of(1, sizeof(Bench));
    MemoryConfig config = {.geometry = *geometry_find("x86-64"),
                           .frames = frames,
                           .swap_slots = 2 * PAGES,
                           .tlb = {{64, 4, TLB_LRU}, {1536, 12, TLB_LRU}},
                           .tlb_levels = 2,
                           .policy = policy,
                           .zero_pool = {ZERO_POOL_BACKGROUND, 333333, 500000},
                           .shared_zero_page = false,
                           .costs = {.memory_reference_ns = 100, .tlb_hit_ns = 1},
                           .working_set_window = 10000000,
                           .next_use = next_use,
                           .next_use_count = length,
                           .seed = 42};
    for (unsigned i = 0; policy->info.params[i].name != NULL; i++) {
        config.policy_params[i] = policy->info.params[i].initial;
    }
    MemoryEnv env = {.host = b, .interrupt = bench_interrupt, .wait = bench_wait};
    b->m = memory_create(&config, &b->clock, &env, &b->sink, &b->machine);
    b->space = address_space_create(
        b->m, 1, &(Limits){UINT64_MAX, UINT64_MAX, UINT64_C(8) << 20, UINT64_MAX, 0, UINT64_MAX},
        NULL, &b->counters);
    space_mmap(b->m, b->space, 0, UINT64_C(1) * PAGES * PAGE, VM_READ | VM_WRITE, 0, &b->base);
    return b;
}

/* The whole string; ns a reference. */
static double run_string(Bench *b) {
    double spent = 0;
    for (uint64_t t = 0; t < length; t += BATCH) {
        uint64_t count = length - t < BATCH ? length - t : BATCH, done;
        for (uint64_t i = 0; i < count; i++) {
            uint32_t reference = string[t + i];
            VAddr va = b->base + (uint64_t)(reference >> 1) * PAGE;
            b->runs[i] = (AccessRun){va, 1, 0, reference & 1 ? ACCESS_WRITE : ACCESS_READ};
        }
        double begun = now_ns();
        memory_touch(b->m, b->space, b->runs, count, &done);
        spent += now_ns() - begun;
    }
    return spent / (double)length;
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
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* In a child: its line of the table. */
static void bench_policy(const PolicyOps *policy, uint32_t frames) {
    uint64_t before = host_bytes();
    Bench *b = bench_open(policy, frames);
    double ns = run_string(b);
    const Counters *c = &b->counters;
    double faults = (double)(c->pgfault - c->softflt);
    printf("  %-16s %7.1f ns %6.1f x   %5.1f %% faults   %5.1f %% evict   %6.1f bytes a page\n",
           policy->info.name, ns, ns / baseline, 100 * faults / (double)length,
           100 * (double)c->evictions / (double)length,
           ((double)host_bytes() - (double)before) / (double)PAGES);
    memory_destroy(b->m);
    free(b);
}

static void bench_apart(const PolicyOps *policy, uint32_t frames) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        bench_policy(policy, frames);
        fflush(stdout);
        _exit(0);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        printf("  %-16s did not finish\n", policy->info.name);
    }
}

static int wanted(const char *name, int argc, char **argv) {
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return 1;
        }
    }
    return argc <= 2;
}

int main(int argc, char **argv) {
    static const unsigned shares[] = {10, 50};
    long millions = argc > 1 ? strtol(argv[1], NULL, 10) : 12;
    if (millions < 1 || millions > 2000) {
        fprintf(stderr, "usage: bench_policies [MILLIONS_OF_REFERENCES [POLICY...]]\n");
        return 2;
    }
    length = (uint64_t)millions * 1000000;
    make_string();
    look_ahead();
    time_baseline();
    baseline = time_baseline();
    printf("zipf over %u pages, %ld million references; baseline %.2f ns\n", PAGES, millions,
           baseline);
    for (unsigned s = 0; s < sizeof shares / sizeof shares[0]; s++) {
        printf("memory of %u %% of the pages\n", shares[s]);
        for (const PolicyOps *const *ops = policies_builtin; *ops != NULL; ops++) {
            if (wanted((*ops)->info.name, argc, argv)) {
                bench_apart(*ops, (uint32_t)((uint64_t)PAGES * shares[s] / 100));
            }
        }
    }
    return 0;
}
