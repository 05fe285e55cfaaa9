/* test_lackey.c - the reader of valgrind's lackey output. */
#include "trace_testing.h"

static void assert_items(const char *text, uint64_t page_size, const char *expected) {
    for (size_t room = TRACE_ROOM_MIN; room <= 64; room *= 2) {
        g_autofree char *items = trace_test_parse("t", text, page_size, room);
        g_assert_cmpstr(items, ==, expected);
    }
}

static void test_kinds(void) {
    assert_items("I  04001000,3\n L 1ffeffff50,8\n S 1FFEFFFF50,8\n M 0421a5b8,4\n", 4096,
                 "read 4001000*1\nread 1ffeffff50*1\nwrite 1ffeffff50*1\n"
                 "read 421a5b8*1\nwrite 421a5b8*1\n");
    assert_items(" I 04001000,3\nL 10,8\n", 4096, "read 4001000*1\nread 10*1\n");
}

static void test_remarks(void) {
    assert_items("==12== Lackey\n--12-- words\n**12** more\n# comment\n\n L 10,8\n", 4096,
                 "read 10*1\n");
    assert_items("==12== Lackey\r\n\r\n L 10,8\r\n S 18,8\r\n", 4096, "read 10*1\nwrite 18*1\n");
    assert_items(" L 10,8\n S 18,8", 4096, "read 10*1\nwrite 18*1\n"); /* no last newline */
    assert_items("==12== nothing happened\n", 4096, "");
}

/* An access belongs to the page of each of its bytes, once a page. */
static void test_straddling(void) {
    assert_items(" L ff8,8\n L ff9,8\n M fff,2\n", 4096,
                 "read ff8*1\nread ff9*1\nread 1000*1\n"
                 "read fff*1\nread 1000*1\nwrite fff*1\nwrite 1000*1\n");
    assert_items(" S 0f,34\n", 16, "write f*1\nwrite 10*3\n"); /* pages 0, 1, 2 and 3 */
    assert_items(" S 0f,33\n", 16, "write f*1\nwrite 10*2\n");
    assert_items(" L ffffffffffffeffe,9\n", 4096,
                 "read ffffffffffffeffe*1\nread fffffffffffff000*1\n");
    assert_items(" L fffffffffffffff0,15\n", 4096, "read fffffffffffffff0*1\n");
}

/* Against scanf(), over many random lines and more than one block of the file. */
static void test_against_scanf(void) {
    Rng rng = {8};
    g_autoptr(GString) text = g_string_new(NULL), expected = g_string_new(NULL);
    for (int i = 0; i < 60000; i++) {
        g_autofree char *line =
            g_strdup_printf("%s%0*" G_GINT64_MODIFIER "x,%u", rng_below(&rng, 2) ? "I  " : " S ",
                            (int)rng_below(&rng, 12), rng_next(&rng) >> (1 + rng_below(&rng, 60)),
                            1 + (unsigned)rng_below(&rng, 32));
        char kind = 0;
        guint64 va = 0;
        unsigned bytes = 0;
        g_assert_cmpint(sscanf(line, " %c %" G_GINT64_MODIFIER "x,%u", &kind, &va, &bytes), ==, 3);
        const char *word = kind == 'S' ? "write" : "read";
        g_string_append_printf(expected, "%s %" G_GINT64_MODIFIER "x*1\n", word, va);
        if (va >> 12 != (va + bytes - 1) >> 12) {
            g_string_append_printf(expected, "%s %" G_GINT64_MODIFIER "x*1\n", word,
                                   (va >> 12 << 12) + 4096);
        }
        g_string_append_printf(text, "%s\n", line);
    }
    assert_items(text->str, 4096, expected->str);
}

static void test_sample(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) items =
        trace_test_read(SOURCE_DIR "/workloads/traces/sample.lackey", NULL, 4096, 8, &error);
    g_assert_no_error(error);
    g_autofree char *text = trace_test_text(items);
    g_assert_cmpstr(text, ==,
                    "read 4001000*1\nread 4001003*1\nwrite 1ffeffff50*1\nread 1ffeffff50*1\n"
                    "read 4001008*1\nread 421a5b8*1\nwrite 421a5b8*1\nread 400100f*1\n"
                    "read 4204ffc*1\nread 4205000*1\nwrite 4205ff8*1\nwrite 4206000*1\n"
                    "read 4001011*1\n");
}

static void test_fuzz(void) { trace_test_fuzz_file("sample.lackey", 2500); }

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lackey/kinds", test_kinds);
    g_test_add_func("/lackey/remarks", test_remarks);
    g_test_add_func("/lackey/straddling", test_straddling);
    g_test_add_func("/lackey/scanf", test_against_scanf);
    g_test_add_func("/lackey/sample", test_sample);
    g_test_add_func("/lackey/fuzz", test_fuzz);
    return g_test_run();
}
