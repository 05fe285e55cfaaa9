/* table.c - see table.h. */
#include "output/table.h"

typedef struct Cell {
    char *text;
    Paint paint;
} Cell;

struct Table {
    unsigned columns, words;
    GArray *cells; /* Cell; row by row */
};

static void cell_clear(void *data) { g_free(((Cell *)data)->text); }

static Cell *cell_at(const Table *table, unsigned row, unsigned column) {
    return &g_array_index(table->cells, Cell, row * table->columns + column);
}

static unsigned row_count(const Table *table) { return table->cells->len / table->columns; }

Table *text_table_new(unsigned columns, unsigned words) {
    Table *table = g_new0(Table, 1);
    table->columns = columns;
    table->words = words;
    table->cells = g_array_new(FALSE, TRUE, sizeof(Cell));
    g_array_set_clear_func(table->cells, cell_clear);
    return table;
}

void text_table_free(Table *table) {
    if (table != NULL) {
        g_array_unref(table->cells);
        g_free(table);
    }
}

void text_table_take(Table *table, char *text) {
    Cell cell = {text, table->cells->len < table->columns ? PAINT_LABEL : PAINT_PLAIN};
    g_array_append_val(table->cells, cell);
}

void text_table_add(Table *table, const char *text) { text_table_take(table, g_strdup(text)); }

void text_table_paint(Table *table, Paint paint) {
    g_array_index(table->cells, Cell, table->cells->len - 1).paint = paint;
}

static unsigned text_width(const char *text) { return (unsigned)g_utf8_strlen(text, -1); }

static unsigned column_width(const Table *table, unsigned column) {
    unsigned width = 0;
    for (unsigned row = 0; row < row_count(table); row++) {
        width = MAX(width, text_width(cell_at(table, row, column)->text));
    }
    return width;
}

unsigned text_table_width(const Table *table, unsigned gap) {
    unsigned width = 2 + (table->columns - 1) * gap;
    for (unsigned column = 0; column < table->columns; column++) {
        width += column_width(table, column);
    }
    return width;
}

void text_table_cut(Table *table, unsigned width, const Style *style) {
    const char *ellipsis = style->unicode ? "…" : "~";
    for (unsigned row = 0; row < row_count(table); row++) {
        Cell *cell = cell_at(table, row, 0);
        if (text_width(cell->text) > width) {
            g_autofree char *head = g_utf8_substring(cell->text, 0, width - 1);
            g_free(cell->text);
            cell->text = g_strconcat(head, ellipsis, NULL);
        }
    }
}

/* One cell with its padding.  `blanks` are held back until something follows them, so that no
 * line ends with any. */
static void print_cell(const Table *table, GString *out, const Cell *cell, unsigned column,
                       unsigned width, unsigned *blanks, const Style *style) {
    unsigned padding = width - text_width(cell->text);
    gboolean left = column < table->words;
    *blanks += left ? 0 : padding;
    if (cell->text[0] != '\0') {
        g_string_append_printf(out, "%*s", (int)*blanks, "");
        style_paint(out, style, cell->paint, cell->text);
        *blanks = 0;
    }
    *blanks += left ? padding : 0;
}

void text_table_print(const Table *table, GString *out, unsigned gap, const Style *style) {
    g_autofree unsigned *widths = g_new(unsigned, table->columns);
    for (unsigned column = 0; column < table->columns; column++) {
        widths[column] = column_width(table, column);
    }
    for (unsigned row = 0; row < row_count(table); row++) {
        unsigned blanks = 0;
        for (unsigned column = 0; column < table->columns; column++) {
            blanks += column == 0 ? 2 : gap;
            print_cell(table, out, cell_at(table, row, column), column, widths[column], &blanks,
                       style);
        }
        g_string_append_c(out, '\n');
    }
}
