/* curve_set.c - see curve_set.h. */
#include "curve/curve_set.h"

#include <inttypes.h>
#include <string.h>

#include "curve/curve_process.h"
#include "curve/sampled_curve.h"
#include "registry.h"
#include "size_list.h"

/* Up to so many, a table of all sizes is still read at a glance. */
#define SIZES_AT_A_GLANCE 20
#define SWAP_BYTES_MAX    (UINT64_C(1) << 40)
/* References x pages: at worst some ten seconds, and mostly one. */
#define OPT_UNASKED_MAX (UINT64_C(1) << 36)

const char *const curve_method_names[] = {
    [CURVE_EXACT] = "one pass", [CURVE_SAMPLED] = "sample", [CURVE_RUN] = "runs"};

/* What it takes to make a set. */
typedef struct Maker {
    const Options *options;
    const Origin *origin;
    const SweepWatcher *watcher;
    Workload *workload;
    ReferenceString *string;
    GPtrArray *names; /* of all curves, those by window too */
    CurveSet *set;
} Maker;

/* ---- names --------------------------------------------------------------------------------- */

static bool is_by_window(const char *name) {
    return strcmp(name, "ws") == 0 || strcmp(name, "vmin") == 0;
}

static bool is_one_pass(const char *name) {
    return strcmp(name, "lru") == 0 || strcmp(name, "opt") == 0;
}

static bool opt_takes_long(const ReferenceString *string) {
    return (uint64_t)string->runs->len * string->page_count > OPT_UNASKED_MAX;
}

static void default_names(Maker *maker) {
    names_add(maker->names, "lru");
    if (maker->options->sample != 0) {
        return;
    }
    maker->set->opt_left_out = opt_takes_long(maker->string);
    if (!maker->set->opt_left_out) {
        names_add(maker->names, "opt");
    }
    names_add(maker->names, "ws");
}

static bool parse_names(Maker *maker, GError **error) {
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    const ComponentInfo *const *infos = registry_vocabulary()->policies;
    for (; *infos != NULL; infos++) {
        g_ptr_array_add(known, (gpointer)(*infos)->name);
    }
    g_ptr_array_add(known, NULL);
    const char *list = maker->options->policy_list;
    g_auto(GStrv) words = strcmp(list, "all") == 0
                              ? g_strdupv((char **)known->pdata)
                              : g_strsplit(list[0] == '\0' ? "," : list, ",", -1);
    for (char **word = words; *word != NULL; word++) {
        if (!g_strv_contains((const char *const *)known->pdata, *word)) {
            options_refuse_word(error, "policy", *word, (const char *const *)known->pdata);
            return false;
        }
        names_add(maker->names, *word);
    }
    return true;
}

/* ---- sizes --------------------------------------------------------------------------------- */

static GArray *powers_of_two(uint64_t last) {
    GArray *sizes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (uint64_t size = 1; size < last; size *= 2) {
        g_array_append_val(sizes, size);
    }
    return g_array_append_val(sizes, last);
}

static GArray *every_size(uint64_t last) {
    GArray *sizes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (uint64_t size = 1; size <= last; size++) {
        g_array_append_val(sizes, size);
    }
    return sizes;
}

/* Every size is for programs, where none costs a run; or if there are few. */
static bool wants_every_size(const Maker *maker) {
    bool wanted = maker->options->format != FORMAT_TEXT && maker->options->sample == 0;
    for (unsigned i = 0; wanted && i < maker->names->len; i++) {
        const char *name = g_ptr_array_index(maker->names, i);
        wanted = is_one_pass(name) || is_by_window(name);
    }
    return wanted || maker->set->pages <= SIZES_AT_A_GLANCE;
}

static bool choose_sizes(Maker *maker, GError **error) {
    CurveSet *set = maker->set;
    const char *list = maker->options->memory_list;
    set->sizes = list != NULL              ? size_list_parse(list, set->page_size, error)
                 : wants_every_size(maker) ? every_size(MAX(set->pages, 1))
                                           : powers_of_two(MAX(set->pages, 1));
    return set->sizes != NULL;
}

/* ---- one pass ------------------------------------------------------------------------------ */

static void size_curve_free(void *data) {
    SizeCurve *curve = data;
    g_free(curve->name);
    stack_curve_free(curve->exact);
    g_clear_pointer(&curve->faults, g_array_unref);
    g_clear_pointer(&curve->errors, g_array_unref);
    g_free(curve);
}

static SizeCurve *add_curve(CurveSet *set, const char *name, CurveMethod method) {
    SizeCurve *curve = g_new0(SizeCurve, 1);
    curve->name = g_strdup(name);
    curve->method = method;
    g_ptr_array_add(set->curves, curve);
    return curve;
}

static void add_exact(CurveSet *set, const ReferenceString *string, const char *name) {
    SizeCurve *curve = add_curve(set, name, CURVE_EXACT);
    curve->exact = strcmp(name, "lru") == 0 ? stack_curve_lru(string) : stack_curve_opt(string);
    curve->faults = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (unsigned row = 0; row < set->sizes->len; row++) {
        uint64_t faults = stack_curve_faults(curve->exact, size_at(set->sizes, row));
        g_array_append_val(curve->faults, faults);
    }
}

static void add_sampled(Maker *maker) {
    CurveSet *set = maker->set;
    SizeCurve *curve = add_curve(set, "lru", CURVE_SAMPLED);
    g_autoptr(SampledCurve) sampled =
        sampled_curve_new(maker->string, maker->options->sample, set->sizes);
    set->sample_rate = sampled->rate;
    set->sample_pages = sampled->pages;
    curve->faults = g_array_ref(sampled->faults);
    curve->errors = g_array_ref(sampled->errors);
}

/* ---- runs ---------------------------------------------------------------------------------- */

/* Room for every page twice: a page that is in memory again may keep its slot. */
static char *swap_override(const Maker *maker) {
    uint64_t wanted = (2 * (uint64_t)maker->string->page_count + 64) * maker->set->page_size;
    const char *device = maker->workload->machine.device;
    g_autofree char *on =
        device == NULL ? g_strdup("") : g_strdup_printf(", \"device\": \"%s\"", device);
    return g_strdup_printf("/machine/swap={\"size\": \"%" PRIu64 "\"%s}",
                           MIN(wanted, SWAP_BYTES_MAX), on);
}

static char **point_of(const Maker *maker, const char *policy, uint64_t frames) {
    GPtrArray *lines = input_overrides(maker->options, maker->workload);
    g_ptr_array_add(lines, override_frames(maker->workload, frames));
    g_ptr_array_add(lines, g_strdup("/machine/shared_zero_page=false"));
    g_ptr_array_add(lines, swap_override(maker));
    /* A policy that the workload names itself keeps the parameters that it has there. */
    if (strcmp(policy, maker->workload->machine.policy.info->name) != 0) {
        g_ptr_array_add(lines, g_strconcat("/machine/replacement=", policy, NULL));
    }
    g_ptr_array_add(lines, NULL);
    return (char **)g_ptr_array_free(lines, FALSE);
}

/* Did the program make all of its references?  Else its faults are no point of a curve. */
static bool check_complete(const Maker *maker, const SweepResult *result, const char *policy,
                           GError **error) {
    if (result->counters.loads + result->counters.stores == maker->string->count) {
        return true;
    }
    g_set_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT,
                "%s: with %s and %u frames the program makes other references than in its own "
                "memory, so there is no curve; leave the policy or the size out",
                maker->workload->file, policy, result->frames);
    return false;
}

static bool add_run(Maker *maker, const char *policy, const GArray *results, unsigned first,
                    GError **error) {
    SizeCurve *curve = add_curve(maker->set, policy, CURVE_RUN);
    curve->faults = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (unsigned row = 0; row < maker->set->sizes->len; row++) {
        const SweepResult *result = sweep_result(results, first + row);
        if (!check_complete(maker, result, policy, error)) {
            return false;
        }
        const Counters *c = &result->counters;
        uint64_t faults = c->pgfault - c->softflt - c->invalid_faults;
        g_array_append_val(curve->faults, faults);
    }
    return true;
}

static bool is_run(const char *name) { return !is_one_pass(name) && !is_by_window(name); }

/* All points of all policies in one sweep, policy by policy. */
static GArray *run_points(const Maker *maker) {
    g_autoptr(GPtrArray) points = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    for (unsigned i = 0; i < maker->names->len; i++) {
        const char *name = g_ptr_array_index(maker->names, i);
        for (unsigned row = 0; is_run(name) && row < maker->set->sizes->len; row++) {
            g_ptr_array_add(points, point_of(maker, name, size_at(maker->set->sizes, row)));
        }
    }
    return sweep_run(maker->origin, points, maker->watcher);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static bool add_curves(Maker *maker, GError **error) {
    g_autoptr(GArray) results = run_points(maker);
    unsigned next = 0;
    if (!sweep_succeeded(results, error)) {
        return false;
    }
    for (unsigned i = 0; i < maker->names->len; i++) {
        const char *name = g_ptr_array_index(maker->names, i);
        if (is_by_window(name)) {
            maker->set->window =
                maker->set->window != NULL ? maker->set->window : window_curve_new(maker->string);
        } else if (strcmp(name, "lru") == 0 && maker->options->sample != 0) {
            add_sampled(maker);
        } else if (is_one_pass(name)) {
            add_exact(maker->set, maker->string, name);
        } else if (!add_run(maker, name, results, next, error)) {
            return false;
        } else {
            next += maker->set->sizes->len;
        }
    }
    return true;
}

static uint64_t page_size_of(const MachineSpec *machine) {
    const Geometry *preset = machine->mmu == NULL ? NULL : geometry_find(machine->mmu);
    return preset == NULL ? machine->page_size : geometry_page_size(preset);
}

/* A run has all processes in it, which compete for the frames. */
static bool check_runs(const Maker *maker, GError **error) {
    for (unsigned i = 0; i < maker->names->len; i++) {
        const char *name = g_ptr_array_index(maker->names, i);
        if (is_run(name) && curve_process_has_company(maker->workload)) {
            g_set_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT,
                        "%s: %s has to be run at each size, which one process among several "
                        "cannot be; lru, opt, ws and vmin can be had",
                        maker->workload->file, name);
            return false;
        }
    }
    return true;
}

/* "lab", or "lab, app". */
static char *title_of(const Maker *maker) {
    const char *process = maker->options->process;
    return process == NULL ? g_strdup(maker->workload->name)
                           : g_strdup_printf("%s, %s", maker->workload->name, process);
}

static void add_series(Maker *maker) {
    const GArray *windows = maker->options->windows;
    for (unsigned i = 0; windows != NULL && i < windows->len; i++) {
        g_ptr_array_add(maker->set->series,
                        working_set_series_new(maker->string, size_at(windows, i)));
    }
}

static void series_free(void *series) { working_set_series_free(series); }

static bool make(Maker *maker, GError **error) {
    CurveSet *set = maker->set;
    maker->workload = input_parse_all(maker->origin, maker->options, error);
    if (maker->workload == NULL ||
        (maker->options->policy_list != NULL && !parse_names(maker, error))) {
        return false;
    }
    uint32_t pid = curve_process_find(maker->workload, maker->options->process, error);
    if (pid == 0 || !check_runs(maker, error)) {
        return false;
    }
    maker->string = reference_string_record_process(maker->workload, pid, error);
    if (maker->string == NULL) {
        return false;
    }
    set->title = title_of(maker);
    set->references = maker->string->count;
    set->pages = maker->string->page_count;
    set->page_size = page_size_of(&maker->workload->machine);
    if (maker->options->policy_list == NULL) {
        default_names(maker);
    }
    add_series(maker);
    return choose_sizes(maker, error) && add_curves(maker, error);
}

static CurveSet *set_empty(void) {
    CurveSet *set = g_new0(CurveSet, 1);
    set->curves = g_ptr_array_new_with_free_func(size_curve_free);
    set->series = g_ptr_array_new_with_free_func(series_free);
    return set;
}

CurveSet *curve_set_new(const Options *options, const Origin *origin, const SweepWatcher *watcher,
                        GError **error) {
    g_autoptr(CurveSet) set = set_empty();
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Maker maker = {
        .options = options, .origin = origin, .watcher = watcher, .names = names, .set = set};
    bool made = make(&maker, error);
    workload_free(maker.workload);
    reference_string_free(maker.string);
    return made ? g_steal_pointer(&set) : NULL;
}

CurveSet *curve_set_sketch(const Workload *workload, GError **error) {
    g_autoptr(ReferenceString) string = curve_process_find(workload, NULL, error) == 0
                                            ? NULL
                                            : reference_string_record(workload, error);
    if (string == NULL) {
        return NULL;
    }
    CurveSet *set = set_empty();
    set->title = g_strdup(workload->name);
    set->references = string->count;
    set->pages = string->page_count;
    set->page_size = page_size_of(&workload->machine);
    set->sizes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    add_exact(set, string, "lru");
    set->opt_left_out = opt_takes_long(string);
    if (!set->opt_left_out) {
        add_exact(set, string, "opt");
    }
    return set;
}

void curve_set_free(CurveSet *set) {
    if (set != NULL) {
        g_free(set->title);
        g_clear_pointer(&set->sizes, g_array_unref);
        g_ptr_array_unref(set->curves);
        window_curve_free(set->window);
        g_ptr_array_unref(set->series);
        g_free(set);
    }
}

GArray *curve_set_windows(const CurveSet *set) {
    GArray *windows = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    uint64_t longest = window_curve_longest(set->window), window = 1;
    for (; window < longest; window *= 2) {
        g_array_append_val(windows, window);
    }
    return g_array_append_val(windows, window);
}
