/* test_region.c - where blocks go, what is counted, when a region goes. */
#include "fixture.h"

#define R UINT64_C(65536)

static const VAddr A = FAKE_MAP_BASE;

static void begin(Fixture *f, uint64_t keep) {
    fixture_init(f, find_model("region"));
    set_param(f, "keep", keep);
    fixture_start(f);
}

static uint64_t live(Fixture *f, VAddr region) { return fake_word(&f->fake, region + 32); }

static void test_bumping(void) {
    Fixture f;
    begin(&f, 1);
    VAddr a = must_malloc(&f, 100), b = must_malloc(&f, 1), c = must_malloc(&f, 16);
    g_assert_cmphex(a, ==, A + 48);
    g_assert_cmphex(b, ==, a + 112);
    g_assert_cmphex(c, ==, b + 16);
    g_assert_cmpuint(live(&f, A), ==, 3);
    must_free(&f, b);
    g_assert_cmpuint(live(&f, A), ==, 2);
    g_assert_cmphex(must_malloc(&f, 16), ==, c + 16); /* what is free is not used again */
    VAddr d = heap_aligned_alloc(f.heap, 4096, 10);
    g_assert_cmphex(d, ==, A + 4096);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_bulk_free(void) {
    Fixture f;
    begin(&f, 0);
    VAddr a = must_malloc(&f, 30000), b = must_malloc(&f, 30000), c = must_malloc(&f, 30000);
    g_assert_cmphex(c, ==, A + R + 48); /* 5,440 bytes are not enough: another region */
    must_free(&f, a);
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 2 * R);
    must_free(&f, b); /* the last of its region */
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, R);
    assert_sound(&f);
    must_free(&f, c); /* of the current one: starts anew */
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, R);
    g_assert_cmphex(must_malloc(&f, 1), ==, c);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_keep(void) {
    Fixture f;
    begin(&f, 1);
    VAddr block[4];
    for (guint i = 0; i < 4; i++) {
        block[i] = must_malloc(&f, 60000);
        g_assert_cmphex(block[i], ==, A + i * R + 48);
    }
    must_free(&f, block[0]);
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 4 * R);
    must_free(&f, block[1]); /* one is kept already */
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 3 * R);
    assert_sound(&f);
    g_assert_cmphex(must_malloc(&f, 60000), ==, block[0]);
    must_free(&f, block[2]);
    g_assert_true(heap_trim(f.heap, 0));
    g_assert_false(heap_trim(f.heap, 0));
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 2 * R);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_lone(void) {
    Fixture f;
    begin(&f, 0);
    VAddr whole = must_malloc(&f, R - 48), big = must_malloc(&f, R - 47);
    g_assert_cmphex(whole, ==, A + 48);
    g_assert_cmphex(big % R, ==, FAKE_PAGE);
    must_free(&f, big);
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, R);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_damage_is_noticed(void) {
    Fixture f;
    begin(&f, 1);
    must_malloc(&f, 60000);
    must_malloc(&f, 60000);
    assert_damage_is_noticed(&f, A + 32, 0); /* live blocks of the first region */
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/region/bumping", test_bumping);
    g_test_add_func("/region/bulk-free", test_bulk_free);
    g_test_add_func("/region/keep", test_keep);
    g_test_add_func("/region/lone", test_lone);
    g_test_add_func("/region/damage-is-noticed", test_damage_is_noticed);
    return g_test_run();
}
