/* process_spec.c - one element of "processes": who runs which program, from when, with what. */
#include <string.h>

#include "loader.h"

#define NAME_BYTES_MAX 64

/* A name stands in dotted paths ("processes.app.minflt"), and copies are called "app#2". */
static void check_name(JsonObject *process, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(process->item, "name");
    if (item == NULL || process->reader->error != NULL) {
        return;
    }
    bool good = name[0] != '\0' && strlen(name) <= NAME_BYTES_MAX;
    for (const char *c = name; *c != '\0'; c++) {
        good = good && strchr("./#\x7f", *c) == NULL && (unsigned char)*c >= 0x20;
    }
    if (!good) {
        json_expected(process->reader, item,
                      "a name of 1 to 64 bytes without '.', '/', '#' and control characters");
    }
}

static void read_limits(Reader *reader, const cJSON *item, ProcessSpec *spec) {
    JsonObject limits = {.reader = reader};
    if (item != NULL) {
        limits = json_object(reader, item);
    }
    spec->limit_address_space = json_number(&limits, "address_space", &ANY_SIZE, UINT64_MAX);
    spec->limit_data = json_number(&limits, "data", &ANY_SIZE, UINT64_MAX);
    spec->limit_stack = json_number(&limits, "stack", &ANY_SIZE, UINT64_MAX);
    spec->limit_rss = json_number(&limits, "rss", &ANY_SIZE, UINT64_MAX);
    spec->limit_locked = json_number(&limits, "locked", &ANY_SIZE, UINT64_MAX);
    json_end(&limits);
}

void process_spec_read(Reader *reader, const cJSON *item, unsigned index, const Vocabulary *words,
                       const char *folder, ProcessSpec *spec) {
    static const NumberRange copies = {UNIT_COUNT, 1, 10000};
    static const NumberRange start = {UNIT_TIME, 0, TIME_MAX_NS};
    static const char *const images[] = {[IMAGE_WORD_NONE] = "none",
                                         [IMAGE_WORD_STATIC] = "static",
                                         [IMAGE_WORD_DYNAMIC] = "dynamic",
                                         NULL};
    static const char *const on_segv[] = {"exit", "continue", NULL};
    JsonObject process = json_object(reader, item);
    g_autofree char *default_name = g_strdup_printf("process%u", index + 1);
    spec->name = json_text(&process, "name", default_name);
    check_name(&process, spec->name);
    spec->copies = (uint32_t)json_number(&process, "copies", &copies, 1);
    spec->start = json_number(&process, "start", &start, 0);
    component_spec_read(reader, json_member(&process, "allocator"), item, "model",
                        words->allocators, NULL, NULL, &spec->allocator);
    read_limits(reader, json_member(&process, "limits"), spec);
    spec->image = (ImageWord)json_word(&process, "image", "word", images, IMAGE_WORD_NONE);
    spec->survives_segv = json_word(&process, "on_segv", "word", on_segv, 0) == 1;
    const cJSON *program = json_need(&process, "program");
    json_end(&process);
    if (reader->error == NULL) {
        program_read(reader, program, folder, &spec->program);
    }
}

void process_spec_clear(ProcessSpec *spec) {
    g_free(spec->name);
    program_free(&spec->program);
}
