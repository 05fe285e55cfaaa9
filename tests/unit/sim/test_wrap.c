/* test_wrap.c - words in lines of a given width. */
#include "output/wrap.h"

static void assert_wraps(const char *text, unsigned column, unsigned indent, unsigned width,
                         const char *expected) {
    g_autoptr(GString) out = g_string_new(NULL);
    wrap_append(out, text, column, indent, width);
    g_assert_cmpstr(out->str, ==, expected);
}

static void test_words(void) {
    assert_wraps("one two three", 0, 0, 80, "one two three\n");
    assert_wraps("one two three", 0, 2, 7, "one two\n  three\n");
    assert_wraps("one two", 3, 0, 10, "one two\n");
    assert_wraps("one two", 4, 1, 10, "one\n two\n");
    assert_wraps("éé éé", 0, 0, 5, "éé éé\n");
    assert_wraps("", 0, 4, 10, "\n");
}

/* What stands in columns keeps its blanks, but no line begins or ends with any. */
static void test_blanks(void) {
    assert_wraps("  one  two", 0, 0, 80, "  one  two\n");
    assert_wraps("  one  two", 0, 2, 7, "  one\n  two\n");
    assert_wraps("one   two", 0, 0, 5, "one\ntwo\n");
}

/* A list of blocks is broken between them; a word that cannot be broken is wider than the line. */
static void test_long_words(void) {
    assert_wraps("free [A,32],[A+32,16],[A+48,16]", 0, 2, 12,
                 "free [A,32],\n  [A+32,16],\n  [A+48,16]\n");
    assert_wraps("[oo8oo|..8..|oo8oo]", 0, 1, 8, "[oo8oo|\n ..8..|\n oo8oo]\n");
    assert_wraps("see https://example.org/,path now", 0, 2, 12,
                 "see\n  https://example.org/,path\n  now\n");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wrap/words", test_words);
    g_test_add_func("/wrap/blanks", test_blanks);
    g_test_add_func("/wrap/long-words", test_long_words);
    return g_test_run();
}
