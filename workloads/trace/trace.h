/* trace.h - recorded programs, from a file: one reader a format, one stream of items.
 *
 *   malloc-lab .rep   classic and extended form        -> allocations
 *   lackey            valgrind --tool=lackey --trace-mem=yes   -> accesses
 * A file may be gzip-compressed.  The format is told from the content unless it is named.
 * Readers stream: memory does not grow with the file.  A cut or damaged file is an error that
 * names file and line; a heap trace that ends before the number of operations in its header
 * is one.
 */
#ifndef FAULTLINE_TRACE_H
#define FAULTLINE_TRACE_H

#include <glib.h>

#include "faultline/types.h"

typedef enum TraceItemKind {
    TRACE_ACCESS,  /* run                          */
    TRACE_MALLOC,  /* id, size                     */
    TRACE_CALLOC,  /* id, size                     */
    TRACE_ALIGNED, /* id, size, alignment          */
    TRACE_REALLOC, /* id, size                     */
    TRACE_FREE,    /* id                           */
    TRACE_FREE_NULL,
    TRACE_THREAD,  /* id: the thread that goes on  */
} TraceItemKind;

typedef struct TraceItem {
    TraceItemKind kind;
    uint32_t id; /* below TRACE_ID_MAX */
    uint64_t size, alignment;
    AccessRun run;
} TraceItem;

#define TRACE_ID_MAX (UINT32_C(1) << 28)

typedef struct Trace Trace;

/* `format`: a word of trace_formats, or NULL to look at the content.  `page_size` splits
 * accesses that straddle two pages. */
Trace *trace_open(const char *path, const char *format, uint64_t page_size, GError **error);
/* The next items; 0 at the end, -1 and `error` if the file is damaged there. */
gssize trace_next(Trace *trace, TraceItem *items, size_t room, GError **error);
/* How far the reader is, in bytes of the file, and how long that is: for progress bars. */
void trace_progress(const Trace *trace, uint64_t *done, uint64_t *total);
void trace_close(Trace *trace);

/* The formats that can be named, ended by NULL. */
extern const char *const trace_formats[];

#endif
