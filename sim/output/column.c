/* column.c - see column.h. */
#include "output/column.h"

#include <zlib.h>

#define MORE 0x80u

Column *column_new(void) {
    Column *column = g_new0(Column, 1);
    column->bytes = g_byte_array_new();
    return column;
}

void column_free(Column *column) {
    if (column != NULL) {
        g_byte_array_unref(column->bytes);
        g_free(column);
    }
}

static void add_varint(GByteArray *bytes, uint64_t value) {
    for (; value >= MORE; value >>= 7) {
        guint8 byte = (guint8)(value | MORE);
        g_byte_array_append(bytes, &byte, 1);
    }
    guint8 byte = (guint8)value;
    g_byte_array_append(bytes, &byte, 1);
}

void column_add(Column *column, uint64_t value) {
    uint64_t delta = value - column->last;
    uint64_t negative = delta >> 63;
    add_varint(column->bytes, delta << 1 ^ (0 - negative));
    column->last = value;
    column->count++;
}

char *column_text(const Column *column) {
    uLong bound = compressBound(column->bytes->len);
    g_autofree guint8 *packed = g_malloc(bound);
    /* It can fail only for want of room or memory, and g_malloc gave both. */
    int done = compress2(packed, &bound, column->bytes->data, column->bytes->len, 9);
    g_assert(done == Z_OK);
    return g_base64_encode(packed, bound);
}
