/* comparison.c - see comparison.h. */
#include "comparison.h"

#include <string.h>

#include "machine_config.h"
#include "registry.h"
#include "size_list.h"

static const char *const default_policies[] = {"fifo", "lru", "clock", "opt", NULL};

/* ---- names ------------------------------------------------------------------------------- */

/* The names of components, ended by NULL. */
static GPtrArray *known_names(const ComponentInfo *const *infos) {
    GPtrArray *names = g_ptr_array_new();
    for (; *infos != NULL; infos++) {
        g_ptr_array_add(names, (gpointer)(*infos)->name);
    }
    g_ptr_array_add(names, NULL);
    return names;
}

static void add_names(GPtrArray *names, const char *const *words) {
    for (; *words != NULL; words++) {
        names_add(names, *words);
    }
}

/* "a,b" or "all", each name once, in the order given.  NULL and `error`. */
static GPtrArray *parse_names(const char *list, const char *noun, const ComponentInfo *const *infos,
                              GError **error) {
    g_autoptr(GPtrArray) known = known_names(infos);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    if (strcmp(list, "all") == 0) {
        add_names(names, (const char *const *)known->pdata);
        return g_steal_pointer(&names);
    }
    g_auto(GStrv) words = g_strsplit(list[0] == '\0' ? "," : list, ",", -1);
    for (char **word = words; *word != NULL; word++) {
        if (!g_strv_contains((const char *const *)known->pdata, *word)) {
            options_refuse_word(error, noun, *word, (const char *const *)known->pdata);
            return NULL;
        }
    }
    add_names(names, (const char *const *)words);
    return g_steal_pointer(&names);
}

static GPtrArray *policy_names(const Options *options, const Workload *workload, GError **error) {
    if (options->policy_list != NULL) {
        return parse_names(options->policy_list, "policy", registry_vocabulary()->policies, error);
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    if (options->allocator_list == NULL) {
        add_names(names, default_policies);
    }
    names_add(names, workload->machine.policy.info->name);
    return names;
}

/* No names: every process has its own allocator. */
static GPtrArray *allocator_names(const Options *options, GError **error) {
    return options->allocator_list == NULL ? g_ptr_array_new_with_free_func(g_free)
                                           : parse_names(options->allocator_list, "allocator",
                                                         registry_vocabulary()->allocators, error);
}

/* ---- points ------------------------------------------------------------------------------ */

/* A policy that the workload names itself keeps the parameters that it has there; any other keeps
 * the scope, or two things would be compared at once. */
static void add_policy(GPtrArray *lines, const Workload *workload, const char *policy) {
    if (strcmp(policy, workload->machine.policy.info->name) != 0) {
        g_ptr_array_add(
            lines, g_strdup_printf("/machine/replacement={\"policy\":\"%s\",\"scope\":\"%s\"}",
                                   policy, workload->machine.local_scope ? "local" : "global"));
    }
}

static void add_allocator(GPtrArray *lines, const Workload *workload, const char *allocator) {
    for (uint32_t p = 0; allocator != NULL && p < workload->process_count; p++) {
        g_ptr_array_add(lines, override_allocator(p, allocator));
    }
}

/* The overrides of a run, but for its memory. */
static GPtrArray *settings_of(const Options *options, const Workload *workload, const char *policy,
                              const char *allocator) {
    GPtrArray *lines = input_overrides(options, NULL);
    add_policy(lines, workload, policy);
    add_allocator(lines, workload, allocator);
    return lines;
}

static void add_point(Comparison *comparison, GPtrArray *settings, const Workload *workload,
                      uint64_t frames) {
    g_ptr_array_add(settings, override_frames(workload, frames));
    g_ptr_array_add(settings, NULL);
    g_ptr_array_add(comparison->points, g_ptr_array_free(settings, FALSE));
}

static const char *name_at(const GPtrArray *names, unsigned index) {
    return index < names->len ? g_ptr_array_index(names, index) : NULL;
}

static void add_points(Comparison *comparison, const Options *options, const Workload *workload,
                       const GPtrArray *policies, const GPtrArray *allocators) {
    for (unsigned row = 0; row < comparison->sizes->len; row++) {
        for (unsigned column = 0; column < comparison->names->len; column++) {
            bool a = comparison->allocators;
            GPtrArray *settings = settings_of(options, workload, name_at(policies, a ? 0 : column),
                                              name_at(allocators, a ? column : 0));
            add_point(comparison, settings, workload, size_at(comparison->sizes, row));
        }
    }
}

/* ---- sizes ------------------------------------------------------------------------------- */

static GArray *default_sizes(uint64_t frames) {
    GArray *sizes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (unsigned part = 4; part >= 1; part /= 2) {
        uint64_t size = (frames + part - 1) / part;
        g_array_append_val(sizes, size);
    }
    size_list_sort(sizes);
    return sizes;
}

/* Only where memory is short does it show what walking lists costs. */
static GArray *ample_and_scarce(Comparison *comparison, const Origin *origin,
                                const Workload *workload, const GPtrArray *settings,
                                uint64_t own_frames) {
    comparison->ample = ample_memory_find(origin, workload, settings, own_frames);
    GArray *sizes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_array_append_val(sizes, comparison->ample.scarce);
    g_array_append_val(sizes, comparison->ample.ample);
    size_list_sort(sizes);
    return sizes;
}

/* ---- the whole --------------------------------------------------------------------------- */

static bool check_lists(const GPtrArray *policies, const GPtrArray *allocators, GError **error) {
    if (policies->len > 1 && allocators->len > 1) {
        g_set_error_literal(error, OPTIONS_ERROR, 0,
                            "compare either policies or allocators: with several in --allocator, "
                            "--policy can name only one");
        return false;
    }
    return true;
}

static void free_strv(gpointer strv) { g_strfreev(strv); }

static Comparison *comparison_new(const Workload *workload, uint64_t page_size) {
    Comparison *comparison = g_new0(Comparison, 1);
    comparison->title = g_strdup(workload->name);
    comparison->page_size = page_size;
    comparison->points = g_ptr_array_new_with_free_func(free_strv);
    return comparison;
}

Comparison *comparison_plan(const Options *options, const Origin *origin, GError **error) {
    g_autoptr(Workload) workload = input_parse(origin, options, NULL, error);
    MemoryConfig config;
    if (workload == NULL || !machine_config_resolve(workload, &config, error)) {
        return NULL;
    }
    g_autoptr(GPtrArray) policies = policy_names(options, workload, error);
    g_autoptr(GPtrArray) allocators = policies == NULL ? NULL : allocator_names(options, error);
    if (allocators == NULL || !check_lists(policies, allocators, error)) {
        return NULL;
    }
    g_autoptr(Comparison) comparison =
        comparison_new(workload, geometry_page_size(&config.geometry));
    /* With one allocator and several policies, the allocator is only a setting. */
    comparison->allocators = allocators->len > 0 && policies->len == 1;
    comparison->names = g_ptr_array_ref(comparison->allocators ? allocators : policies);
    g_autoptr(GPtrArray) first =
        settings_of(options, workload, name_at(policies, 0), name_at(allocators, 0));
    comparison->sizes = options->memory_list != NULL
                            ? size_list_parse(options->memory_list, comparison->page_size, error)
                        : comparison->allocators
                            ? ample_and_scarce(comparison, origin, workload, first, config.frames)
                            : default_sizes(config.frames);
    if (comparison->sizes == NULL) {
        return NULL;
    }
    add_points(comparison, options, workload, policies, allocators);
    return g_steal_pointer(&comparison);
}

bool comparison_run(Comparison *comparison, const Origin *origin, const SweepWatcher *watcher,
                    GError **error) {
    comparison->results = sweep_run(origin, comparison->points, watcher);
    for (unsigned i = 0; i < comparison->results->len; i++) {
        if (sweep_result(comparison->results, i)->error == NULL) {
            return true;
        }
    }
    return sweep_succeeded(comparison->results, error);
}

void comparison_free(Comparison *comparison) {
    if (comparison != NULL) {
        g_free(comparison->title);
        g_clear_pointer(&comparison->names, g_ptr_array_unref);
        g_clear_pointer(&comparison->sizes, g_array_unref);
        g_clear_pointer(&comparison->results, g_array_unref);
        g_ptr_array_unref(comparison->points);
        g_free(comparison);
    }
}

/* ---- cells ------------------------------------------------------------------------------- */

const char *comparison_name(const Comparison *comparison, unsigned column) {
    return g_ptr_array_index(comparison->names, column);
}

const SweepResult *comparison_at(const Comparison *comparison, unsigned row, unsigned column) {
    return sweep_result(comparison->results, row * comparison->names->len + column);
}

bool comparison_is_bound(const Comparison *comparison, unsigned column) {
    return !comparison->allocators &&
           (registry_policy_named(comparison_name(comparison, column))->needs &
            POLICY_NEEDS_FUTURE) != 0;
}

static bool contends(const Comparison *comparison, unsigned row, unsigned column) {
    return comparison_at(comparison, row, column)->error == NULL &&
           !comparison_is_bound(comparison, column);
}

bool comparison_is_best(const Comparison *comparison, unsigned row, unsigned column) {
    if (!contends(comparison, row, column)) {
        return false;
    }
    uint64_t faults = comparison_at(comparison, row, column)->faults;
    bool differ = false;
    for (unsigned other = 0; other < comparison->names->len; other++) {
        if (contends(comparison, row, other)) {
            uint64_t theirs = comparison_at(comparison, row, other)->faults;
            differ |= theirs != faults;
            if (theirs < faults) {
                return false;
            }
        }
    }
    return differ;
}

bool comparison_is_anomalous(const Comparison *comparison, unsigned row, unsigned column) {
    if (row == 0) {
        return false;
    }
    const SweepResult *less = comparison_at(comparison, row - 1, column);
    const SweepResult *more = comparison_at(comparison, row, column);
    return less->error == NULL && more->error == NULL && more->faults > less->faults;
}

bool comparison_failed(const Comparison *comparison, unsigned row, unsigned column) {
    return comparison_at(comparison, row, column)->error != NULL;
}

bool comparison_any(const Comparison *comparison,
                    bool (*what)(const Comparison *comparison, unsigned row, unsigned column)) {
    for (unsigned row = 0; row < comparison->sizes->len; row++) {
        for (unsigned column = 0; column < comparison->names->len; column++) {
            if (what(comparison, row, column)) {
                return true;
            }
        }
    }
    return false;
}
