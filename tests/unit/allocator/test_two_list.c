/* test_two_list.c - the textbook's walk-through, number for number, and both kinds of lists. */
#include "fixture.h"

static void begin(Fixture *f, uint64_t inside, uint64_t coalesce) {
    fixture_init(f, find_model("two-list"));
    set_param(f, "lists", inside);
    set_param(f, "coalesce", coalesce);
    fixture_start(f);
}

static void test_walk_through(void) {
    Fixture f;
    begin(&f, 0, 0);
    VAddr a = must_malloc(&f, 1024);
    g_assert_cmpuint(a, ==, FAKE_BRK_BASE);
    g_assert_cmpuint(heap_base(f.heap), ==, FAKE_BRK_BASE);
    g_assert_cmpuint(f.fake.brk, ==, FAKE_BRK_BASE + 4096);
    assert_picture(&f, false, "used[0,1024] free[1024,3072]");

    g_assert_cmpuint(must_malloc(&f, 256), ==, a + 1024);
    assert_picture(&f, true, "used[0,1024]->1024 used[1024,256] free[1280,2816]");

    must_free(&f, a);
    assert_picture(&f, true, "free[0,1024]->1280 used[1024,256] free[1280,2816]");
    g_assert_cmpuint(f.fake.brk, ==, FAKE_BRK_BASE + 4096);
    assert_sound(&f);
    fixture_clear(&f);
}

/* Outside, the heap holds the program's bytes only: the nodes are in a mapping of their own. */
static void test_nodes_outside(void) {
    Fixture f;
    begin(&f, 0, 0);
    VAddr a = must_malloc(&f, 1024);
    for (uint64_t i = 0; i < 4096; i += 8) {
        g_assert_cmpuint(fake_word(&f.fake, a + i), ==, 0);
    }
    g_assert_cmpuint(f.fake.mmap_calls, ==, 1);
    /* node 1: first the hole [A,4096], then the block; node 2: what was left of the hole */
    VAddr page = FAKE_MAP_BASE;
    g_assert_cmpuint(fake_word(&f.fake, page), ==, 0);
    g_assert_cmpuint(fake_word(&f.fake, page + 24), ==, 1024);
    g_assert_cmpuint(fake_word(&f.fake, page + 24 + 8), ==, 0);
    g_assert_cmpuint(fake_word(&f.fake, page + 24 + 16), ==, a);
    g_assert_cmpuint(fake_word(&f.fake, page + 48), ==, 3072);
    g_assert_cmpuint(fake_word(&f.fake, page + 48 + 16), ==, a + 1024);
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 8192);
    fixture_clear(&f);
}

static void test_node_pages(void) {
    Fixture f;
    begin(&f, 0, 0);
    for (guint i = 0; i < 169; i++) { /* 170 nodes with the hole's; 4096 / 24 - 1 = 169 a page */
        must_malloc(&f, 16);
    }
    g_assert_cmpuint(f.fake.mmap_calls, ==, 2);
    VAddr newest = FAKE_MAP_BASE + 4096;
    g_assert_cmpuint(fake_word(&f.fake, newest), ==, FAKE_MAP_BASE);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_lists_inside(void) {
    Fixture f;
    begin(&f, 1, 0);
    VAddr first = must_malloc(&f, 1024);
    g_assert_cmpuint(first, ==, FAKE_BRK_BASE + 16);
    VAddr second = must_malloc(&f, 256);
    assert_picture(&f, true, "used[0,1040]->1040 used[1040,272] free[1312,2784]");
    g_assert_cmpuint(fake_word(&f.fake, first - 16), ==, 1040);
    g_assert_cmpuint(fake_word(&f.fake, first - 8), ==, second - 16);
    g_assert_cmpuint(fake_word(&f.fake, second - 16), ==, 272);
    g_assert_cmpuint(fake_word(&f.fake, second - 8), ==, 0);
    g_assert_cmpuint(f.fake.mmap_calls, ==, 0);
    assert_sound(&f);
    fixture_clear(&f);
}

/* A remainder of 16 bytes has no room for a header and a payload: the block keeps it. */
static void test_small_remainder(void) {
    Fixture f;
    begin(&f, 1, 0);
    must_malloc(&f, 4096 - 16 - 16);
    assert_picture(&f, false, "used[0,4096]");
    must_malloc(&f, 4096 - 16 - 32);
    assert_picture(&f, false, "used[0,4096] used[4096,4064] free[8160,32]");
    fixture_clear(&f);
}

static void test_first_hole(void) {
    Fixture f;
    begin(&f, 0, 0);
    VAddr block[4];
    for (guint i = 0; i < 4; i++) {
        block[i] = must_malloc(&f, 512);
    }
    must_free(&f, block[2]);
    must_free(&f, block[0]);
    g_assert_cmpuint(must_malloc(&f, 100), ==, block[0]);
    assert_picture(&f, false,
                   "used[0,112] free[112,400] used[512,512] free[1024,512] "
                   "used[1536,512] free[2048,2048]");
    g_assert_cmpuint(must_malloc(&f, 512), ==, block[2]);
    assert_sound(&f);
    fixture_clear(&f);
}

/* New pages are a hole of their own, also behind a hole that they touch. */
static void test_growth(void) {
    Fixture f;
    begin(&f, 0, 0);
    must_malloc(&f, 1024);
    g_assert_cmpuint(must_malloc(&f, 4097), ==, FAKE_BRK_BASE + 4096);
    assert_picture(&f, false, "used[0,1024] free[1024,3072] used[4096,4112] free[8208,4080]");
    fixture_clear(&f);

    begin(&f, 0, 1);
    must_malloc(&f, 1024);
    g_assert_cmpuint(must_malloc(&f, 4097), ==, FAKE_BRK_BASE + 1024);
    assert_picture(&f, false, "used[0,1024] used[1024,4112] free[5136,7152]");
    fixture_clear(&f);

    fixture_init(&f, find_model("two-list"));
    set_param(&f, "growth", 10000);
    fixture_start(&f);
    must_malloc(&f, 1024);
    assert_picture(&f, false, "used[0,1024] free[1024,11264]");
    fixture_clear(&f);
}

static void test_coalesce(void) {
    for (uint64_t inside = 0; inside <= 1; inside++) {
        Fixture f;
        begin(&f, inside, 1);
        VAddr block[3];
        for (guint i = 0; i < 3; i++) {
            block[i] = must_malloc(&f, 512 - 16 * inside);
        }
        must_free(&f, block[0]);
        assert_picture(&f, false, "free[0,512] used[512,512] used[1024,512] free[1536,2560]");
        must_free(&f, block[2]);
        assert_picture(&f, false, "free[0,512] used[512,512] free[1024,3072]");
        must_free(&f, block[1]);
        assert_picture(&f, false, "free[0,4096]");
        assert_sound(&f);
        fixture_clear(&f);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/two-list/walk-through", test_walk_through);
    g_test_add_func("/two-list/nodes-outside", test_nodes_outside);
    g_test_add_func("/two-list/node-pages", test_node_pages);
    g_test_add_func("/two-list/lists-inside", test_lists_inside);
    g_test_add_func("/two-list/small-remainder", test_small_remainder);
    g_test_add_func("/two-list/first-hole", test_first_hole);
    g_test_add_func("/two-list/growth", test_growth);
    g_test_add_func("/two-list/coalesce", test_coalesce);
    return g_test_run();
}
