/* compare_data.c - see compare_data.h.
 *
 * Idea: one table of figures feeds both forms, so they hold the same under the same names.
 */
#include "output/compare_data.h"

#include <inttypes.h>
#include <string.h>

#include "output/json.h"
#include "size_list.h"

typedef struct Figure {
    const char *name;
    uint64_t value;
} Figure;

#define FIGURES 16

/* Of a run that succeeded. */
static void figures_of(const SweepResult *r, Figure figures[FIGURES]) {
    const Counters *c = &r->counters;
    const Figure all[FIGURES] = {
        {"faults", r->faults},
        {"pgfault", c->pgfault},
        {"minflt", c->minflt},
        {"majflt", c->majflt},
        {"softflt", c->softflt},
        {"evictions", c->evictions},
        {"writebacks", c->writebacks},
        {"references", c->loads + c->stores},
        {"peak_rss", r->memory.peak_rss},
        {"peak_heap_bytes", r->memory.peak_heap_bytes},
        {"peak_live_bytes", r->memory.peak_live_bytes},
        {"brk_calls", c->brk_calls},
        {"mmap_calls", c->mmap_calls},
        {"munmap_calls", c->munmap_calls},
        {"fault_ns", c->fault_ns},
        {"time_ns", r->time},
    };
    memcpy(figures, all, sizeof all);
}

static const char *kind_word(const Comparison *comparison) {
    return comparison->allocators ? "allocator" : "policy";
}

/* ---- CSV --------------------------------------------------------------------------------- */

static void append_quoted(GString *out, const char *text) {
    g_string_append_c(out, '"');
    for (; *text != '\0'; text++) {
        g_string_append(out, *text == '"' ? "\"" : "");
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}

static void append_titles(GString *out, const Comparison *comparison) {
    Figure figures[FIGURES];
    figures_of(&(SweepResult){0}, figures);
    g_string_append_printf(out, "%s,frames,memory_bytes", kind_word(comparison));
    for (unsigned i = 0; i < FIGURES; i++) {
        g_string_append_printf(out, ",%s", figures[i].name);
    }
    g_string_append(out, ",error\n");
}

static void append_record(GString *out, const Comparison *comparison, unsigned row,
                          unsigned column) {
    const SweepResult *result = comparison_at(comparison, row, column);
    uint64_t frames = size_at(comparison->sizes, row);
    g_string_append_printf(out, "%s,%" PRIu64 ",%" PRIu64, comparison_name(comparison, column),
                           frames, frames * comparison->page_size);
    Figure figures[FIGURES];
    figures_of(result, figures);
    for (unsigned i = 0; i < FIGURES; i++) {
        g_string_append_c(out, ',');
        if (result->error == NULL) {
            g_string_append_printf(out, "%" PRIu64, figures[i].value);
        }
    }
    g_string_append_c(out, ',');
    if (result->error != NULL) {
        append_quoted(out, result->error->message);
    }
    g_string_append_c(out, '\n');
}

char *compare_csv(const Comparison *comparison) {
    GString *out = g_string_new(NULL);
    append_titles(out, comparison);
    for (unsigned row = 0; row < comparison->sizes->len; row++) {
        for (unsigned column = 0; column < comparison->names->len; column++) {
            append_record(out, comparison, row, column);
        }
    }
    return g_string_free(out, FALSE);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void write_run(JsonWriter *w, const Comparison *comparison, unsigned row, unsigned column) {
    const SweepResult *result = comparison_at(comparison, row, column);
    uint64_t frames = size_at(comparison->sizes, row);
    json_writer_open(w, NULL, '{');
    json_writer_string(w, kind_word(comparison), comparison_name(comparison, column));
    json_writer_number(w, "frames", frames);
    json_writer_number(w, "memory_bytes", frames * comparison->page_size);
    if (result->error != NULL) {
        json_writer_string(w, "error", result->error->message);
    } else {
        Figure figures[FIGURES];
        figures_of(result, figures);
        for (unsigned i = 0; i < FIGURES; i++) {
            json_writer_number(w, figures[i].name, figures[i].value);
        }
    }
    json_writer_close(w, '}');
}

static void write_anomaly(JsonWriter *w, const Comparison *comparison, unsigned row,
                          unsigned column) {
    json_writer_open(w, NULL, '{');
    json_writer_string(w, kind_word(comparison), comparison_name(comparison, column));
    json_writer_number(w, "frames", size_at(comparison->sizes, row - 1));
    json_writer_number(w, "faults", comparison_at(comparison, row - 1, column)->faults);
    json_writer_number(w, "more_frames", size_at(comparison->sizes, row));
    json_writer_number(w, "more_faults", comparison_at(comparison, row, column)->faults);
    json_writer_close(w, '}');
}

typedef void WriteCell(JsonWriter *w, const Comparison *comparison, unsigned row, unsigned column);

static void write_cells(JsonWriter *w, const Comparison *comparison, const char *key,
                        bool anomalies, WriteCell *write) {
    json_writer_open(w, key, '[');
    for (unsigned row = 0; row < comparison->sizes->len; row++) {
        for (unsigned column = 0; column < comparison->names->len; column++) {
            if (!anomalies || comparison_is_anomalous(comparison, row, column)) {
                write(w, comparison, row, column);
            }
        }
    }
    json_writer_close(w, ']');
}

/* Columns that know the future. */
static void write_bounds(JsonWriter *w, const Comparison *comparison) {
    json_writer_open(w, "lower_bounds", '[');
    for (unsigned column = 0; column < comparison->names->len; column++) {
        if (comparison_is_bound(comparison, column)) {
            json_writer_string(w, NULL, comparison_name(comparison, column));
        }
    }
    json_writer_close(w, ']');
}

char *compare_json(const Comparison *comparison) {
    JsonWriter w = {.out = g_string_new(NULL), .empty = TRUE};
    json_writer_open(&w, NULL, '{');
    json_writer_string(&w, "schema", COMPARE_SCHEMA);
    json_writer_string(&w, "workload", comparison->title);
    json_writer_string(&w, "compared", comparison->allocators ? "allocators" : "policies");
    json_writer_number(&w, "page_size", comparison->page_size);
    write_bounds(&w, comparison);
    write_cells(&w, comparison, "runs", false, write_run);
    write_cells(&w, comparison, "anomalies", true, write_anomaly);
    json_writer_close(&w, '}');
    return g_string_free(w.out, FALSE);
}
