/* test_linked.c - header bytes, and where the break is after each step. */
#include "fixture.h"

static void begin(Fixture *f, uint64_t source) {
    fixture_init(f, find_model("linked"));
    set_param(f, "source", source);
    fixture_start(f);
}

static void assert_header(Fixture *f, VAddr payload, uint64_t size, uint64_t is_free, VAddr next) {
    g_assert_cmpuint(fake_word(&f->fake, payload - 24), ==, size);
    g_assert_cmpuint(fake_word(&f->fake, payload - 16), ==, is_free);
    g_assert_cmpuint(fake_word(&f->fake, payload - 8), ==, next);
}

static uint64_t moved(const Fixture *f) { return f->fake.brk - FAKE_BRK_BASE; }

static void test_headers_and_break(void) {
    Fixture f;
    begin(&f, 0);
    VAddr a = must_malloc(&f, 100); /* rounded up to 104 */
    g_assert_cmpuint(a, ==, FAKE_BRK_BASE + 24);
    g_assert_cmpuint(moved(&f), ==, 128);
    assert_header(&f, a, 104, 0, 0);

    VAddr b = must_malloc(&f, 8);
    g_assert_cmpuint(b, ==, FAKE_BRK_BASE + 128 + 24);
    g_assert_cmpuint(moved(&f), ==, 160);
    assert_header(&f, a, 104, 0, b - 24);

    VAddr c = must_malloc(&f, 40);
    g_assert_cmpuint(moved(&f), ==, 224);
    must_free(&f, b); /* in the middle: only marked */
    g_assert_cmpuint(moved(&f), ==, 224);
    assert_header(&f, b, 8, 1, c - 24);
    must_free(&f, c); /* the last: the break goes back, but not over b */
    g_assert_cmpuint(moved(&f), ==, 160);
    assert_header(&f, b, 8, 1, 0);
    assert_picture(&f, false, "used[0,128] free[128,32]");
    assert_sound(&f);
    fixture_clear(&f);
}

/* First fit takes a free block whole, however large it is; and the first, not the best. */
static void test_first_fit_whole(void) {
    Fixture f;
    begin(&f, 0);
    VAddr big = must_malloc(&f, 1000), fits = must_malloc(&f, 16);
    must_malloc(&f, 16);
    must_free(&f, fits);
    must_free(&f, big);
    g_assert_cmpuint(must_malloc(&f, 16), ==, big);
    assert_header(&f, big, 1000, 0, fits - 24);
    uint64_t before = moved(&f);
    must_malloc(&f, 17); /* `fits` is too small: grows */
    g_assert_cmpuint(moved(&f), ==, before + 24 + 24);
    g_assert_cmpuint(must_malloc(&f, 16), ==, fits); /* exactly large enough */
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_all_given_back(void) {
    Fixture f;
    begin(&f, 0);
    VAddr a = must_malloc(&f, 16), b = must_malloc(&f, 16);
    must_free(&f, b);
    must_free(&f, a);
    g_assert_cmpuint(moved(&f), ==, 0);
    g_assert_cmpuint(must_malloc(&f, 16), ==, a);
    fixture_clear(&f);
}

/* The program has moved the break itself: the last block is not at the break any more. */
static void test_foreign_break(void) {
    Fixture f;
    begin(&f, 0);
    VAddr a = must_malloc(&f, 16);
    fake_sbrk(&f.fake, 100);
    must_free(&f, a);
    g_assert_cmpuint(moved(&f), ==, 40 + 100);
    assert_picture(&f, false, "free[0,40]");
    VAddr b = must_malloc(&f, 32);
    g_assert_cmpuint(b, ==, FAKE_BRK_BASE + 144 + 24);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_own_mappings(void) {
    Fixture f;
    begin(&f, 1);
    VAddr block[3];
    for (guint i = 0; i < 3; i++) {
        block[i] = must_malloc(&f, 5000);
        g_assert_cmpuint(block[i], ==, FAKE_MAP_BASE + i * 8192 + 24);
    }
    g_assert_cmpuint(f.fake.sbrk_calls, ==, 0);
    g_assert_cmpuint(heap_base(f.heap), ==, FAKE_MAP_BASE);
    assert_header(&f, block[0], 8192 - 24, 0, block[1] - 24);
    must_free(&f, block[1]);
    g_assert_cmpuint(f.fake.pages_mapped, ==, 4);
    assert_header(&f, block[0], 8192 - 24, 0, block[2] - 24);
    must_free(&f, block[0]);
    must_free(&f, block[2]);
    g_assert_cmpuint(f.fake.pages_mapped, ==, 0);
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 0);
    assert_sound(&f);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linked/headers-and-break", test_headers_and_break);
    g_test_add_func("/linked/first-fit-whole", test_first_fit_whole);
    g_test_add_func("/linked/all-given-back", test_all_given_back);
    g_test_add_func("/linked/foreign-break", test_foreign_break);
    g_test_add_func("/linked/own-mappings", test_own_mappings);
    return g_test_run();
}
