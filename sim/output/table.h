/* table.h - cells in aligned columns.
 *
 * Idea: gather all cells, then give every column the width of its widest cell.  The first
 * columns are words (left), the others numbers (right).
 * Units: widths count characters, not bytes.
 */
#ifndef FAULTLINE_TABLE_H
#define FAULTLINE_TABLE_H

#include "output/style.h"

typedef struct Table Table;

/* The first `words` of `columns` columns are left-aligned. */
Table *text_table_new(unsigned columns, unsigned words);
void text_table_free(Table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, text_table_free)

/* The next cell, row by row; takes the string. */
void text_table_take(Table *table, char *cell);
/* The same for a copy of `cell`. */
void text_table_add(Table *table, const char *cell);
/* How the last cell is painted; titles are painted by themselves. */
void text_table_paint(Table *table, Paint paint);

/* The width of a printed row with `gap` blanks between columns. */
unsigned text_table_width(const Table *table, unsigned gap);
/* Cut the cells of the first column to `width` characters, with an ellipsis. */
void text_table_cut(Table *table, unsigned width, const Style *style);
/* Append all rows, each indented by two blanks; the first row is the titles'. */
void text_table_print(const Table *table, GString *out, unsigned gap, const Style *style);

#endif
