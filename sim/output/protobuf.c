/* protobuf.c - see protobuf.h. */
#include "output/protobuf.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_LENGTH = 2 };

/* Groups of 7 bits, the lowest first; all but the last with the high bit set. */
static void append_varint(GString *out, uint64_t value) {
    while (value > 0x7F) {
        g_string_append_c(out, (char)(value | 0x80));
        value >>= 7;
    }
    g_string_append_c(out, (char)value);
}

static void append_key(GString *out, uint32_t field, unsigned wire_type) {
    append_varint(out, (uint64_t)field << 3 | wire_type);
}

void protobuf_number(GString *out, uint32_t field, uint64_t value) {
    append_key(out, field, WIRE_VARINT);
    append_varint(out, value);
}

static void append_bytes(GString *out, uint32_t field, const char *bytes, gsize length) {
    append_key(out, field, WIRE_LENGTH);
    append_varint(out, length);
    g_string_append_len(out, bytes, (gssize)length);
}

void protobuf_string(GString *out, uint32_t field, const char *text) {
    append_bytes(out, field, text, strlen(text));
}

void protobuf_message(GString *out, uint32_t field, const GString *inner) {
    append_bytes(out, field, inner->str, inner->len);
}
