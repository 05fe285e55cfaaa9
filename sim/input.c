/* input.c - see input.h. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "registry.h"

#define INPUT_BYTES_MAX (64u << 20)
#define READ_BYTES      65536

static GString *read_all(int fd, const char *name, GError **error) {
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[READ_BYTES];
    while (text->len <= INPUT_BYTES_MAX) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got > 0) {
            g_string_append_len(text, buffer, got);
        } else if (got == 0) {
            return g_steal_pointer(&text);
        } else if (errno != EINTR) {
            g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_READ, "%s: %s", name,
                        g_strerror(errno));
            return NULL;
        }
    }
    g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_READ, "%s: more than 64 MiB is no workload",
                name);
    return NULL;
}

static GString *read_path(const char *path, const char *name, GError **error) {
    if (strcmp(path, "-") == 0) {
        return read_all(STDIN_FILENO, name, error);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_READ, "%s: %s", name, g_strerror(errno));
        return NULL;
    }
    GString *text = read_all(fd, name, error);
    close(fd);
    return text;
}

/* ---- what is parsed ---------------------------------------------------------------------- */

static Origin *origin_new(const char *name, GString *text) {
    Origin *origin = g_new0(Origin, 1);
    origin->name = g_strdup(name);
    origin->text = text;
    return origin;
}

static Origin *origin_read_file(const char *path, GError **error) {
    const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
    GString *text = read_path(path, name, error);
    return text == NULL ? NULL : origin_new(name, text);
}

Origin *origin_read(const Options *options, GError **error) {
    Origin *origin = options->trace != NULL
                         ? origin_new(options->trace, NULL)
                         : origin_read_file(g_ptr_array_index(options->files, 0), error);
    if (origin != NULL) {
        origin->max_steps = options->max_steps;
    }
    return origin;
}

Workload *origin_parse(const Origin *origin, const char *const *overrides, GError **error) {
    const Vocabulary *words = registry_vocabulary();
    Workload *workload = origin->text == NULL
                             ? workload_for_trace(origin->name, overrides, words, error)
                             : workload_parse(origin->name, origin->text->str, origin->text->len,
                                              overrides, words, error);
    if (workload != NULL) {
        workload->max_steps = origin->max_steps;
    }
    return workload;
}

void origin_free(Origin *origin) {
    if (origin != NULL) {
        if (origin->text != NULL) {
            g_string_free(origin->text, TRUE);
        }
        g_free(origin->name);
        g_free(origin);
    }
}

/* ---- overrides --------------------------------------------------------------------------- */

/* In the terms in which the workload says it: as frames or as bytes. */
char *override_frames(const Workload *workload, uint64_t frames) {
    const MachineSpec *machine = &workload->machine;
    if (machine->frames != 0) {
        return g_strdup_printf("/machine/frames=%" PRIu64, frames);
    }
    const Geometry *geometry = machine->mmu == NULL ? NULL : geometry_find(machine->mmu);
    uint64_t page = geometry == NULL ? machine->page_size : geometry_page_size(geometry);
    return g_strdup_printf("/machine/memory=\"%" PRIu64 "\"", frames * page);
}

char *override_allocator(uint32_t process, const char *allocator) {
    return g_strdup_printf("/processes/%" PRIu32 "/allocator=%s", process, allocator);
}

GPtrArray *input_overrides(const Options *options, const Workload *workload) {
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < options->overrides->len; i++) {
        g_ptr_array_add(lines, g_strdup(g_ptr_array_index(options->overrides, i)));
    }
    if (workload != NULL && options->frames != 0) {
        g_ptr_array_add(lines, override_frames(workload, options->frames));
    }
    for (uint32_t p = 0;
         workload != NULL && options->allocator != NULL && p < workload->process_count; p++) {
        g_ptr_array_add(lines, override_allocator(p, options->allocator));
    }
    return lines;
}

Workload *input_parse(const Origin *origin, const Options *options, const Workload *workload,
                      GError **error) {
    g_autoptr(GPtrArray) lines = input_overrides(options, workload);
    g_ptr_array_add(lines, NULL);
    return origin_parse(origin, (const char *const *)lines->pdata, error);
}

Workload *input_parse_all(const Origin *origin, const Options *options, GError **error) {
    g_autoptr(Workload) workload = input_parse(origin, options, NULL, error);
    return workload == NULL || (options->frames == 0 && options->allocator == NULL)
               ? g_steal_pointer(&workload)
               : input_parse(origin, options, workload, error);
}

/* ---- a whole input ----------------------------------------------------------------------- */

/* Takes the workload. */
static Input *input_new(const Origin *origin, Workload *workload) {
    if (workload == NULL) {
        return NULL;
    }
    Input *input = g_new0(Input, 1);
    input->workload = workload;
    if (origin->text != NULL) {
        input->digest = g_compute_checksum_for_data(
            G_CHECKSUM_SHA256, (const guchar *)origin->text->str, origin->text->len);
    }
    return input;
}

Input *input_load(const Options *options, GError **error) {
    g_autoptr(Origin) origin = origin_read(options, error);
    return origin == NULL ? NULL : input_new(origin, input_parse_all(origin, options, error));
}

Input *input_load_file(const char *path, const char *const *overrides, GError **error) {
    g_autoptr(Origin) origin = origin_read_file(path, error);
    return origin == NULL ? NULL : input_new(origin, origin_parse(origin, overrides, error));
}

void input_free(Input *input) {
    if (input != NULL) {
        workload_free(input->workload);
        g_free(input->digest);
        g_free(input);
    }
}
