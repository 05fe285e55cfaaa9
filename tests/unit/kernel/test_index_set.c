/* test_index_set.c - a set against a plain array of flags. */
#include <glib.h>

#include "faultline/rng.h"
#include "kernel/index_set.h"

static uint32_t lowest_of(const bool *flags, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        if (flags[i]) {
            return i;
        }
    }
    return INDEX_NONE;
}

static void test_against_flags(void) {
    static const uint32_t sizes[] = {1, 2, 63, 64, 65, 4095, 4097, 5000};
    for (unsigned which = 0; which < G_N_ELEMENTS(sizes) * 2; which++) {
        uint32_t size = sizes[which / 2];
        bool full = which % 2;
        g_autofree bool *flags = g_new(bool, size);
        IndexSet set;
        Rng rng = {which};
        g_assert_true(index_set_init(&set, size, full));
        for (uint32_t i = 0; i < size; i++) {
            flags[i] = full;
        }
        for (unsigned step = 0; step < 2000; step++) {
            uint32_t i = (uint32_t)rng_below(&rng, size);
            g_assert_cmpint(index_set_has(&set, i), ==, flags[i]);
            (flags[i] ? index_set_remove : index_set_add)(&set, i);
            flags[i] = !flags[i];
            g_assert_cmpuint(index_set_lowest(&set), ==, lowest_of(flags, size));
        }
        g_assert_cmpstr(index_set_check(&set), ==, NULL);
        index_set_clear(&set);
    }
}

/* A full set of 2^32 - 2 members costs nothing and gives its members in order. */
static void test_huge(void) {
    IndexSet set;
    g_assert_true(index_set_init(&set, UINT32_MAX - 1, true));
    for (uint32_t i = 0; i < 1000; i++) {
        g_assert_cmpuint(index_set_take(&set), ==, i);
    }
    index_set_remove(&set, UINT32_MAX - 2);
    g_assert_cmpuint(set.count, ==, UINT32_MAX - 1 - 1001);
    index_set_clear(&set);
}

static void test_drain(void) {
    IndexSet set;
    g_assert_true(index_set_init(&set, 130, true));
    for (uint32_t i = 0; i < 130; i++) {
        g_assert_cmpuint(index_set_take(&set), ==, i);
    }
    g_assert_cmpuint(index_set_take(&set), ==, INDEX_NONE);
    index_set_add(&set, 129);
    index_set_add(&set, 7);
    g_assert_cmpuint(index_set_take(&set), ==, 7);
    g_assert_cmpuint(index_set_take(&set), ==, 129);
    index_set_clear(&set);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/index-set/against-flags", test_against_flags);
    g_test_add_func("/index-set/huge", test_huge);
    g_test_add_func("/index-set/drain", test_drain);
    return g_test_run();
}
