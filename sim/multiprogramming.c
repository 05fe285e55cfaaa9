/* multiprogramming.c - see multiprogramming.h. */
#include "multiprogramming.h"

#include <inttypes.h>
#include <string.h>

#include "size_list.h"

#define COPIES_MAX 10000 /* as in the workload format */
#define RULES_MAX  8

/* ---- what is asked for ---------------------------------------------------------------------- */

static bool refuse(GError **error, const char *part) {
    g_set_error(error, OPTIONS_ERROR, 0,
                "--copies wants up to %d numbers from 1 to %d, like 1,2,4 or 1..16, not \"%s\"",
                SIZES_MAX, COPIES_MAX, part);
    return false;
}

/* "3" or "1..16", appended. */
static bool append_range(GArray *copies, const char *part, GError **error) {
    g_auto(GStrv) ends = g_strsplit(part, "..", 2);
    uint64_t from, to;
    if (ends[0] == NULL || !g_ascii_string_to_unsigned(ends[0], 10, 1, COPIES_MAX, &from, NULL) ||
        !g_ascii_string_to_unsigned(ends[1] == NULL ? ends[0] : ends[1], 10, from, COPIES_MAX, &to,
                                    NULL) ||
        to - from >= SIZES_MAX - copies->len) {
        return refuse(error, part);
    }
    for (uint64_t count = from; count <= to; count++) {
        g_array_append_val(copies, count);
    }
    return true;
}

static GArray *parse_copies(const char *list, GError **error) {
    g_autoptr(GArray) copies = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_auto(GStrv) parts = g_strsplit(list[0] == '\0' ? "," : list, ",", -1);
    for (char **part = parts; *part != NULL; part++) {
        if (!append_range(copies, *part, error)) {
            return NULL;
        }
    }
    size_list_sort(copies);
    return g_steal_pointer(&copies);
}

/* The workload's loader says which words there are; "all" is every one of them. */
static GPtrArray *parse_rules(const char *list, GError **error) {
    GPtrArray *rules = g_ptr_array_new_with_free_func(g_free);
    if (list == NULL) {
        g_ptr_array_add(rules, NULL);
        return rules;
    }
    const char *words = strcmp(list, "all") == 0 ? "none,l=s,50%,working-set" : list;
    g_auto(GStrv) parts = g_strsplit(words, ",", -1);
    for (char **part = parts; *part != NULL; part++) {
        g_ptr_array_add(rules, g_strdup(*part));
    }
    if (rules->len == 0 || rules->len > RULES_MAX) {
        g_set_error(error, OPTIONS_ERROR, 0, "--load-control wants 1 to %d criteria, or all",
                    RULES_MAX);
        g_clear_pointer(&rules, g_ptr_array_unref);
    }
    return rules;
}

/* ---- points --------------------------------------------------------------------------------- */

static void add_point(Multiprogramming *study, const Options *options, uint32_t processes,
                      const char *rule, uint64_t copies) {
    GPtrArray *lines = input_overrides(options, NULL);
    for (uint32_t p = 0; p < processes; p++) {
        g_ptr_array_add(lines,
                        g_strdup_printf("/processes/%" PRIu32 "/copies=%" PRIu64, p, copies));
    }
    if (rule != NULL) {
        g_ptr_array_add(lines, g_strdup_printf("/machine/load_control=\"%s\"", rule));
    }
    g_ptr_array_add(lines, NULL);
    g_ptr_array_add(study->points, g_ptr_array_free(lines, FALSE));
}

static void add_points(Multiprogramming *study, const Options *options, uint32_t processes) {
    for (unsigned rule = 0; rule < study->rules->len; rule++) {
        for (unsigned row = 0; row < study->copies->len; row++) {
            add_point(study, options, processes, multiprogramming_rule(study, rule),
                      size_at(study->copies, row));
        }
    }
}

static void free_strv(gpointer strv) { g_strfreev(strv); }

/* ---- the whole ------------------------------------------------------------------------------ */

Multiprogramming *multiprogramming_plan(const Options *options, const Origin *origin,
                                        GError **error) {
    g_autoptr(Workload) workload = input_parse(origin, options, NULL, error);
    if (workload == NULL) {
        return NULL;
    }
    g_autoptr(GArray) copies = parse_copies(options->copies_list, error);
    GPtrArray *rules = copies == NULL ? NULL : parse_rules(options->load_list, error);
    if (rules == NULL) {
        return NULL;
    }
    Multiprogramming *study = g_new0(Multiprogramming, 1);
    study->title = g_strdup(workload->name);
    study->copies = g_steal_pointer(&copies);
    study->rules = rules;
    study->points = g_ptr_array_new_with_free_func(free_strv);
    add_points(study, options, workload->process_count);
    return study;
}

bool multiprogramming_run(Multiprogramming *study, const Origin *origin,
                          const SweepWatcher *watcher, GError **error) {
    study->results = sweep_run(origin, study->points, watcher);
    return sweep_succeeded(study->results, error);
}

void multiprogramming_free(Multiprogramming *study) {
    if (study != NULL) {
        g_free(study->title);
        g_ptr_array_unref(study->rules);
        g_array_unref(study->copies);
        g_ptr_array_unref(study->points);
        g_clear_pointer(&study->results, g_array_unref);
        g_free(study);
    }
}

const char *multiprogramming_rule(const Multiprogramming *study, unsigned rule) {
    return g_ptr_array_index(study->rules, rule);
}

const SweepResult *multiprogramming_at(const Multiprogramming *study, unsigned rule, unsigned row) {
    return sweep_result(study->results, rule * study->copies->len + row);
}
