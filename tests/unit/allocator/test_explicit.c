/* test_explicit.c - header bytes, the four fits, three lists, merging to the left and right. */
#include "fixture.h"

enum { LIFO, ADDRESS, ALL };
enum { FIRST, BEST, WORST, NEXT };

static void begin(Fixture *f, uint64_t list, uint64_t fit) {
    fixture_init(f, find_model("explicit"));
    set_param(f, "list", list);
    set_param(f, "fit", fit);
    fixture_start(f);
}

/* {size, next, prev, is_free} */
static void assert_header(Fixture *f, VAddr block, uint64_t size, VAddr next, VAddr prev,
                          uint64_t is_free) {
    g_assert_cmpuint(fake_word(&f->fake, block), ==, size);
    g_assert_cmpuint(fake_word(&f->fake, block + 8), ==, next);
    g_assert_cmpuint(fake_word(&f->fake, block + 16), ==, prev);
    g_assert_cmpuint(fake_word(&f->fake, block + 24), ==, is_free);
}

static void test_default_is_first(void) {
    g_assert_cmpstr(allocators_builtin[0]->info.name, ==, "explicit");
}

static void test_headers_holes_only(void) {
    Fixture f;
    begin(&f, LIFO, FIRST);
    const VAddr A = FAKE_BRK_BASE;
    g_assert_cmpuint(must_malloc(&f, 100), ==, A + 32);
    g_assert_cmpuint(f.fake.brk, ==, A + 4096);
    assert_header(&f, A, 104, 0, 0, 0);
    assert_header(&f, A + 136, 4096 - 136 - 64, 0, 0, 1);
    assert_header(&f, A + 4064, 0, 0, A + 136, 0); /* the epilogue knows the hole to its left */

    must_malloc(&f, 8);
    must_free(&f, A + 32);
    /* the hole at A, in front of the list; the block at A + 136 knows it */
    assert_header(&f, A, 104, A + 176, 0, 1);
    assert_header(&f, A + 136, 8, 0, A, 0);
    assert_header(&f, A + 176, 4096 - 176 - 64, 0, A, 1);
    assert_sound(&f);
    must_free(&f, A + 168);
    assert_header(&f, A, 4096 - 64, 0, 0, 1);
    assert_picture(&f, true, "free[0,4064]");
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_headers_all_blocks(void) {
    Fixture f;
    begin(&f, ALL, FIRST);
    const VAddr A = FAKE_BRK_BASE;
    must_malloc(&f, 100);
    assert_header(&f, A, 104, A + 136, 0, 0);
    assert_header(&f, A + 136, 4096 - 136 - 32, 0, A, 1); /* no epilogue */
    assert_picture(&f, true, "used[0,136]->136 free[136,3960]");
    assert_sound(&f);
    fixture_clear(&f);
}

/* Five holes of 200, 300, 100, 400, 100 bytes of payload, kept apart by used blocks of 8; the
 * rest of the heap is in use.  Freed in the order of the letters: c a e b d. */
static void make_holes(Fixture *f, VAddr hole[5]) {
    static const uint64_t sizes[5] = {200, 304, 104, 400, 104};
    static const guint order[5] = {2, 0, 4, 1, 3};
    for (guint i = 0; i < 5; i++) {
        hole[i] = must_malloc(f, sizes[i]);
        must_malloc(f, 8);
    }
    uint64_t used = 200 + 304 + 104 + 400 + 104 + 5 * 8 + 10 * 32;
    uint64_t epilogue = f->params[1] == ALL ? 0 : 32;
    must_malloc(f, 4096 - used - 32 - epilogue);
    for (guint i = 0; i < 5; i++) {
        must_free(f, hole[order[i]]);
    }
    assert_sound(f);
}

static void test_fits(void) {
    /* which hole a request of 100 bytes gets: rows are lists, columns are fits */
    static const guint expected[3][4] = {
        [LIFO] = {3, 4, 3, 3}, /* list: d b e a c; best: e comes before c */
        [ADDRESS] = {0, 2, 3, 0},
        [ALL] = {0, 2, 3, 0},
    };
    for (uint64_t list = LIFO; list <= ALL; list++) {
        for (uint64_t fit = FIRST; fit <= NEXT; fit++) {
            Fixture f;
            VAddr hole[5];
            begin(&f, list, fit);
            make_holes(&f, hole);
            g_assert_cmpuint(must_malloc(&f, 100), ==, hole[expected[list][fit]]);
            assert_sound(&f);
            fixture_clear(&f);
        }
    }
}

/* Next fit goes on where it was, first fit starts over; at the end it comes around. */
static void test_next_fit_roves(void) {
    for (uint64_t list = ADDRESS; list <= ALL; list++) {
        Fixture f;
        VAddr hole[5];
        begin(&f, list, NEXT);
        make_holes(&f, hole);
        g_assert_cmpuint(must_malloc(&f, 300), ==, hole[1]);
        must_free(&f, hole[1]); /* behind the rover now */
        g_assert_cmpuint(must_malloc(&f, 100), ==, hole[2]);
        g_assert_cmpuint(must_malloc(&f, 350), ==, hole[3]);
        g_assert_cmpuint(must_malloc(&f, 100), ==, hole[4]);
        g_assert_cmpuint(must_malloc(&f, 100), ==, hole[0]);
        assert_sound(&f);
        fixture_clear(&f);
    }
}

/* The remainder of a hole takes its place on the list. */
static void test_remainder_keeps_place(void) {
    Fixture f;
    VAddr hole[5];
    begin(&f, LIFO, BEST);
    make_holes(&f, hole);
    g_assert_cmpuint(must_malloc(&f, 250), ==, hole[1]); /* 304 - 256 = 48 >= 40: split */
    VAddr rest = hole[1] - 32 + 32 + 256;
    assert_header(&f, rest, 16, hole[4] - 32, hole[3] - 32, 1);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_split_threshold(void) {
    Fixture f;
    fixture_init(&f, find_model("explicit"));
    set_param(&f, "list", ALL);
    set_param(&f, "split", 64);
    fixture_start(&f);
    VAddr a = must_malloc(&f, 200), guard = must_malloc(&f, 8);
    must_free(&f, a);
    g_assert_cmpuint(must_malloc(&f, 144), ==, a); /* 56 left over: kept */
    assert_header(&f, a - 32, 200, guard - 32, 0, 0);
    must_free(&f, a);
    g_assert_cmpuint(must_malloc(&f, 136), ==, a); /* 64 left over: split */
    assert_header(&f, a - 32, 136, a + 136, 0, 0);
    assert_sound(&f);
    fixture_clear(&f);
}

/* Three blocks in a row, freed in every order: one hole at the end. */
static void test_coalesce_orders(void) {
    static const guint orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (uint64_t list = LIFO; list <= ALL; list++) {
        for (guint i = 0; i < G_N_ELEMENTS(orders); i++) {
            Fixture f;
            begin(&f, list, FIRST);
            VAddr block[3];
            for (guint j = 0; j < 3; j++) {
                block[j] = must_malloc(&f, 96);
            }
            for (guint j = 0; j < 3; j++) {
                must_free(&f, block[orders[i][j]]);
                assert_sound(&f);
            }
            assert_picture(&f, false, list == ALL ? "free[0,4096]" : "free[0,4064]");
            fixture_clear(&f);
        }
    }
}

static void test_no_coalesce(void) {
    for (uint64_t list = LIFO; list <= ALL; list++) {
        Fixture f;
        fixture_init(&f, find_model("explicit"));
        set_param(&f, "list", list);
        set_param(&f, "coalesce", 0);
        set_param(&f, "growth", 1);
        fixture_start(&f);
        VAddr a = must_malloc(&f, 96), b = must_malloc(&f, 96);
        must_free(&f, a);
        must_free(&f, b);
        assert_picture(&f, false, "free[0,128] free[128,128]");
        assert_sound(&f);
        fixture_clear(&f);
    }
}

/* growth = 1: the break moves by exactly what is needed. */
static void test_growth(void) {
    Fixture f;
    fixture_init(&f, find_model("explicit"));
    set_param(&f, "growth", 1);
    fixture_start(&f);
    must_malloc(&f, 96);
    g_assert_cmpuint(f.fake.brk, ==, FAKE_BRK_BASE + 32 + 96 + 32);
    must_malloc(&f, 40);
    g_assert_cmpuint(f.fake.brk, ==, FAKE_BRK_BASE + 32 + 96 + 32 + 40 + 32);
    assert_picture(&f, false, "used[0,128] used[128,72]");
    assert_sound(&f);
    fixture_clear(&f);
}

/* The program moves the break in between: the heap goes on behind the gap, and nothing is merged
 * across it. */
static void test_foreign_break(void) {
    for (uint64_t list = LIFO; list <= ALL; list++) {
        Fixture f;
        begin(&f, list, FIRST);
        VAddr a = must_malloc(&f, 4000);
        fake_sbrk(&f.fake, 4096 + 5);
        VAddr b = must_malloc(&f, 4000);
        g_assert_cmpuint(b, ==, FAKE_BRK_BASE + 8192 + 8 + 32);
        assert_sound(&f);
        must_free(&f, b);
        must_free(&f, a);
        assert_sound(&f);
        assert_picture(&f, false,
                       list == ALL ? "free[0,4096] free[8200,4096]"
                                   : "free[0,4064] free[8200,4096]");
        g_assert_cmpuint(must_malloc(&f, 4040), !=, 0);
        assert_sound(&f);
        fixture_clear(&f);
    }
}

/* ... and the system refuses the second region its epilogue. */
static void test_foreign_break_refused(void) {
    Fixture f;
    begin(&f, LIFO, FIRST);
    must_malloc(&f, 4000);
    fake_sbrk(&f.fake, 4096);
    f.fake.fail_every = 2;
    f.fake.grow_calls = 0;
    VAddr before = f.fake.brk;
    g_assert_cmpuint(heap_malloc(f.heap, 4000), ==, 0);
    g_assert_cmpuint(f.fake.brk, ==, before);
    g_assert_cmpuint(heap_stats(f.heap)->failed, ==, 1);
    assert_sound(&f);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/explicit/default-is-first", test_default_is_first);
    g_test_add_func("/explicit/headers-holes-only", test_headers_holes_only);
    g_test_add_func("/explicit/headers-all-blocks", test_headers_all_blocks);
    g_test_add_func("/explicit/fits", test_fits);
    g_test_add_func("/explicit/next-fit-roves", test_next_fit_roves);
    g_test_add_func("/explicit/remainder-keeps-place", test_remainder_keeps_place);
    g_test_add_func("/explicit/split-threshold", test_split_threshold);
    g_test_add_func("/explicit/coalesce-orders", test_coalesce_orders);
    g_test_add_func("/explicit/no-coalesce", test_no_coalesce);
    g_test_add_func("/explicit/growth", test_growth);
    g_test_add_func("/explicit/foreign-break", test_foreign_break);
    g_test_add_func("/explicit/foreign-break-refused", test_foreign_break_refused);
    return g_test_run();
}
