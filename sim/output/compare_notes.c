/* compare_notes.c - see compare_notes.h. */
#include "output/compare_notes.h"

#include "output/human.h"
#include "output/style.h"
#include "output/wrap.h"
#include "size_list.h"

#define WIDTH           80
#define ANOMALIES_SHOWN 20

static bool evicted(const Comparison *c, unsigned row, unsigned column) {
    return comparison_at(c, row, column)->counters.evictions > 0;
}

static bool soft(const Comparison *c, unsigned row, unsigned column) {
    const SweepResult *result = comparison_at(c, row, column);
    return result->faults < result->counters.pgfault;
}

static void append_line(GString *out, const char *mark, const char *text) {
    g_string_append_printf(out, "  %s ", mark);
    wrap_append(out, text, 4, 4, WIDTH);
}

/* "opt", "opt and vmin": those that know the future.  NULL: nobody does. */
static char *bounds(const Comparison *c) {
    g_autoptr(GString) names = g_string_new(NULL);
    for (unsigned column = 0; column < c->names->len; column++) {
        if (comparison_is_bound(c, column)) {
            g_string_append_printf(names, "%s%s", names->len == 0 ? "" : " and ",
                                   comparison_name(c, column));
        }
    }
    return names->len == 0 ? NULL : g_strdup(names->str);
}

static void print_best(const Comparison *c, GString *out) {
    g_autofree char *future = bounds(c);
    if (comparison_any(c, comparison_is_best)) {
        g_autofree char *text =
            future == NULL
                ? g_strdup("the fewest faults with that much memory")
                : g_strdup_printf("the fewest faults with that much memory, not counting %s: "
                                  "whoever knows the future is a lower bound",
                                  future);
        append_line(out, "*", text);
    }
}

static void print_anomalies(const Comparison *c, GString *out) {
    unsigned found = 0;
    for (unsigned column = 0; column < c->names->len; column++) {
        for (unsigned row = 1; row < c->sizes->len; row++) {
            if (!comparison_is_anomalous(c, row, column) || ++found > ANOMALIES_SHOWN) {
                continue;
            }
            if (found == 1) {
                append_line(out, "!", "Belady's anomaly, more faults with more memory:");
            }
            g_autofree char *fewer = human_count(comparison_at(c, row - 1, column)->faults);
            g_autofree char *more = human_count(comparison_at(c, row, column)->faults);
            g_string_append_printf(out,
                                   "      %s: %s faults in %" G_GUINT64_FORMAT
                                   ", %s in %" G_GUINT64_FORMAT " frames\n",
                                   comparison_name(c, column), fewer, size_at(c->sizes, row - 1),
                                   more, size_at(c->sizes, row));
        }
    }
    if (found > ANOMALIES_SHOWN) {
        g_string_append_printf(out, "      and %u more\n", found - ANOMALIES_SHOWN);
    }
}

/* The first thing that went wrong in a column, made fit to print.  NULL: nothing did. */
static char *reason_of(const Comparison *c, unsigned column) {
    for (unsigned row = 0; row < c->sizes->len; row++) {
        if (comparison_failed(c, row, column)) {
            return style_printable(comparison_at(c, row, column)->error->message);
        }
    }
    return NULL;
}

/* "- opt, vmin: why", each reason once, with all who have it. */
static void print_reasons(const Comparison *c, GString *out) {
    g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func(g_free);
    for (unsigned column = 0; column < c->names->len; column++) {
        g_ptr_array_add(reasons, reason_of(c, column));
    }
    for (unsigned column = 0; column < c->names->len; column++) {
        const char *reason = g_ptr_array_index(reasons, column);
        g_autoptr(GString) names = g_string_new(NULL);
        bool told = reason == NULL;
        for (unsigned other = 0; !told && other < c->names->len; other++) {
            if (g_strcmp0(reason, g_ptr_array_index(reasons, other)) == 0) {
                told = other < column;
                g_string_append_printf(names, "%s%s", names->len == 0 ? "" : ", ",
                                       comparison_name(c, other));
            }
        }
        if (!told) {
            g_autofree char *text = g_strdup_printf("%s: %s", names->str, reason);
            append_line(out, "-", text);
        }
    }
}

/* Nobody had to choose: say where it would become interesting. */
static void print_hint(const Comparison *c, GString *out) {
    uint64_t peak = 0;
    for (unsigned i = 0; i < c->results->len; i++) {
        peak = MAX(peak, sweep_result(c->results, i)->memory.peak_rss);
    }
    if (peak > 1 && !c->allocators && !comparison_any(c, evicted)) {
        g_autofree char *text =
            g_strdup_printf("nothing was ever evicted: try sizes below the %" G_GUINT64_FORMAT
                            " pages that the programs use, as in --memory 1..%" G_GUINT64_FORMAT,
                            peak, peak);
        append_line(out, " ", text);
    }
}

void compare_notes_print(const Comparison *c, GString *out) {
    print_best(c, out);
    print_anomalies(c, out);
    print_reasons(c, out);
    if (comparison_any(c, soft)) {
        append_line(out, " ",
                    "not counted: soft faults, on pages that the policy had kept in memory");
    }
    print_hint(c, out);
}
