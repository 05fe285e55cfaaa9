/* trace.c - opening a trace: find its reader, then hand everything over to it.
 *
 * Idea: the first line that is neither empty nor a comment tells the format.  If it does not (the
 * file is damaged, or all comments so far), the name of the file decides whose error it is.
 *
 * Used by sim for the op "trace".
 */
#include <string.h>

#include "trace_reader.h"

static const TraceReader *const readers[] = {&rep_reader, &lackey_reader};
const char *const trace_formats[] = {"rep", "lackey", NULL};

struct Trace {
    TraceFile *file;
    const TraceReader *reader;
    void *state; /* the reader's */
};

/* ---- which reader ---------------------------------------------------------------------------- */

static const TraceReader *find_reader(const char *name) {
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
        if (strcmp(readers[i]->name, name) == 0) {
            return readers[i];
        }
    }
    return NULL;
}

static bool is_comment(const char *line) {
    return *line == '#' || *line == '\n' || (*line == '\r' && line[1] == '\n');
}

static const TraceReader *reader_by_content(const TraceFile *file) {
    for (const char *line = file->at; line < file->end;) {
        if (!is_comment(line)) {
            for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
                if (readers[i]->looks_like(line)) {
                    return readers[i];
                }
            }
            return NULL;
        }
        line = (const char *)memchr(line, '\n', (size_t)(file->end - line)) + 1;
    }
    return NULL;
}

/* name.rep, name.rep.gz */
static const TraceReader *reader_by_name(const char *path) {
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++) {
        g_autofree char *plain = g_strconcat(".", readers[i]->name, NULL);
        g_autofree char *packed = g_strconcat(plain, ".gz", NULL);
        if (g_str_has_suffix(path, plain) || g_str_has_suffix(path, packed)) {
            return readers[i];
        }
    }
    return NULL;
}

static const TraceReader *choose_reader(const TraceFile *file, const char *format, GError **error) {
    const TraceReader *reader = format != NULL ? find_reader(format) : reader_by_content(file);
    if (reader == NULL && format == NULL) {
        reader = reader_by_name(file->path);
    }
    if (reader == NULL) {
        g_autofree char *known = g_strjoinv(", ", (char **)trace_formats);
        if (format != NULL) {
            g_set_error(error, TRACE_ERROR, TRACE_ERROR_FORMAT,
                        "%s: unknown trace format \"%s\"; one of %s was expected", file->path,
                        format, known);
        } else {
            g_set_error(error, TRACE_ERROR, TRACE_ERROR_FORMAT,
                        "%s: its content looks like no trace format; one of %s was expected",
                        file->path, known);
        }
    }
    return reader;
}

/* ---- the trace ------------------------------------------------------------------------------- */

/* Read the first lines, find the reader and start it. */
static bool start_reading(Trace *trace, const char *format, uint64_t page_size, GError **error) {
    TraceFile *file = trace->file;
    TraceFill fill = trace_file_fill(file, error);
    if (fill == TRACE_FILL_END) {
        g_set_error(error, TRACE_ERROR, TRACE_ERROR_READ, "%s: is empty; a trace was expected",
                    file->path);
    }
    if (fill != TRACE_FILL_LINE) {
        return false;
    }
    trace->reader = choose_reader(file, format, error);
    if (trace->reader == NULL) {
        return false;
    }
    trace->state = trace->reader->start(file, page_size, error);
    return trace->state != NULL;
}

Trace *trace_open(const char *path, const char *format, uint64_t page_size, GError **error) {
    g_assert(page_size > 0 && (page_size & (page_size - 1)) == 0);
    g_autoptr(Trace) trace = g_new0(Trace, 1);
    trace->file = trace_file_open(path, error);
    if (trace->file == NULL || !start_reading(trace, format, page_size, error)) {
        return NULL;
    }
    return g_steal_pointer(&trace);
}

gssize trace_next(Trace *trace, TraceItem *items, size_t room, GError **error) {
    g_assert(room >= TRACE_ROOM_MIN);
    return trace->reader->next(trace->state, items, room, error);
}

void trace_progress(const Trace *trace, uint64_t *done, uint64_t *total) {
    trace_file_progress(trace->file, done, total);
}

void trace_close(Trace *trace) {
    if (trace != NULL) {
        g_free(trace->state);
        trace_file_close(trace->file);
        g_free(trace);
    }
}
