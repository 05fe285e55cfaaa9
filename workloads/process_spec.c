/* process_spec.c - who runs which program, from when, with what: one element of "processes", or
 * what a program spawns or executes, which inherits what it is not told. */
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

char *process_name_read(JsonObject *object, const char *otherwise) {
    char *name = json_text(object, "name", otherwise);
    check_name(object, name);
    return name;
}

static void read_limits(Reader *reader, const cJSON *item, const ProcessSpec *parent,
                        ProcessSpec *spec) {
    JsonObject limits = {.reader = reader};
    if (item != NULL) {
        limits = json_object(reader, item);
    }
    spec->limit_address_space =
        json_number(&limits, "address_space", &ANY_SIZE, parent->limit_address_space);
    spec->limit_data = json_number(&limits, "data", &ANY_SIZE, parent->limit_data);
    spec->limit_stack = json_number(&limits, "stack", &ANY_SIZE, parent->limit_stack);
    spec->limit_rss = json_number(&limits, "rss", &ANY_SIZE, parent->limit_rss);
    spec->limit_locked = json_number(&limits, "locked", &ANY_SIZE, parent->limit_locked);
    spec->limit_rss_min = json_number(&limits, "rss_min", &ANY_SIZE, parent->limit_rss_min);
    json_end(&limits);
    if (reader->error == NULL && spec->limit_rss_min > spec->limit_rss) {
        json_error(reader, item, "\"rss_min\" must not be above \"rss\"");
    }
}

static void read_allocator(JsonObject *object, const ProcessSpec *parent, const Vocabulary *words,
                           ProcessSpec *spec) {
    const cJSON *item = json_member(object, "allocator");
    spec->allocator = parent->allocator;
    if (item != NULL || spec->allocator.info == NULL) {
        component_spec_read(object->reader, item, object->item, "model", words->allocators, NULL,
                            NULL, &spec->allocator);
    }
}

static int32_t read_oom_score_adj(JsonObject *object, int32_t initial) {
    const cJSON *item = json_member(object, "oom_score_adj");
    int64_t adjust = item == NULL ? initial : json_need_signed(object, "oom_score_adj", UNIT_COUNT);
    if (adjust < -1000 || adjust > 1000) {
        json_expected(object->reader, item, "an integer from -1000 to 1000");
        return 0;
    }
    return (int32_t)adjust;
}

/* All that a process is told, but for its name and its start; its program comes last. */
static const cJSON *read_common(JsonObject *object, const ProcessSpec *parent,
                                const Vocabulary *words, ProcessSpec *spec) {
    static const char *const images[] = {[IMAGE_WORD_NONE] = "none",
                                         [IMAGE_WORD_STATIC] = "static",
                                         [IMAGE_WORD_DYNAMIC] = "dynamic",
                                         NULL};
    static const char *const on_segv[] = {"exit", "continue", NULL};
    static const NumberRange priority = {UNIT_COUNT, 0, 99};
    spec->priority = (uint32_t)json_number(object, "priority", &priority, parent->priority);
    spec->oom_score_adj = read_oom_score_adj(object, parent->oom_score_adj);
    read_allocator(object, parent, words, spec);
    read_limits(object->reader, json_member(object, "limits"), parent, spec);
    spec->image = (ImageWord)json_word(object, "image", "word", images, parent->image);
    spec->survives_segv = json_word(object, "on_segv", "word", on_segv, parent->survives_segv) == 1;
    return json_need(object, "program");
}

void process_spec_read(Reader *reader, const cJSON *item, unsigned index,
                       const ProgramContext *context, ProcessSpec *spec) {
    static const NumberRange copies = {UNIT_COUNT, 1, 10000};
    static const NumberRange start = {UNIT_TIME, 0, TIME_MAX_NS};
    static const ProcessSpec nobody = {.limit_address_space = UINT64_MAX,
                                       .limit_data = UINT64_MAX,
                                       .limit_stack = UINT64_MAX,
                                       .limit_rss = UINT64_MAX,
                                       .limit_locked = UINT64_MAX};
    JsonObject process = json_object(reader, item);
    g_autofree char *default_name = g_strdup_printf("process%u", index + 1);
    spec->name = process_name_read(&process, default_name);
    spec->copies = (uint32_t)json_number(&process, "copies", &copies, 1);
    spec->start = json_number(&process, "start", &start, 0);
    uint32_t group = named_sizes_choose(reader, json_member(&process, "group"), &GROUP_WORDS,
                                        &context->machine->groups);
    spec->group = group == NAMED_SIZES_NONE ? 0 : group + 1;
    const cJSON *program = read_common(&process, &nobody, context->words, spec);
    json_end(&process);
    if (reader->error == NULL) {
        program_read(reader, program, context, spec);
    }
}

void process_spec_read_child(JsonObject *object, const ProcessSpec *parent, bool named,
                             const ProgramContext *context, ProcessSpec *spec) {
    spec->copies = 1;
    spec->group = parent->group;
    spec->name = named ? process_name_read(object, NULL) : NULL;
    const cJSON *program = read_common(object, parent, context->words, spec);
    json_end(object);
    if (object->reader->error == NULL) {
        program_read(object->reader, program, context, spec);
    }
}

void process_spec_clear(ProcessSpec *spec) {
    g_free(spec->name);
    program_free(&spec->program);
}
