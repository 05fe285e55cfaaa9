/* trace_file.h - a trace's text, plain or gzip-compressed, as a window of whole lines.
 *
 * Idea: readers parse where the text lies.  The window always ends just behind a newline, so a
 * parser that stops at newlines cannot run out of it and needs no other bounds check:
 *
 *     buffer:   | used up | line\n line\n line\n | the beginning of a li |   room   |
 *                         ^ at                   ^ end
 *
 * Invariant: at == end, or end[-1] == '\n'.  Used by the trace readers.
 */
#ifndef FAULTLINE_TRACE_FILE_H
#define FAULTLINE_TRACE_FILE_H

#include "trace.h"

/* The longest line that is taken; a longer one is no trace. */
#define TRACE_LINE_MAX 4096

typedef struct TraceText TraceText;

typedef struct TraceFile {
    char *path;
    const char *at, *end; /* the window; readers move `at` forward over what they have read */
    uint64_t line;        /* number of the line at `at`, from 1: readers count along         */
    TraceText *text;      /* where the window comes from                                     */
} TraceFile;

/* Plain or gzip-compressed.  NULL and `error` if it cannot be read. */
TraceFile *trace_file_open(const char *path, GError **error);
void trace_file_close(TraceFile *file);

/* Make sure that a line stands at `at`, unless the file ends or is damaged there (`error`).  May
 * move the text.  Asked again, it answers the same. */
typedef enum TraceFill { TRACE_FILL_LINE, TRACE_FILL_END, TRACE_FILL_ERROR } TraceFill;
TraceFill trace_file_fill(TraceFile *file, GError **error);
/* The newline that ends the line at `at`; NULL and `error` if the line is too long. */
const char *trace_file_line_end(const TraceFile *file, GError **error);

/* "file:line: ", then the message; always false. */
bool trace_file_fail(const TraceFile *file, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* The beginning of the text at `at`, fit to be printed: its word, or its whole line. */
char *trace_quote_word(const char *at);
char *trace_quote_line(const char *at);

/* Bytes of the file that are read, and in all. */
void trace_file_progress(const TraceFile *file, uint64_t *done, uint64_t *total);

#endif
