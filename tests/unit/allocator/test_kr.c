/* test_kr.c - header words, the tail of the hole, where freep is, merging to both sides. */
#include "fixture.h"

#define UNIT 16
#define A    FAKE_BRK_BASE

static void begin(Fixture *f, uint64_t fit, uint64_t growth) {
    fixture_init(f, find_model("kr"));
    set_param(f, "fit", fit);
    set_param(f, "growth", growth);
    fixture_start(f);
}

static void assert_hole(Fixture *f, VAddr hole, VAddr ptr, uint64_t units) {
    g_assert_cmpuint(fake_word(&f->fake, hole), ==, ptr);
    g_assert_cmpuint(fake_word(&f->fake, hole + 8), ==, units);
}

/* 100 bytes are 7 units and one for the header, and come from the end of the 64 KiB. */
static void test_tail_first(void) {
    Fixture f;
    begin(&f, 0, 65536);
    VAddr a = must_malloc(&f, 100);
    g_assert_cmpuint(f.fake.brk, ==, A + 65536);
    g_assert_cmpuint(a, ==, A + 65536 - 8 * UNIT + UNIT);
    g_assert_cmpuint(fake_word(&f.fake, a - 8), ==, 8);
    assert_hole(&f, A, 0, 4096 - 8);
    VAddr b = must_malloc(&f, 1); /* 2 units, right below */
    g_assert_cmpuint(b, ==, a - 2 * UNIT);
    assert_hole(&f, A, 0, 4096 - 10);
    assert_picture(&f, false, "free[0,65376] used[65376,32] used[65408,128]");
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_merging(void) {
    Fixture f;
    begin(&f, 0, 256); /* 16 units */
    VAddr a = must_malloc(&f, 48), b = must_malloc(&f, 48), c = must_malloc(&f, 48),
          d = must_malloc(&f, 48);
    /* 4 units each, d the lowest: the hole has been used up exactly */
    g_assert_cmpuint(d, ==, A + UNIT);
    g_assert_cmpuint(a, ==, A + 13 * UNIT);
    must_free(&f, b); /* alone on the list */
    assert_hole(&f, b - UNIT, 0, 4);
    must_free(&f, d);
    assert_hole(&f, d - UNIT, b - UNIT, 4);
    assert_picture(&f, true, "free[0,64]->128 used[64,64] free[128,64] used[192,64]");
    must_free(&f, c); /* merges with both */
    assert_hole(&f, A, 0, 12);
    must_free(&f, a); /* merges to the left */
    assert_hole(&f, A, 0, 16);
    assert_picture(&f, true, "free[0,256]");
    assert_sound(&f);
    fixture_clear(&f);
}

/* Grown by what is needed if that is more; new bytes merge with the hole before them. */
static void test_growth(void) {
    Fixture f;
    begin(&f, 0, 256);
    must_malloc(&f, 48);
    VAddr b = must_malloc(&f, 4000); /* 251 units: the break moves by 251 units */
    g_assert_cmpuint(f.fake.brk, ==, A + 256 + 251 * UNIT);
    g_assert_cmpuint(b, ==, A + 256 + UNIT); /* a used block lies between: no merging */
    assert_hole(&f, A, 0, 12);
    must_free(&f, b);
    assert_hole(&f, A, A + 256, 12);
    must_malloc(&f, 4100); /* 258 units, merged with the hole of 251: the tail of 509 */
    assert_hole(&f, A + 256, 0, 251);
    assert_sound(&f);
    fixture_clear(&f);
}

/* Holes of 4 units at 0, 8 and 16 units, kept apart by used blocks. */
static void make_holes(Fixture *f, VAddr hole[3]) {
    VAddr block[6];
    for (guint i = 0; i < 6; i++) {
        block[5 - i] = must_malloc(f, 48);
    }
    for (guint i = 0; i < 3; i++) {
        hole[i] = block[2 * i];
        must_free(f, hole[i]);
    }
    assert_sound(f);
}

/* freep stands before the hole freed last, the third: next fit takes that, then comes around. */
static void test_fits(void) {
    Fixture f;
    VAddr hole[3];
    begin(&f, 0, 24 * UNIT);
    make_holes(&f, hole);
    g_assert_cmpuint(must_malloc(&f, 48), ==, hole[2]);
    g_assert_cmpuint(must_malloc(&f, 16), ==, hole[0] + 2 * UNIT);
    g_assert_cmpuint(must_malloc(&f, 16), ==, hole[0]); /* a hole split keeps the rover before it */
    g_assert_cmpuint(must_malloc(&f, 16), ==, hole[1] + 2 * UNIT);
    assert_sound(&f);
    fixture_clear(&f);

    begin(&f, 1, 24 * UNIT);
    make_holes(&f, hole);
    for (guint i = 0; i < 3; i++) {
        g_assert_cmpuint(must_malloc(&f, 48), ==, hole[i]);
    }
    assert_sound(&f);
    fixture_clear(&f);
}

/* The program moved the break: a second stretch begins with a link of one unit. */
static void test_foreign_break(void) {
    Fixture f;
    begin(&f, 0, 64);
    must_malloc(&f, 48);
    fake_sbrk(&f.fake, 100);
    VAddr b = must_malloc(&f, 48);
    g_assert_cmpuint(b, ==, A + 64 + 112 + 16 + UNIT); /* 100, rounded up to 16 */
    g_assert_cmpuint(fake_word(&f.fake, A + 176), ==, A);
    g_assert_cmpuint(fake_word(&f.fake, A + 184), ==, A + 64);
    must_free(&f, b);
    assert_picture(&f, false, "free[192,64] used[0,64]");
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_damage_is_noticed(void) {
    Fixture f;
    begin(&f, 0, 256);
    VAddr a = must_malloc(&f, 48), b = must_malloc(&f, 48);
    must_free(&f, a);
    assert_damage_is_noticed(&f, a - 8, 1);       /* its size */
    assert_damage_is_noticed(&f, a - 16, b - 16); /* its link: backwards */
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kr/tail-first", test_tail_first);
    g_test_add_func("/kr/merging", test_merging);
    g_test_add_func("/kr/growth", test_growth);
    g_test_add_func("/kr/fits", test_fits);
    g_test_add_func("/kr/foreign-break", test_foreign_break);
    g_test_add_func("/kr/damage-is-noticed", test_damage_is_noticed);
    return g_test_run();
}
