/* curve_data.c - see curve_data.h. */
#include "output/curve_data.h"

#include <inttypes.h>

#include "curve/sampled_curve.h"
#include "output/json.h"
#include "size_list.h"

char *fixed_quotient(uint64_t part, uint64_t whole, unsigned decimals) {
    if (whole == 0) {
        return g_strdup("-");
    }
    uint64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++) {
        unit *= 10;
    }
    unsigned __int128 scaled = ((unsigned __int128)part * unit + whole / 2) / whole;
    return g_strdup_printf("%" PRIu64 ".%0*" PRIu64, (uint64_t)(scaled / unit), (int)decimals,
                           (uint64_t)(scaled % unit));
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* "curve,by,size,faults,miss_ratio": a column that does not apply is empty. */
static void append_point(GString *out, const CurveSet *set, const char *name, const char *by,
                         uint64_t size, uint64_t faults) {
    g_autofree char *ratio = fixed_quotient(faults, set->references, 6);
    g_autofree char *lifetime = fixed_quotient(set->references, faults, 3);
    g_string_append_printf(out, "%s,%s,%" PRIu64 ",%" PRIu64 ",%s,%s", name, by, size, faults,
                           ratio, lifetime);
}

static void append_size_curve(GString *out, const CurveSet *set, const SizeCurve *curve) {
    for (unsigned row = 0; row < set->sizes->len; row++) {
        append_point(out, set, curve->name, "frames", size_at(set->sizes, row),
                     size_curve_faults(curve, row));
        g_string_append(out, ",,");
        if (curve->errors != NULL) {
            g_string_append_printf(out, "%" PRIu64, size_curve_error(curve, row));
        }
        g_string_append_c(out, '\n');
    }
}

typedef uint64_t (*WindowSum)(const WindowCurve *curve, uint64_t tau);

static void append_window_curve(GString *out, const CurveSet *set, const char *name,
                                WindowSum sum) {
    g_autoptr(GArray) windows = curve_set_windows(set);
    for (unsigned row = 0; row < windows->len; row++) {
        uint64_t tau = size_at(windows, row);
        append_point(out, set, name, "window", tau, window_curve_faults(set->window, tau));
        g_autofree char *mean = fixed_quotient(sum(set->window, tau), set->references, 3);
        g_string_append_printf(out, ",%s,\n", mean);
    }
}

/* "t,w_100,w_1000" */
static char *working_set_csv(const CurveSet *set) {
    GString *out = g_string_new("t");
    for (unsigned i = 0; i < set->series->len; i++) {
        g_string_append_printf(out, ",w_%" PRIu64, working_set_at(set, i)->window);
    }
    for (uint32_t sample = 0; sample < working_set_samples(set->references); sample++) {
        g_string_append_printf(out, "\n%" PRIu64, working_set_sample_time(set->references, sample));
        for (unsigned i = 0; i < set->series->len; i++) {
            g_string_append_printf(out, ",%" PRIu64,
                                   size_at(working_set_at(set, i)->sizes, sample));
        }
    }
    g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}

char *curve_csv(const CurveSet *set) {
    if (set->series->len > 0) {
        return working_set_csv(set);
    }
    GString *out = g_string_new("curve,by,size,faults,miss_ratio,lifetime,mean_pages,error\n");
    for (unsigned i = 0; i < set->curves->len; i++) {
        append_size_curve(out, set, size_curve_at(set, i));
    }
    if (set->window != NULL && set->references > 0) {
        append_window_curve(out, set, "ws", window_curve_ws);
        append_window_curve(out, set, "vmin", window_curve_vmin);
    }
    return g_string_free(out, FALSE);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void write_numbers(JsonWriter *w, const char *key, const GArray *numbers) {
    json_writer_open(w, key, '[');
    for (unsigned i = 0; i < numbers->len; i++) {
        json_writer_number(w, NULL, size_at(numbers, i));
    }
    json_writer_close(w, ']');
}

static void write_size_curve(JsonWriter *w, const SizeCurve *curve) {
    json_writer_open(w, NULL, '{');
    json_writer_string(w, "name", curve->name);
    json_writer_string(w, "method", curve_method_names[curve->method]);
    write_numbers(w, "faults", curve->faults);
    if (curve->errors != NULL) {
        write_numbers(w, "errors", curve->errors);
    }
    json_writer_close(w, '}');
}

static void write_sums(JsonWriter *w, const char *key, const CurveSet *set, const GArray *windows,
                       WindowSum sum) {
    json_writer_open(w, key, '[');
    for (unsigned row = 0; row < windows->len; row++) {
        json_writer_number(w, NULL, sum(set->window, size_at(windows, row)));
    }
    json_writer_close(w, ']');
}

static void write_lengths(JsonWriter *w, const char *key, const GArray *counts) {
    json_writer_open(w, key, '[');
    for (unsigned i = 0; i < counts->len; i++) {
        const LengthCount *entry = &g_array_index(counts, LengthCount, i);
        json_writer_open(w, NULL, '{');
        json_writer_number(w, "length", entry->length);
        json_writer_number(w, "count", entry->count);
        json_writer_close(w, '}');
    }
    json_writer_close(w, ']');
}

static void write_window(JsonWriter *w, const CurveSet *set) {
    g_autoptr(GArray) windows = curve_set_windows(set);
    json_writer_open(w, "window", '{');
    write_numbers(w, "sizes", windows);
    write_sums(w, "faults", set, windows, window_curve_faults);
    write_sums(w, "ws_page_references", set, windows, window_curve_ws);
    write_sums(w, "vmin_page_references", set, windows, window_curve_vmin);
    write_lengths(w, "intervals", set->window->intervals);
    write_lengths(w, "last_uses", set->window->tails);
    json_writer_close(w, '}');
}

static void write_working_sets(JsonWriter *w, const CurveSet *set) {
    json_writer_open(w, "working_set", '{');
    json_writer_open(w, "t", '[');
    for (uint32_t sample = 0; sample < working_set_samples(set->references); sample++) {
        json_writer_number(w, NULL, working_set_sample_time(set->references, sample));
    }
    json_writer_close(w, ']');
    json_writer_open(w, "windows", '[');
    for (unsigned i = 0; i < set->series->len; i++) {
        const WorkingSetSeries *series = working_set_at(set, i);
        json_writer_open(w, NULL, '{');
        json_writer_number(w, "window", series->window);
        json_writer_number(w, "least", series->least);
        json_writer_number(w, "most", series->most);
        json_writer_number(w, "page_references", series->sum);
        write_numbers(w, "pages", series->sizes);
        json_writer_close(w, '}');
    }
    json_writer_close(w, ']');
    json_writer_close(w, '}');
}

char *curve_json(const CurveSet *set) {
    GString *out = g_string_new(NULL);
    JsonWriter w = {.out = out, .empty = TRUE};
    json_writer_open(&w, NULL, '{');
    json_writer_string(&w, "schema", CURVE_SCHEMA);
    json_writer_string(&w, "name", set->title);
    json_writer_number(&w, "references", set->references);
    json_writer_number(&w, "pages", set->pages);
    json_writer_number(&w, "page_size", set->page_size);
    if (set->sample_rate != 0) {
        json_writer_number(&w, "sample_pages", set->sample_pages);
        json_writer_number(&w, "sample_rate_ppm",
                           (uint64_t)set->sample_rate * 1000000 / SAMPLE_ALL);
    }
    write_numbers(&w, "sizes", set->sizes);
    json_writer_open(&w, "curves", '[');
    for (unsigned i = 0; i < set->curves->len; i++) {
        write_size_curve(&w, size_curve_at(set, i));
    }
    json_writer_close(&w, ']');
    if (set->window != NULL) {
        write_window(&w, set);
    }
    if (set->series->len > 0) {
        write_working_sets(&w, set);
    }
    json_writer_close(&w, '}');
    return g_string_free(out, FALSE);
}
