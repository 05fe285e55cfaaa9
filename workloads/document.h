/* document.h - a JSON document: the library's tree, and where each of its values was written.
 *
 * Idea: the tree and the source's list of nodes are in the same order, so one walk links them.
 * Overrides ("/machine/frames=4") graft values with sources of their own into the tree, before
 * anything is checked; messages about these name the override.
 *
 * Invariant: every value of the tree has a node.
 */
#ifndef FAULTLINE_DOCUMENT_H
#define FAULTLINE_DOCUMENT_H

#include <cjson/cJSON.h>
#include <glib.h>

#include "source.h"

typedef struct Document {
    cJSON *root;
    GPtrArray *sources; /* Source: the file's, then one an override */
    GHashTable *nodes;  /* cJSON -> SourceNode; only ever looked up */
} Document;

/* `name` is for messages.  NULL and `error`, with place, if it is no JSON. */
Document *document_parse(const char *name, const char *text, size_t length, GError **error);
void document_free(Document *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Document, document_free)

/* Apply one override: POINTER=VALUE, where VALUE is JSON or a bare word.  Objects missing on the
 * way are created. */
bool document_override(Document *document, const char *line, GError **error);

/* Where a value of the document stands in its text. */
const SourceNode *document_node(const Document *document, const cJSON *item);
/* The value's text as written; of objects and arrays the bracket.  To be freed. */
char *document_text(const Document *document, const cJSON *item);
/* "lab.json:7:21: /machine/frames: ", of the value or of its key.  To be freed. */
char *document_where(const Document *document, const cJSON *item, bool at_key);

#endif
