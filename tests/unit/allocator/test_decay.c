/* test_decay.c - when a hole is dirty, muzzy, clean; what the kernel is told; never and at once. */
#include "fixture.h"

#define FIRST 6 /* the first page behind the chunk's header, as in test_slab.c */

static const VAddr A = FAKE_MAP_BASE;
static const VAddr HEAP = FAKE_MAP_BASE + FIRST * FAKE_PAGE;

enum { DIRTY = 1, MUZZY, CLEAN, LARGE };

static void begin(Fixture *f, uint64_t dirty, uint64_t muzzy) {
    fixture_init(f, find_model("decay"));
    set_param(f, "dirty", dirty);
    set_param(f, "muzzy", muzzy);
    fixture_start(f);
}

static void assert_run(Fixture *f, guint page, guint kind, guint64 pages) {
    g_assert_cmphex(fake_word(&f->fake, A + 32 + page * 48), ==, kind | pages << 16);
}

/* Something happens among the pages at this time: a run of 5 comes. */
static VAddr happen(Fixture *f, Tick now) {
    f->fake.now = now;
    VAddr va = must_malloc(f, 5 * FAKE_PAGE);
    assert_sound(f);
    return va;
}

static void test_states(void) {
    Fixture f;
    begin(&f, 1000, 500);
    VAddr a = must_malloc(&f, 4 * FAKE_PAGE);
    happen(&f, 50);
    fake_put(&f.fake, a, 4711);
    f.fake.now = 100;
    must_free(&f, a);
    assert_run(&f, FIRST, DIRTY, 4);
    happen(&f, 1099);
    assert_run(&f, FIRST, DIRTY, 4);
    happen(&f, 1100);
    assert_run(&f, FIRST, MUZZY, 4);
    g_assert_cmpuint(fake_word(&f.fake, a), ==, 4711); /* MADV_FREE leaves it for now */
    happen(&f, 1599);
    assert_run(&f, FIRST, MUZZY, 4);
    happen(&f, 1600);
    assert_run(&f, FIRST, CLEAN, 4);
    g_assert_cmpuint(fake_word(&f.fake, a), ==, 0);
    fixture_clear(&f);
}

/* Small blocks do not make time pass: only runs do. */
static void test_idle(void) {
    Fixture f;
    begin(&f, 1000, 0);
    must_malloc(&f, 16);
    VAddr a = must_malloc(&f, 4 * FAKE_PAGE);
    must_free(&f, a);
    f.fake.now = 5000;
    must_malloc(&f, 16);
    assert_run(&f, FIRST + 1, DIRTY, 4);
    happen(&f, 5000); /* muzzy is 0: clean at once, merged with what is behind */
    assert_run(&f, FIRST + 1, CLEAN, 4);
    fixture_clear(&f);
}

static void test_at_once(void) {
    Fixture f;
    begin(&f, 0, 0);
    VAddr a = must_malloc(&f, 4 * FAKE_PAGE);
    fake_put(&f.fake, a, 4711);
    must_free(&f, a);
    assert_run(&f, FIRST, CLEAN, 250);
    g_assert_cmpuint(fake_word(&f.fake, a), ==, 0);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_never(void) {
    Fixture f;
    begin(&f, PARAM_NEVER, 0);
    VAddr a = must_malloc(&f, 4 * FAKE_PAGE);
    happen(&f, 1);
    must_free(&f, a);
    happen(&f, UINT64_C(1) << 62);
    assert_run(&f, FIRST, DIRTY, 4);
    fixture_clear(&f);

    begin(&f, 0, PARAM_NEVER);
    a = must_malloc(&f, 4 * FAKE_PAGE);
    happen(&f, 1);
    must_free(&f, a);
    happen(&f, UINT64_C(1) << 62);
    assert_run(&f, FIRST, MUZZY, 4);
    fixture_clear(&f);
}

/* Dirty pages are taken before muzzy ones, these before clean ones; states do not merge. */
static void test_order(void) {
    Fixture f;
    begin(&f, 100, PARAM_NEVER);
    VAddr a = must_malloc(&f, 4 * FAKE_PAGE), b = must_malloc(&f, 4 * FAKE_PAGE);
    must_free(&f, a);
    happen(&f, 200);
    must_free(&f, b);
    assert_run(&f, FIRST, MUZZY, 4);
    assert_run(&f, FIRST + 4, DIRTY, 4);
    g_assert_cmphex(must_malloc(&f, 4 * FAKE_PAGE), ==, b);
    g_assert_cmphex(must_malloc(&f, 4 * FAKE_PAGE), ==, a);
    g_assert_cmphex(must_malloc(&f, 4 * FAKE_PAGE), ==, HEAP + 13 * FAKE_PAGE);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_trim(void) {
    Fixture f;
    begin(&f, PARAM_NEVER, PARAM_NEVER);
    VAddr a = must_malloc(&f, 4 * FAKE_PAGE), b = happen(&f, 1);
    must_free(&f, a);
    g_assert_true(heap_trim(f.heap, 0));
    assert_run(&f, FIRST, CLEAN, 4);
    g_assert_false(heap_trim(f.heap, 0));
    must_free(&f, b);
    g_assert_true(heap_trim(f.heap, 0));
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 0);
    assert_sound(&f);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/decay/states", test_states);
    g_test_add_func("/decay/idle", test_idle);
    g_test_add_func("/decay/at-once", test_at_once);
    g_test_add_func("/decay/never", test_never);
    g_test_add_func("/decay/order", test_order);
    g_test_add_func("/decay/trim", test_trim);
    return g_test_run();
}
