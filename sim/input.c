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

/* What is parsed: the text of a file, or the workload that a trace means. */
typedef struct Origin {
    const char *name;
    const GString *text; /* NULL: `name` is a trace */
} Origin;

static Workload *parse(const Origin *origin, const char *const *overrides, GError **error) {
    const Vocabulary *words = registry_vocabulary();
    return origin->text == NULL ? workload_for_trace(origin->name, overrides, words, error)
                                : workload_parse(origin->name, origin->text->str, origin->text->len,
                                                 overrides, words, error);
}

/* --frames says it in the terms in which the workload does: as frames or as bytes. */
static char *frames_override(const Workload *workload, uint64_t frames) {
    const MachineSpec *machine = &workload->machine;
    if (machine->frames != 0) {
        return g_strdup_printf("/machine/frames=%" PRIu64, frames);
    }
    const Geometry *geometry = machine->mmu == NULL ? NULL : geometry_find(machine->mmu);
    uint64_t page = geometry == NULL ? machine->page_size : geometry_page_size(geometry);
    return g_strdup_printf("/machine/memory=\"%" PRIu64 "\"", frames * page);
}

/* All overrides of the command line; the short forms depend on the workload. */
static GPtrArray *all_overrides(const Options *options, const Workload *workload) {
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < options->overrides->len; i++) {
        g_ptr_array_add(lines, g_strdup(g_ptr_array_index(options->overrides, i)));
    }
    if (workload != NULL && options->frames != 0) {
        g_ptr_array_add(lines, frames_override(workload, options->frames));
    }
    for (uint32_t p = 0;
         workload != NULL && options->allocator != NULL && p < workload->process_count; p++) {
        g_ptr_array_add(
            lines, g_strdup_printf("/processes/%" PRIu32 "/allocator=%s", p, options->allocator));
    }
    g_ptr_array_add(lines, NULL);
    return lines;
}

static Workload *parse_with(const Origin *origin, const Options *options, GError **error) {
    g_autoptr(GPtrArray) given = all_overrides(options, NULL);
    g_autoptr(Workload) workload = parse(origin, (const char *const *)given->pdata, error);
    if (workload == NULL || (options->frames == 0 && options->allocator == NULL)) {
        return g_steal_pointer(&workload);
    }
    g_autoptr(GPtrArray) all = all_overrides(options, workload);
    return parse(origin, (const char *const *)all->pdata, error);
}

static Input *input_new(Workload *workload, const GString *text) {
    if (workload == NULL) {
        return NULL;
    }
    Input *input = g_new0(Input, 1);
    input->workload = workload;
    if (text != NULL) {
        input->digest =
            g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text->str, text->len);
    }
    return input;
}

static Origin origin_of(const char *path) {
    return (Origin){.name = strcmp(path, "-") == 0 ? "stdin" : path};
}

Input *input_load(const Options *options, GError **error) {
    if (options->trace != NULL) {
        Origin trace = {.name = options->trace};
        return input_new(parse_with(&trace, options, error), NULL);
    }
    const char *path = g_ptr_array_index(options->files, 0);
    Origin origin = origin_of(path);
    GString *text = read_path(path, origin.name, error);
    if (text == NULL) {
        return NULL;
    }
    origin.text = text;
    Input *input = input_new(parse_with(&origin, options, error), text);
    g_string_free(text, TRUE);
    return input;
}

Input *input_load_file(const char *path, const char *const *overrides, GError **error) {
    Origin origin = origin_of(path);
    GString *text = read_path(path, origin.name, error);
    if (text == NULL) {
        return NULL;
    }
    origin.text = text;
    Input *input = input_new(parse(&origin, overrides, error), text);
    g_string_free(text, TRUE);
    return input;
}

void input_free(Input *input) {
    if (input != NULL) {
        workload_free(input->workload);
        g_free(input->digest);
        g_free(input);
    }
}
