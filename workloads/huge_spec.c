/* huge_spec.c - pages of several sizes: "huge_pages" and "folio_sizes" of a machine. */
#include "loader.h"

/* A set of powers of two, a bit each. */
static uint64_t read_sizes(Reader *reader, const cJSON *item) {
    static const NumberRange range = {UNIT_SIZE, 128, UINT64_C(1) << 30};
    uint64_t sizes = 0;
    unsigned count = item == NULL ? 0 : json_array(reader, item, 0, 32);
    for (unsigned i = 0; i < count; i++) {
        const cJSON *element = cJSON_GetArrayItem(item, (int)i);
        uint64_t size = json_number_value(reader, element, &range);
        if ((size & (size - 1)) != 0) {
            json_expected(reader, element, "a power of two");
        }
        sizes |= size;
    }
    return sizes;
}

static void read_folio_sizes(Reader *reader, const cJSON *item, MachineSpec *spec) {
    if (item == NULL || !cJSON_IsObject(item)) {
        spec->folio_sizes = read_sizes(reader, item);
        return;
    }
    JsonObject object = json_object(reader, item);
    spec->folio_sizes = read_sizes(reader, json_member(&object, "always"));
    spec->folio_sizes_madvise = read_sizes(reader, json_member(&object, "madvise"));
    json_end(&object);
}

void huge_pages_read(JsonObject *machine, MachineSpec *spec) {
    static const char *const words[] = {[HUGE_PAGES_WORD_NEVER] = "never",
                                        [HUGE_PAGES_WORD_MADVISE] = "madvise",
                                        [HUGE_PAGES_WORD_ALWAYS] = "always",
                                        NULL};
    spec->huge_pages = (HugePagesWord)json_word(machine, "huge_pages", "word", words, 0);
    read_folio_sizes(machine->reader, json_member(machine, "folio_sizes"), spec);
}
