/* sampled_curve.c - see sampled_curve.h. */
#include "curve/sampled_curve.h"

#include "curve/recency.h"
#include "curve/stack_curve.h"
#include "faultline/rng.h"

typedef unsigned __int128 Wide;

#define NOT_SAMPLED UINT32_MAX

/* A use of a sampled page: its number within the sample; its distance there, 0: the first. */
typedef struct Use {
    uint32_t number, distance;
} Use;

typedef struct Sample {
    const ReferenceString *string;
    uint32_t rate, pages;
    uint32_t *numbers; /* by page; NOT_SAMPLED: not in the sample */
    GArray *uses;      /* Use */
    uint64_t *misses;  /* by number: for the size that is looked at */
    StackCurve *curve; /* in sampled pages */
} Sample;

static uint64_t wide_root(Wide value) {
    Wide root = 0;
    for (unsigned bit = 64; bit-- > 0;) {
        Wide next = root | (Wide)1 << bit;
        root = next * next <= value ? next : root;
    }
    return (uint64_t)root;
}

/* ---- the sample ---------------------------------------------------------------------------- */

static bool is_sampled(uint32_t page, uint32_t rate) {
    Rng hash = {page};
    return rng_next(&hash) >> 40 < rate;
}

static void sample_pages(Sample *sample) {
    sample->numbers = g_new(uint32_t, sample->string->page_count);
    for (uint32_t page = 0; page < sample->string->page_count; page++) {
        sample->numbers[page] = is_sampled(page, sample->rate) ? sample->pages++ : NOT_SAMPLED;
    }
}

/* R x size, in whole sampled pages. */
static uint64_t scaled_size(const Sample *sample, uint64_t size) {
    Wide scaled = (Wide)size * sample->rate / SAMPLE_ALL;
    return (uint64_t)MIN(scaled, sample->pages);
}

static void measure(Sample *sample) {
    uint64_t *hits = g_new0(uint64_t, (gsize)sample->pages + 1);
    sample->uses = g_array_new(FALSE, FALSE, sizeof(Use));
    sample->misses = g_new(uint64_t, sample->pages);
    Recency recency;
    recency_init(&recency, sample->pages);
    for (guint i = 0; i < sample->string->runs->len; i++) {
        uint32_t page = g_array_index(sample->string->runs, ReferenceRun, i).page;
        uint32_t number = sample->numbers[page];
        if (number != NOT_SAMPLED) {
            Use use = {number, recency_use(&recency, number)};
            hits[use.distance]++;
            g_array_append_val(sample->uses, use);
        }
    }
    recency_clear(&recency);
    sample->curve = stack_curve_new(hits, sample->pages);
}

/* ---- the estimate -------------------------------------------------------------------------- */

static uint64_t estimate(const Sample *sample, uint64_t size) {
    uint64_t missed = stack_curve_faults(sample->curve, scaled_size(sample, size));
    Wide all = (Wide)missed * SAMPLE_ALL / sample->rate;
    return (uint64_t)MIN(all, sample->string->runs->len);
}

/* Sum of y^2 over the sampled pages, in a memory of that size. */
static Wide squared_misses(const Sample *sample, uint64_t size) {
    uint64_t scaled = scaled_size(sample, size);
    for (uint32_t page = 0; page < sample->pages; page++) {
        sample->misses[page] = 0;
    }
    for (guint i = 0; i < sample->uses->len; i++) {
        const Use *use = &g_array_index(sample->uses, Use, i);
        sample->misses[use->number] += use->distance == 0 || use->distance > scaled;
    }
    Wide sum = 0;
    for (uint32_t page = 0; page < sample->pages; page++) {
        sum += (Wide)sample->misses[page] * sample->misses[page];
    }
    return sum;
}

static uint64_t error_of_draw(const Sample *sample, uint64_t size) {
    Wide variance = squared_misses(sample, size) * (SAMPLE_ALL - sample->rate) / SAMPLE_ALL;
    return (uint64_t)((Wide)2 * wide_root(variance) * SAMPLE_ALL / sample->rate);
}

static uint64_t error_of_size(const Sample *sample, uint64_t size) {
    uint32_t left = SAMPLE_ALL - sample->rate;
    if (left == 0) {
        return 0;
    }
    uint64_t stretch =
        2 * wide_root((Wide)size * left / sample->rate) + UINT64_C(3) * SAMPLE_ALL / sample->rate;
    uint64_t here = estimate(sample, size);
    uint64_t less = here - estimate(sample, size + stretch);
    uint64_t more = estimate(sample, size - MIN(stretch, size)) - here;
    return MAX(less, more);
}

SampledCurve *sampled_curve_new(const ReferenceString *string, uint32_t rate, const GArray *sizes) {
    g_assert(rate >= 1 && rate <= SAMPLE_ALL);
    Sample sample = {.string = string, .rate = rate};
    sample_pages(&sample);
    measure(&sample);
    SampledCurve *curve = g_new(SampledCurve, 1);
    *curve = (SampledCurve){.rate = rate,
                            .pages = sample.pages,
                            .faults = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
                            .errors = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
    for (guint k = 0; k < sizes->len; k++) {
        uint64_t size = g_array_index(sizes, uint64_t, k);
        uint64_t faults = estimate(&sample, size);
        uint64_t error = error_of_draw(&sample, size) + error_of_size(&sample, size);
        error = MIN(error, string->runs->len);
        g_array_append_val(curve->faults, faults);
        g_array_append_val(curve->errors, error);
    }
    g_free(sample.numbers);
    g_free(sample.misses);
    g_array_unref(sample.uses);
    stack_curve_free(sample.curve);
    return curve;
}

void sampled_curve_free(SampledCurve *curve) {
    if (curve != NULL) {
        g_array_unref(curve->faults);
        g_array_unref(curve->errors);
        g_free(curve);
    }
}
