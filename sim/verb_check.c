/* verb_check.c - `faultline check FILE...`: every mistake that can be found without running. */
#include "expect.h"
#include "input.h"
#include "verbs.h"

/* Also builds the machine: what it refuses, and the expectations' paths, are part of a file. */
static bool check_file(const char *path, const char *const *overrides, GError **error) {
    g_autoptr(Input) input = input_load_file(path, overrides, error);
    if (input == NULL) {
        return false;
    }
    g_autoptr(Machine) machine = machine_create(input->workload, error);
    if (machine == NULL) {
        return false;
    }
    g_autoptr(Stats) stats = stats_collect(machine);
    return expect_check(stats, error);
}

/* "FILE: ok", or the error, which begins with the file's name in most cases. */
static void report(Stream *out, const char *path, const GError *error) {
    g_autofree char *line = error == NULL ? g_strdup_printf("%s: ok\n", path)
                            : g_str_has_prefix(error->message, path)
                                ? g_strdup_printf("%s\n", error->message)
                                : g_strdup_printf("%s: %s\n", path, error->message);
    stream_write(out, line);
}

ExitCode verb_check(const Options *options, Stream *out, GError **error) {
    g_autoptr(GPtrArray) overrides = g_ptr_array_copy(options->overrides, NULL, NULL);
    g_ptr_array_add(overrides, NULL);
    unsigned bad = 0;
    for (unsigned i = 0; i < options->files->len; i++) {
        const char *path = g_ptr_array_index(options->files, i);
        g_autoptr(GError) problem = NULL;
        bad += check_file(path, (const char *const *)overrides->pdata, &problem) ? 0 : 1;
        report(out, path, problem);
    }
    if (bad > 0) {
        g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_VALUE, "%u of %u files have a mistake",
                    bad, options->files->len);
        return EXIT_CODE_INPUT;
    }
    return EXIT_CODE_FINISHED;
}
