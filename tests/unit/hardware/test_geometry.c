/* test_geometry.c - the presets are sound machines, and addresses split where they should. */
#include "geometry.h"

#include <glib.h>

static void test_presets_are_sound(void) {
    for (const Geometry *g = geometry_presets; g->name != NULL; g++) {
        g_assert_cmpstr(geometry_check(g), ==, NULL);
        g_assert_true(geometry_find(g->name) == g);
    }
    g_assert_cmpstr(geometry_presets[0].name, ==, "x86-64");
    g_assert_null(geometry_find("vax"));
    g_assert_null(geometry_find(""));
}

/* name, page size, levels, bits of a page number */
static void test_presets_have_the_published_shapes(void) {
    static const struct {
        const char *name;
        uint64_t page_size;
        unsigned levels, vpn_bits;
    } shapes[] = {
        {"x86-64", 4096, 4, 36},     {"la57", 4096, 5, 45}, {"x86-32", 4096, 2, 20},
        {"sv39", 4096, 3, 27},       {"sv48", 4096, 4, 36}, {"arm64-16k", 16384, 3, 33},
        {"arm64-64k", 65536, 3, 32}, {"tiny", 256, 2, 10},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(shapes); i++) {
        const Geometry *g = geometry_find(shapes[i].name);
        g_assert_nonnull(g);
        g_assert_cmpuint(geometry_page_size(g), ==, shapes[i].page_size);
        g_assert_cmpuint(g->levels, ==, shapes[i].levels);
        g_assert_cmpuint(geometry_vpn_bits(g), ==, shapes[i].vpn_bits);
    }
}

/*   0x7f12_3456_7000:  PML4 254 | PDPT 72 | PD 418 | PT 359 | offset 0 */
static void test_an_address_splits(void) {
    const Geometry *g = geometry_find("x86-64");
    Vpn vpn = UINT64_C(0x7f1234567000) >> 12;
    g_assert_cmpuint(geometry_index(g, 0, vpn), ==, 254);
    g_assert_cmpuint(geometry_index(g, 1, vpn), ==, 72);
    g_assert_cmpuint(geometry_index(g, 2, vpn), ==, 418);
    g_assert_cmpuint(geometry_index(g, 3, vpn), ==, 359);
    g_assert_cmpuint(geometry_span_shift(g, 0), ==, 27);
    g_assert_cmpuint(geometry_span_shift(g, 3), ==, 0);
}

/* Putting the indices together again gives the page number, on every machine. */
static void test_indices_make_up_the_page_number(void) {
    for (const Geometry *g = geometry_presets; g->name != NULL; g++) {
        Vpn vpn = UINT64_C(0x0123456789abcdef) & ((UINT64_C(1) << geometry_vpn_bits(g)) - 1);
        Vpn sum = 0;
        for (unsigned level = 0; level < g->levels; level++) {
            sum += geometry_index(g, level, vpn) << geometry_span_shift(g, level);
        }
        g_assert_cmpuint(sum, ==, vpn);
    }
}

static void test_tiny_table_is_one_page(void) {
    const Geometry *g = geometry_find("tiny");
    g_assert_cmpuint(UINT64_C(8) << g->bits[1], ==, geometry_page_size(g));
}

static void test_impossible_machines_are_refused(void) {
    static const Geometry wrong[] = {
        {"page too small", 5, 1, {4}, 9},
        {"page too large", 31, 1, {4}, 35},
        {"no level", 12, 0, {0}, 13},
        {"too many levels", 12, 6, {4, 4, 4, 4, 4}, 20},
        {"level of no bits", 12, 2, {0, 9}, 21},
        {"level of too many bits", 12, 1, {17}, 20},
        {"page number over 48 bits", 12, 4, {16, 16, 16, 1}, 40},
        {"address over 63 bits", 30, 3, {16, 16, 2}, 40},
        {"one user page", 12, 1, {9}, 12},
        {"user space over the tables'", 12, 1, {9}, 22},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_test_message("%s", wrong[i].name);
        g_assert_nonnull(geometry_check(&wrong[i]));
    }
    const Geometry least = {"least", 6, 1, {1}, 7};
    g_assert_cmpstr(geometry_check(&least), ==, NULL);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/geometry/presets-sound", test_presets_are_sound);
    g_test_add_func("/geometry/presets-shapes", test_presets_have_the_published_shapes);
    g_test_add_func("/geometry/address-splits", test_an_address_splits);
    g_test_add_func("/geometry/indices-make-up", test_indices_make_up_the_page_number);
    g_test_add_func("/geometry/tiny-table", test_tiny_table_is_one_page);
    g_test_add_func("/geometry/impossible", test_impossible_machines_are_refused);
    return g_test_run();
}
