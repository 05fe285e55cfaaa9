/* test_nearest.c - "did you mean". */
#include "workload.h"

static const char *const words[] = {"malloc", "calloc", "realloc", "free", "read", "id", "", NULL};

static void test_near(void) {
    g_assert_cmpstr(nearest_word("mallok", words), ==, "malloc");
    g_assert_cmpstr(nearest_word("maloc", words), ==, "malloc");
    g_assert_cmpstr(nearest_word("malolc", words), ==, "malloc");
    g_assert_cmpstr(nearest_word("MALLOC", words), ==, "malloc");
    g_assert_cmpstr(nearest_word("fre", words), ==, "free");
    g_assert_cmpstr(nearest_word("raed", words), ==, "read");
    g_assert_cmpstr(nearest_word("reed", words), ==, "read");
    g_assert_cmpstr(nearest_word("ID", words), ==, "id");
}

static void test_far(void) {
    g_assert_null(nearest_word("", words));
    g_assert_null(nearest_word("x", words));
    g_assert_null(nearest_word("write", words));
    g_assert_null(nearest_word("parsecs", words));
    g_autofree char *endless = g_strnfill(100000, 'a');
    g_assert_null(nearest_word(endless, words));
}

/* An exact match wins even if a near word stands before it; of equals the first. */
static void test_order(void) {
    static const char *const order[] = {"sbrk", "brk", "crk", NULL};
    g_assert_cmpstr(nearest_word("brk", order), ==, "brk");
    g_assert_cmpstr(nearest_word("drk", order), ==, "brk");
    g_assert_null(nearest_word("anything", order + 3));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nearest/near", test_near);
    g_test_add_func("/nearest/far", test_far);
    g_test_add_func("/nearest/order", test_order);
    return g_test_run();
}
