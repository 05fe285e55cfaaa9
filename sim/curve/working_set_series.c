/* working_set_series.c - see working_set_series.h. */
#include "curve/working_set_series.h"

#include "size_list.h"

#define NOT_SEEN UINT64_MAX

uint32_t working_set_samples(uint64_t references) {
    return (uint32_t)MIN(references, WORKING_SET_SAMPLES);
}

/* A string has less than 2^32 references, so the product fits. */
uint64_t working_set_sample_time(uint64_t references, uint32_t sample) {
    return (sample + UINT64_C(1)) * references / working_set_samples(references) - 1;
}

/* ---- one reference after the other --------------------------------------------------------- */

/* Where in the string: the next reference is number `used` of a run. */
typedef struct Cursor {
    guint run;
    uint32_t used;
} Cursor;

static uint32_t cursor_next(Cursor *cursor, const ReferenceString *string) {
    const ReferenceRun *run = &g_array_index(string->runs, ReferenceRun, cursor->run);
    if (++cursor->used == run->count) {
        *cursor = (Cursor){cursor->run + 1, 0};
    }
    return run->page;
}

typedef struct Slide {
    const ReferenceString *string;
    uint64_t window;
    uint64_t *last_use; /* of each page; NOT_SEEN */
    Cursor enters, leaves;
    uint32_t size; /* |W| */
} Slide;

/* From W(t - 1, tau) to W(t, tau). */
static void slide_to(Slide *slide, uint64_t t) {
    uint32_t page = cursor_next(&slide->enters, slide->string);
    uint64_t last = slide->last_use[page];
    slide->size += last == NOT_SEEN || t - last > slide->window;
    slide->last_use[page] = t;
    if (t >= slide->window) {
        uint32_t oldest = cursor_next(&slide->leaves, slide->string);
        slide->size -= slide->last_use[oldest] == t - slide->window;
    }
}

/* ---- the series ---------------------------------------------------------------------------- */

static void note_size(WorkingSetSeries *series, uint64_t t, uint32_t size) {
    uint64_t full = MIN(series->window, series->references) - 1;
    series->sum += size;
    series->most = MAX(series->most, size);
    series->least = t <= full ? size : MIN(series->least, size);
}

static void take_sample(WorkingSetSeries *series, uint64_t size, uint64_t peak) {
    g_array_append_val(series->sizes, size);
    g_array_append_val(series->peaks, peak);
}

static void fill(WorkingSetSeries *series, Slide *slide) {
    uint64_t n = series->references, t = 0;
    for (uint32_t sample = 0; t < n; sample++) {
        uint64_t peak = 0;
        for (uint64_t time = working_set_sample_time(n, sample); t <= time; t++) {
            slide_to(slide, t);
            note_size(series, t, slide->size);
            peak = MAX(peak, slide->size);
        }
        take_sample(series, slide->size, peak);
    }
}

WorkingSetSeries *working_set_series_new(const ReferenceString *string, uint64_t window) {
    WorkingSetSeries *series = g_new0(WorkingSetSeries, 1);
    series->window = window;
    series->references = string->count;
    series->sizes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    series->peaks = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_autofree uint64_t *last_use = g_new(uint64_t, string->page_count);
    for (uint32_t page = 0; page < string->page_count; page++) {
        last_use[page] = NOT_SEEN;
    }
    Slide slide = {.string = string, .window = window, .last_use = last_use};
    fill(series, &slide);
    return series;
}

void working_set_series_free(WorkingSetSeries *series) {
    if (series != NULL) {
        g_array_unref(series->sizes);
        g_array_unref(series->peaks);
        g_free(series);
    }
}

const char *working_set_series_check(const WorkingSetSeries *series) {
    if (series->sizes->len != working_set_samples(series->references)) {
        return "working_set_series: too few samples, or too many";
    }
    if (series->references > 0 &&
        (series->least < 1 || series->least > series->most || series->most > series->window)) {
        return "working_set_series: not 1 <= least <= most <= window";
    }
    if (series->sum < series->references || series->sum > series->references * series->most) {
        return "working_set_series: the mean is not between 1 and the most";
    }
    for (guint i = 0; i < series->sizes->len; i++) {
        uint64_t size = size_at(series->sizes, i), peak = size_at(series->peaks, i);
        if (size < 1 || size > peak || peak > series->most) {
            return "working_set_series: a sample is above the most";
        }
    }
    return NULL;
}
