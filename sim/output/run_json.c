/* run_json.c - see run_json.h. */
#include "output/run_json.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>

#include "output/json.h"
#include "version.h"

#define READ_BYTES 65536

/* SHA-256 of a file's bytes in hex, as a new string. */
static char *file_digest(const char *path, GError **error) {
    FILE *file = g_fopen(path, "rb");
    if (file == NULL) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "cannot read %s: %s",
                    path, g_strerror(errno));
        return NULL;
    }
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree guchar *bytes = g_malloc(READ_BYTES);
    size_t count = 0;
    while ((count = fread(bytes, 1, READ_BYTES, file)) > 0) {
        g_checksum_update(checksum, bytes, (gssize)count);
    }
    gboolean broken = ferror(file) != 0;
    fclose(file);
    if (broken) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "cannot read %s", path);
        return NULL;
    }
    return g_strdup(g_checksum_get_string(checksum));
}

static void write_input(JsonWriter *w, const char *kind, const char *path, const char *digest) {
    json_writer_open(w, NULL, '{');
    json_writer_string(w, "kind", kind);
    json_writer_string(w, "path", path);
    json_writer_string(w, "sha256", digest);
    json_writer_close(w, '}');
}

static void add_path(GPtrArray *paths, char *path) {
    if (path != NULL && !g_ptr_array_find_with_equal_func(paths, path, g_str_equal, NULL)) {
        g_ptr_array_add(paths, path);
    }
}

static void add_paths(GPtrArray *paths, const Program *program, gboolean scripts) {
    for (uint32_t t = 0; !scripts && t < program->trace_count; t++) {
        add_path(paths, program->traces[t].path);
    }
    for (uint32_t s = 0; scripts && s < program->script_count; s++) {
        add_path(paths, program->scripts[s]->path);
    }
    for (uint32_t i = 0; i < program->spec_count; i++) {
        add_paths(paths, &program->specs[i]->program, scripts);
    }
}

/* Every trace file, or every script file, once: in the order of first mention, those of spawned
 * programs last. */
static GPtrArray *input_paths(const Workload *workload, gboolean scripts) {
    GPtrArray *paths = g_ptr_array_new();
    for (uint32_t p = 0; p < workload->process_count; p++) {
        add_paths(paths, &workload->processes[p].program, scripts);
    }
    return paths;
}

static gboolean write_files(JsonWriter *w, const char *kind, const GPtrArray *paths,
                            GError **error) {
    for (unsigned i = 0; i < paths->len; i++) {
        g_autofree char *own = file_digest(paths->pdata[i], error);
        if (own == NULL) {
            return FALSE;
        }
        write_input(w, kind, paths->pdata[i], own);
    }
    return TRUE;
}

static gboolean write_inputs(JsonWriter *w, const Workload *workload, const char *digest,
                             GError **error) {
    g_autoptr(GPtrArray) traces = input_paths(workload, FALSE);
    g_autoptr(GPtrArray) scripts = input_paths(workload, TRUE);
    if (digest != NULL) {
        write_input(w, "workload", workload->file, digest);
    }
    return write_files(w, "trace", traces, error) && write_files(w, "script", scripts, error);
}

char *run_json(const Workload *workload, const char *digest, GError **error) {
    g_autoptr(GString) out = g_string_new(NULL);
    JsonWriter w = {.out = out, .empty = TRUE};
    json_writer_open(&w, NULL, '{');
    json_writer_string(&w, "schema", RUN_SCHEMA);
    json_writer_string(&w, "faultline", FAULTLINE_VERSION);
    json_writer_string(&w, "name", workload->name);
    json_writer_number(&w, "seed", workload->seed);
    json_writer_open(&w, "inputs", '[');
    if (!write_inputs(&w, workload, digest, error)) {
        return NULL;
    }
    json_writer_close(&w, ']');
    json_writer_raw(&w, "workload", workload->resolved);
    json_writer_close(&w, '}');
    return g_strdup(out->str);
}
