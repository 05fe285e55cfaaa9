/* test_json.c - the typed getters, and the places that their errors name. */
#include <string.h>

#include "json.h"
#include "workload.h"

static Reader open_reader(const char *text) {
    g_autoptr(GError) error = NULL;
    Reader reader = {.document = document_parse("t.json", text, strlen(text), &error)};
    g_assert_no_error(error);
    return reader;
}

static void close_reader(Reader *reader, const char *message) {
    g_assert_cmpstr(reader->error == NULL ? NULL : reader->error->message, ==, message);
    g_clear_error(&reader->error);
    document_free(reader->document);
}

static const NumberRange small = {UNIT_COUNT, 1, 10};

static void test_values(void) {
    Reader reader =
        open_reader("{\"n\": 7, \"s\": \"4KiB\", \"t\": \"2us\", \"b\": true, \"f\": 0.25,"
                    " \"w\": \"beta\", \"x\": \"hi\", \"i\": \"-3KiB\"}");
    static const char *const words[] = {"alpha", "beta", NULL};
    JsonObject o = json_object(&reader, reader.document->root);
    g_assert_cmpuint(json_number(&o, "n", &small, 1), ==, 7);
    g_assert_cmpuint(json_need_number(&o, "s", &ANY_SIZE), ==, 4096);
    g_assert_cmpuint(json_number(&o, "t", &(NumberRange){UNIT_TIME, 0, 9999}, 0), ==, 2000);
    g_assert_true(json_bool(&o, "b", false));
    g_assert_cmpuint(json_share(&o, "f", 0), ==, 250000);
    g_assert_cmpuint(json_word(&o, "w", "word", words, 0), ==, 1);
    g_autofree char *text = json_text(&o, "x", NULL);
    g_assert_cmpstr(text, ==, "hi");
    g_assert_cmpint(json_need_signed(&o, "i", UNIT_SIZE), ==, -3072);
    json_end(&o);
    close_reader(&reader, NULL);
}

static void test_defaults(void) {
    Reader reader = open_reader("{}");
    JsonObject o = json_object(&reader, reader.document->root);
    g_assert_cmpuint(json_number(&o, "n", &small, 99), ==, 99);
    g_assert_true(json_bool(&o, "b", true));
    g_assert_cmpuint(json_share(&o, "f", 7), ==, 7);
    g_assert_null(json_text(&o, "x", NULL));
    json_end(&o);
    close_reader(&reader, NULL);
}

/* The first mistake stays; after it getters are harmless and in range. */
static void test_sticky(void) {
    Reader reader = open_reader("{\n \"n\": 11,\n \"m\": \"x\"}");
    JsonObject o = json_object(&reader, reader.document->root);
    g_assert_cmpuint(json_number(&o, "n", &small, 5), ==, 1);
    g_assert_cmpuint(json_number(&o, "m", &small, 5), ==, 1);
    json_end(&o);
    close_reader(&reader, "t.json:2:7: /n: expected an integer from 1 to 10, found 11");
}

/* A misspelt key is said before the missing one that it was meant to be. */
static void test_unknown_before_missing(void) {
    Reader reader = open_reader("{\"size\": 1, \"cuont\": 3}");
    JsonObject o = json_object(&reader, reader.document->root);
    json_need_number(&o, "count", &small);
    json_need_number(&o, "size", &small);
    json_end(&o);
    close_reader(&reader, "t.json:1:13: /cuont: unknown key \"cuont\"; did you mean \"count\"?");
}

static void test_missing(void) {
    Reader reader = open_reader("[{}]");
    JsonObject o = json_object(&reader, reader.document->root->child);
    json_need_number(&o, "count", &small);
    json_end(&o);
    close_reader(&reader, "t.json:1:2: /0: missing key \"count\"");
}

static void assert_share(const char *text, uint32_t ppm, const char *message) {
    g_autofree char *json = g_strdup_printf("{\"f\": %s}", text);
    Reader reader = open_reader(json);
    JsonObject o = json_object(&reader, reader.document->root);
    g_assert_cmpuint(json_share(&o, "f", 1), ==, ppm);
    close_reader(&reader, message);
}

static void test_shares(void) {
    assert_share("0", 0, NULL);
    assert_share("-0", 0, NULL);
    assert_share("1", 1000000, NULL);
    assert_share("1.0", 1000000, NULL);
    assert_share("0.33", 330000, NULL);
    assert_share("0.333333", 333333, NULL);
    assert_share("1e-6", 1, NULL);
    assert_share("0.000249", 249, NULL); /* a product that falls just short of the integer */
    assert_share("0.0000004", 0, NULL);
    assert_share("1.0000001", 0, "t.json:1:7: /f: expected a share from 0 to 1, found 1.0000001");
    assert_share("1e999", 0, "t.json:1:7: /f: expected a share from 0 to 1, found 1e999");
    assert_share("\"half\"", 0, "t.json:1:7: /f: expected a share from 0 to 1, found \"half\"");
}

/* Keys with '/' and '~' in JSON pointers; long values are cut, between characters. */
static void test_pointer(void) {
    Reader reader = open_reader("{\"a/b~c\": [0, {\"d\": "
                                "\"\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4"
                                "0123456789012345678901234567890123456789\"}]}");
    const cJSON *item = reader.document->root->child->child->next->child;
    json_expected(&reader, item, "less");
    close_reader(&reader, "t.json:1:21: /a~1b~0c/1/d: expected less, found "
                          "\"\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4"
                          "0123456789012345678901234567890...");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/values", test_values);
    g_test_add_func("/json/defaults", test_defaults);
    g_test_add_func("/json/sticky", test_sticky);
    g_test_add_func("/json/unknown-before-missing", test_unknown_before_missing);
    g_test_add_func("/json/missing", test_missing);
    g_test_add_func("/json/shares", test_shares);
    g_test_add_func("/json/pointer", test_pointer);
    return g_test_run();
}
