/* workload.c - from a file to a checked workload: read, parse, override, then part by part.
 *
 *   bytes --source.c--> places --document.c--> tree --json.c--> MachineSpec, ProcessSpec, Program
 *
 * Called by sim's verbs; everything that can be wrong with a file is found here.
 */
#include "workload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "loader.h"

#define PROCESSES_MAX 65535u /* as many as there are address-space identifiers */

G_DEFINE_QUARK(faultline - workload - error, workload_error)

/* ---- bytes ----------------------------------------------------------------------------- */

static bool read_stream(FILE *stream, const char *name, GString *text, GError **error) {
    char buffer[65536];
    size_t got = 0;
    errno = 0;
    while (text->len <= SOURCE_BYTES_MAX && (got = fread(buffer, 1, sizeof buffer, stream)) > 0) {
        g_string_append_len(text, buffer, (gssize)got);
    }
    if (ferror(stream)) {
        g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_READ, "%s: %s", name, g_strerror(errno));
        return false;
    }
    return true;
}

static GString *read_file(const char *path, GError **error) {
    bool standard_input = strcmp(path, "-") == 0;
    FILE *stream = standard_input ? stdin : fopen(path, "rb");
    if (stream == NULL) {
        g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_READ, "%s: %s", path, g_strerror(errno));
        return NULL;
    }
    GString *text = g_string_new(NULL);
    bool good = read_stream(stream, path, text, error);
    if (!standard_input) {
        fclose(stream);
    }
    if (!good) {
        g_string_free(text, TRUE);
        return NULL;
    }
    return text;
}

/* ---- the document ---------------------------------------------------------------------- */

/* "labs/belady.json" -> "belady". */
static char *name_of_file(const char *path) {
    char *name = g_path_get_basename(path);
    if (g_str_has_suffix(name, ".json") && strlen(name) > strlen(".json")) {
        name[strlen(name) - strlen(".json")] = '\0';
    }
    return name;
}

/* Names are unique, and everyone gets an address-space identifier. */
static void check_processes(Reader *reader, const cJSON *items, const Workload *workload) {
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    uint64_t total = 0;
    const cJSON *item = workload->process_count == 0 ? NULL : items->child;
    for (uint32_t i = 0; item != NULL && reader->error == NULL; item = item->next, i++) {
        const ProcessSpec *process = &workload->processes[i];
        total += process->copies;
        if (!g_hash_table_add(names, process->name)) {
            json_error(reader, item, "another process is called \"%s\" already", process->name);
        } else if (total > PROCESSES_MAX) {
            json_error(reader, item, "more than %u processes, copies included", PROCESSES_MAX);
        }
    }
}

static void read_processes(Reader *reader, const cJSON *items, const ProgramContext *context,
                           Workload *workload) {
    unsigned count = json_array(reader, items, 1, PROCESSES_MAX);
    workload->processes = g_new0(ProcessSpec, count + 1);
    const cJSON *item = count == 0 ? NULL : items->child;
    for (; item != NULL && reader->error == NULL; item = item->next) {
        uint32_t index = workload->process_count++;
        process_spec_read(reader, item, index, context, &workload->processes[index]);
    }
    check_processes(reader, items, workload);
}

static void read_document(Reader *reader, const Vocabulary *words, const char *folder,
                          Workload *workload) {
    JsonObject top = json_object(reader, reader->document->root);
    g_autofree char *schema = json_text(&top, "$schema", NULL);
    g_autofree char *default_name = name_of_file(workload->file);
    workload->name = json_text(&top, "name", default_name);
    workload->description = json_text(&top, "description", "");
    workload->seed = json_number(&top, "seed", &ANY_COUNT, 42);
    const cJSON *machine = json_member(&top, "machine");
    const cJSON *processes = json_need(&top, "processes");
    const cJSON *expect = json_member(&top, "expect");
    json_end(&top);
    if (reader->error != NULL) {
        return;
    }
    machine_spec_read(reader, machine, words, &workload->machine);
    read_processes(reader, processes, &(ProgramContext){words, folder, &workload->machine},
                   workload);
    GArray *expectations = expectations_read(reader, expect);
    workload->expectation_count = expectations->len;
    workload->expectations = (Expectation *)(void *)g_array_free(expectations, FALSE);
}

static char *print_document(const Document *document) {
    char *text = cJSON_PrintUnformatted(document->root);
    char *copy = g_strdup(text);
    cJSON_free(text);
    return copy;
}

/* ---- the public face --------------------------------------------------------------------- */

Workload *workload_parse(const char *name, const char *text, size_t length,
                         const char *const *overrides, const Vocabulary *words, GError **error) {
    g_autoptr(Document) document = document_parse(name, text, length, error);
    if (document == NULL) {
        return NULL;
    }
    for (; overrides != NULL && *overrides != NULL; overrides++) {
        if (!document_override(document, *overrides, error)) {
            return NULL;
        }
    }
    g_autoptr(Workload) workload = g_new0(Workload, 1);
    g_autofree char *folder = g_path_get_dirname(name);
    Reader reader = {.document = document};
    workload->file = g_strdup(name);
    read_document(&reader, words, folder, workload);
    if (reader.error != NULL) {
        g_propagate_error(error, reader.error);
        return NULL;
    }
    workload->resolved = print_document(document);
    return g_steal_pointer(&workload);
}

Workload *workload_load(const char *path, const char *const *overrides, const Vocabulary *words,
                        GError **error) {
    GString *text = read_file(path, error);
    if (text == NULL) {
        return NULL;
    }
    const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
    Workload *workload = workload_parse(name, text->str, text->len, overrides, words, error);
    g_string_free(text, TRUE);
    return workload;
}

static bool any_override(const char *const *overrides, const char *pointer) {
    bool any = false;
    for (; overrides != NULL && *overrides != NULL; overrides++) {
        any = any || g_str_has_prefix(*overrides, pointer);
    }
    return any;
}

/* What a script is run on: a machine with room for what it maps, a process that is laid out as
 * on Linux and lives on after a SIGSEGV. */
static void add_script_defaults(cJSON *root, cJSON *process, ScriptLanguage language,
                                const char *const *overrides) {
    cJSON *machine = cJSON_AddObjectToObject(root, "machine");
    if (!any_override(overrides, "/machine/frames=")) {
        cJSON_AddStringToObject(machine, "memory", "1GiB");
    }
    cJSON *swap = cJSON_AddObjectToObject(machine, "swap");
    cJSON_AddStringToObject(swap, "size", "1GiB");
    cJSON_AddStringToObject(swap, "device", "zram");
    cJSON_AddStringToObject(machine, "reclaim", "linux");
    if (!any_override(overrides, "/machine/layout")) {
        cJSON_AddStringToObject(process, "image", language == SCRIPT_OPS ? "static" : "dynamic");
    }
    cJSON_AddStringToObject(process, "on_segv", "continue");
    cJSON *limits = cJSON_AddObjectToObject(process, "limits");
    cJSON_AddStringToObject(limits, "stack", "8MiB");
}

Workload *workload_for_trace(const char *trace_path, const char *const *overrides,
                             const Vocabulary *words, GError **error) {
    g_autofree char *name = g_path_get_basename(trace_path);
    cJSON *root = cJSON_CreateObject();
    cJSON *process = cJSON_CreateObject();
    cJSON *op = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "name", name);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(root, "processes"), process);
    ScriptLanguage language = script_language_of(trace_path);
    if (language != SCRIPT_LANGUAGES) {
        add_script_defaults(root, process, language, overrides);
    }
    cJSON_AddItemToArray(cJSON_AddArrayToObject(process, "program"), op);
    cJSON_AddStringToObject(op, "op", language == SCRIPT_LANGUAGES ? "trace" : "script");
    cJSON_AddStringToObject(op, "file", name);
    char *text = cJSON_PrintUnformatted(root);
    Workload *workload = workload_parse(trace_path, text, strlen(text), overrides, words, error);
    cJSON_free(text);
    cJSON_Delete(root);
    return workload;
}

void workload_free(Workload *workload) {
    if (workload == NULL) {
        return;
    }
    for (uint32_t i = 0; i < workload->process_count; i++) {
        process_spec_clear(&workload->processes[i]);
    }
    for (uint32_t i = 0; i < workload->expectation_count; i++) {
        g_free(workload->expectations[i].path);
        g_free(workload->expectations[i].text);
    }
    named_sizes_clear(&workload->machine.groups);
    named_sizes_clear(&workload->machine.files);
    g_free(workload->processes);
    g_free(workload->expectations);
    g_free(workload->file);
    g_free(workload->name);
    g_free(workload->description);
    g_free(workload->resolved);
    g_free(workload);
}
