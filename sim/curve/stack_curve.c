/* stack_curve.c - see stack_curve.h. */
#include "curve/stack_curve.h"

#include "curve/opt_stack.h"
#include "curve/recency.h"

/* Summed from the far end, in place: hits[c] becomes F(c). */
StackCurve *stack_curve_new(uint64_t *hits, uint32_t pages) {
    StackCurve *curve = g_new(StackCurve, 1);
    uint64_t above = hits[0];
    for (uint32_t c = pages; c > 0; c--) {
        uint64_t here = hits[c];
        hits[c] = above;
        above += here;
    }
    hits[0] = above;
    *curve = (StackCurve){.pages = pages, .references = above, .faults = hits};
    return curve;
}

void stack_curve_free(StackCurve *curve) {
    if (curve != NULL) {
        g_free(curve->faults);
        g_free(curve);
    }
}

static uint64_t *hits_new(const ReferenceString *string) {
    return g_new0(uint64_t, (gsize)string->page_count + 2);
}

static void count(uint64_t *hits, uint32_t distance, const ReferenceRun *run) {
    hits[distance]++;
    hits[1] += run->count - 1;
}

StackCurve *stack_curve_lru(const ReferenceString *string) {
    uint64_t *hits = hits_new(string);
    Recency recency;
    recency_init(&recency, string->page_count);
    for (guint i = 0; i < string->runs->len; i++) {
        const ReferenceRun *run = &g_array_index(string->runs, ReferenceRun, i);
        count(hits, recency_use(&recency, run->page), run);
    }
    recency_clear(&recency);
    return stack_curve_new(hits, string->page_count);
}

/* next[i]: the next run of the page of run i. */
static uint32_t *next_runs(const ReferenceString *string) {
    uint32_t *next = g_new(uint32_t, string->runs->len);
    g_autofree uint32_t *seen = g_new(uint32_t, string->page_count);
    for (uint32_t page = 0; page < string->page_count; page++) {
        seen[page] = NEXT_USE_NONE;
    }
    for (guint i = string->runs->len; i-- > 0;) {
        uint32_t page = g_array_index(string->runs, ReferenceRun, i).page;
        next[i] = seen[page];
        seen[page] = i;
    }
    return next;
}

StackCurve *stack_curve_opt(const ReferenceString *string) {
    uint64_t *hits = hits_new(string);
    g_autofree uint32_t *next = next_runs(string);
    OptStack stack;
    opt_stack_init(&stack, string->page_count);
    for (guint i = 0; i < string->runs->len; i++) {
        const ReferenceRun *run = &g_array_index(string->runs, ReferenceRun, i);
        count(hits, opt_stack_use(&stack, i, next[i]), run);
    }
    opt_stack_clear(&stack);
    return stack_curve_new(hits, string->page_count);
}

const char *stack_curve_check(const StackCurve *curve) {
    if (curve->faults[0] != curve->references) {
        return "stack_curve: without memory, not every reference faults";
    }
    for (uint32_t c = 0; c < curve->pages; c++) {
        if (curve->faults[c] < curve->faults[c + 1]) {
            return "stack_curve: more faults with more memory";
        }
    }
    return curve->faults[curve->pages] == curve->pages
               ? NULL
               : "stack_curve: with room for all pages, not each faults once";
}
