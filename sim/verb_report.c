/* verb_report.c - `faultline report`: from folders of results to a page.
 *
 *   recording.json of each folder -> is it one? -> one HTML file
 */
#include <cjson/cJSON.h>
#include <string.h>

#include "output/recording.h"
#include "output/report.h"
#include "verbs.h"

static bool is_recording(const char *text, size_t length) {
    cJSON *document = cJSON_ParseWithLength(text, length);
    const char *schema = cJSON_GetStringValue(cJSON_GetObjectItem(document, "schema"));
    bool is_one = schema != NULL && strcmp(schema, RECORDING_SCHEMA) == 0;
    cJSON_Delete(document);
    return is_one;
}

/* The text of a folder's recording.  NULL and `error`. */
static char *read_recording(const char *folder, GError **error) {
    g_autofree char *path = g_build_filename(folder, "recording.json", NULL);
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &text, &length, error)) {
        return NULL;
    }
    if (!is_recording(text, length)) {
        g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_SYNTAX,
                    "%s: expected what this version's run -o writes (%s)", path, RECORDING_SCHEMA);
        return NULL;
    }
    return g_steal_pointer(&text);
}

static bool make_report(const Options *options, GError **error) {
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    unsigned folders = options->files->len - 1;
    for (unsigned i = 0; i < folders; i++) {
        char *text = read_recording(options->files->pdata[i], error);
        if (text == NULL) {
            return false;
        }
        g_ptr_array_add(parts, text);
    }
    g_ptr_array_add(parts, NULL);
    return report_write(options->files->pdata[folders], (const char *const *)parts->pdata, error);
}

ExitCode verb_report(const Options *options, Stream *out, GError **error) {
    (void)out;
    GError *problem = NULL;
    if (make_report(options, &problem)) {
        return EXIT_CODE_FINISHED;
    }
    ExitCode code = exit_code_of(problem);
    g_propagate_error(error, problem);
    return code;
}
