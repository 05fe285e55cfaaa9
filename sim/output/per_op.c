/* per_op.c - see per_op.h.  The columns and keys: docs/scripts.md.
 *
 * An answer below 65536 is a number, as of pages or errors; above it is an address or a size, and
 * hexadecimal.
 */
#include "output/per_op.h"

#include <inttypes.h>

#include "output/json.h"
#include "output/table.h"

enum { DECIMAL_BELOW = 65536 };

static char *answer_words(int64_t answer) {
    return answer < DECIMAL_BELOW ? g_strdup_printf("%" PRId64, answer)
                                  : g_strdup_printf("0x%" PRIx64, (uint64_t)answer);
}

/* ---- .ops ---------------------------------------------------------------------------------- */

static void write_row(JsonWriter *w, const OpRow *row) {
    g_autofree char *answer = answer_words(row->answer);
    json_writer_open(w, NULL, '{');
    json_writer_number(w, "i", row->index);
    json_writer_number(w, "depth", row->depth);
    json_writer_string(w, "op", row->text);
    json_writer_string(w, "ret", answer);
    json_writer_number(w, "minflt", row->minflt);
    json_writer_number(w, "majflt", row->majflt);
    json_writer_signed(w, "rss", row->rss);
    json_writer_signed(w, "anon", row->anon);
    json_writer_signed(w, "swap", row->swap);
    json_writer_signed(w, "pt", row->page_tables);
    json_writer_signed(w, "vmsize", row->vm_size);
    json_writer_number(w, "sigsegv", row->sigsegv);
    json_writer_close(w, '}');
}

static void add_number(Table *table, int64_t value) {
    text_table_take(table, g_strdup_printf("%" PRId64, value));
}

static Table *ops_table(const OpLog *log) {
    static const char *const titles[] = {"operation", "i",    "ret", "minflt", "majflt", "rss",
                                         "anon",      "swap", "pt",  "vmsize", "sigsegv"};
    Table *table = text_table_new(G_N_ELEMENTS(titles), 1);
    for (unsigned i = 0; i < G_N_ELEMENTS(titles); i++) {
        text_table_add(table, titles[i]);
        text_table_paint(table, PAINT_TITLE);
    }
    for (unsigned i = 0; i < log->rows->len; i++) {
        const OpRow *row = &g_array_index(log->rows, OpRow, i);
        g_autofree char *text = style_printable(row->text);
        text_table_take(table, g_strdup_printf("%*s%s", (int)(2 * row->depth), "", text));
        add_number(table, row->index);
        text_table_take(table, answer_words(row->answer));
        int64_t numbers[] = {(int64_t)row->minflt,
                             (int64_t)row->majflt,
                             row->rss,
                             row->anon,
                             row->swap,
                             row->page_tables,
                             row->vm_size,
                             (int64_t)row->sigsegv};
        for (unsigned k = 0; k < G_N_ELEMENTS(numbers); k++) {
            add_number(table, numbers[k]);
        }
    }
    return table;
}

/* ---- all of it ----------------------------------------------------------------------------- */

char *per_op_text(const OpLog *log, const Style *style) {
    GString *out = g_string_new(NULL);
    g_autoptr(Table) table = ops_table(log);
    text_table_print(table, out, 2, style);
    return g_string_free(out, FALSE);
}

char *per_op_json(const OpLog *log) {
    JsonWriter w = {.out = g_string_new(NULL), .empty = TRUE};
    json_writer_open(&w, NULL, '{');
    json_writer_open(&w, "rows", '[');
    for (unsigned i = 0; i < log->rows->len; i++) {
        write_row(&w, &g_array_index(log->rows, OpRow, i));
    }
    json_writer_close(&w, ']');
    json_writer_close(&w, '}');
    return g_string_free(w.out, FALSE);
}
