/* json.c - see json.h.  Errors first, then objects, then values by kind. */
#include "json.h"

#include <string.h>

#include "workload.h"

#define FOUND_MAX      40
#define TEXT_BYTES_MAX 65536
/* Beyond 2^53 a JSON number is not exact in most tools: such integers are strings. */
#define EXACT_MAX (UINT64_C(1) << 53)

const NumberRange ANY_SIZE = {UNIT_SIZE, 0, UINT64_MAX};
const NumberRange ANY_COUNT = {UNIT_COUNT, 0, UINT64_MAX};
const NumberRange ANY_ADDRESS = {UNIT_ADDRESS, 0, UINT64_MAX};

/* ---- errors ---------------------------------------------------------------------------- */

static void note_error(Reader *reader, const cJSON *at, bool key, const char *format,
                       va_list arguments) {
    if (reader->error != NULL) {
        return;
    }
    g_autofree char *where = document_where(reader->document, at, key);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    reader->error = g_error_new(WORKLOAD_ERROR, WORKLOAD_ERROR_VALUE, "%s%s", where, message);
}

void json_error(Reader *reader, const cJSON *at, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note_error(reader, at, false, format, arguments);
    va_end(arguments);
}

void json_key_error(Reader *reader, const cJSON *at, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note_error(reader, at, true, format, arguments);
    va_end(arguments);
}

/* The value as a message shows it: its text, cut if it is long. */
static char *found_text(const Reader *reader, const cJSON *at) {
    if (cJSON_IsObject(at) || cJSON_IsArray(at)) {
        return g_strdup(cJSON_IsObject(at) ? "an object" : "an array");
    }
    g_autofree char *text = document_text(reader->document, at);
    if (g_utf8_strlen(text, -1) <= FOUND_MAX) {
        return g_steal_pointer(&text);
    }
    g_autofree char *start = g_utf8_substring(text, 0, FOUND_MAX);
    return g_strdup_printf("%s...", start);
}

void json_expected(Reader *reader, const cJSON *at, const char *expected) {
    g_autofree char *found = found_text(reader, at);
    json_error(reader, at, "expected %s, found %s", expected, found);
}

/* "a", "b", "c" - at most a dozen of them. */
static char *quote_words(const char *const *words) {
    GString *text = g_string_new(NULL);
    unsigned i = 0;
    for (; words[i] != NULL && i < 12; i++) {
        if (words[i][0] != '\0') {
            g_string_append_printf(text, "%s\"%s\"", text->len == 0 ? "" : ", ", words[i]);
        }
    }
    g_string_append(text, words[i] != NULL ? " ..." : "");
    return g_string_free(text, FALSE);
}

void json_unknown(Reader *reader, const cJSON *at, bool key, const char *what, const char *word,
                  const char *const *known) {
    g_autofree char *shown = g_utf8_strlen(word, -1) <= FOUND_MAX
                                 ? g_strdup(word)
                                 : g_utf8_substring(word, 0, FOUND_MAX);
    const char *nearest = nearest_word(word, known);
    g_autofree char *all = quote_words(known);
    g_autofree char *advice = nearest != NULL
                                  ? g_strdup_printf("did you mean \"%s\"?", nearest)
                                  : g_strdup_printf("known: %s", all[0] == '\0' ? "none" : all);
    (key ? json_key_error : json_error)(reader, at, "unknown %s \"%s\"; %s", what, shown, advice);
}

/* ---- objects and arrays ------------------------------------------------------------------ */

JsonObject json_object(Reader *reader, const cJSON *item) {
    JsonObject object = {.reader = reader, .item = item};
    if (!cJSON_IsObject(item)) {
        json_expected(reader, item, "an object");
        object.item = NULL;
    }
    return object;
}

const cJSON *json_member(JsonObject *object, const char *key) {
    if (!g_strv_contains(object->asked, key)) {
        g_assert(object->asked_count < JSON_KEYS_MAX);
        object->asked[object->asked_count++] = key;
    }
    return object->item == NULL ? NULL : cJSON_GetObjectItemCaseSensitive(object->item, key);
}

const cJSON *json_need(JsonObject *object, const char *key) {
    const cJSON *item = json_member(object, key);
    if (item == NULL) {
        json_missing(object, key, NULL);
    }
    return item;
}

void json_missing(JsonObject *object, const char *key, const char *other) {
    if (object->missing == NULL) {
        object->missing = key;
        object->missing_other = other;
    }
}

void json_end(JsonObject *object) {
    if (object->item == NULL || object->reader->error != NULL) {
        return;
    }
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, object->item) {
        if (!g_strv_contains(object->asked, child->string)) {
            json_unknown(object->reader, child, true, "key", child->string, object->asked);
            return;
        }
    }
    if (object->missing != NULL) {
        const char *other = object->missing_other;
        json_error(object->reader, object->item, "missing key \"%s\"%s%s%s", object->missing,
                   other == NULL ? "" : " or \"", other == NULL ? "" : other,
                   other == NULL ? "" : "\"");
    }
}

unsigned json_array(Reader *reader, const cJSON *item, unsigned min, unsigned max) {
    if (!cJSON_IsArray(item)) {
        json_expected(reader, item, "an array");
        return 0;
    }
    unsigned count = (unsigned)cJSON_GetArraySize(item);
    if (count < min || count > max) {
        unsigned bound = count < min ? min : max;
        json_error(reader, item, "expected at %s %u element%s, found %u",
                   count < min ? "least" : "most", bound, bound == 1 ? "" : "s", count);
        return 0;
    }
    return count;
}

/* ---- numbers --------------------------------------------------------------------------- */

/* "a size from 1 to 1TiB". */
static char *describe_range(const NumberRange *range, bool is_signed) {
    g_autofree char *min = unit_format(range->unit, range->min);
    g_autofree char *max = unit_format(range->unit, range->max);
    const char *noun = unit_short_noun(range->unit);
    if (is_signed) {
        return g_strdup_printf("%s that fits into 64 bits with its sign", noun);
    }
    if (range->min == range->max) {
        return g_steal_pointer(&min);
    }
    return range->max == UINT64_MAX ? g_strdup_printf("%s of at least %s", noun, min)
                                    : g_strdup_printf("%s from %s to %s", noun, min, max);
}

/* Read a number or a string as a quantity; false and a mistake if it is none. */
static bool read_quantity(Reader *reader, const cJSON *item, Unit unit, Quantity *quantity) {
    g_autofree char *hint = NULL;
    if (cJSON_IsString(item)) {
        if (unit_parse(item->valuestring, unit, quantity, &hint)) {
            return true;
        }
    } else if (cJSON_IsNumber(item)) {
        g_autofree char *text = document_text(reader->document, item);
        bool is_integer = unit_parse(text, UNIT_COUNT, quantity, &hint);
        if (is_integer && quantity->value <= EXACT_MAX) {
            return true;
        }
        if (is_integer) {
            g_clear_pointer(&hint, g_free);
            hint = g_strdup_printf("integers beyond 2^53 are written as strings: \"%s\"", text);
        }
    }
    g_autofree char *found = found_text(reader, item);
    json_error(reader, item, "expected %s, found %s%s%s", unit_noun(unit), found,
               hint == NULL ? "" : "; ", hint == NULL ? "" : hint);
    return false;
}

uint64_t json_number_value(Reader *reader, const cJSON *item, const NumberRange *range) {
    Quantity quantity;
    if (!read_quantity(reader, item, range->unit, &quantity)) {
        return range->min;
    }
    if (quantity.negative || quantity.value < range->min || quantity.value > range->max) {
        g_autofree char *expected = describe_range(range, false);
        json_expected(reader, item, expected);
        return range->min;
    }
    return quantity.value;
}

uint64_t json_number(JsonObject *object, const char *key, const NumberRange *range,
                     uint64_t initial) {
    const cJSON *item = json_member(object, key);
    return item == NULL ? initial : json_number_value(object->reader, item, range);
}

uint64_t json_need_number(JsonObject *object, const char *key, const NumberRange *range) {
    const cJSON *item = json_need(object, key);
    return item == NULL ? range->min : json_number_value(object->reader, item, range);
}

int64_t json_need_signed(JsonObject *object, const char *key, Unit unit) {
    const cJSON *item = json_need(object, key);
    Quantity quantity;
    if (item == NULL || !read_quantity(object->reader, item, unit, &quantity)) {
        return 0;
    }
    if (quantity.value > INT64_MAX) {
        g_autofree char *expected = describe_range(&(NumberRange){.unit = unit}, true);
        json_expected(object->reader, item, expected);
        return 0;
    }
    return quantity.negative ? -(int64_t)quantity.value : (int64_t)quantity.value;
}

uint32_t json_share(JsonObject *object, const char *key, uint32_t initial) {
    const cJSON *item = json_member(object, key);
    if (item == NULL) {
        return initial;
    }
    /* IEEE arithmetic on a value in 0..1: the same millionths on every machine. */
    double share = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(share >= 0 && share <= 1)) {
        json_expected(object->reader, item, "a share from 0 to 1");
        return 0;
    }
    return (uint32_t)(share * 1e6 + 0.5);
}

/* ---- other kinds ----------------------------------------------------------------------- */

bool json_bool(JsonObject *object, const char *key, bool initial) {
    const cJSON *item = json_member(object, key);
    if (item != NULL && !cJSON_IsBool(item)) {
        json_expected(object->reader, item, "true or false");
    }
    return item == NULL ? initial : cJSON_IsTrue(item);
}

const char *json_string_value(Reader *reader, const cJSON *item, const char *expected) {
    if (!cJSON_IsString(item)) {
        json_expected(reader, item, expected);
        return NULL;
    }
    return item->valuestring;
}

/* What a terminal could take for a command has no place in a report. */
static bool is_plain_text(const char *text) {
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);
        if (g_unichar_iscntrl(c) && c != '\n' && c != '\t') {
            return false;
        }
    }
    return true;
}

char *json_text(JsonObject *object, const char *key, const char *initial) {
    const cJSON *item = json_member(object, key);
    const char *text = item == NULL ? initial : json_string_value(object->reader, item, "a string");
    if (item != NULL && text != NULL && strlen(text) > TEXT_BYTES_MAX) {
        json_error(object->reader, item, "longer than 64 KiB");
    } else if (item != NULL && text != NULL && !is_plain_text(text)) {
        json_expected(object->reader, item, "no control characters but \\n and \\t");
    }
    return g_strdup(text);
}

unsigned json_word_value(Reader *reader, const cJSON *item, const char *what,
                         const char *const *words) {
    if (!cJSON_IsString(item)) {
        g_autofree char *all = quote_words(words);
        g_autofree char *expected = g_strdup_printf("a word (%s)", all);
        json_expected(reader, item, expected);
        return 0;
    }
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (words[i][0] != '\0' && strcmp(words[i], item->valuestring) == 0) {
            return i;
        }
    }
    json_unknown(reader, item, false, what, item->valuestring, words);
    return 0;
}

unsigned json_word(JsonObject *object, const char *key, const char *what, const char *const *words,
                   unsigned initial) {
    const cJSON *item = json_member(object, key);
    return item == NULL ? initial : json_word_value(object->reader, item, what, words);
}
