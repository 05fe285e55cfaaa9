/* test_units.c - sizes, times, addresses and counts, and the advice when they are none. */
#include <glib.h>

#include "units.h"

static void assert_good(const char *text, Unit unit, uint64_t value, bool negative) {
    Quantity quantity;
    g_autofree char *hint = NULL;
    g_assert_true(unit_parse(text, unit, &quantity, &hint));
    g_assert_null(hint);
    g_assert_cmpuint(quantity.value, ==, value);
    g_assert_true(quantity.negative == negative);
}

static void assert_bad(const char *text, Unit unit, const char *expected_hint) {
    Quantity quantity;
    g_autofree char *hint = NULL;
    g_assert_false(unit_parse(text, unit, &quantity, &hint));
    g_assert_cmpstr(hint, ==, expected_hint);
}

static void test_good(void) {
    assert_good("0", UNIT_COUNT, 0, false);
    assert_good("-0", UNIT_COUNT, 0, false);
    assert_good("-17", UNIT_COUNT, 17, true);
    assert_good("18446744073709551615", UNIT_COUNT, UINT64_MAX, false);
    assert_good("0xffffffffffffffff", UNIT_ADDRESS, UINT64_MAX, false);
    assert_good("0x7FFF0000", UNIT_ADDRESS, 0x7fff0000, false);
    assert_good("4096", UNIT_SIZE, 4096, false);
    assert_good("64KiB", UNIT_SIZE, 65536, false);
    assert_good("-4KiB", UNIT_SIZE, 4096, true);
    assert_good("2MiB", UNIT_SIZE, 2 << 20, false);
    assert_good("1GiB", UNIT_SIZE, 1 << 30, false);
    assert_good("16777215TiB", UNIT_SIZE, UINT64_C(16777215) << 40, false);
    assert_good("7", UNIT_TIME, 7, false);
    assert_good("7ns", UNIT_TIME, 7, false);
    assert_good("7us", UNIT_TIME, 7000, false);
    assert_good("7ms", UNIT_TIME, 7000000, false);
    assert_good("7s", UNIT_TIME, 7000000000, false);
}

static void test_bad(void) {
    assert_bad("", UNIT_COUNT, NULL);
    assert_bad("-", UNIT_COUNT, NULL);
    assert_bad("+1", UNIT_COUNT, NULL);
    assert_bad(" 1", UNIT_COUNT, NULL);
    assert_bad("1 ", UNIT_COUNT, NULL);
    assert_bad("1.5", UNIT_COUNT, NULL);
    assert_bad("0x", UNIT_COUNT, NULL);
    assert_bad("0x10KiB", UNIT_SIZE, NULL);
    assert_bad("4KiB", UNIT_COUNT, NULL);
    assert_bad("4KiB", UNIT_TIME, NULL);
    assert_bad("4ms", UNIT_SIZE, NULL);
    assert_bad("KiB", UNIT_SIZE, NULL);
    assert_bad("18446744073709551616", UNIT_COUNT, "64 bits hold at most 18446744073709551615");
    assert_bad("0x10000000000000000", UNIT_ADDRESS, "64 bits hold at most 18446744073709551615");
    assert_bad("16777216TiB", UNIT_SIZE, "64 bits hold at most 18446744073709551615");
}

static void test_hints(void) {
    assert_bad("1GB", UNIT_SIZE, "write \"1GiB\" (binary)");
    assert_bad("1kb", UNIT_SIZE, "write \"1KiB\" (binary)");
    assert_bad("1K", UNIT_SIZE, "write \"1KiB\" (binary)");
    assert_bad("10m", UNIT_SIZE, "write \"10MiB\" (binary)");
    assert_bad("10mib", UNIT_SIZE, "write \"10MiB\" (binary)");
    assert_bad("10 MiB", UNIT_SIZE, "write \"10MiB\" (binary)");
    assert_bad("10 MS", UNIT_TIME, "write \"10ms\"");
    assert_bad("12 parsecs", UNIT_SIZE, NULL);
}

static void assert_format(Unit unit, uint64_t value, const char *expected) {
    g_autofree char *text = unit_format(unit, value);
    g_assert_cmpstr(text, ==, expected);
}

static void test_format(void) {
    assert_format(UNIT_SIZE, 0, "0");
    assert_format(UNIT_SIZE, 1023, "1023");
    assert_format(UNIT_SIZE, 65536, "64KiB");
    assert_format(UNIT_SIZE, UINT64_C(1) << 40, "1TiB");
    assert_format(UNIT_TIME, 1500, "1500ns");
    assert_format(UNIT_TIME, 2000000, "2ms");
    assert_format(UNIT_COUNT, 65536, "65536");
    assert_format(UNIT_ADDRESS, 4096, "0x1000");
}

/* What is formatted reads back as the same number, in every unit. */
static void test_round_trip(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    for (int i = 0; i < 20000; i++) {
        uint64_t value = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
        value >>= g_rand_int_range(rand, 0, 64);
        value &= UINT64_MAX << g_rand_int_range(rand, 0, 64);
        for (Unit unit = UNIT_COUNT; unit <= UNIT_ADDRESS; unit++) {
            g_autofree char *text = unit_format(unit, value);
            assert_good(text, unit, value, false);
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/units/good", test_good);
    g_test_add_func("/units/bad", test_bad);
    g_test_add_func("/units/hints", test_hints);
    g_test_add_func("/units/format", test_format);
    g_test_add_func("/units/round-trip", test_round_trip);
    return g_test_run();
}
