/* recording.c - see recording.h. */
#include "output/recording.h"

#include <string.h>

#include "fault_words.h"
#include "output/film_json.h"
#include "output/json.h"
#include "output/sample_fields.h"
#include "output/stats_json.h"
#include "version.h"

#define PROCESSES_SHOWN    64
#define PHASES_SHOWN       64 /* of each process */
#define WORKLOAD_BYTES_MAX 65536
#define TEXT_BYTES_MAX     4000 /* of a description */

static void write_machine(JsonWriter *w, const Stats *stats) {
    const MemoryConfig *config = &stats->config;
    const Geometry *geometry = &config->geometry;
    json_writer_open(w, "machine", '{');
    json_writer_string(w, "mmu", geometry->name == NULL ? "its own" : geometry->name);
    json_writer_number(w, "page_shift", geometry->page_shift);
    json_writer_open(w, "levels", '[');
    for (unsigned level = 0; level < geometry->levels; level++) {
        json_writer_number(w, NULL, geometry->bits[level]);
    }
    json_writer_close(w, ']');
    json_writer_open(w, "tlb", '[');
    for (unsigned level = 0; level < config->tlb_levels; level++) {
        json_writer_number(w, NULL, config->tlb[level].entries);
    }
    json_writer_close(w, ']');
    json_writer_number(w, "frames", config->frames);
    json_writer_number(w, "swap_slots", config->swap_slots);
    json_writer_string(w, "policy", config->policy->info.name);
    json_writer_number(w, "window_ns", config->working_set_window);
    json_writer_close(w, '}');
}

/* ---- samples ---------------------------------------------------------------------------------- */

#define MACHINE_FIELDS(FIELD) FIELD(time) MACHINE_SAMPLE_FIELDS(FIELD)
#define PROCESS_FIELDS(FIELD) FIELD(rss) PROCESS_SAMPLE_FIELDS(FIELD)

/* The column of one field of all samples: `value` is made of the loop's `i`. */
#define WRITE_SAMPLES(w, series, key, value)                                                       \
    do {                                                                                           \
        g_autoptr(Column) column = column_new();                                                   \
        for (uint32_t i = 0; i < recorder_count(series); i++) {                                    \
            column_add(column, value);                                                             \
        }                                                                                          \
        json_writer_column(w, key, column);                                                        \
    } while (0)

static void write_process_series(JsonWriter *w, const Recorder *series, uint32_t p) {
    json_writer_open(w, NULL, '{');
#define FIELD(field) WRITE_SAMPLES(w, series, #field, recorder_process(series, i, p)->field);
    PROCESS_FIELDS(FIELD)
#undef FIELD
    json_writer_close(w, '}');
}

static void write_series(JsonWriter *w, const Recorder *series) {
    json_writer_open(w, "series", '{');
#define FIELD(field) WRITE_SAMPLES(w, series, #field, recorder_machine(series, i)->field);
    MACHINE_FIELDS(FIELD)
#undef FIELD
    json_writer_open(w, "processes", '[');
    for (uint32_t p = 0; p < MIN(recorder_processes(series), PROCESSES_SHOWN); p++) {
        write_process_series(w, series, p);
    }
    json_writer_close(w, ']');
    json_writer_close(w, '}');
}

/* ---- faults ----------------------------------------------------------------------------------- */

/* The column of one field of all rows: `value` is made of the loop's `row`. */
#define WRITE_ROWS(w, rows, key, value)                                                            \
    do {                                                                                           \
        g_autoptr(Column) column = column_new();                                                   \
        for (unsigned i = 0; i < (rows)->len; i++) {                                               \
            const FaultRow *row = &g_array_index(rows, FaultRow, i);                               \
            column_add(column, value);                                                             \
        }                                                                                          \
        json_writer_column(w, key, column);                                                        \
    } while (0)

/* What the numbers in the column `kind` mean. */
static void write_fault_kinds(JsonWriter *w) {
    json_writer_open(w, "kinds", '[');
    for (FaultKind kind = 0; kind < FAULT_KINDS; kind++) {
        json_writer_string(w, NULL, fault_name(kind));
    }
    json_writer_close(w, ']');
}

static void write_faults(JsonWriter *w, const FaultLog *log) {
    g_autoptr(GArray) rows = fault_log_rows(log);
    json_writer_open(w, "faults", '{');
    json_writer_number(w, "total", log->count);
    json_writer_number(w, "stride", log->stride);
    json_writer_number(w, "first", FAULTS_FIRST);
    json_writer_number(w, "last", FAULTS_LAST);
    write_fault_kinds(w);
    WRITE_ROWS(w, rows, "number", row->number);
    WRITE_ROWS(w, rows, "time", row->event.time);
    WRITE_ROWS(w, rows, "pid", row->event.pid);
    WRITE_ROWS(w, rows, "va", row->event.va);
    WRITE_ROWS(w, rows, "kind", row->event.a);
    WRITE_ROWS(w, rows, "write", row->event.access == ACCESS_WRITE);
    WRITE_ROWS(w, rows, "bookkeeping", row->event.bookkeeping);
    WRITE_ROWS(w, rows, "frame", row->event.frame == PFN_NONE ? 0 : row->event.frame + 1);
    WRITE_ROWS(w, rows, "took_ns", row->event.b);
    WRITE_ROWS(w, rows, "victim_pid", row->victim_pid);
    WRITE_ROWS(w, rows, "victim_va", row->victim_va);
    WRITE_ROWS(w, rows, "victim_written", row->victim_written);
    json_writer_close(w, '}');
}

/* ---- the document ------------------------------------------------------------------------------ */

static void write_counters(JsonWriter *w) {
    json_writer_open(w, "counters", '[');
#define WRITE(name, unit, meaning)                                                                 \
    json_writer_open(w, NULL, '[');                                                                \
    json_writer_string(w, NULL, #name);                                                            \
    json_writer_string(w, NULL, unit);                                                             \
    json_writer_string(w, NULL, meaning);                                                          \
    json_writer_close(w, ']');
#define COUNTER(name, unit, scope, meaning) WRITE(name, unit, meaning)
#define GAUGE(name, unit, meaning)          WRITE(name, unit, meaning)
#include "faultline/counters.def"
#undef COUNTER
#undef GAUGE
#undef WRITE
    json_writer_close(w, ']');
}

static void write_workload(JsonWriter *w, const Workload *workload) {
    const char *description = workload->description == NULL ? "" : workload->description;
    g_autofree char *start =
        g_utf8_substring(description, 0, MIN(g_utf8_strlen(description, -1), TEXT_BYTES_MAX));
    json_writer_string(w, "name", workload->name);
    json_writer_string(w, "description", start);
    json_writer_number(w, "seed", workload->seed);
    if (strlen(workload->resolved) <= WORKLOAD_BYTES_MAX) {
        json_writer_raw(w, "workload", workload->resolved);
    }
}

char *recording_json(const Recording *recording) {
    const Stats *stats = recording->stats;
    g_autofree char *numbers = stats_json_limited(stats, PROCESSES_SHOWN, PHASES_SHOWN);
    JsonWriter w = {.out = g_string_new(NULL), .empty = TRUE};
    json_writer_open(&w, NULL, '{');
    json_writer_string(&w, "schema", RECORDING_SCHEMA);
    json_writer_string(&w, "faultline", FAULTLINE_VERSION);
    write_workload(&w, stats->workload);
    write_machine(&w, stats);
    json_writer_number(&w, "processes_in_all", stats->processes->len);
    json_writer_raw(&w, "stats", numbers);
    write_counters(&w);
    write_series(&w, recording->series);
    film_write_json(&w, recording->film, &stats->config);
    write_faults(&w, recording->faults);
    json_writer_close(&w, '}');
    return g_string_free(w.out, FALSE);
}
