/* curve_chart.c - see curve_chart.h.
 *
 * Idea: each column stands for a size.  Up to 64 pages all have the same number of columns; beyond,
 * each doubling has, and its columns divide it evenly.
 */
#include "output/curve_chart.h"

#include <string.h>

#include "output/human.h"
#include "size_list.h"

enum { COLUMNS_MAX = 64, HEIGHT = 14, MARGIN = 9, NOTHING = 0, LABELS_ALL = 20 };

typedef unsigned __int128 Wide;

typedef struct Chart {
    const CurveSet *set;
    uint64_t sizes[COLUMNS_MAX]; /* that the columns stand for, never falling */
    unsigned columns;
    uint64_t top;                             /* faults of the uppermost row */
    unsigned char cells[HEIGHT][COLUMNS_MAX]; /* from below; 1 + index of a curve */
} Chart;

/* ---- the axis ------------------------------------------------------------------------------ */

static void axis_even(Chart *chart, uint64_t pages) {
    unsigned step = COLUMNS_MAX / (unsigned)pages;
    chart->columns = step * (unsigned)pages;
    for (unsigned column = 0; column < chart->columns; column++) {
        chart->sizes[column] = 1 + column / step;
    }
}

static void axis_doubling(Chart *chart, uint64_t pages) {
    unsigned octaves = (unsigned)g_bit_storage(pages - 1), step = (COLUMNS_MAX - 1) / octaves;
    do {
        uint64_t octave = UINT64_C(1) << chart->columns / step;
        uint64_t size = octave + octave * (chart->columns % step) / step;
        chart->sizes[chart->columns++] = MIN(size, pages);
    } while (chart->sizes[chart->columns - 1] < pages);
}

/* The first column of at least that size; `columns`: beyond the axis. */
static unsigned column_of(const Chart *chart, uint64_t size) {
    unsigned column = 0;
    while (column < chart->columns && chart->sizes[column] < size) {
        column++;
    }
    return column;
}

/* ---- the marks ----------------------------------------------------------------------------- */

static void put(Chart *chart, unsigned column, uint64_t faults, unsigned curve) {
    if (column < chart->columns && faults <= chart->top) {
        Wide row = ((Wide)faults * (HEIGHT - 1) + chart->top / 2) / chart->top;
        chart->cells[(unsigned)row][column] = (unsigned char)(curve + 1);
    }
}

static void put_curve(Chart *chart, unsigned index) {
    const SizeCurve *curve = size_curve_at(chart->set, index);
    for (unsigned column = 0; curve->exact != NULL && column < chart->columns; column++) {
        put(chart, column, stack_curve_faults(curve->exact, chart->sizes[column]), index);
    }
    for (unsigned row = 0; curve->exact == NULL && row < chart->set->sizes->len; row++) {
        put(chart, column_of(chart, size_at(chart->set->sizes, row)), size_curve_faults(curve, row),
            index);
    }
}

/* The most faults of any curve. */
static uint64_t top_of(const CurveSet *set) {
    uint64_t top = 1;
    for (unsigned i = 0; i < set->curves->len; i++) {
        const SizeCurve *curve = size_curve_at(set, i);
        top = MAX(top, curve->exact == NULL ? 0 : stack_curve_faults(curve->exact, 1));
        for (unsigned row = 0; row < curve->faults->len; row++) {
            top = MAX(top, size_curve_faults(curve, row));
        }
    }
    return top;
}

static void chart_build(Chart *chart, const CurveSet *set) {
    *chart = (Chart){.set = set, .top = top_of(set)};
    if (set->pages <= COLUMNS_MAX) {
        axis_even(chart, set->pages);
    } else {
        axis_doubling(chart, set->pages);
    }
    for (unsigned i = set->curves->len; i-- > 0;) {
        put_curve(chart, i);
    }
}

/* ---- printing ------------------------------------------------------------------------------ */

static const char *mark_of(unsigned curve, const Style *style) {
    static const char *const unicode[] = {"●", "○", "▲", "△", "■", "□", "◆", "◇"};
    static const char *const ascii[] = {"*", "o", "x", "+", "#", "@", "%", "&"};
    unsigned kind = curve % G_N_ELEMENTS(unicode);
    return style->unicode ? unicode[kind] : ascii[kind];
}

static void print_row(const Chart *chart, unsigned row, GString *out, const Style *style) {
    uint64_t whole = chart->set->references;
    bool ends = row == HEIGHT - 1 || row == 0;
    g_autofree char *ratio = !ends ? g_strdup("") : human_percent(row == 0 ? 0 : chart->top, whole);
    g_string_append_printf(out, "%*s ", MARGIN, ratio);
    g_string_append(out, style->unicode ? "│" : "|");
    unsigned end = chart->columns;
    while (end > 0 && chart->cells[row][end - 1] == NOTHING) {
        end--;
    }
    for (unsigned column = 0; column < end; column++) {
        unsigned char cell = chart->cells[row][column];
        g_string_append(out, cell == NOTHING ? " " : mark_of(cell - 1u, style));
    }
    g_string_append_c(out, '\n');
}

/* 1, 2, 4 ... (of few pages, all) below the columns that stand for them, where there is room, and
 * the last size. */
static void print_axis(const Chart *chart, GString *out, const Style *style) {
    g_string_append_printf(out, "%*s%s", MARGIN + 1, "", style->unicode ? "└" : "+");
    for (unsigned column = 0; column < chart->columns; column++) {
        g_string_append(out, style->unicode ? "─" : "-");
    }
    g_string_append_printf(out, "\n%*s", MARGIN + 2, "");
    uint64_t pages = chart->set->pages;
    g_autofree char *last = human_count_short(pages);
    unsigned used = 0, last_column = column_of(chart, pages);
    for (uint64_t size = 1; size < pages; size += pages <= LABELS_ALL ? 1 : size) {
        g_autofree char *label = human_count_short(size);
        unsigned column = column_of(chart, size), width = (unsigned)strlen(label);
        if ((used == 0 || column > used) && column + width < last_column) {
            g_string_append_printf(out, "%*s%s", (int)(column - used), "", label);
            used = column + width;
        }
    }
    g_string_append_printf(out, "%*s%s\n", (int)(last_column - used), "", last);
}

static void print_legend(const Chart *chart, GString *out, const Style *style) {
    g_string_append_printf(out, "%*s", MARGIN, "");
    unsigned used = MARGIN;
    for (unsigned i = 0; i < chart->set->curves->len; i++) {
        const char *name = size_curve_at(chart->set, i)->name;
        unsigned width = 4 + (unsigned)strlen(name);
        if (used + width > 80) {
            g_string_append_printf(out, "\n%*s", MARGIN, "");
            used = MARGIN;
        }
        g_string_append_printf(out, "  %s %s", mark_of(i, style), name);
        used += width;
    }
    g_string_append_c(out, '\n');
}

void curve_chart_print(const CurveSet *set, GString *out, const Style *style) {
    if (set->pages < 2 || set->curves->len == 0) {
        return;
    }
    Chart chart;
    chart_build(&chart, set);
    g_string_append(out, "\n  ");
    style_paint(out, style, PAINT_LABEL, "miss ratio by memory size, in frames");
    g_string_append(out, "\n\n");
    for (unsigned row = HEIGHT; row-- > 0;) {
        print_row(&chart, row, out, style);
    }
    print_axis(&chart, out, style);
    print_legend(&chart, out, style);
}
