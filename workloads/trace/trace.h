/* trace.h - recorded programs, from a file: one reader a format, one stream of items.
 *
 *   rep       malloc-lab, classic and extended form             -> allocations
 *   lackey    valgrind --tool=lackey --trace-mem=yes            -> accesses
 *
 * A file may be gzip-compressed.  The format is told from the content unless it is named.
 * Readers stream: memory does not grow with the file.  A cut or damaged file is an error that
 * names file and line; a heap trace that ends before the number of operations in its header
 * is one.  What is accepted and refused, format by format: docs/traces.md.
 *
 * Readers check the text, not the sense: they do not know which blocks live.  Whoever replays a
 * heap trace completes it, as malloc-lab's drivers and real programs expect:
 *   TRACE_REALLOC of an id that has no block    is malloc(size), whatever the size
 *   TRACE_REALLOC of a block to size 0          is free
 *   TRACE_FREE of an id that never had a block  is free(NULL)
 *   TRACE_FREE of an id whose block was freed   is the program's double free
 *   TRACE_FREE_NULL                             is free(NULL)
 *   an id allocated again while its block lives is a leak of the old one
 *   blocks never freed                          live until the process ends
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
    TRACE_THREAD, /* id: the thread that goes on  */
} TraceItemKind;

typedef struct TraceItem {
    TraceItemKind kind;
    uint32_t id;        /* below TRACE_ID_MAX                                 */
    uint64_t size;      /* bytes, below TRACE_SIZE_MAX                        */
    uint64_t alignment; /* TRACE_ALIGNED: a power of two below TRACE_SIZE_MAX */
    AccessRun run;
} TraceItem;

#define TRACE_ID_MAX   (UINT32_C(1) << 28)
#define TRACE_SIZE_MAX (UINT64_C(1) << 47)
/* One line of a file may be this many items, which are never divided between two calls. */
#define TRACE_ROOM_MIN 4

#define TRACE_ERROR (trace_error_quark())
GQuark trace_error_quark(void);
typedef enum TraceError {
    TRACE_ERROR_READ,   /* the file cannot be opened, read or unpacked      */
    TRACE_ERROR_FORMAT, /* an unknown format, or one that cannot be told    */
    TRACE_ERROR_SYNTAX, /* the text is not what the format says             */
} TraceError;

typedef struct Trace Trace;

/* `format`: a word of trace_formats, or NULL to look at the content.  `page_size`, a power of two,
 * splits accesses that straddle two pages. */
Trace *trace_open(const char *path, const char *format, uint64_t page_size, GError **error);
/* The next items, `room` at least TRACE_ROOM_MIN; 0 at the end, -1 and `error` if the file is
 * damaged there.  What stands before the damage is handed down first. */
gssize trace_next(Trace *trace, TraceItem *items, size_t room, GError **error);
/* How far the reader is, in bytes of the file (as compressed), and how long that is: for progress
 * bars.  The total is 0 if nobody knows (a pipe). */
void trace_progress(const Trace *trace, uint64_t *done, uint64_t *total);
void trace_close(Trace *trace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trace, trace_close)

/* The formats that can be named, ended by NULL. */
extern const char *const trace_formats[];

#endif
