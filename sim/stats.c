/* stats.c - see stats.h. */
#include "stats.h"

#include "scheduler.h"

const char *const counter_names[] = {
#define COUNTER(name, unit, scope, meaning) #name,
#define GAUGE(name, unit, meaning)
#include "faultline/counters.def"
#undef COUNTER
#undef GAUGE
    NULL};

const char *const gauge_names[] = {
#define COUNTER(name, unit, scope, meaning)
#define GAUGE(name, unit, meaning) #name,
#include "faultline/counters.def"
#undef COUNTER
#undef GAUGE
    NULL};

bool counter_of_process(unsigned index) {
    enum { MACHINE, PROCESS };
    static const bool of_process[] = {
#define COUNTER(name, unit, scope, meaning) scope == PROCESS,
#define GAUGE(name, unit, meaning)
#include "faultline/counters.def"
#undef COUNTER
#undef GAUGE
    };
    return of_process[index];
}

static void process_clear(void *data) {
    StatsProcess *process = data;
    g_free(process->name);
    g_array_unref(process->phases);
}

Stats *stats_new(const Workload *workload) {
    Stats *stats = g_new0(Stats, 1);
    stats->workload = workload;
    stats->processes = g_array_new(FALSE, TRUE, sizeof(StatsProcess));
    g_array_set_clear_func(stats->processes, process_clear);
    return stats;
}

void stats_free(Stats *stats) {
    if (stats != NULL) {
        g_array_unref(stats->processes);
        g_clear_pointer(&stats->oom, g_ptr_array_unref);
        g_free(stats);
    }
}

StatsProcess *stats_add_process(Stats *stats, const char *name) {
    StatsProcess process = {
        .name = g_strdup(name),
        .pid = stats->processes->len + 1,
        .phases = g_array_new(FALSE, TRUE, sizeof(PhaseRecord)),
    };
    g_array_append_val(stats->processes, process);
    return &g_array_index(stats->processes, StatsProcess, stats->processes->len - 1);
}

const StatsProcess *stats_process(const Stats *stats, unsigned index) {
    return &g_array_index(stats->processes, StatsProcess, index);
}

Tick stats_process_time(const StatsProcess *process) {
    return process->end > process->start ? process->end - process->start : 0;
}

Tick stats_cpu_time(const Stats *stats) { return stats->time * MAX(stats->cpu_count, 1); }

uint64_t stats_access_ps(const Stats *stats, const Counters *c) {
    uint64_t references = c->loads + c->stores;
    if (references == 0) {
        return 0;
    }
    Tick all = counters_reference_ns(c, &stats->config) + c->fault_ns + c->io_wait_ns;
    unsigned __int128 ps = ((unsigned __int128)all * 1000 + references / 2) / references;
    return (uint64_t)ps;
}

static uint64_t millionths(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0 : (uint64_t)((unsigned __int128)part * 1000000 / whole);
}

uint64_t stats_utilisation_ppm(const StatsProcess *process) {
    return millionths(process->memory.peak_live_bytes, process->memory.peak_heap_bytes);
}

uint64_t stats_scatter_ppm(const StatsProcess *process) {
    const HeapSurvey *heap = &process->heap;
    return millionths(heap->free_bytes - heap->largest_free_bytes, heap->free_bytes);
}

static void collect_process(Stats *stats, const Process *process) {
    StatsProcess *to = stats_add_process(stats, process->name);
    to->spec = process->spec;
    to->pid = process->pid;
    to->parent = process->parent == NULL ? 0 : process->parent->pid;
    to->children = process->children_made;
    to->over = process->status;
    to->exit_code = process->exit_code;
    to->start = process->started;
    bool alive = process->status == PROCESS_ALIVE; /* the run was stopped */
    to->end = alive ? process->machine->clock.now : process->ended;
    to->counters = process_counters(process);
    to->bookkeeping = process_bookkeeping(process);
    to->memory = process_gauges(process);
    to->heap = process_over(process) ? process->last_heap : heap_survey_take(process);
    if (process->phases != NULL && process->phases->len > 0) {
        g_array_append_vals(to->phases, process->phases->data, process->phases->len);
    }
}

uint64_t stats_unusable_index(const Stats *stats, const FrameBlocks *blocks) {
    const Geometry *geometry = &stats->config.geometry;
    return frame_unusable_index(blocks, geometry->bits[geometry->levels - 1]);
}

static void collect_cpus(Stats *stats, const Scheduler *scheduler) {
    stats->time = cpus_latest(scheduler);
    stats->cpu_count = scheduler->cpu_count;
    for (uint32_t i = 0; i < scheduler->cpu_count; i++) {
        stats->cpus[i] = cpu_figures(&scheduler->cpus[i]);
    }
}

Stats *stats_collect(const Machine *machine) {
    Stats *stats = stats_new(machine->workload);
    stats->config = machine->config;
    collect_cpus(stats, machine->scheduler);
    stats->counters = machine_counters(machine);
    stats->frames = memory_census(machine->memory);
    stats->free_blocks = memory_free_blocks(machine->memory);
    stats->commit = memory_commit_charge(machine->memory);
    for (uint32_t i = 0; i < machine->config.group_count; i++) {
        stats->group_peaks[i] = memory_group_peak(machine->memory, i + 1);
    }
    stats->oom = g_ptr_array_ref(machine->oom_records);
    for (uint32_t i = 0; i < machine->process_count; i++) {
        collect_process(stats, machine->processes[i]);
    }
    return stats;
}

const char *stats_check(const Stats *stats) {
    Counters sum = {0};
    for (unsigned p = 0; p < stats->processes->len; p++) {
        const StatsProcess *process = stats_process(stats, p);
        counters_add(&sum, &process->counters);
        const HeapSurvey *heap = &process->heap;
        if (heap->live_pages + heap->own_pages + heap->below_pages + heap->kept_pages !=
            heap->resident_pages) {
            return "resident_pages";
        }
        for (unsigned i = 0; i < COUNTERS_COUNT; i++) {
            if (counters_at(&process->bookkeeping, i) > counters_at(&process->counters, i)) {
                return counter_names[i];
            }
        }
    }
    for (unsigned i = 0; i < COUNTERS_COUNT; i++) {
        if (counter_of_process(i) && counters_at(&sum, i) > counters_at(&stats->counters, i)) {
            return counter_names[i];
        }
    }
    return NULL;
}
