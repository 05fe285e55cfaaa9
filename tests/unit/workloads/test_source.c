/* test_source.c - the strict scanner: what is JSON, what is not, and where each value stands. */
#include <string.h>

#include "source.h"
#include "workload.h"

static Source *scan(const char *text, GError **error) {
    return source_scan("t.json", true, text, strlen(text), error);
}

static void assert_good(const char *text) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source = scan(text, &error);
    g_assert_no_error(error);
    g_assert_nonnull(source);
}

static void assert_bad(const char *text, const char *message) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source = scan(text, &error);
    g_assert_null(source);
    g_assert_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_SYNTAX);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_good(void) {
    static const char *const texts[] = {
        "0",
        "-0",
        "10",
        "-1.5e+3",
        "1E-9",
        "0.0",
        "true",
        "false",
        "null",
        "\"\"",
        "[]",
        "{}",
        " [ ] ",
        "\r\n\t{}\r\n",
        "[[],{},[{}]]",
        "{\"a\":1,\"b\":[1,2,{\"c\":null}]}",
        "\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u00e9 \\ud83d\\ude00 \xC3\xA9\"",
        "\xEF\xBB\xBF{}",
        "// c\n{}",
        "{} // c",
        "/**/{/* a */}/* b **/",
        "[1,// \"x\n2]",
        "\"// no comment /* either\"",
        NULL};
    for (int i = 0; texts[i] != NULL; i++) {
        assert_good(texts[i]);
    }
}

static void test_bad(void) {
    assert_bad("", "t.json:1:1: there is nothing in it");
    assert_bad(" \n ", "t.json:1:1: there is nothing in it");
    assert_bad("/", "t.json:1:1: expected a value, found '/'");
    assert_bad("{} /", "t.json:1:4: expected the end of the text, found '/'");
    assert_bad("[1 2]", "t.json:1:4: expected ',' or ']', found '2'");
    assert_bad("[1,]", "t.json:1:4: a comma must not stand before the closing bracket");
    assert_bad("[,1]", "t.json:1:2: expected a value, found ','");
    assert_bad("{\"a\"}", "t.json:1:5: expected ':' behind the key, found '}'");
    assert_bad("{\"a\":}", "t.json:1:6: expected a value, found '}'");
    assert_bad("{1:2}", "t.json:1:2: expected a key in double quotes, found '1'");
    assert_bad("01", "t.json:1:1: a number may not begin with 0");
    assert_bad("-01", "t.json:1:1: a number may not begin with 0");
    assert_bad("1.e5", "t.json:1:3: expected a digit behind the decimal point, found 'e'");
    assert_bad("1e+", "t.json:1:4: expected a digit of the exponent, found the end of the text");
    assert_bad("[\xC3\xA9]", "t.json:1:2: expected a value, found the character U+00E9");
    assert_bad("\"\\u12\"", "t.json:1:3: \\u takes four hexadecimal digits");
    assert_bad("\"\\udc00\"", "t.json:1:3: half of a surrogate pair is no character");
    assert_bad("\"\\ud800\\u0041\"", "t.json:1:3: half of a surrogate pair is no character");
    assert_bad("\"\\", "t.json:1:3: expected one of \" \\ / b f n r t u behind a backslash, "
                       "found the end of the text");
    assert_bad("\xC0\x80", "t.json:1:1: the byte 0xc0 is not UTF-8 text");
    assert_bad("[\n/* x", "t.json:2:1: this comment never ends");
}

static void assert_node(const SourceNode *node, const char *text, unsigned line, unsigned column,
                        unsigned key_line, unsigned key_column) {
    g_autofree char *found = g_strndup(node->source->text + node->offset, node->length);
    g_assert_cmpstr(found, ==, text);
    g_assert_cmpuint(node->line, ==, line);
    g_assert_cmpuint(node->column, ==, column);
    g_assert_cmpuint(node->key_line, ==, key_line);
    g_assert_cmpuint(node->key_column, ==, key_column);
}

static void test_places(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source = scan("{ // one /* [ */\n"
                                    "  \"\xC3\xBC\": [10, /* \xE2\x82\xAC */ \"x\"],\n"
                                    "\t\"b\"\n"
                                    "  :\n"
                                    "  null}\n",
                                    &error);
    g_assert_no_error(error);
    g_assert_cmpuint(source->node_count, ==, 5);
    assert_node(&source->nodes[0], "{", 1, 1, 0, 0);
    assert_node(&source->nodes[1], "[", 2, 8, 2, 3);
    assert_node(&source->nodes[2], "10", 2, 9, 0, 0);
    assert_node(&source->nodes[3], "\"x\"", 2, 21, 0, 0);
    assert_node(&source->nodes[4], "null", 5, 3, 3, 2);
}

/* Comments become spaces, so that every byte stays where it was. */
static void test_comments_blanked(void) {
    static const char text[] = "[/* a\nb */1]// c\n";
    g_autoptr(Source) source = scan(text, NULL);
    g_assert_cmpstr(source->text, ==, "[    \n    1]    \n");
    g_assert_cmpuint(source->length, ==, strlen(text));
}

static void test_depth(void) {
    for (unsigned depth = 64; depth <= 65; depth++) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (unsigned i = 0; i < 2 * depth; i++) {
            g_string_append_c(text, i < depth ? '[' : ']');
        }
        g_autoptr(Source) source = scan(text->str, NULL);
        g_assert_true((source != NULL) == (depth <= SOURCE_DEPTH_MAX));
    }
}

static void test_many_values(void) {
    g_autoptr(GString) text = g_string_new("[0");
    for (unsigned i = 0; i < SOURCE_VALUES_MAX; i++) {
        g_string_append(text, ",0");
    }
    g_string_append(text, "]");
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source = scan(text->str, &error);
    g_assert_null(source);
    g_assert_nonnull(strstr(error->message, "more than 4194304 values"));
}

/* A NUL byte is refused wherever it stands; nothing behind `length` is read. */
static void test_bounds(void) {
    static const char text[] = "{\"a\": [1, \"b\\u0041\"]} /* c */";
    for (size_t length = 1; length < sizeof text - 1; length++) {
        g_autofree char *exact = g_malloc(length);
        memcpy(exact, text, length);
        g_autoptr(Source) source = source_scan("t", true, exact, length, NULL);
        g_assert_true((source != NULL) == (length == 21 || length == 22));
        g_autofree char *cut = g_memdup2(text, sizeof text - 1);
        cut[length] = '\0';
        g_autoptr(Source) none = source_scan("t", true, cut, sizeof text - 1, NULL);
        g_assert_null(none);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/source/good", test_good);
    g_test_add_func("/source/bad", test_bad);
    g_test_add_func("/source/places", test_places);
    g_test_add_func("/source/comments-blanked", test_comments_blanked);
    g_test_add_func("/source/depth", test_depth);
    g_test_add_func("/source/many-values", test_many_values);
    g_test_add_func("/source/bounds", test_bounds);
    return g_test_run();
}
