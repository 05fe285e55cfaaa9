/* trace_reader.h - what a trace format gives; one const TraceReader a format.
 *
 * A new format is one file and one line in trace.c.
 */
#ifndef FAULTLINE_TRACE_READER_H
#define FAULTLINE_TRACE_READER_H

#include "trace_file.h"

typedef struct TraceReader {
    const char *name;
    /* Does this line, the first that is neither empty nor a comment, begin such a file? */
    bool (*looks_like)(const char *line);
    /* Begin at the file's first line.  The state is freed with g_free(); NULL and `error` if the
     * header is wrong.  The file outlives the state. */
    void *(*start)(TraceFile *file, uint64_t page_size, GError **error);
    /* As trace_next(). */
    gssize (*next)(void *self, TraceItem *items, size_t room, GError **error);
} TraceReader;

extern const TraceReader rep_reader, lackey_reader;

#endif
