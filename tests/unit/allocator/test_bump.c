/* test_bump.c - each block is the next piece of the break, and nothing else happens. */
#include "fixture.h"

static void test_break(void) {
    Fixture f;
    fixture_init(&f, find_model("bump"));
    fixture_start(&f);
    g_assert_cmpuint(must_malloc(&f, 1), ==, FAKE_BRK_BASE);
    g_assert_cmpuint(f.fake.brk, ==, FAKE_BRK_BASE + 16);
    VAddr second = must_malloc(&f, 16);
    g_assert_cmpuint(second, ==, FAKE_BRK_BASE + 16);
    g_assert_cmpuint(f.fake.brk, ==, FAKE_BRK_BASE + 32);
    must_free(&f, second);
    g_assert_cmpuint(must_malloc(&f, 17), ==, FAKE_BRK_BASE + 32);
    g_assert_cmpuint(f.fake.brk, ==, FAKE_BRK_BASE + 64);
    g_assert_cmpuint(f.fake.sbrk_calls, ==, 3);
    g_assert_cmpuint(f.fake.loads + f.fake.stores, ==, 0);
    assert_picture(&f, false, "used[0,1] used[32,17]");
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_realloc_moves(void) {
    Fixture f;
    fixture_init(&f, find_model("bump"));
    fixture_start(&f);
    VAddr a = must_malloc(&f, 8);
    fake_put(&f.fake, a, 42);
    VAddr b = heap_realloc(f.heap, a, 9);
    g_assert_cmpuint(b, ==, a + 16);
    g_assert_cmpuint(fake_word(&f.fake, b), ==, 42);
    g_assert_cmpuint(heap_realloc(f.heap, b, 3), ==, b);
    fixture_clear(&f);
}

/* Somebody left the break at an odd place: padding first. */
static void test_odd_break(void) {
    Fixture f;
    fixture_init(&f, find_model("bump"));
    fixture_start(&f);
    fake_sbrk(&f.fake, 5);
    g_assert_cmpuint(must_malloc(&f, 16), ==, FAKE_BRK_BASE + 16);
    g_assert_cmpuint(f.fake.brk, ==, FAKE_BRK_BASE + 32);
    /* growing works, padding is refused: the growth is taken back */
    fake_sbrk(&f.fake, 5);
    f.fake.fail_every = 2;
    f.fake.grow_calls = 0;
    g_assert_cmpuint(heap_malloc(f.heap, 16), ==, 0);
    g_assert_cmpuint(f.fake.brk, ==, FAKE_BRK_BASE + 37);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bump/break", test_break);
    g_test_add_func("/bump/realloc-moves", test_realloc_moves);
    g_test_add_func("/bump/odd-break", test_odd_break);
    return g_test_run();
}
