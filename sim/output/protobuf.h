/* protobuf.h - messages in the wire format of Protocol Buffers, written by hand.
 *
 *   message = field*      field = key value      key = varint(number << 3 | wire type)
 *   wire type 0: value = varint                  2: value = varint(length) bytes
 *
 * Idea: a message inside another has its length in front, so it is written into a string of its own
 * first, and then that as bytes.  Nothing else of the format is needed here.
 *
 * Source: "Encoding" in the documentation of Protocol Buffers.
 * Used by perfetto.c.
 */
#ifndef FAULTLINE_PROTOBUF_H
#define FAULTLINE_PROTOBUF_H

#include <glib.h>
#include <stdint.h>

/* Append a field of that number. */
void protobuf_number(GString *out, uint32_t field, uint64_t value);
void protobuf_string(GString *out, uint32_t field, const char *text);
/* A message that is complete; `inner` may hold any bytes. */
void protobuf_message(GString *out, uint32_t field, const GString *inner);

#endif
