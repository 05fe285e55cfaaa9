/* expectation.c - the object "expect": dotted paths into the results, and what must stand there.
 *
 *   "machine.pgfault": 9                 exactly
 *   "machine.pswpout": {"max": 10}       a range, both ends included
 *   "processes.app.status": "exited"     a word
 *
 * Which paths exist is known only after the run, so it is not checked here.
 */
#include "loader.h"

static void read_range(Reader *reader, const cJSON *item, Expectation *expectation) {
    JsonObject object = json_object(reader, item);
    expectation->min = json_number(&object, "min", &ANY_COUNT, 0);
    expectation->max = json_number(&object, "max", &ANY_COUNT, UINT64_MAX);
    json_end(&object);
    if (item->child == NULL) {
        json_error(reader, item, "a range needs \"min\" or \"max\"");
    } else if (expectation->min > expectation->max) {
        json_error(reader, item, "\"min\" must not be above \"max\"");
    }
}

static Expectation read_expectation(Reader *reader, const cJSON *item) {
    Expectation expectation = {.path = g_strdup(item->string),
                               .line = document_node(reader->document, item)->line};
    if (cJSON_IsString(item)) {
        expectation.text = g_strdup(item->valuestring);
    } else if (cJSON_IsObject(item)) {
        read_range(reader, item, &expectation);
    } else if (cJSON_IsNumber(item)) {
        expectation.min = expectation.max = json_number_value(reader, item, &ANY_COUNT);
    } else {
        json_expected(reader, item, "a number, a string, or a range {\"min\", \"max\"}");
    }
    if (item->string[0] == '\0') {
        json_key_error(reader, item, "expected a path such as \"machine.pgfault\"");
    }
    return expectation;
}

GArray *expectations_read(Reader *reader, const cJSON *item) {
    GArray *expectations = g_array_new(FALSE, TRUE, sizeof(Expectation));
    if (item == NULL) {
        return expectations;
    }
    JsonObject object = json_object(reader, item);
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, object.item) {
        Expectation expectation = read_expectation(reader, child);
        g_array_append_val(expectations, expectation);
    }
    return expectations;
}
