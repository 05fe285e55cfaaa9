/* verb_list.c - `faultline list TOPIC`: the words that a workload can use, from the same tables
 * that check them. */
#include <inttypes.h>
#include <string.h>

#include "heap.h"
#include "output/human.h"
#include "output/wrap.h"
#include "registry.h"
#include "verbs.h"

#define LIST_WIDTH     80
#define MEANING_COLUMN 24

/* "name     meaning", wrapped; a name that is too wide has a line of its own. */
static void append_row(GString *out, const char *name, const char *meaning) {
    bool wide = strlen(name) >= MEANING_COLUMN;
    g_string_append_printf(out, "%-*s", MEANING_COLUMN, name);
    g_string_append_printf(out, "%s%*s", wide ? "\n" : "", wide ? MEANING_COLUMN : 0, "");
    wrap_append(out, meaning, MEANING_COLUMN, MEANING_COLUMN, LIST_WIDTH);
}

/* ---- policies and allocators: components with parameters ------------------------------- */

static char *param_value(const Param *param, uint64_t value) {
    switch (param->kind) {
    case PARAM_SIZE:
        return human_bytes(value);
    case PARAM_TIME:
        return value == PARAM_NEVER ? g_strdup("never") : human_time(value);
    case PARAM_BOOL:
        return g_strdup(value != 0 ? "true" : "false");
    case PARAM_CHOICE: {
        g_auto(GStrv) words = g_strsplit(param->choices, "|", -1);
        return g_strdup(value < g_strv_length(words) ? words[value] : "?");
    }
    case PARAM_WINDOW:
        return (value & WINDOW_IS_TIME) != 0
                   ? human_time(value & ~WINDOW_IS_TIME)
                   : g_strdup_printf("%" G_GUINT64_FORMAT " references", value);
    default:
        return human_count(value);
    }
}

/* "one of first, best, worst", or "1 to 64". */
static char *param_range(const Param *param) {
    if (param->kind == PARAM_CHOICE) {
        return g_strdup_printf("one of %s", param->choices);
    }
    if (param->kind == PARAM_BOOL) {
        return g_strdup("true or false");
    }
    if (param->kind == PARAM_WINDOW) {
        return g_strdup("references, or a time as \"5ms\"");
    }
    g_autofree char *min = param_value(param, param->min);
    g_autofree char *max = param_value(param, param->max);
    if (param->kind == PARAM_TIME && param->max == PARAM_NEVER) {
        return g_strdup_printf("at least %s, or -1: never", min);
    }
    return param->max == UINT64_MAX ? g_strdup_printf("at least %s", min)
                                    : g_strdup_printf("%s to %s", min, max);
}

static void append_params(GString *out, const Param *params) {
    for (const Param *param = params; param->name != NULL; param++) {
        g_autofree char *value = param_value(param, param->initial);
        g_autofree char *range = param_range(param);
        g_autofree char *left = g_strdup_printf("    %s = %s", param->name, value);
        g_autofree char *right = g_strdup_printf("%s (%s)", param->help, range);
        append_row(out, left, right);
    }
}

static void append_component(GString *out, const ComponentInfo *info, const char *sees) {
    append_row(out, info->name, info->summary);
    g_string_append_printf(out, "%*s", MEANING_COLUMN, "");
    g_autofree char *source =
        g_strdup_printf("%s%ssource: %s", sees, sees[0] == '\0' ? "" : "; ", info->source);
    wrap_append(out, source, MEANING_COLUMN, MEANING_COLUMN, LIST_WIDTH);
    append_params(out, info->params);
    g_string_append_c(out, '\n');
}

static void list_policies(GString *out) {
    const ComponentInfo *const *policies = registry_vocabulary()->policies;
    for (unsigned i = 0; policies[i] != NULL; i++) {
        const PolicyOps *ops = registry_policy(policies[i]);
        append_component(out, policies[i],
                         ops->touched == NULL ? "sees referenced bits at most"
                                              : "sees every reference");
    }
}

static void list_allocators(GString *out) {
    const ComponentInfo *const *allocators = registry_vocabulary()->allocators;
    for (unsigned i = 0; allocators[i] != NULL; i++) {
        append_component(out, allocators[i], "");
    }
}

/* ---- plain tables ---------------------------------------------------------------------- */

static void append_counter(GString *out, const char *name, const char *unit, const char *scope,
                           const char *meaning) {
    g_autofree char *words = g_strdup_printf("%s [%s, %s]", meaning, unit, scope);
    append_row(out, name, words);
}

static void list_counters(GString *out) {
    g_string_append(out, "Counters only grow:\n");
#define COUNTER(name, unit, scope, meaning)                                                        \
    append_counter(out, #name, unit, strcmp(#scope, "PROCESS") == 0 ? "each process" : "machine",  \
                   meaning);
#define GAUGE(name, unit, meaning)
#include "faultline/counters.def"
#undef COUNTER
#undef GAUGE
    g_string_append(out, "\nGauges are a process's state at an instant:\n");
#define COUNTER(name, unit, scope, meaning)
#define GAUGE(name, unit, meaning) append_counter(out, #name, unit, "each process", meaning);
#include "faultline/counters.def"
#undef COUNTER
#undef GAUGE
}

static uint64_t cost_of(const char *preset, CostId id) {
    Costs costs = {0};
    registry_costs(preset, &costs);
    const Tick prices[] = {
#define COST(name, modern, textbook, meaning) costs.name##_ns,
#include "faultline/costs.def"
#undef COST
    };
    return prices[id];
}

static void list_costs(GString *out) {
    const char *const *presets = registry_cost_presets();
    g_string_append_printf(out, "%-18s", "ns of virtual time");
    for (unsigned p = 0; presets[p] != NULL; p++) {
        g_string_append_printf(out, "%11s", presets[p]);
    }
    g_string_append_c(out, '\n');
    for (CostId id = 0; id < COST_COUNT; id++) {
        g_string_append_printf(out, "%-18s", registry_cost_name(id));
        for (unsigned p = 0; presets[p] != NULL; p++) {
            g_autofree char *price = human_count(cost_of(presets[p], id));
            g_string_append_printf(out, "%11s", price);
        }
        g_string_append_c(out, '\n');
    }
    g_string_append_c(out, '\n');
    for (CostId id = 0; id < COST_COUNT; id++) {
        append_row(out, registry_cost_name(id), registry_cost_meaning(id));
    }
}

static void list_events(GString *out) {
#define EVENT(name, meaning) append_row(out, #name, meaning);
    EVENT_KINDS(EVENT)
#undef EVENT
}

static void list_mmus(GString *out) {
    g_string_append_printf(out, "%-12s  %9s  %-26s  %s\n", "mmu", "page size",
                           "index bits, root to leaf", "user addresses");
    for (const Geometry *g = geometry_presets; g->name != NULL; g++) {
        g_autofree char *page = human_bytes(geometry_page_size(g));
        g_autofree char *size = human_bytes(UINT64_C(1) << MIN(g->user_bits, 63));
        g_autoptr(GString) bits = g_string_new(NULL);
        for (unsigned level = 0; level < g->levels; level++) {
            g_string_append_printf(bits, "%s%u", level == 0 ? "" : " + ", g->bits[level]);
        }
        g_string_append_printf(out, "%-12s  %9s  %-26s  %s\n", g->name, page, bits->str, size);
    }
}

ExitCode verb_list(const Options *options, Stream *out, GError **error) {
    static const char *const topics[] = {"policies", "allocators", "counters", "costs",
                                         "events",   "mmus",       NULL};
    static void (*const list[])(GString *) = {list_policies, list_allocators, list_counters,
                                              list_costs,    list_events,     list_mmus};
    const char *topic = g_ptr_array_index(options->files, 0);
    for (unsigned i = 0; topics[i] != NULL; i++) {
        if (strcmp(topic, topics[i]) == 0) {
            g_autoptr(GString) text = g_string_new(NULL);
            list[i](text);
            stream_write(out, text->str);
            return EXIT_CODE_FINISHED;
        }
    }
    options_refuse_word(error, "topic", topic, topics);
    return EXIT_CODE_USAGE;
}
