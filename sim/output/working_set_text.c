/* working_set_text.c - see working_set_text.h. */
#include "output/working_set_text.h"

#include "output/curve_data.h"
#include "output/human.h"
#include "output/strip.h"
#include "output/table.h"
#include "size_list.h"

#define LETTERS_MAX 40
#define GAP         2

/* Samples, which are no fewer, fall evenly into the letters. */
static char *draw(const WorkingSetSeries *series, unsigned letters, gboolean unicode) {
    uint64_t most[LETTERS_MAX] = {0};
    for (guint i = 0; i < series->peaks->len; i++) {
        unsigned letter = (unsigned)((uint64_t)i * letters / series->peaks->len);
        most[letter] = MAX(most[letter], size_at(series->peaks, i));
    }
    return strip_of(most, series->most, letters, unicode);
}

void working_set_print(const CurveSet *set, GString *out, const Style *style) {
    static const char *const titles[] = {"window", "mean", "most", "least when full", ""};
    if (set->series->len == 0) {
        return;
    }
    unsigned letters = (unsigned)MIN(set->references, LETTERS_MAX);
    g_autoptr(Table) table = text_table_new(G_N_ELEMENTS(titles), 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(titles); i++) {
        text_table_add(table, titles[i]);
    }
    for (unsigned i = 0; i < set->series->len; i++) {
        const WorkingSetSeries *series = working_set_at(set, i);
        text_table_take(table, human_count(series->window));
        text_table_take(table, fixed_quotient(series->sum, series->references, 3));
        text_table_take(table, human_count(series->most));
        text_table_take(table, human_count(series->least));
        text_table_take(table, draw(series, letters, style->unicode));
    }
    g_string_append(out, "\n  ");
    style_paint(out, style, PAINT_LABEL,
                "working set over time: pages used in the last window of references");
    g_string_append(out, "\n\n");
    text_table_print(table, out, GAP, style);
}
