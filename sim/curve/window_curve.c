/* window_curve.c - see window_curve.h. */
#include "curve/window_curve.h"

#include <stdlib.h>

#define NOT_SEEN UINT64_MAX

/* ---- lengths, counted --------------------------------------------------------------------- */

static int compare_lengths(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void count_length(GArray *counts, uint64_t length, uint64_t count) {
    LengthCount *last =
        counts->len == 0 ? NULL : &g_array_index(counts, LengthCount, counts->len - 1);
    if (last == NULL || last->length != length) {
        LengthCount next = {.length = length,
                            .count_upto = last == NULL ? 0 : last->count_upto,
                            .sum_upto = last == NULL ? 0 : last->sum_upto};
        g_array_append_val(counts, next);
        last = &g_array_index(counts, LengthCount, counts->len - 1);
    }
    last->count += count;
    last->count_upto += count;
    last->sum_upto += count * length;
}

/* Sorts `lengths`; `ones` more have length 1. */
static GArray *count_lengths(GArray *lengths, uint64_t ones) {
    GArray *counts = g_array_new(FALSE, FALSE, sizeof(LengthCount));
    if (lengths->len > 0) {
        qsort(lengths->data, lengths->len, sizeof(uint32_t), compare_lengths);
    }
    if (ones > 0) {
        count_length(counts, 1, ones);
    }
    for (guint i = 0; i < lengths->len; i++) {
        count_length(counts, g_array_index(lengths, uint32_t, i), 1);
    }
    return counts;
}

/* The last element of at most that length; all zero if there is none. */
static LengthCount upto(const GArray *counts, uint64_t length) {
    guint from = 0, to = counts->len;
    while (from < to) {
        guint middle = from + (to - from) / 2;
        if (g_array_index(counts, LengthCount, middle).length <= length) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from == 0 ? (LengthCount){0} : g_array_index(counts, LengthCount, from - 1);
}

/* Sum of min(limit, length). */
static uint64_t limited_sum(const GArray *counts, uint64_t limit) {
    LengthCount within = upto(counts, limit), all = upto(counts, UINT64_MAX);
    return within.sum_upto + limit * (all.count_upto - within.count_upto);
}

/* ---- the curve ----------------------------------------------------------------------------- */

/* The repeats of a run are `count` - 1 intervals of 1, which are not listed. */
WindowCurve *window_curve_new(const ReferenceString *string) {
    g_autofree uint64_t *last = g_new(uint64_t, string->page_count);
    for (uint32_t page = 0; page < string->page_count; page++) {
        last[page] = NOT_SEEN;
    }
    g_autoptr(GArray) intervals = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    g_autoptr(GArray) tails = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uint64_t now = 0;
    for (guint i = 0; i < string->runs->len; i++) {
        const ReferenceRun *run = &g_array_index(string->runs, ReferenceRun, i);
        if (last[run->page] != NOT_SEEN) {
            uint32_t interval = (uint32_t)(now - last[run->page]);
            g_array_append_val(intervals, interval);
        }
        now += run->count;
        last[run->page] = now - 1;
    }
    for (uint32_t page = 0; page < string->page_count; page++) {
        uint32_t tail = (uint32_t)(now - last[page]);
        g_array_append_val(tails, tail);
    }
    WindowCurve *curve = g_new(WindowCurve, 1);
    *curve = (WindowCurve){.references = now,
                           .pages = string->page_count,
                           .intervals = count_lengths(intervals, now - string->runs->len),
                           .tails = count_lengths(tails, 0)};
    return curve;
}

void window_curve_free(WindowCurve *curve) {
    if (curve != NULL) {
        g_array_unref(curve->intervals);
        g_array_unref(curve->tails);
        g_free(curve);
    }
}

uint64_t window_curve_intervals(const WindowCurve *curve, uint64_t from, uint64_t to) {
    return upto(curve->intervals, to).count_upto - upto(curve->intervals, from).count_upto;
}

uint64_t window_curve_faults(const WindowCurve *curve, uint64_t tau) {
    return curve->pages + window_curve_intervals(curve, tau, UINT64_MAX);
}

/* No window is longer than the string, so no product overflows. */
uint64_t window_curve_ws(const WindowCurve *curve, uint64_t tau) {
    uint64_t window = MIN(tau, curve->references);
    return limited_sum(curve->intervals, window) + limited_sum(curve->tails, window);
}

uint64_t window_curve_vmin(const WindowCurve *curve, uint64_t tau) {
    return upto(curve->intervals, tau).sum_upto + window_curve_faults(curve, tau);
}

uint64_t window_curve_longest(const WindowCurve *curve) {
    return upto(curve->intervals, UINT64_MAX).length;
}

const char *window_curve_check(const WindowCurve *curve) {
    uint64_t again = upto(curve->intervals, UINT64_MAX).count_upto;
    uint64_t last = upto(curve->tails, UINT64_MAX).count_upto;
    if (last != curve->pages || again + last != curve->references) {
        return "window_curve: intervals and last uses do not add up to the references";
    }
    if (window_curve_ws(curve, 1) != curve->references) {
        return "window_curve: a window of 1 does not hold one page";
    }
    for (guint i = 0; i < curve->intervals->len; i++) {
        uint64_t tau = g_array_index(curve->intervals, LengthCount, i).length;
        if (window_curve_vmin(curve, tau) > window_curve_ws(curve, tau)) {
            return "window_curve: VMIN holds more than the working set";
        }
    }
    return NULL;
}
