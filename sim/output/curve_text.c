/* curve_text.c - see curve_text.h.
 *
 * Idea: each curve has the faults F, the miss ratio F/n and the lifetime n/F side by side; as many
 * curves as 80 columns hold make a table, the rest further ones.
 */
#include "output/curve_text.h"

#include <string.h>

#include "curve/sampled_curve.h"
#include "output/curve_chart.h"
#include "output/curve_data.h"
#include "output/human.h"
#include "output/table.h"
#include "output/working_set_text.h"
#include "output/wrap.h"
#include "size_list.h"

#define WIDTH 80
#define GAP   2

/* ---- by memory size ------------------------------------------------------------------------ */

static bool is_sampled(const CurveSet *set, unsigned curve) {
    return size_curve_at(set, curve)->errors != NULL;
}

static unsigned columns_of(const CurveSet *set, unsigned from, unsigned to) {
    unsigned columns = 2;
    for (unsigned i = from; i < to; i++) {
        columns += is_sampled(set, i) ? 4 : 3;
    }
    return columns;
}

/* Curves' names above, and what the columns are. */
static void add_titles(Table *table, const CurveSet *set, unsigned from, unsigned to,
                       const Style *style) {
    text_table_add(table, "frames");
    text_table_add(table, "memory");
    for (unsigned i = from; i < to; i++) {
        text_table_add(table, size_curve_at(set, i)->name);
        for (unsigned more = is_sampled(set, i) ? 3 : 2; more > 0; more--) {
            text_table_add(table, "");
        }
    }
    text_table_add(table, "");
    text_table_add(table, "");
    for (unsigned i = from; i < to; i++) {
        const char *const names[] = {"faults", style->unicode ? "±" : "+-", "misses", "lifetime"};
        for (unsigned k = 0; k < G_N_ELEMENTS(names); k++) {
            if (k != 1 || is_sampled(set, i)) {
                text_table_add(table, names[k]);
                text_table_paint(table, PAINT_LABEL);
            }
        }
    }
}

static void add_cells(Table *table, const CurveSet *set, unsigned row, unsigned column) {
    const SizeCurve *curve = size_curve_at(set, column);
    uint64_t faults = size_curve_faults(curve, row);
    text_table_take(table, human_count(faults));
    if (curve->errors != NULL) {
        text_table_take(table, human_count(size_curve_error(curve, row)));
    }
    text_table_take(table, human_percent(faults, set->references));
    text_table_take(table, fixed_quotient(set->references, faults, 1));
}

static Table *size_table(const CurveSet *set, unsigned from, unsigned to, const Style *style) {
    Table *table = text_table_new(columns_of(set, from, to), 0);
    add_titles(table, set, from, to, style);
    for (unsigned row = 0; row < set->sizes->len; row++) {
        uint64_t frames = size_at(set->sizes, row);
        text_table_take(table, human_count(frames));
        text_table_take(table, human_pages(frames, set->page_size));
        for (unsigned i = from; i < to; i++) {
            add_cells(table, set, row, i);
        }
    }
    return table;
}

/* Where the table that begins with curve `from` has to end. */
static unsigned fitting(const CurveSet *set, unsigned from, const Style *style) {
    unsigned to = from + 1;
    for (; to < set->curves->len; to++) {
        g_autoptr(Table) wider = size_table(set, from, to + 1, style);
        if (text_table_width(wider, GAP) > WIDTH) {
            break;
        }
    }
    return to;
}

static void print_sizes(const CurveSet *set, GString *out, const Style *style) {
    for (unsigned from = 0; from < set->curves->len;) {
        unsigned to = fitting(set, from, style);
        g_autoptr(Table) table = size_table(set, from, to, style);
        g_string_append_c(out, '\n');
        text_table_print(table, out, GAP, style);
        from = to;
    }
}

/* ---- by window ------------------------------------------------------------------------------- */

static void print_windows(const CurveSet *set, GString *out, const Style *style) {
    static const char *const titles[] = {"window",  "faults",    "misses",           "lifetime",
                                         "ws mean", "vmin mean", "used again within"};
    g_autoptr(GArray) windows = curve_set_windows(set);
    g_autoptr(Table) table = text_table_new(G_N_ELEMENTS(titles), 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(titles); i++) {
        text_table_add(table, titles[i]);
    }
    for (unsigned row = 0; row < windows->len; row++) {
        uint64_t tau = size_at(windows, row);
        uint64_t faults = window_curve_faults(set->window, tau);
        text_table_take(table, human_count(tau));
        text_table_take(table, human_count(faults));
        text_table_take(table, human_percent(faults, set->references));
        text_table_take(table, fixed_quotient(set->references, faults, 1));
        text_table_take(table,
                        fixed_quotient(window_curve_ws(set->window, tau), set->references, 3));
        text_table_take(table,
                        fixed_quotient(window_curve_vmin(set->window, tau), set->references, 3));
        uint64_t before = row == 0 ? 0 : size_at(windows, row - 1);
        text_table_take(table, human_count(window_curve_intervals(set->window, before, tau)));
    }
    g_string_append(out, "\n  ");
    style_paint(out, style, PAINT_LABEL, "working set (ws) and vmin, by window in references");
    g_string_append(out, "\n\n");
    text_table_print(table, out, GAP, style);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void append_note(GString *out, const char *text) {
    g_string_append(out, "\n  ");
    wrap_append(out, text, 2, 2, WIDTH);
}

static void print_notes(const CurveSet *set, GString *out) {
    if (set->sample_rate != 0) {
        g_autofree char *rate = fixed_quotient(100 * (uint64_t)set->sample_rate, SAMPLE_ALL, 3);
        g_autofree char *pages = human_count(set->sample_pages);
        g_autofree char *text = g_strdup_printf(
            "lru is an estimate from %s pages, about %s %% of all. In about 95 of 100 strings the "
            "true number of faults is no farther off than the number beside it; very few pages in "
            "a sample make even that uncertain.",
            pages, rate);
        append_note(out, text);
    }
    if (set->opt_left_out) {
        append_note(out, "opt is left out: for a string this long, over so many pages, it may take "
                         "minutes. --policy lru,opt asks for it.");
    }
}

char *curve_text(const CurveSet *set, const Style *style) {
    GString *out = g_string_new(NULL);
    g_autofree char *title = style_printable(set->title);
    g_autofree char *references = human_count(set->references);
    g_autofree char *pages = human_count(set->pages);
    g_autofree char *size = human_bytes(set->page_size);
    style_paint(out, style, PAINT_TITLE, title);
    g_string_append_printf(out, ": %s reference%s to %s page%s of %s\n", references,
                           set->references == 1 ? "" : "s", pages, set->pages == 1 ? "" : "s",
                           size);
    if (set->references > 0) {
        print_sizes(set, out, style);
        curve_chart_print(set, out, style);
        if (set->window != NULL) {
            print_windows(set, out, style);
        }
        working_set_print(set, out, style);
        print_notes(set, out);
    }
    return g_string_free(out, FALSE);
}
