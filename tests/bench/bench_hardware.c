/* bench_hardware.c - what one access costs the host in each part of the MMU.
 *
 * Idea: every row runs the same loop over a prepared string of page numbers; the first row, the
 * baseline, only adds them up.  The machine's mood moves all rows together, so read the ratio.
 * Each figure is the median of several rounds, in ns of CPU time an access.
 *
 * Usage: bench_hardware [million accesses a round]
 */
#include <stdlib.h>

#include "bench.h"
#include "faultline/rng.h"
#include "mmu.h"

#define STRING_LENGTH 16384
#define ROUNDS        9
#define ASID          1

/* A machine and the string of pages that the loop accesses again and again. */
typedef struct Bench {
    Mmu mmu;
    TableArena arena;
    PageTable pt;
    Vpn string[STRING_LENGTH];
    uint64_t accesses;
    double baseline_ns;
} Bench;

typedef uint64_t (*Loop)(Bench *bench);

static const TlbLevelConfig usual_tlb[] = {{64, 4, TLB_LRU}, {1536, 12, TLB_LRU}};
static const TlbLevelConfig full_tlb[] = {{64, 64, TLB_LRU}, {1536, 12, TLB_LRU}};
static const TlbLevelConfig plru_tlb[] = {{64, 4, TLB_PLRU}, {1536, 12, TLB_LRU}};

/* ---- the loops ------------------------------------------------------------------------- */

static uint64_t baseline(Bench *bench) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < bench->accesses; i++) {
        sum += bench->string[i % STRING_LENGTH];
    }
    return sum;
}

static Pfn slow_access(Bench *bench, Vpn vpn, Access access) {
    Translation t = mmu_translate(&bench->mmu, &bench->pt, ASID, vpn, access, false);
    if (t.result != MMU_OK) {
        abort();
    }
    if (t.unseen) {
        mmu_mark_seen(&bench->mmu, ASID, vpn);
    }
    return t.frame;
}

static inline uint64_t accesses(Bench *bench, Access access, uint64_t need) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < bench->accesses; i++) {
        Vpn vpn = bench->string[i % STRING_LENGTH];
        Pfn frame = tlb_hit(&bench->mmu.tlb, tlb_tag(ASID, vpn), need);
        sum += frame != PFN_NONE ? frame : slow_access(bench, vpn, access);
    }
    return sum;
}

static uint64_t reads(Bench *bench) { return accesses(bench, ACCESS_READ, TLB_NEED_READ); }

static uint64_t writes(Bench *bench) { return accesses(bench, ACCESS_WRITE, TLB_NEED_WRITE); }

/* Tables appear for each page of the string, and go again after each time through it. */
static uint64_t makes(Bench *bench) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < bench->accesses; i++) {
        sum += page_table_make(&bench->pt, bench->string[i % STRING_LENGTH]) != NULL;
        if (i % STRING_LENGTH == STRING_LENGTH - 1) {
            page_table_prune(&bench->pt, 0, UINT64_MAX);
        }
    }
    return sum;
}

/* Visit every mapped page in order, as munmap does. */
static uint64_t visits(Bench *bench) {
    uint64_t met = 0;
    while (met < bench->accesses) {
        for (Vpn vpn = 0; page_table_next(&bench->pt, &vpn, UINT64_MAX) != NULL; vpn++) {
            met++;
        }
    }
    return met;
}

/* ---- the strings ----------------------------------------------------------------------- */

/* Pages at random out of the first `pages`. */
static void string_random(Bench *bench, uint64_t pages) {
    Rng rng = {1};
    for (uint64_t i = 0; i < STRING_LENGTH; i++) {
        bench->string[i] = rng_below(&rng, pages);
    }
}

/* Round and round over `pages` pages that are `stride` apart. */
static void string_cycle(Bench *bench, uint64_t pages, uint64_t stride) {
    for (uint64_t i = 0; i < STRING_LENGTH; i++) {
        bench->string[i] = i % pages * stride;
    }
}

/* ---- measuring ------------------------------------------------------------------------- */

static void require(bool ok, const char *wrong) {
    if (!ok) {
        fprintf(stderr, "bench_hardware: %s\n", wrong);
        exit(1);
    }
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_ns(Bench *bench, Loop loop) {
    double ns[ROUNDS];
    uint64_t sum = loop(bench); /* warm up; every round must come to the same */
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        require(loop(bench) == sum, "a loop came to another sum");
        ns[round] = (now_ns() - start) / (double)bench->accesses;
    }
    qsort(ns, ROUNDS, sizeof ns[0], compare_doubles);
    return ns[ROUNDS / 2];
}

static void row(Bench *bench, const char *name, Loop loop) {
    double ns = median_ns(bench, loop);
    if (loop == baseline) {
        bench->baseline_ns = ns;
    }
    printf("%-52s %8.2f ns %8.1f x\n", name, ns, ns / bench->baseline_ns);
}

static const char out_of_memory[] = "out of memory";

/* A machine with that TLB and `pages` pages mapped from page 0 on. */
static void machine_build(Bench *bench, const TlbLevelConfig *tlb, unsigned levels,
                          uint64_t pages) {
    require(tlb_init(&bench->mmu.tlb, tlb, levels), out_of_memory);
    table_arena_init(&bench->arena, &geometry_presets[0]);
    require(page_table_init(&bench->pt, &bench->arena), out_of_memory);
    for (Vpn vpn = 0; vpn < pages; vpn++) {
        Pte *pte = page_table_make(&bench->pt, vpn);
        require(pte != NULL, out_of_memory);
        *pte = pte_make((uint32_t)vpn, PTE_PRESENT | PTE_WRITABLE | PTE_USER);
    }
}

static void machine_drop(Bench *bench) {
    tlb_clear(&bench->mmu.tlb);
    table_arena_clear(&bench->arena);
}

static void bench_tlb(Bench *bench) {
    machine_build(bench, usual_tlb, 2, UINT64_C(1) << 20);
    string_cycle(bench, 16, 1);
    row(bench, "baseline: add up the page numbers", baseline);
    row(bench, "L1 hit, 16 pages, each first in its set", reads);
    row(bench, "  the same, written", writes);
    string_random(bench, 60);
    row(bench, "L1 hit, 60 random pages, any of 4 ways", reads);
    string_cycle(bench, 4, 16);
    row(bench, "L1 hit, always the set's last of 4 ways", reads);
    string_cycle(bench, 512, 1);
    row(bench, "L2 hit, 512 pages round and round", reads);
    string_random(bench, 1024);
    row(bench, "L2 hit mostly, 1024 random pages", reads);
    string_cycle(bench, 4096, 1);
    row(bench, "walk of 4 levels, 4096 pages round and round", reads);
    string_random(bench, UINT64_C(1) << 20);
    row(bench, "walk of 4 levels, 1 M random pages", reads);
    machine_drop(bench);
}

static void bench_other_tlbs(Bench *bench) {
    machine_build(bench, full_tlb, 2, 4096);
    string_random(bench, 60);
    row(bench, "L1 hit, 64 entries fully associative, 60 pages", reads);
    machine_drop(bench);
    machine_build(bench, plru_tlb, 2, 4096);
    row(bench, "L1 hit, tree-PLRU of 4 ways, 60 random pages", reads);
    machine_drop(bench);
    machine_build(bench, NULL, 0, 4096);
    string_random(bench, 4096);
    row(bench, "no TLB, walk of 4 levels, 4096 random pages", reads);
    machine_drop(bench);
}

static void bench_page_table(Bench *bench) {
    machine_build(bench, NULL, 0, 0);
    string_cycle(bench, STRING_LENGTH, 1);
    row(bench, "make an entry, pages in order", makes);
    string_cycle(bench, STRING_LENGTH, 512);
    row(bench, "make an entry, a leaf table each", makes);
    machine_drop(bench);
    machine_build(bench, NULL, 0, 65536);
    row(bench, "visit mapped pages in order", visits);
    machine_drop(bench);
}

int main(int argc, char **argv) {
    static Bench bench;
    uint64_t millions = argc > 1 ? strtoull(argv[1], NULL, 10) : 4;
    if (millions < 1 || millions > 1000) {
        fputs("usage: bench_hardware [million accesses a round, 1 to 1000]\n", stderr);
        return 2;
    }
    bench.accesses = millions * 1000000;
    bench_tlb(&bench);
    bench_other_tlbs(&bench);
    bench_page_table(&bench);
    return 0;
}
