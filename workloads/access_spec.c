/* access_spec.c - the pattern of an op "access": which keys each pattern takes, and their ranges.
 *
 * Only what can be said without knowing the region and the page size is checked here; whether the
 * pattern fits is pattern_start()'s affair.
 */
#include <string.h>

#include "loader.h"
#include "pattern.h"

static const char *const pattern_words[] = {[PATTERN_SEQUENTIAL] = "sequential",
                                            [PATTERN_STRIDE] = "stride",
                                            [PATTERN_RANDOM] = "random",
                                            [PATTERN_ZIPF] = "zipf",
                                            [PATTERN_LOOP] = "loop",
                                            [PATTERN_MATRIX] = "matrix",
                                            [PATTERN_CHASE] = "chase",
                                            [PATTERN_PHASES] = "phases",
                                            [PATTERN_PAGES] = "pages",
                                            NULL};

static const char page_expected[] = "page numbers from 0 to 2^36, with a w behind those written: "
                                    "\"7 0 1w 2\"";

/* ---- reference strings ------------------------------------------------------------------- */

/* "7" or "1w" at *at: page << 1 | write.  False if that is none. */
static bool read_page(const char **at, uint64_t *page) {
    uint64_t number = 0;
    const char *start = *at;
    for (; g_ascii_isdigit(**at); (*at)++) {
        number = MIN(number * 10 + (uint64_t)g_ascii_digit_value(**at), PATTERN_PAGE_MAX + 1);
    }
    bool good = *at > start && number <= PATTERN_PAGE_MAX;
    bool write = **at == 'w';
    *at += write ? 1 : 0;
    *page = number << 1 | (write ? 1 : 0);
    return good && strchr(" \t\r\n,", **at) != NULL; /* the terminating NUL is found, too */
}

/* Append all pages of a text; they are separated by spaces or commas. */
static void read_page_text(Reader *reader, const cJSON *item, const char *text, GArray *pages) {
    const char *at = text;
    for (;;) {
        at += strspn(at, " \t\r\n,");
        if (*at == '\0') {
            return;
        }
        const char *start = at;
        uint64_t page = 0;
        if (!read_page(&at, &page)) {
            g_autofree char *rest = g_strndup(start, strcspn(start, " \t\r\n,"));
            g_autofree char *shown = g_utf8_substring(rest, 0, MIN(20, g_utf8_strlen(rest, -1)));
            json_error(reader, item, "expected %s, found \"%s\"", page_expected, shown);
            return;
        }
        g_array_append_val(pages, page);
    }
}

static void read_page_array(Reader *reader, const cJSON *item, GArray *pages) {
    static const NumberRange range = {UNIT_COUNT, 0, PATTERN_PAGE_MAX};
    const cJSON *child = NULL;
    cJSON_ArrayForEach(child, item) {
        if (reader->error != NULL) {
            return;
        }
        if (cJSON_IsString(child)) {
            read_page_text(reader, child, child->valuestring, pages);
        } else {
            uint64_t page = json_number_value(reader, child, &range) << 1;
            g_array_append_val(pages, page);
        }
    }
}

static void read_pages(JsonObject *object, PatternSpec *spec) {
    const cJSON *item = json_need(object, "pages");
    GArray *pages = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    if (cJSON_IsString(item)) {
        read_page_text(object->reader, item, item->valuestring, pages);
    } else if (cJSON_IsArray(item)) {
        read_page_array(object->reader, item, pages);
    } else if (item != NULL) {
        json_expected(object->reader, item, page_expected);
    }
    if (item != NULL && pages->len == 0) {
        json_error(object->reader, item, "expected at least one page number");
    }
    spec->page_count = pages->len;
    spec->pages = (uint64_t *)(void *)g_array_free(pages, FALSE);
}

/* ---- the other patterns ------------------------------------------------------------------ */

static void read_element(JsonObject *object, PatternSpec *spec, uint64_t initial) {
    static const NumberRange element = {UNIT_SIZE, 1, UINT64_C(1) << 30};
    spec->element = json_number(object, "element", &element, initial);
}

static void read_stride(JsonObject *object, PatternSpec *spec) {
    spec->stride = json_need_signed(object, "stride", UNIT_SIZE);
    const cJSON *item =
        object->item == NULL ? NULL : cJSON_GetObjectItemCaseSensitive(object->item, "stride");
    if (spec->stride == 0 && item != NULL) {
        json_error(object->reader, item, "a stride of 0 goes nowhere");
    }
}

static void read_matrix(JsonObject *object, PatternSpec *spec) {
    static const NumberRange side = {UNIT_COUNT, 1, UINT64_C(1) << 40};
    static const char *const orders[] = {"row", "column", NULL};
    spec->rows = json_need_number(object, "rows", &side);
    spec->columns = json_need_number(object, "columns", &side);
    read_element(object, spec, 8);
    spec->by_column = json_word(object, "order", "order", orders, 0) == 1;
    uint64_t bytes = 0;
    if (__builtin_mul_overflow(spec->rows, spec->columns, &bytes) ||
        __builtin_mul_overflow(bytes, spec->element, &bytes) || bytes > REGION_BYTES_MAX) {
        json_error(object->reader, object->item, "the matrix is larger than 2^57 bytes");
    }
}

static PatternSpec *read_pattern(JsonObject *object, unsigned depth);

static void read_phases(JsonObject *object, PatternSpec *spec, unsigned depth) {
    Reader *reader = object->reader;
    const cJSON *item = json_need(object, "phases");
    if (depth == PATTERN_DEPTH_MAX) {
        json_error(reader, object->item, "phases lie more than %d deep in each other",
                   PATTERN_DEPTH_MAX);
        return;
    }
    unsigned count = item == NULL ? 0 : json_array(reader, item, 1, SOURCE_VALUES_MAX);
    spec->phases = g_new0(PatternSpec *, count + 1);
    const cJSON *child = count == 0 ? NULL : item->child;
    for (; child != NULL && reader->error == NULL; child = child->next) {
        JsonObject phase = json_object(reader, child);
        spec->phases[spec->phase_count++] = read_pattern(&phase, depth + 1);
        json_end(&phase);
    }
}

/* What belongs to one kind only. */
static void read_kind(JsonObject *object, PatternSpec *spec, unsigned depth) {
    switch (spec->kind) {
    case PATTERN_SEQUENTIAL:
    case PATTERN_RANDOM:
        read_element(object, spec, 8);
        break;
    case PATTERN_CHASE:
        read_element(object, spec, 64);
        break;
    case PATTERN_STRIDE:
        read_stride(object, spec);
        break;
    case PATTERN_MATRIX:
        read_matrix(object, spec);
        break;
    case PATTERN_PHASES:
        read_phases(object, spec, depth);
        break;
    case PATTERN_PAGES:
        read_pages(object, spec);
        break;
    case PATTERN_ZIPF:
    case PATTERN_LOOP:
        break;
    }
}

static PatternSpec *read_pattern(JsonObject *object, unsigned depth) {
    static const NumberRange offset = {UNIT_SIZE, 0, REGION_BYTES_MAX};
    static const NumberRange length = {UNIT_SIZE, 1, REGION_BYTES_MAX};
    static const NumberRange count = {UNIT_COUNT, 1, UINT64_MAX};
    PatternSpec *spec = g_new0(PatternSpec, 1);
    const cJSON *kind = json_need(object, "pattern");
    if (kind != NULL) {
        spec->kind = (PatternKind)json_word_value(object->reader, kind, "pattern", pattern_words);
    }
    spec->offset = json_number(object, "offset", &offset, 0);
    spec->length = json_number(object, "length", &length, UINT64_MAX);
    spec->count = json_number(object, "count", &count, 0);
    if (kind != NULL && spec->kind != PATTERN_PHASES) {
        spec->write_ppm = json_share(object, "write", 0);
    }
    read_kind(object, spec, depth);
    return spec;
}

PatternSpec *access_spec_read(JsonObject *object, bool own_region) {
    PatternSpec *spec = read_pattern(object, 0);
    bool good = object->reader->error == NULL && object->missing == NULL;
    if (good && own_region && pattern_extent(spec, 65536) == 0) {
        json_missing(object, "over", "length");
    }
    return spec;
}
