/* per_op.c - see per_op.h.  The columns and keys: docs/scripts.md.
 *
 * An answer up to 65536 is a number, as of pages or errors; above it is an address or a size, and
 * hexadecimal.
 */
#include "output/per_op.h"

#include <inttypes.h>

#include "output/json.h"
#include "output/table.h"

enum { DECIMAL_UP_TO = 65536 };

static char *answer_words(int64_t answer) {
    return answer <= DECIMAL_UP_TO ? g_strdup_printf("%" PRId64, answer)
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
    if (row->huge != 0) {
        json_writer_signed(w, "huge", row->huge);
    }
    json_writer_signed(w, "swap", row->swap);
    json_writer_signed(w, "pt", row->page_tables);
    json_writer_signed(w, "vmsize", row->vm_size);
    json_writer_signed(w, "locked", row->locked);
    json_writer_number(w, "sigsegv", row->sigsegv);
    json_writer_number(w, "sigbus", row->sigbus);
    json_writer_close(w, '}');
}

static void add_number(Table *table, int64_t value) {
    text_table_take(table, g_strdup_printf("%" PRId64, value));
}

static Table *titled_table(const char *const *titles, unsigned columns, unsigned words) {
    Table *table = text_table_new(columns, words);
    for (unsigned i = 0; i < columns; i++) {
        text_table_add(table, titles[i]);
        text_table_paint(table, PAINT_TITLE);
    }
    return table;
}

static Table *ops_table(const OpLog *log) {
    static const char *const titles[] = {"operation", "i",    "ret", "minflt", "majflt", "rss",
                                         "anon",      "swap", "pt",  "vmsize", "locked", "sigsegv"};
    Table *table = titled_table(titles, G_N_ELEMENTS(titles), 1);
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
                             row->locked,
                             (int64_t)row->sigsegv};
        for (unsigned k = 0; k < G_N_ELEMENTS(numbers); k++) {
            add_number(table, numbers[k]);
        }
    }
    return table;
}

/* ---- .heap --------------------------------------------------------------------------------- */

/* glibc's heaps of threads begin at multiples of this. */
#define THREAD_HEAP_BYTES (UINT64_C(64) << 20)
#define PAGE_BYTES        UINT64_C(4096)

static void write_address(JsonWriter *w, const char *key, VAddr va) {
    g_autofree char *words = g_strdup_printf("0x%" PRIx64, va);
    json_writer_string(w, key, words);
}

static bool in_break_heap(const HeapRow *row) {
    return row->pointer >= row->heap && row->pointer < row->heap_end;
}

static void write_pointer(JsonWriter *w, const HeapRow *row) {
    VAddr va = row->pointer;
    json_writer_open(w, "ptr", '{');
    if (in_break_heap(row)) {
        json_writer_string(w, "region", "brk_heap");
        json_writer_number(w, "off", va - row->heap);
    } else if (row->in_thread_heap) {
        json_writer_string(w, "region", "thread_heap");
        json_writer_number(w, "off", va % THREAD_HEAP_BYTES);
        write_address(w, "heap", va - va % THREAD_HEAP_BYTES);
    } else {
        json_writer_string(w, "region", va == 0 ? "null" : "mmap");
        json_writer_number(w, "page_off", va % PAGE_BYTES);
        write_address(w, "addr", va);
    }
    json_writer_close(w, '}');
    json_writer_number(w, "usable", row->usable);
}

static void write_call(JsonWriter *w, const HeapRow *row, const CallRecord *call) {
    g_autoptr(GPtrArray) words = call_arguments(call, row->heap, row->heap_end);
    g_autofree char *result = call_result(call, row->heap, row->heap_end);
    json_writer_open(w, NULL, '{');
    json_writer_string(w, "call", call_word(call));
    json_writer_open(w, "args", '[');
    for (unsigned i = 0; i < words->len; i++) {
        json_writer_string(w, NULL, words->pdata[i]);
    }
    json_writer_close(w, ']');
    json_writer_string(w, "ret", result);
    json_writer_close(w, '}');
}

static const CallRecord *call_of(const OpLog *log, const HeapRow *row, uint32_t index) {
    return &g_array_index(log->calls, CallRecord, row->calls + index);
}

static void write_heap_row(JsonWriter *w, const OpLog *log, const HeapRow *row) {
    json_writer_open(w, NULL, '{');
    json_writer_string(w, "op", row->text);
    json_writer_number(w, "thread", row->thread);
    json_writer_number(w, "minflt", row->minflt);
    json_writer_number(w, "brk_off", row->heap_end - row->heap);
    if (row->allocates) {
        write_pointer(w, row);
    }
    if (row->answer != NULL && row->answers_address) {
        json_writer_string(w, "ret", row->answer);
    } else if (row->answer != NULL) {
        json_writer_raw(w, "ret", row->answer);
    }
    if (row->call_count > 0) {
        json_writer_open(w, "syscalls", '[');
        for (uint32_t i = 0; i < row->call_count; i++) {
            write_call(w, row, call_of(log, row, i));
        }
        json_writer_close(w, ']');
    }
    json_writer_close(w, '}');
}

static char *pointer_words(const HeapRow *row) {
    if (!row->allocates) {
        return g_strdup(row->answer == NULL ? "" : row->answer);
    }
    return in_break_heap(row) ? g_strdup_printf("heap+0x%" PRIx64, row->pointer - row->heap)
                              : g_strdup_printf("0x%" PRIx64, row->pointer);
}

static char *call_words(const OpLog *log, const HeapRow *row) {
    GString *words = g_string_new(NULL);
    for (uint32_t i = 0; i < row->call_count; i++) {
        g_string_append_printf(words, "%s%s", i == 0 ? "" : " ", call_word(call_of(log, row, i)));
    }
    return g_string_free(words, FALSE);
}

static Table *heap_table(const OpLog *log) {
    static const char *const titles[] = {"operation", "system calls", "thread", "minflt",
                                         "break",     "pointer",      "usable"};
    Table *table = titled_table(titles, G_N_ELEMENTS(titles), 2);
    for (unsigned i = 0; i < log->heap_rows->len; i++) {
        const HeapRow *row = &g_array_index(log->heap_rows, HeapRow, i);
        text_table_take(table, style_printable(row->text));
        text_table_take(table, call_words(log, row));
        add_number(table, row->thread);
        add_number(table, (int64_t)row->minflt);
        text_table_take(table, g_strdup_printf("heap+0x%" PRIx64, row->heap_end - row->heap));
        text_table_take(table, pointer_words(row));
        text_table_take(table,
                        row->allocates ? g_strdup_printf("%" PRIu64, row->usable) : g_strdup(""));
    }
    return table;
}

/* ---- all of it ----------------------------------------------------------------------------- */

char *per_op_text(const OpLog *log, const Style *style) {
    GString *out = g_string_new(NULL);
    if (log->rows->len > 0) {
        g_autoptr(Table) table = ops_table(log);
        text_table_print(table, out, 2, style);
    }
    if (log->heap_rows->len > 0) {
        g_autoptr(Table) table = heap_table(log);
        text_table_print(table, out, 2, style);
    }
    return g_string_free(out, FALSE);
}

char *per_op_json(const OpLog *log) {
    JsonWriter w = {.out = g_string_new(NULL), .empty = TRUE};
    json_writer_open(&w, NULL, '{');
    json_writer_open(&w, "rows", '[');
    for (unsigned i = 0; i < log->rows->len; i++) {
        write_row(&w, &g_array_index(log->rows, OpRow, i));
    }
    for (unsigned i = 0; i < log->heap_rows->len; i++) {
        write_heap_row(&w, log, &g_array_index(log->heap_rows, HeapRow, i));
    }
    json_writer_close(&w, ']');
    json_writer_close(&w, '}');
    return g_string_free(w.out, FALSE);
}
