/* ample_memory.c - see ample_memory.h. */
#include "ample_memory.h"

/* Where pages are evicted however much memory there is (a limit of the process's own), the search
 * ends at 2^10 times the workload's memory. */
#define DOUBLINGS_MAX 10

static void free_strv(gpointer strv) { g_strfreev(strv); }

/* The result of the one run, in an array. */
static GArray *run_in(const Origin *origin, const Workload *workload, const GPtrArray *settings,
                      uint64_t frames) {
    GPtrArray *lines = g_ptr_array_new();
    for (unsigned i = 0; i < settings->len; i++) {
        g_ptr_array_add(lines, g_strdup(g_ptr_array_index(settings, i)));
    }
    g_ptr_array_add(lines, override_frames(workload, frames));
    g_ptr_array_add(lines, NULL);
    g_autoptr(GPtrArray) points = g_ptr_array_new_with_free_func(free_strv);
    g_ptr_array_add(points, g_ptr_array_free(lines, FALSE));
    return sweep_run(origin, points, NULL);
}

/* False, too, where it could not be run: more memory would not help. */
static bool is_too_little(const SweepResult *result) {
    return result->error == NULL && result->counters.evictions + result->counters.oom_kills > 0;
}

static uint64_t half_of_peak(const SweepResult *result, uint64_t own) {
    return result->error != NULL ? own : MIN((result->memory.peak_rss + 1) / 2, own);
}

AmpleMemory ample_memory_find(const Origin *origin, const Workload *workload,
                              const GPtrArray *settings, uint64_t own) {
    AmpleMemory found = {.ample = own, .scarce = own};
    g_autoptr(GArray) first = run_in(origin, workload, settings, own);
    bool too_little = is_too_little(sweep_result(first, 0));
    found.own_is_ample = !too_little;
    if (found.own_is_ample) {
        found.scarce = MAX(half_of_peak(sweep_result(first, 0), own), 1);
    }
    for (unsigned i = 0; too_little && i < DOUBLINGS_MAX; i++) {
        found.ample *= 2;
        g_autoptr(GArray) more = run_in(origin, workload, settings, found.ample);
        too_little = is_too_little(sweep_result(more, 0));
    }
    return found;
}
