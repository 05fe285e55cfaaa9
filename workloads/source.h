/* source.h - a JSON text as it was written: checked strictly, with the place of every value.
 *
 * Idea: the JSON library builds the tree but keeps no positions and lets much pass (trailing
 * garbage, bad numbers).  So a scanner of our own goes first.  It refuses what is
 * not JSON, blanks out comments, and notes where each value stands, in document order: the
 * order in which a walk over the library's tree meets them.
 *
 * Invariant: nodes[k] is the k-th value of the tree in document order (pre-order).
 * Units: offsets and lengths in bytes; lines and columns from 1, columns in characters.
 */
#ifndef FAULTLINE_SOURCE_H
#define FAULTLINE_SOURCE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define SOURCE_BYTES_MAX  (UINT32_C(64) << 20)
#define SOURCE_DEPTH_MAX  64
#define SOURCE_VALUES_MAX (UINT32_C(1) << 22)
#define SOURCE_NUMBER_MAX 60 /* characters; the library would cut longer ones */

typedef struct Source Source;

typedef struct SourceNode {
    const Source *source;
    uint32_t offset, length; /* the value's text; of objects and arrays only the bracket */
    uint32_t line, column;
    uint32_t key_line, key_column; /* of its key; 0: it has none */
} SourceNode;

struct Source {
    char *name;     /* the file, for messages; or the override */
    bool positions; /* lines and columns mean something: it is a file */
    char *text;     /* with spaces where comments were */
    size_t length;
    SourceNode *nodes;
    uint32_t node_count;
};

/* Check and map a text.  NULL and `error` (name:line:column: what is wrong). */
Source *source_scan(const char *name, bool positions, const char *text, size_t length,
                    GError **error);
void source_free(Source *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_free)

#endif
