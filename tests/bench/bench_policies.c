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
#include <sys/wait.h>

#include "faultline/rng.h"
#include "memory_bench.h"

#define PAGES (1u << 20)

static uint32_t *string;   /* page << 1 | write */
static uint32_t *next_use; /* of each reference */
static uint64_t length;
static double baseline;

static void *array_of(uint64_t count, size_t size) {
    void *array = calloc(count, size);
    if (array == NULL) {
        perror("bench_policies");
        exit(1);
    }
    return array;
}

/* ---- the string -------------------------------------------------------------------------- */

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
        string[t] = pages[rank_of(cumulative, PAGES, rng_next(&rng) % cumulative[PAGES - 1])] << 1 |
                    (rng_below(&rng, 3) == 0);
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

static Bench *open_under(const PolicyOps *policy, uint32_t frames) {
    MemoryConfig config = bench_config(policy, frames);
    config.swap_slots = 2 * PAGES;
    config.shared_zero_page = false;
    config.next_use = next_use;
    config.next_use_count = length;
    return bench_open(&config, PAGES);
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

/* In a child: its line of the table. */
static void bench_policy(const PolicyOps *policy, uint32_t frames) {
    uint64_t before = host_bytes();
    Bench *b = open_under(policy, frames);
    double ns = run_string(b);
    const Counters *c = &b->counters;
    double faults = (double)(c->pgfault - c->softflt);
    printf("  %-16s %7.1f ns %6.1f x   %5.1f %% faults   %5.1f %% evict   %6.1f bytes a page\n",
           policy->info.name, ns, ns / baseline, 100 * faults / (double)length,
           100 * (double)c->evictions / (double)length,
           ((double)host_bytes() - (double)before) / (double)PAGES);
    bench_close(b);
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
