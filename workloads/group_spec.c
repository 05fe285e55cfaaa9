/* group_spec.c - "groups" of a machine: processes that share a limit of memory. */
#include <string.h>

#include "loader.h"

static uint32_t find_group(const MachineSpec *spec, const char *name) {
    uint32_t group = spec->group_count;
    while (group > 0 && strcmp(spec->groups[group - 1].name, name) != 0) {
        group--;
    }
    return group;
}

static void read_group(Reader *reader, const cJSON *item, MachineSpec *spec) {
    static const NumberRange memory = {UNIT_SIZE, 1, UINT64_C(1) << 40};
    JsonObject object = json_object(reader, item);
    const cJSON *name = json_need(&object, "name");
    const char *text = name == NULL ? NULL : json_string_value(reader, name, "a name");
    uint64_t bytes = json_need_number(&object, "memory", &memory);
    json_end(&object);
    if (reader->error != NULL || text == NULL) {
        return;
    }
    if (find_group(spec, text) != 0) {
        json_error(reader, item, "another group is called \"%s\" already", text);
        return;
    }
    spec->groups[spec->group_count++] = (GroupSpec){g_strdup(text), bytes};
}

void groups_spec_read(Reader *reader, const cJSON *item, MachineSpec *spec) {
    unsigned count = item == NULL ? 0 : json_array(reader, item, 0, MACHINE_GROUPS_MAX);
    for (unsigned i = 0; i < count && reader->error == NULL; i++) {
        read_group(reader, cJSON_GetArrayItem(item, (int)i), spec);
    }
}

uint32_t group_read(JsonObject *process, const MachineSpec *machine) {
    const cJSON *item = json_member(process, "group");
    if (item == NULL) {
        return 0;
    }
    const char *known[MACHINE_GROUPS_MAX + 1] = {NULL};
    for (uint32_t i = 0; i < machine->group_count; i++) {
        known[i] = machine->groups[i].name;
    }
    if (known[0] == NULL) {
        json_error(process->reader, item, "the machine has no groups");
        return 0;
    }
    return json_word_value(process->reader, item, "group", known) + 1;
}

void groups_spec_clear(MachineSpec *spec) {
    for (uint32_t i = 0; i < spec->group_count; i++) {
        g_free(spec->groups[i].name);
    }
}
