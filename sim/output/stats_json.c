/* stats_json.c - see stats_json.h.  Fields in a fixed order: docs/outputs.md lists them. */
#include "output/stats_json.h"

#include <limits.h>

#include "output/json.h"

typedef enum Scope { SCOPE_ALL, SCOPE_PROCESS, SCOPE_PROCESS_NOT_ZERO } Scope;

static void write_counters(JsonWriter *w, const char *key, const Counters *counters, Scope scope) {
    json_writer_open(w, key, '{');
    for (unsigned i = 0; i < COUNTERS_COUNT; i++) {
        uint64_t value = counters_at(counters, i);
        bool in_scope = scope == SCOPE_ALL || counter_of_process(i);
        if (in_scope && (scope != SCOPE_PROCESS_NOT_ZERO || value != 0)) {
            json_writer_number(w, counter_names[i], value);
        }
    }
    json_writer_close(w, '}');
}

/* The name of pid 0, nobody, is empty. */
static const char *name_of(const Stats *stats, uint32_t pid) {
    return pid == 0 ? "" : stats_process(stats, pid - 1)->name;
}

/* Left out if there are none. */
static void write_groups(JsonWriter *w, const Stats *stats) {
    const MachineSpec *spec = &stats->workload->machine;
    if (spec->groups.count == 0) {
        return;
    }
    json_writer_open(w, "groups", '[');
    for (uint32_t i = 0; i < spec->groups.count; i++) {
        json_writer_open(w, NULL, '{');
        json_writer_string(w, "name", spec->groups.items[i].name);
        json_writer_number(w, "limit", stats->config.group_frames[i]);
        json_writer_number(w, "peak", stats->group_peaks[i]);
        json_writer_close(w, '}');
    }
    json_writer_close(w, ']');
}

/* Left out if there is one: the machine says as much. */
static void write_cpus(JsonWriter *w, const Stats *stats) {
    if (stats->cpu_count < 2) {
        return;
    }
    json_writer_open(w, "cpus", '[');
    for (uint32_t i = 0; i < stats->cpu_count; i++) {
        json_writer_open(w, NULL, '{');
#define FIGURE(name) json_writer_number(w, #name, stats->cpus[i].name);
        CPU_FIGURES(FIGURE)
#undef FIGURE
        json_writer_close(w, '}');
    }
    json_writer_close(w, ']');
}

/* Left out if memory was never full. */
static void write_oom(JsonWriter *w, const Stats *stats) {
    if (stats->oom == NULL || stats->oom->len == 0) {
        return;
    }
    json_writer_open(w, "out_of_memory", '[');
    for (unsigned i = 0; i < stats->oom->len; i++) {
        const OomRecord *record = g_ptr_array_index(stats->oom, i);
        json_writer_open(w, NULL, '{');
        json_writer_number(w, "time_ns", record->time);
        json_writer_string(w, "reason", record->reason);
        json_writer_string(w, "asking", name_of(stats, record->asking));
        json_writer_string(w, "killed", name_of(stats, record->victim));
        json_writer_open(w, "processes", '[');
        for (unsigned r = 0; r < record->rows->len; r++) {
            const OomRow *row = &g_array_index(record->rows, OomRow, r);
            json_writer_open(w, NULL, '{');
            json_writer_string(w, "name", name_of(stats, row->pid));
            json_writer_number(w, "rss", row->rss);
            json_writer_number(w, "swap", row->swap);
            json_writer_number(w, "page_table_pages", row->page_tables);
            json_writer_close(w, '}');
        }
        json_writer_close(w, ']');
        json_writer_close(w, '}');
    }
    json_writer_close(w, ']');
}

/* Left out where every page is a small one. */
static void write_free_blocks(JsonWriter *w, const Stats *stats, const FrameBlocks *blocks) {
    if (!config_has_folios(&stats->config)) {
        return;
    }
    json_writer_open(w, "free_blocks", '[');
    for (unsigned order = 0; order <= FRAME_BLOCK_ORDER_MAX; order++) {
        json_writer_number(w, NULL, blocks->count[order]);
    }
    json_writer_close(w, ']');
    json_writer_number(w, "unusable_index", stats_unusable_index(stats, blocks));
}

static void write_machine(JsonWriter *w, const Stats *stats) {
    const FrameCensus *frames = &stats->frames;
    json_writer_open(w, "machine", '{');
    json_writer_number(w, "time_ns", stats->time);
    json_writer_number(w, "user_ns", counters_user_ns(&stats->counters, &stats->config));
    json_writer_number(w, "system_ns", counters_system_ns(&stats->counters));
    json_writer_number(w, "page_size", geometry_page_size(&stats->config.geometry));
    json_writer_number(w, "effective_access_ps", stats_access_ps(stats, &stats->counters));
    write_counters(w, "counters", &stats->counters, SCOPE_ALL);
    json_writer_open(w, "frames", '{');
    json_writer_number(w, "free", frames->free);
    json_writer_number(w, "zeroed", frames->zeroed);
    json_writer_number(w, "resident", frames->resident);
    json_writer_number(w, "in_transit", frames->in_transit);
    json_writer_number(w, "standby", frames->standby);
    json_writer_number(w, "modified", frames->modified);
    json_writer_number(w, "deactivated", frames->deactivated);
    json_writer_number(w, "total", frames->total);
    write_free_blocks(w, stats, &stats->free_blocks);
    json_writer_close(w, '}');
    json_writer_open(w, "swap", '{');
    json_writer_number(w, "used", frames->swap_used);
    json_writer_number(w, "total", frames->swap_total);
    json_writer_close(w, '}');
    write_cpus(w, stats);
    write_groups(w, stats);
    write_oom(w, stats);
    json_writer_close(w, '}');
}

static void write_phase(JsonWriter *w, const Stats *stats, const PhaseRecord *phase) {
    json_writer_open(w, NULL, '{');
    json_writer_string(w, "name", phase->name);
    json_writer_number(w, "end_ns", phase->end);
    write_counters(w, "counters", &phase->counters, SCOPE_PROCESS);
    json_writer_open(w, "now", '{');
    json_writer_number(w, "rss", phase->now.rss);
    json_writer_number(w, "anon", phase->now.anon);
    json_writer_number(w, "page_table_pages", phase->now.page_table_pages);
    json_writer_number(w, "vm_size", phase->now.vm_size);
    if (config_has_folios(&stats->config)) {
        json_writer_number(w, "huge", phase->now.huge);
    }
    write_free_blocks(w, stats, &phase->free);
    json_writer_close(w, '}');
    json_writer_close(w, '}');
}

static void write_process(JsonWriter *w, const Stats *stats, const StatsProcess *process,
                          unsigned phases_max) {
    json_writer_open(w, NULL, '{');
    json_writer_string(w, "name", process->name);
    json_writer_number(w, "pid", process->pid);
    json_writer_number(w, "ppid", process->parent);
    json_writer_number(w, "children", process->children);
    json_writer_string(w, "status", process_status_word(process->over));
    json_writer_number(w, "exit_code", process->exit_code);
    json_writer_number(w, "start_ns", process->start);
    json_writer_number(w, "end_ns", process->end);
    json_writer_number(w, "time_ns", stats_process_time(process));
    if (process->alone > 0) {
        json_writer_number(w, "alone_ns", process->alone);
    }
    json_writer_number(w, "user_ns", counters_user_ns(&process->counters, &stats->config));
    json_writer_number(w, "system_ns", counters_system_ns(&process->counters));
    json_writer_number(w, "effective_access_ps", stats_access_ps(stats, &process->counters));
    write_counters(w, "counters", &process->counters, SCOPE_PROCESS);
    write_counters(w, "bookkeeping", &process->bookkeeping, SCOPE_PROCESS_NOT_ZERO);
    json_writer_open(w, "memory", '{');
    for (unsigned i = 0; i < GAUGES_COUNT; i++) {
        json_writer_number(w, gauge_names[i], gauges_at(&process->memory, i));
    }
    json_writer_close(w, '}');
    json_writer_open(w, "heap", '{');
    json_writer_number(w, "utilisation_ppm", stats_utilisation_ppm(process));
    json_writer_number(w, "scatter_ppm", stats_scatter_ppm(process));
#define FIGURE(name) json_writer_number(w, #name, process->heap.name);
    HEAP_FIGURES(FIGURE)
#undef FIGURE
    json_writer_close(w, '}');
    json_writer_open(w, "phases", '[');
    for (unsigned i = 0; i < MIN(process->phases->len, phases_max); i++) {
        write_phase(w, stats, &g_array_index(process->phases, PhaseRecord, i));
    }
    json_writer_close(w, ']');
    json_writer_close(w, '}');
}

char *stats_json_limited(const Stats *stats, unsigned processes_max, unsigned phases_max) {
    JsonWriter w = {.out = g_string_new(NULL), .empty = TRUE};
    json_writer_open(&w, NULL, '{');
    json_writer_string(&w, "schema", STATS_SCHEMA);
    json_writer_string(&w, "name", stats->workload->name);
    write_machine(&w, stats);
    json_writer_open(&w, "processes", '[');
    for (unsigned i = 0; i < MIN(stats->processes->len, processes_max); i++) {
        write_process(&w, stats, stats_process(stats, i), phases_max);
    }
    json_writer_close(&w, ']');
    json_writer_close(&w, '}');
    return g_string_free(w.out, FALSE);
}

char *stats_json(const Stats *stats) { return stats_json_limited(stats, UINT_MAX, UINT_MAX); }
