/* op_script.c - the op "script": lines of a script language, in the workload or in a file.
 *
 * The script is read here, whole, so that a mistake in it is found before anything runs.
 */
#include <inttypes.h>

#include "op_spec.h"
#include "trace/script.h"

#define LINES_MAX (1u << 20)

static void problem_error(Compiler *c, const cJSON *item, const ScriptProblem *problem) {
    json_error(c->reader, item, "column %u: %s", problem->column, problem->message);
    g_free(problem->message);
}

/* One line a string; the script's line numbers count the strings. */
static Script *read_lines(Compiler *c, const cJSON *lines, ScriptLanguage language) {
    Script *script = script_new(language);
    ScriptProblem problem;
    uint32_t number = 1;
    const cJSON *item = NULL;
    if (json_array(c->reader, lines, 0, LINES_MAX) == 0) {
        return script;
    }
    cJSON_ArrayForEach(item, lines) {
        const char *text = json_string_value(c->reader, item, "a line of a script");
        if (text == NULL) {
            return script;
        }
        if (!script_add_line(script, text, number++, &problem)) {
            problem_error(c, item, &problem);
            return script;
        }
    }
    if (!script_end(script, &problem)) {
        problem_error(c, cJSON_GetArrayItem(lines, (int)problem.line - 1), &problem);
    }
    return script;
}

/* The language is named, or the name of the file tells it. */
static ScriptLanguage read_language(Compiler *c, JsonObject *o, const char *path) {
    const cJSON *item = json_member(o, "language");
    if (item != NULL) {
        return (ScriptLanguage)json_word_value(c->reader, item, "language", script_languages);
    }
    ScriptLanguage language = path == NULL ? SCRIPT_OPS : script_language_of(path);
    return language == SCRIPT_LANGUAGES ? SCRIPT_OPS : language;
}

static Script *read_file(Compiler *c, JsonObject *o) {
    if (cJSON_GetObjectItemCaseSensitive(o->item, "file") == NULL) {
        json_missing(o, "lines", "file");
        return script_new(SCRIPT_OPS);
    }
    g_autofree char *path = op_read_path(c, o);
    ScriptLanguage language = read_language(c, o, path);
    GError *error = NULL;
    if (c->reader->error != NULL) {
        return script_new(language);
    }
    Script *script = script_load(path, language, &error);
    if (script == NULL) {
        /* It has a place of its own: file, line and column of the script. */
        g_set_error_literal(&c->reader->error, WORKLOAD_ERROR, WORKLOAD_ERROR_SYNTAX,
                            error->message);
        g_error_free(error);
    }
    return script == NULL ? script_new(language) : script;
}

void op_read_script(Compiler *c, JsonObject *o, Op *op) {
    const cJSON *lines = json_member(o, "lines");
    Script *script =
        lines == NULL ? read_file(c, o) : read_lines(c, lines, read_language(c, o, NULL));
    const cJSON *file = lines == NULL ? NULL : json_member(o, "file");
    if (file != NULL) {
        json_key_error(c->reader, file, "\"lines\" and \"file\" exclude each other");
    }
    op->script = c->scripts->len;
    g_ptr_array_add(c->scripts, script);
}
