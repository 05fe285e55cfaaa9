/* test_rep.c - the malloc-lab reader: variants taken, damage named; and the common front door. */
#include <unistd.h>

#include "trace_testing.h"

static void assert_items(const char *text, const char *expected) {
    for (size_t room = TRACE_ROOM_MIN; room <= 64; room *= 4) {
        g_autofree char *items = trace_test_parse("t.rep", text, 4096, room);
        g_assert_cmpstr(items, ==, expected);
    }
}

static void test_headers(void) {
    const char *items = "malloc 0 8 0\nfree 0 0 0\n";
    assert_items("20000\n1\n2\n1\na 0 8\nf 0\n", items);
    assert_items("1\n2\na 0 8\nf 0\n", items);
    assert_items("1 2\na 0 8\nf 0\n", items);
    assert_items("20000 1 2 1 a 0 8\nf 0\n", items);
    assert_items("# a comment\n\n1 # ids\n2 # operations\n\na 0 8\n\n# more\nf 0 # bye\n", items);
    assert_items("20000\r\n1\r\n2\r\n1\r\na 0 8\r\nf 0\r\n", items);
    assert_items("  1\t2  \n\ta\t0   8  \n f 0\t", items);
    assert_items("1\n1\na 0 8\nf 0", items); /* one short */
    assert_items("0\n0\n", "");
    assert_items("0 0 0 1", "");
}

static void test_tolerances(void) {
    assert_items("1 1\nf -1\n", "null 0 0 0\n");
    assert_items("1 1\nr 5 100\n", "realloc 5 100 0\n"); /* of an id without block: malloc */
    assert_items("1 2\na 0 8\nr 0 0\n", "malloc 0 8 0\nrealloc 0 0 0\n");
    assert_items("1 4\na 0 8\nf 0\na 0 9\nf 0\n",
                 "malloc 0 8 0\nfree 0 0 0\nmalloc 0 9 0\nfree 0 0 0\n");
    assert_items("1 3\na 6 48\na 7\nr 6\n", "malloc 6 48 0\nmalloc 7 48 0\nrealloc 6 48 0\n");
    assert_items("2 2\na 0 8\na 1 8\n", "malloc 0 8 0\nmalloc 1 8 0\n"); /* unbalanced */
    assert_items("1 1\na 268435455 140737488355327\n", "malloc 268435455 140737488355327 0\n");
}

static void test_extended(void) {
    assert_items("1 5\nt 3\nc 0 8\nm 1 100 64\nr 1 5\nt 0\n",
                 "thread 3 0 0\ncalloc 0 8 0\naligned 1 100 64\nrealloc 1 5 0\nthread 0 0 0\n");
}

/* Every bad file is refused with exactly the words that expected.txt has for it. */
static void test_bad_files(void) {
    size_t length = 0;
    g_autofree char *expected = trace_test_load("tests/golden/traces-bad/expected.txt", &length);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(expected), "\n", -1);
    g_autoptr(GDir) folder = g_dir_open(SOURCE_DIR "/tests/golden/traces-bad", 0, NULL);
    guint files = 0;
    while (g_dir_read_name(folder) != NULL) {
        files++;
    }
    g_assert_cmpuint(g_strv_length(lines), ==, files - 1);
    g_assert_cmpint(chdir(SOURCE_DIR "/tests/golden/traces-bad"), ==, 0);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *name = g_strndup(lines[i], strcspn(lines[i], ":"));
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) items = trace_test_read(name, NULL, 4096, 16, &error);
        g_assert_nonnull(error);
        g_assert_cmpstr(error->message, ==, lines[i]);
    }
}

static void test_no_file(void) {
    g_autoptr(GError) missing = NULL, folder = NULL, format = NULL;
    g_assert_null(trace_open("/nonexistent/x.rep", NULL, 4096, &missing));
    g_assert_error(missing, TRACE_ERROR, TRACE_ERROR_READ);
    g_assert_null(trace_open(SOURCE_DIR, NULL, 4096, &folder));
    g_assert_nonnull(strstr(folder->message, "directory"));
    g_assert_null(trace_open(SOURCE_DIR "/workloads/traces/classic.rep", "pin", 4096, &format));
    g_assert_error(format, TRACE_ERROR, TRACE_ERROR_FORMAT);
    g_assert_nonnull(strstr(format->message, "rep, lackey"));
}

/* What the shipped recordings hold, and that their blocks make sense to a replay. */
static void check_recording(const char *name, guint operations, guint ids) {
    g_autofree char *path = g_build_filename(SOURCE_DIR, "workloads/traces", name, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) items = trace_test_read(path, NULL, 4096, 100, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(items->len, ==, operations);
    g_autofree bool *live = g_new0(bool, ids);
    for (guint i = 0; i < items->len; i++) {
        const TraceItem *item = &g_array_index(items, TraceItem, i);
        g_assert_cmpuint(item->id, <, ids);
        bool must_live = item->kind == TRACE_FREE || item->kind == TRACE_REALLOC;
        g_assert_true(live[item->id] == must_live);
        live[item->id] = item->kind != TRACE_FREE;
    }
}

static void test_recordings(void) {
    check_recording("sqlite.rep.gz", 33248, 16601);
    check_recording("gitlog.rep.gz", 8677, 4500);
    check_recording("pyarena.rep.gz", 10605, 5183);
    check_recording("classic.rep", 14, 6);
}

static void test_hand_made(void) {
    size_t length = 0;
    g_autofree char *text = trace_test_load("workloads/traces/extended.rep", &length);
    assert_items(text, "thread 0 0 0\nmalloc 0 100 0\ncalloc 1 4096 0\nthread 1 0 0\n"
                       "aligned 2 1000 256\nrealloc 0 300 0\nmalloc 3 300 0\nthread 0 0 0\n"
                       "free 2 0 0\nnull 0 0 0\nfree 0 0 0\n");
}

/* A file of many blocks, plain and compressed (in two members, as `cat a.gz b.gz` makes them):
 * nothing is lost where blocks meet. */
static void test_long_file(void) {
    enum { OPS = 200000 };
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "%d %d\n", OPS, OPS);
    for (int i = 0; i < OPS; i++) {
        g_string_append_printf(text, "a %d %d%*s\n", i, i * 7, i % 13, "");
    }
    TraceTest t;
    trace_test_begin(&t, "long");
    for (int packed = 0; packed < 2; packed++) {
        if (packed) {
            size_t half = text->len / 2, sizes[2];
            g_autofree char *a = trace_test_pack(text->str, half, &sizes[0]);
            g_autofree char *b = trace_test_pack(text->str + half, text->len - half, &sizes[1]);
            g_autoptr(GString) both = g_string_new_len(a, (gssize)sizes[0]);
            g_string_append_len(both, b, (gssize)sizes[1]);
            trace_test_write(&t, both->str, both->len);
        } else {
            trace_test_write(&t, text->str, text->len);
        }
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) items = trace_test_read(t.path, NULL, 4096, 1000, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(items->len, ==, OPS);
        for (guint i = 0; i < OPS; i++) {
            const TraceItem *item = &g_array_index(items, TraceItem, i);
            g_assert_true(item->id == i && item->size == i * UINT64_C(7));
        }
    }
    trace_test_end(&t);
}

/* Good items come before the error, and wherever the text is cut that is noticed. */
static void test_every_cut(void) {
    const char *text = "3\n5\na 0 8\nr 0 16\nm 1 8 16\nc 2 9\nf 1\n";
    TraceTest t;
    trace_test_begin(&t, "cut.rep");
    for (size_t cut = 1; cut < strlen(text) - 2; cut++) {
        trace_test_write(&t, text, cut);
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) items = trace_test_read(t.path, NULL, 4096, 4, &error);
        g_assert_nonnull(error);
        g_assert_cmpuint(items->len, <, 5);
    }
    size_t packed = 0;
    g_autofree char *bytes = trace_test_pack(text, strlen(text), &packed);
    for (size_t cut = 2; cut < packed; cut++) {
        trace_test_write(&t, bytes, cut);
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) items = trace_test_read(t.path, NULL, 4096, 4, &error);
        g_assert_nonnull(strstr(error->message, "middle of its compressed data"));
    }
    trace_test_end(&t);
}

static void test_progress(void) {
    const char *path = SOURCE_DIR "/workloads/traces/sqlite.rep.gz";
    g_autoptr(Trace) trace = trace_open(path, "rep", 4096, NULL);
    TraceItem items[500];
    uint64_t before = 0, done = 0, total = 0;
    while (trace_next(trace, items, 500, NULL) > 0) {
        trace_progress(trace, &done, &total);
        g_assert_true(done >= before && done <= total);
        before = done;
    }
    g_assert_cmpuint(done, ==, total);
    g_assert_cmpuint(total, ==, 88424);
}

static void test_fuzz(void) {
    trace_test_fuzz_file("classic.rep", 1500);
    trace_test_fuzz_file("extended.rep", 1500);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rep/headers", test_headers);
    g_test_add_func("/rep/tolerances", test_tolerances);
    g_test_add_func("/rep/extended", test_extended);
    g_test_add_func("/rep/bad-files", test_bad_files);
    g_test_add_func("/rep/no-file", test_no_file);
    g_test_add_func("/rep/recordings", test_recordings);
    g_test_add_func("/rep/hand-made", test_hand_made);
    g_test_add_func("/rep/long-file", test_long_file);
    g_test_add_func("/rep/every-cut", test_every_cut);
    g_test_add_func("/rep/progress", test_progress);
    g_test_add_func("/rep/fuzz", test_fuzz);
    return g_test_run();
}
