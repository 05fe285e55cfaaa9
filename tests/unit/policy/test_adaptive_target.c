/* test_adaptive_target.c - the target of ARC and CAR: what each way to reckon a quotient makes of
 * sums, and that the exact one is exact. */
#include "adaptive_target.h"

#include "faultline/rng.h"

#include <glib.h>

/* Six steps of 7/6 are 7; of doubles a hair more; rounded down, 6. */
static void test_sum(void) {
    static const struct {
        Adaptation adaptation;
        int six, seven; /* target_compare() of these */
    } expected[] = {{ADAPT_DOUBLE, -1, -1}, {ADAPT_EXACT, -1, 0}, {ADAPT_INTEGER, 0, 1}};
    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
        Target p;
        target_init(&p, expected[i].adaptation, 100);
        g_assert_cmpint(target_compare(0, &p), ==, 0);
        for (unsigned n = 0; n < 6; n++) {
            target_grow(&p, 6, 7);
        }
        g_assert_cmpint(target_compare(6, &p), ==, expected[i].six);
        g_assert_cmpint(target_compare(7, &p), ==, expected[i].seven);
        g_assert_cmpint(target_compare(8, &p), ==, 1);
    }
}

/* Never below 0 nor above c, however far a step goes. */
static void test_bounds(void) {
    const uint32_t large = UINT32_MAX;
    for (Adaptation adaptation = ADAPT_DOUBLE; adaptation <= ADAPT_INTEGER; adaptation++) {
        Target p;
        target_init(&p, adaptation, large);
        target_shrink(&p, 3, 1);
        g_assert_cmpint(target_compare(0, &p), ==, 0);
        for (unsigned n = 0; n < 3; n++) {
            target_grow(&p, 1, large);
            g_assert_cmpint(target_compare(large, &p), ==, 0);
            g_assert_null(target_check(&p));
        }
        target_shrink(&p, 5, 2);
        g_assert_cmpint(target_compare(large - 1, &p), ==, 0);
        target_shrink(&p, 1, large);
        g_assert_cmpint(target_compare(0, &p), ==, 0);
        g_assert_null(target_check(&p));
    }
}

/* With no more than ten ghosts in a list, p is a whole number of 2520ths, which can be counted. */
#define UNIT  INT64_C(2520)
#define TEN   10
#define STEPS 200000

static int compare(int64_t a, int64_t b) { return (a > b) - (a < b); }

static void check_walk(Adaptation adaptation, uint32_t c) {
    Target p;
    target_init(&p, adaptation, c);
    int64_t counted = 0;
    Rng rng = {c};
    for (unsigned n = 0; n < STEPS; n++) {
        uint32_t hit = 1 + (uint32_t)rng_below(&rng, TEN),
                 other = (uint32_t)rng_below(&rng, 3 * TEN);
        int64_t exact = adaptation == ADAPT_EXACT ? UNIT * other / hit : UNIT * (other / hit);
        int64_t step = MAX(UNIT, exact);
        if (rng_below(&rng, 2) == 0) {
            target_grow(&p, hit, other);
            counted = MIN(counted + step, UNIT * c);
        } else {
            target_shrink(&p, hit, other);
            counted = MAX(counted - step, 0);
        }
        uint32_t near = (uint32_t)(counted / UNIT);
        g_assert_cmpint(target_compare(near, &p), ==, compare(UNIT * near, counted));
        g_assert_cmpint(target_compare(near + 1, &p), ==, 1);
        g_assert_null(target_check(&p));
    }
}

static void test_walk(void) {
    for (uint32_t c = 1; c <= 1000; c *= 10) {
        check_walk(ADAPT_EXACT, c);
        check_walk(ADAPT_INTEGER, c);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/target/sum", test_sum);
    g_test_add_func("/target/bounds", test_bounds);
    g_test_add_func("/target/walk", test_walk);
    return g_test_run();
}
