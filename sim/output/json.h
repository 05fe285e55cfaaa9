/* json.h - a writer of JSON text: two-space indent, one member a line, a fixed order.
 *
 * Idea: the JSON library keeps numbers as doubles, which are exact only to 2^53; counters are
 * exact to 2^64-1.  So output is written straight, and the order is the order of the calls.
 * A key of NULL means an element of an array.
 */
#ifndef FAULTLINE_JSON_WRITER_H
#define FAULTLINE_JSON_WRITER_H

#include <glib.h>
#include <stdint.h>

typedef struct JsonWriter {
    GString *out;
    unsigned depth;
    gboolean empty; /* nothing written yet in the innermost object or array */
} JsonWriter;

/* Begin and end an object or an array: '{' or '[', and its closing counterpart.  `key` NULL, here
 * and below: an element of an array, or the document itself. */
void json_writer_open(JsonWriter *w, const char *key, char bracket);
void json_writer_close(JsonWriter *w, char bracket);
void json_writer_number(JsonWriter *w, const char *key, uint64_t value);
void json_writer_signed(JsonWriter *w, const char *key, int64_t value);
/* Bytes that are not UTF-8 become U+FFFD, so the result always is JSON. */
void json_writer_string(JsonWriter *w, const char *key, const char *text);
/* A value that is JSON text already, compact; it is indented to fit in. */
void json_writer_raw(JsonWriter *w, const char *key, const char *json);

#endif
