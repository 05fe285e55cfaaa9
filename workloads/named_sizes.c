/* named_sizes.c - arrays of a machine whose elements are a name and a size ("groups", "files"), and the
 * keys elsewhere that name one of them.
 */
#include <string.h>

#include "loader.h"

const NamedSizesWords GROUP_WORDS = {"group", "memory"}, FILE_WORDS = {"file", "size"};

static bool is_taken(const NamedSizes *list, const char *name) {
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void read_one(Reader *reader, const cJSON *item, const NamedSizesWords *words,
                     NamedSizes *list) {
    static const NumberRange size = {UNIT_SIZE, 1, UINT64_C(1) << 40};
    JsonObject object = json_object(reader, item);
    const cJSON *name = json_need(&object, "name");
    const char *text = name == NULL ? NULL : json_string_value(reader, name, "a name");
    uint64_t bytes = json_need_number(&object, words->size_key, &size);
    json_end(&object);
    if (reader->error != NULL || text == NULL) {
        return;
    }
    if (is_taken(list, text)) {
        json_error(reader, item, "another %s is called \"%s\" already", words->what, text);
        return;
    }
    list->items[list->count++] = (NamedSize){g_strdup(text), bytes};
}

void named_sizes_read(Reader *reader, const cJSON *item, const NamedSizesWords *words,
                      NamedSizes *list) {
    unsigned count = item == NULL ? 0 : json_array(reader, item, 0, NAMED_SIZES_MAX);
    for (unsigned i = 0; i < count && reader->error == NULL; i++) {
        read_one(reader, cJSON_GetArrayItem(item, (int)i), words, list);
    }
}

uint32_t named_sizes_choose(Reader *reader, const cJSON *item, const NamedSizesWords *words,
                            const NamedSizes *list) {
    const char *known[NAMED_SIZES_MAX + 1] = {NULL};
    for (uint32_t i = 0; i < list->count; i++) {
        known[i] = list->items[i].name;
    }
    if (item == NULL) {
        return NAMED_SIZES_NONE;
    }
    if (known[0] == NULL) {
        json_error(reader, item, "the machine has no %ss; they belong into /machine/%ss",
                   words->what, words->what);
        return NAMED_SIZES_NONE;
    }
    return json_word_value(reader, item, words->what, known);
}

void named_sizes_clear(NamedSizes *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        g_free(list->items[i].name);
    }
}
