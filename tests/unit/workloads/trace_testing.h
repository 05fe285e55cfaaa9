/* trace_testing.h - traces from strings, for the tests of the readers.
 *
 * A test writes its text, plain or compressed, to one file of a folder of its own and reads it
 * through the front door.
 */
#ifndef FAULTLINE_TRACE_TESTING_H
#define FAULTLINE_TRACE_TESTING_H

#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "faultline/rng.h"
#include "trace/trace.h"

typedef struct TraceTest {
    char *folder, *path; /* the one file */
} TraceTest;

static inline void trace_test_begin(TraceTest *t, const char *name) {
    t->folder = g_dir_make_tmp("faultline-trace-XXXXXX", NULL);
    g_assert_nonnull(t->folder);
    t->path = g_build_filename(t->folder, name, NULL);
}

static inline void trace_test_end(TraceTest *t) {
    g_remove(t->path);
    g_rmdir(t->folder);
    g_free(t->folder);
    g_free(t->path);
}

static inline void trace_test_write(const TraceTest *t, const char *text, size_t length) {
    g_remove(t->path); /* a new file: some file systems flush one that is cut and rewritten */
    FILE *file = fopen(t->path, "wb");
    g_assert_true(file != NULL && fwrite(text, 1, length, file) == length && fclose(file) == 0);
}

static inline void trace_test_write_gz(const TraceTest *t, const char *text, size_t length) {
    gzFile gz = gzopen(t->path, "wb");
    g_assert_true(gz != NULL && gzwrite(gz, text, (unsigned)length) == (int)length);
    g_assert_cmpint(gzclose(gz), ==, Z_OK);
}

/* All items up to the end or the damage, `room` at a time. */
static inline GArray *trace_test_read(const char *path, const char *format, uint64_t page_size,
                                      size_t room, GError **error) {
    GArray *all = g_array_new(FALSE, FALSE, sizeof(TraceItem));
    g_autoptr(Trace) trace = trace_open(path, format, page_size, error);
    g_autofree TraceItem *items = g_new(TraceItem, room);
    gssize n = 0;
    while (trace != NULL && (n = trace_next(trace, items, room, error)) > 0) {
        g_assert_cmpint(n, <=, (gssize)room);
        g_array_append_vals(all, items, (guint)n);
    }
    if (trace != NULL && n < 0) { /* asked again, it says the same */
        g_autoptr(GError) again = NULL;
        g_assert_cmpint(trace_next(trace, items, room, &again), ==, -1);
        g_assert_true(error == NULL || strcmp(again->message, (*error)->message) == 0);
    }
    return all;
}

/* One line of text for each item: what the tests compare. */
static inline char *trace_test_text(const GArray *items) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < items->len; i++) {
        const TraceItem *item = &g_array_index(items, TraceItem, i);
        static const char *const words[] = {"access",  "malloc", "calloc", "aligned",
                                            "realloc", "free",   "null",   "thread"};
        const AccessRun *run = &item->run;
        if (item->kind == TRACE_ACCESS) {
            g_string_append_printf(text, "%s %" G_GINT64_MODIFIER "x*%" G_GUINT64_FORMAT "\n",
                                   run->access == ACCESS_WRITE ? "write" : "read", run->va,
                                   run->count);
        } else {
            g_string_append_printf(text, "%s %u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
                                   words[item->kind], item->id, item->size, item->alignment);
        }
    }
    return g_string_free(text, FALSE);
}

/* The items of a text; fails the test on damage. */
static inline char *trace_test_parse(const char *name, const char *text, uint64_t page_size,
                                     size_t room) {
    TraceTest t;
    trace_test_begin(&t, name);
    trace_test_write(&t, text, strlen(text));
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) items = trace_test_read(t.path, NULL, page_size, room, &error);
    g_assert_no_error(error);
    trace_test_end(&t);
    return trace_test_text(items);
}

/* Flip bits, cut, repeat and insert bytes, then read: it may refuse, it may not fall over. */
static inline void trace_test_fuzz(const char *name, const char *text, size_t length,
                                   unsigned rounds) {
    TraceTest t;
    trace_test_begin(&t, name);
    Rng rng = {length};
    unsigned refused = 0;
    for (unsigned round = 0; round < rounds; round++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_byte_array_append(bytes, (const guint8 *)text, (guint)length);
        for (uint64_t edits = 1 + rng_below(&rng, 4); edits > 0 && bytes->len > 1; edits--) {
            guint at = (guint)rng_below(&rng, bytes->len);
            switch (rng_below(&rng, 4)) {
            case 0:
                bytes->data[at] ^= (guint8)(1u << rng_below(&rng, 8));
                break;
            case 1:
                g_byte_array_set_size(bytes, at);
                break;
            case 2:
                bytes->data[at] = (guint8)rng_below(&rng, 256);
                break;
            default:
                g_byte_array_remove_range(bytes, 0, at / 2);
                break;
            }
        }
        trace_test_write(&t, (const char *)bytes->data, bytes->len);
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) items =
            trace_test_read(t.path, NULL, 4096, 4 + rng_below(&rng, 60), &error);
        g_assert_true(error == NULL || error->domain == TRACE_ERROR);
        g_assert_cmpuint(items->len, <=, 4 * length);
        refused += error != NULL;
    }
    g_assert_cmpuint(refused, >, rounds / 10);
    trace_test_end(&t);
}

/* The bytes of a file of the checkout. */
static inline char *trace_test_load(const char *name, size_t *length) {
    g_autofree char *path = g_build_filename(SOURCE_DIR, name, NULL);
    char *bytes = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &bytes, length, &error);
    g_assert_no_error(error);
    return bytes;
}

/* The same bytes, gzip-compressed. */
static inline char *trace_test_pack(const char *text, size_t length, size_t *packed) {
    TraceTest t;
    trace_test_begin(&t, "packed");
    trace_test_write_gz(&t, text, length);
    char *bytes = NULL;
    g_assert_true(g_file_get_contents(t.path, &bytes, packed, NULL));
    trace_test_end(&t);
    return bytes;
}

/* Fuzz a file of workloads/traces as it is, and compressed. */
static inline void trace_test_fuzz_file(const char *name, unsigned rounds) {
    g_autofree char *path = g_build_filename("workloads/traces", name, NULL);
    g_autofree char *packed_name = g_strconcat(name, ".gz", NULL);
    size_t length = 0, packed = 0;
    g_autofree char *text = trace_test_load(path, &length);
    trace_test_fuzz(name, text, length, rounds);
    g_autofree char *bytes = trace_test_pack(text, length, &packed);
    trace_test_fuzz(packed_name, bytes, packed, rounds);
}

#endif
