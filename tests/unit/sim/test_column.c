/* test_column.c - whatever goes into a column comes out of it. */
#include "output/column.h"

#include <string.h>
#include <zlib.h>

#include "faultline/rng.h"

/* The column's bytes: base64 and deflate undone. */
static GByteArray *unpack(const Column *column) {
    g_autofree char *text = column_text(column);
    gsize packed = 0;
    g_autofree guchar *bytes = g_base64_decode(text, &packed);
    uLong room = column->bytes->len + 1;
    GByteArray *out = g_byte_array_sized_new((guint)room);
    g_byte_array_set_size(out, (guint)room);
    g_assert_cmpint(uncompress(out->data, &room, bytes, packed), ==, Z_OK);
    g_byte_array_set_size(out, (guint)room);
    return out;
}

/* What viewer/src/decode.ts does, in 64 bits. */
static void check_round_trip(const uint64_t *values, unsigned count) {
    g_autoptr(Column) column = column_new();
    for (unsigned i = 0; i < count; i++) {
        column_add(column, values[i]);
    }
    g_assert_cmpuint(column->count, ==, count);
    g_autoptr(GByteArray) bytes = unpack(column);
    uint64_t last = 0;
    guint at = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t zigzag = 0;
        unsigned shift = 0;
        do {
            g_assert_cmpuint(at, <, bytes->len);
            zigzag |= (uint64_t)(bytes->data[at] & 0x7f) << shift;
            shift += 7;
        } while ((bytes->data[at++] & 0x80) != 0);
        last += zigzag >> 1 ^ (0 - (zigzag & 1));
        g_assert_cmpuint(last, ==, values[i]);
    }
    g_assert_cmpuint(at, ==, bytes->len);
}

static void test_example(void) {
    static const uint64_t values[] = {1000, 1003, 1003, 1001};
    static const guint8 expected[] = {0xD0, 0x0F, 6, 0, 3};
    check_round_trip(values, G_N_ELEMENTS(values));
    g_autoptr(Column) column = column_new();
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        column_add(column, values[i]);
    }
    g_assert_cmpmem(column->bytes->data, column->bytes->len, expected, sizeof expected);
}

static void test_edges(void) {
    static const uint64_t values[] = {
        0, UINT64_MAX, 0, UINT64_MAX / 2, 1, UINT64_MAX, UINT64_MAX - 1, 127, 128, 64};
    check_round_trip(values, G_N_ELEMENTS(values));
    check_round_trip(values, 0);
    check_round_trip(values, 1);
}

static void test_random(void) {
    Rng rng = {7};
    for (unsigned run = 0; run < 200; run++) {
        uint64_t values[300];
        unsigned count = (unsigned)rng_below(&rng, G_N_ELEMENTS(values) + 1);
        for (unsigned i = 0; i < count; i++) {
            values[i] = rng_next(&rng) >> rng_below(&rng, 64);
        }
        check_round_trip(values, count);
    }
}

/* A picture that repeats costs next to nothing. */
static void test_repetition_is_small(void) {
    g_autoptr(Column) column = column_new();
    for (unsigned picture = 0; picture < 64; picture++) {
        for (unsigned i = 0; i < 2048; i++) {
            column_add(column, (i * UINT64_C(2654435761)) % 100000);
        }
    }
    g_autofree char *text = column_text(column);
    g_assert_cmpuint(strlen(text), <, 12000);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/column/example", test_example);
    g_test_add_func("/column/edges", test_edges);
    g_test_add_func("/column/random", test_random);
    g_test_add_func("/column/repetition", test_repetition_is_small);
    return g_test_run();
}
