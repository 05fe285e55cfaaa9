/* column.h - a column of numbers as a few bytes of text: what the report's page reads.
 *
 *   numbers:  1000 1003 1003 1001
 *   deltas:   1000   +3    0   -2      neighbours are alike, so differences are small
 *   zigzag:   2000    6    0    3      signs to the low bit
 *   varint:   D0 0F  06   00   03      seven bits a byte, least first; the top bit: more follow
 *   deflate, then base64
 *
 * Differences are taken modulo 2^64, so every column of 64-bit numbers comes back as it was
 * (viewer/src/decode.ts reads them).  Deflate finds what repeats from picture to picture.
 */
#ifndef FAULTLINE_COLUMN_H
#define FAULTLINE_COLUMN_H

#include <glib.h>
#include <stdint.h>

typedef struct Column {
    GByteArray *bytes; /* varints */
    uint64_t last;
    uint64_t count;
} Column;

Column *column_new(void);
void column_free(Column *column);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Column, column_free)

/* The next number. */
void column_add(Column *column, uint64_t value);
/* Compressed and in base64, as a new string. */
char *column_text(const Column *column);

#endif
