/* test_segregated.c - headers and tags word by word, which list, two levels, in-place realloc. */
#include "fixture.h"

#define A FAKE_BRK_BASE

enum { POWERS, TLSF };
enum { USED = 1, LEFT_USED = 2 };

static void begin(Fixture *f, uint64_t lists) {
    fixture_init(f, find_model("segregated"));
    set_param(f, "lists", lists);
}

static void assert_header(Fixture *f, VAddr block, uint64_t size, uint64_t flags) {
    g_assert_cmphex(fake_word(&f->fake, block), ==, size | flags);
}

static void assert_hole(Fixture *f, VAddr block, uint64_t size, VAddr next, VAddr prev) {
    assert_header(f, block, size, LEFT_USED);
    g_assert_cmphex(fake_word(&f->fake, block + 8), ==, next);
    g_assert_cmphex(fake_word(&f->fake, block + 16), ==, prev);
    g_assert_cmphex(fake_word(&f->fake, block + size - 8), ==, size);
}

static void test_words(void) {
    Fixture f;
    begin(&f, POWERS);
    fixture_start(&f);
    g_assert_cmphex(must_malloc(&f, 100), ==, A + 16);
    g_assert_cmphex(f.fake.brk, ==, A + 4096);
    assert_header(&f, A + 8, 112, USED | LEFT_USED); /* 8 + 100, rounded up to 16 */
    assert_hole(&f, A + 120, 4096 - 16 - 112, 0, 0);
    assert_header(&f, A + 4088, 0, USED); /* the epilogue */

    g_assert_cmphex(must_malloc(&f, 1), ==, A + 128); /* the least: 32 */
    g_assert_cmphex(must_malloc(&f, 24), ==, A + 160);
    must_free(&f, A + 16);
    assert_hole(&f, A + 8, 112, 0, 0);
    assert_header(&f, A + 120, 32, USED);
    must_free(&f, A + 160); /* merges to the right */
    assert_hole(&f, A + 152, 4096 - 16 - 144, 0, 0);
    must_free(&f, A + 128); /* merges with both */
    assert_hole(&f, A + 8, 4080, 0, 0);
    assert_sound(&f);
    fixture_clear(&f);
}

/* The new bytes' header is the old epilogue, and they merge with the hole before it. */
static void test_growth(void) {
    Fixture f;
    begin(&f, POWERS);
    fixture_start(&f);
    must_malloc(&f, 100);
    must_malloc(&f, 4000); /* 4016; 3968 are there, but at least 4096 are got */
    g_assert_cmphex(f.fake.brk, ==, A + 8192);
    assert_header(&f, A + 120, 4016, USED | LEFT_USED);
    assert_hole(&f, A + 4136, 8192 - 8 - 4136, 0, 0);
    must_malloc(&f, 4040);
    assert_header(&f, A + 4136, 4048, USED | LEFT_USED); /* exactly up to the end */
    assert_header(&f, A + 8184, 0, USED | LEFT_USED);
    assert_sound(&f);
    fixture_clear(&f);
}

/* Holes of 144, 208, 160 and 272 bytes, freed in this order, used blocks between them. */
static void make_holes(Fixture *f, VAddr hole[4]) {
    static const uint64_t sizes[4] = {144, 208, 160, 272};
    for (guint i = 0; i < 4; i++) {
        hole[i] = must_malloc(f, sizes[i] - 8);
        must_malloc(f, 24);
    }
    must_malloc(f, 4080 - (144 + 208 + 160 + 272) - 4 * 32 - 8);
    for (guint i = 0; i < 4; i++) {
        must_free(f, hole[i]);
    }
    assert_sound(f);
}

static void test_powers(void) {
    Fixture f;
    VAddr hole[4];
    begin(&f, POWERS);
    fixture_start(&f);
    make_holes(&f, hole);
    /* 128..255: the newest first */
    assert_hole(&f, hole[2] - 8, 160, hole[1] - 8, 0);
    assert_hole(&f, hole[1] - 8, 208, hole[0] - 8, hole[2] - 8);
    assert_hole(&f, hole[3] - 8, 272, 0, 0);
    g_assert_cmphex(must_malloc(&f, 136), ==, hole[2]);
    g_assert_cmphex(must_malloc(&f, 200), ==, hole[1]);
    g_assert_cmphex(must_malloc(&f, 152), ==, hole[3]); /* its own list has only 144 */
    assert_header(&f, hole[3] + 152, 112, LEFT_USED);   /* 272 - 160 */
    assert_sound(&f);
    fixture_clear(&f);

    begin(&f, POWERS);
    set_param(&f, "fit", 1);
    fixture_start(&f);
    make_holes(&f, hole);
    g_assert_cmphex(must_malloc(&f, 136), ==, hole[0]); /* the smallest of its list */
    g_assert_cmphex(must_malloc(&f, 136), ==, hole[2]);
    assert_sound(&f);
    fixture_clear(&f);
}

/* sli = 2: lists begin at 128, 160, 192, 224, 256, 320 ... */
static void test_tlsf(void) {
    Fixture f;
    VAddr hole[4];
    begin(&f, TLSF);
    set_param(&f, "sli", 2);
    fixture_start(&f);
    make_holes(&f, hole);
    /* 144 looks from 160 on, although a hole of just 144 is there */
    g_assert_cmphex(must_malloc(&f, 136), ==, hole[2]);
    g_assert_cmphex(must_malloc(&f, 120), ==, hole[0]); /* 128: its list holds the 144 */
    g_assert_cmphex(must_malloc(&f, 184), ==, hole[1]); /* 192: the list of 208 */
    g_assert_cmphex(must_malloc(&f, 184), ==, hole[3]);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_split(void) {
    Fixture f;
    VAddr hole[4];
    begin(&f, POWERS);
    set_param(&f, "split", 64);
    fixture_start(&f);
    make_holes(&f, hole);
    must_malloc(&f, 100); /* 112 of 160: 48 are not worth it */
    assert_header(&f, hole[2] - 8, 160, USED | LEFT_USED);
    must_malloc(&f, 136); /* 144 of 208: 64 are */
    assert_header(&f, hole[1] - 8, 144, USED | LEFT_USED);
    assert_header(&f, hole[1] + 136, 64, LEFT_USED);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_realloc(void) {
    Fixture f;
    begin(&f, POWERS);
    fixture_start(&f);
    VAddr a = must_malloc(&f, 104), b = must_malloc(&f, 104);
    must_malloc(&f, 24);
    must_free(&f, b);
    g_assert_cmphex(heap_realloc(f.heap, a, 136), ==, a); /* takes 32 of the hole of 112 */
    assert_header(&f, a - 8, 144, USED | LEFT_USED);
    assert_hole(&f, a + 136, 80, 0, 0);
    assert_sound(&f);
    g_assert_cmphex(heap_realloc(f.heap, a, 20), ==, a); /* gives them back, and more */
    assert_hole(&f, a + 24, 192, 0, 0);
    assert_sound(&f);
    fake_put(&f.fake, a, 4711);
    VAddr moved = heap_realloc(f.heap, a, 300);
    g_assert_cmphex(moved, !=, a);
    g_assert_cmpuint(fake_word(&f.fake, moved), ==, 4711);
    assert_sound(&f);
    fixture_clear(&f);
}

/* What lies before and behind the aligned block is a hole again. */
static void test_aligned(void) {
    Fixture f;
    begin(&f, POWERS);
    fixture_start(&f);
    VAddr a = heap_aligned_alloc(f.heap, 256, 56);
    g_assert_cmphex(a, ==, A + 256);
    assert_hole(&f, A + 8, 240, 0, 0);
    assert_header(&f, a - 8, 64, USED);
    assert_hole(&f, a + 56, 4088 - 256 - 56, 0, 0);
    assert_sound(&f);
    must_free(&f, a);
    assert_hole(&f, A + 8, 4080, 0, 0);
    fixture_clear(&f);
}

static void test_foreign_break(void) {
    Fixture f;
    begin(&f, POWERS);
    fixture_start(&f);
    VAddr a = must_malloc(&f, 4072);
    fake_sbrk(&f.fake, 4096);
    VAddr b = must_malloc(&f, 4088); /* link of 16, padding of 8, header of 8 */
    g_assert_cmphex(b, ==, A + 8192 + 32);
    g_assert_cmphex(fake_word(&f.fake, A + 8192), ==, A);
    g_assert_cmphex(fake_word(&f.fake, A + 8200), ==, A + 4096);
    g_assert_cmphex(f.fake.brk, ==, A + 8192 + 4096 + 32);
    must_free(&f, a);
    must_free(&f, b);
    assert_picture(&f, false, "free[8216,4096] free[8,4080]");
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_damage_is_noticed(void) {
    Fixture f;
    VAddr hole[4];
    begin(&f, POWERS);
    fixture_start(&f);
    make_holes(&f, hole);
    const VAddr words[] = {hole[0] - 8, hole[0] + 128, hole[1], hole[1] + 8, hole[2] + 152};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        assert_damage_is_noticed(&f, words[i], fake_word(&f.fake, words[i]) ^ 48);
    }
    fixture_clear(&f);
}

typedef struct Sum {
    uint64_t blocks, bytes;
} Sum;

static void add_block(void *host, const HeapBlock *block) {
    Sum *sum = host;
    sum->blocks++;
    sum->bytes += block->length;
}

/* A look at new bytes whose header is not written yet: they are nobody's, and the walk ends. */
static void test_walk_without_header(void) {
    Fixture f;
    Sum sum = {0};
    begin(&f, POWERS);
    fixture_start(&f);
    VAddr block = must_malloc(&f, 100);
    fake_put(&f.fake, block - 8, 0);
    heap_walk(f.heap, &f.peek, add_block, &sum);
    g_assert_cmpuint(sum.blocks, ==, 2);
    g_assert_cmpuint(sum.bytes, ==, heap_stats(f.heap)->heap_bytes);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/segregated/words", test_words);
    g_test_add_func("/segregated/growth", test_growth);
    g_test_add_func("/segregated/powers", test_powers);
    g_test_add_func("/segregated/tlsf", test_tlsf);
    g_test_add_func("/segregated/split", test_split);
    g_test_add_func("/segregated/realloc", test_realloc);
    g_test_add_func("/segregated/aligned", test_aligned);
    g_test_add_func("/segregated/foreign-break", test_foreign_break);
    g_test_add_func("/segregated/damage-is-noticed", test_damage_is_noticed);
    g_test_add_func("/segregated/walk-without-header", test_walk_without_header);
    return g_test_run();
}
