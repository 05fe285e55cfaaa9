/* sweep.c - see sweep.h. */
#include "sweep.h"

#include "scheduler.h"
#include "stats.h"

typedef struct Sweep {
    const Origin *origin;
    const GPtrArray *points;
    const SweepWatcher *watcher;
    GArray *results;
    gint next;         /* the first point that nobody has taken; atomic */
    GMutex parsing;    /* the JSON library keeps the place of its last error in a global */
    GMutex finishing;  /* guards `finished`, and makes progress() one call at a time */
    unsigned finished; /* points */
} Sweep;

static void add_gauges(Gauges *sum, const Gauges *part) {
    for (unsigned i = 0; i < GAUGES_COUNT; i++) {
        ((uint64_t *)sum)[i] += gauges_at(part, i);
    }
}

/* A policy that deactivates pages finds them again by soft faults, which cost next to nothing. With
 * any other, a soft fault means that the page was gone, but its write-back was not over. */
static uint64_t faults_of(const Machine *machine, const Counters *counters) {
    bool keeps = machine->config.policy->reactivated != NULL;
    return counters->pgfault - (keeps ? counters->softflt : 0);
}

static void collect(const Machine *machine, SweepResult *result) {
    result->counters = machine_counters(machine);
    result->faults = faults_of(machine, &result->counters);
    result->time = cpus_latest(machine->scheduler);
    result->cpu_time = result->time * machine->config.cpus;
    result->user = counters_user_ns(&result->counters, &machine->config);
    result->system = counters_system_ns(&result->counters);
    result->processes = machine->process_count;
    result->frames = machine->config.frames;
    result->page_size = geometry_page_size(&machine->config.geometry);
    for (uint32_t i = 0; i < machine->process_count; i++) {
        Gauges part = process_gauges(machine->processes[i]);
        add_gauges(&result->memory, &part);
    }
}

static void run_point(Sweep *sweep, unsigned index) {
    SweepResult *result = &g_array_index(sweep->results, SweepResult, index);
    const char *const *overrides = g_ptr_array_index(sweep->points, index);
    g_mutex_lock(&sweep->parsing);
    g_autoptr(Workload) workload = origin_parse(sweep->origin, overrides, &result->error);
    g_mutex_unlock(&sweep->parsing);
    g_autoptr(Machine) machine = NULL;
    if (workload != NULL) {
        machine = machine_create(workload, &result->error);
    }
    if (machine != NULL && machine_run(machine, &result->error)) {
        collect(machine, result);
    }
}

static void tell(Sweep *sweep) {
    const SweepWatcher *watcher = sweep->watcher;
    g_mutex_lock(&sweep->finishing);
    sweep->finished++;
    if (watcher != NULL && watcher->progress != NULL) {
        watcher->progress(watcher->host, sweep->finished, sweep->points->len);
    }
    g_mutex_unlock(&sweep->finishing);
}

/* What each thread does. */
static gpointer work(gpointer data) {
    Sweep *sweep = data;
    unsigned index;
    while ((index = (unsigned)g_atomic_int_add(&sweep->next, 1)) < sweep->points->len) {
        run_point(sweep, index);
        tell(sweep);
    }
    return NULL;
}

/* This thread works too: if the host gives no other, it does all of the work. */
static void work_together(Sweep *sweep) {
    unsigned more = MIN(g_get_num_processors(), MAX(sweep->points->len, 1)) - 1;
    g_autoptr(GPtrArray) threads = g_ptr_array_new();
    while (threads->len < more) {
        GThread *thread = g_thread_try_new("sweep", work, sweep, NULL);
        if (thread == NULL) {
            break;
        }
        g_ptr_array_add(threads, thread);
    }
    work(sweep);
    for (unsigned i = 0; i < threads->len; i++) {
        g_thread_join(g_ptr_array_index(threads, i));
    }
}

static void result_clear(void *data) { g_clear_error(&((SweepResult *)data)->error); }

GArray *sweep_run(const Origin *origin, const GPtrArray *points, const SweepWatcher *watcher) {
    GArray *results = g_array_new(FALSE, TRUE, sizeof(SweepResult));
    g_array_set_clear_func(results, result_clear);
    g_array_set_size(results, points->len);
    Sweep sweep = {.origin = origin, .points = points, .watcher = watcher, .results = results};
    g_mutex_init(&sweep.parsing);
    g_mutex_init(&sweep.finishing);
    work_together(&sweep);
    g_mutex_clear(&sweep.parsing);
    g_mutex_clear(&sweep.finishing);
    return results;
}

bool sweep_succeeded(const GArray *results, GError **error) {
    for (unsigned i = 0; i < results->len; i++) {
        const GError *problem = sweep_result(results, i)->error;
        if (problem != NULL) {
            g_propagate_error(error, g_error_copy(problem));
            return false;
        }
    }
    return true;
}
