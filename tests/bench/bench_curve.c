/* bench_curve.c - what one reference costs in each curve of one pass, in ns of this host, and what
 * one page costs in bytes.  Not a test: read the rows against each other.
 */
#include "bench.h"
#include "curve/opt_stack.h"
#include "curve/recency.h"
#include "curve/sampled_curve.h"
#include "curve/stack_curve.h"
#include "curve/window_curve.h"
#include "faultline/rng.h"

typedef struct Kind {
    const char *name;
    uint32_t pages;
    uint32_t count;
    bool loop; /* else Zipf's law: page k with weight 1 / (k + 1) */
    bool opt;  /* not too long for it */
} Kind;

/* Pages are numbered by rank: all of them are counted, though not all may occur. */
static ReferenceString *string_new(const Kind *kind) {
    g_autofree uint64_t *cumulative = g_new(uint64_t, kind->pages);
    uint64_t total = 0;
    for (uint32_t k = 0; k < kind->pages; k++) {
        cumulative[k] = total += (UINT64_C(1) << 40) / (k + 1);
    }
    ReferenceString *string = g_new0(ReferenceString, 1);
    string->runs = g_array_new(FALSE, FALSE, sizeof(ReferenceRun));
    string->page_count = kind->pages;
    string->count = kind->count;
    Rng rng = {1};
    for (uint32_t i = 0; i < kind->count; i++) {
        uint32_t page = i % kind->pages; /* each page once, first */
        if (!kind->loop && i >= kind->pages) {
            page = rank_of(cumulative, kind->pages, rng_next(&rng) % total);
        }
        ReferenceRun run = {page, 1};
        g_array_append_val(string->runs, run);
    }
    return string;
}

static double per_reference(const Kind *kind, double since) {
    return (now_ns() - since) / kind->count;
}

static void bench_kind(const Kind *kind) {
    g_autoptr(ReferenceString) string = string_new(kind);
    double since = now_ns();
    g_autoptr(StackCurve) lru = stack_curve_lru(string);
    printf("%-12s %9.1f", kind->name, per_reference(kind, since));
    since = now_ns();
    g_autoptr(WindowCurve) window = window_curve_new(string);
    printf(" %9.1f", per_reference(kind, since));
    g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (uint64_t size = 1; size < kind->pages; size *= 2) {
        g_array_append_val(sizes, size);
    }
    since = now_ns();
    g_autoptr(SampledCurve) sampled = sampled_curve_new(string, SAMPLE_ALL / 100, sizes);
    printf(" %9.1f", per_reference(kind, since));
    since = now_ns();
    if (kind->opt) {
        g_autoptr(StackCurve) opt = stack_curve_opt(string);
        printf(" %9.1f\n", per_reference(kind, since));
    } else {
        printf(" %9s\n", "-");
    }
}

/* What recency_init() and opt_stack_init() allocate, by their own sizes. */
static void print_bytes(void) {
    const uint32_t pages = 1u << 20;
    Recency recency;
    recency_init(&recency, pages);
    double bytes = 4.0 * pages + 4.0 * recency.slots + (8.0 + 4.0) * recency.slots / 64;
    printf("\nbytes a page: lru %.1f, opt %.1f; bytes a reference, for opt's next uses: 4\n",
           bytes / pages, sizeof(uint32_t) + 8.0 / 256);
    recency_clear(&recency);
}

int main(void) {
    static const Kind kinds[] = {
        {"zipf 1 k", 1000, 2000000, false, true},      {"zipf 32 k", 32000, 2000000, false, true},
        {"zipf 1 M", 1000000, 10000000, false, false}, {"loop 1 k", 1000, 2000000, true, true},
        {"loop 32 k", 32000, 2000000, true, true},     {"loop 1 M", 1000000, 10000000, true, false},
    };
    printf("ns a reference\n%-12s %9s %9s %9s %9s\n", "", "lru", "ws, vmin", "lru 1 %", "opt");
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        bench_kind(&kinds[i]);
    }
    print_bytes();
    return 0;
}
