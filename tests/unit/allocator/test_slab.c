/* test_slab.c - classes, records and bits word by word, links, runs of pages, what is aligned. */
#include "fixture.h"

#define CHUNK (UINT64_C(1) << 20)
#define PAGES 256
#define FIRST 6 /* 32 + 256 * (48 + 32) bytes of header */

static const VAddr A = FAKE_MAP_BASE;
static const VAddr HEAP = FAKE_MAP_BASE + FIRST * FAKE_PAGE;

enum { DIRTY = 1, MUZZY, CLEAN, LARGE, SLAB, INSIDE };
enum { BITMAP, LINKS };

static void begin(Fixture *f, uint64_t mode) {
    fixture_init(f, find_model("slab"));
    set_param(f, "free", mode);
    fixture_start(f);
}

static VAddr record(guint page) { return A + 32 + page * 48; }
static VAddr bits(guint page) { return A + 32 + PAGES * 48 + page * 32; }

static void assert_record(Fixture *f, guint page, guint kind, guint class, guint64 pages) {
    g_assert_cmphex(fake_word(&f->fake, record(page)), ==, kind | class << 8 | pages << 16);
}

/* 16 32 48 64 | 80 96 112 128 | 160 192 224 256 | 320 ... */
static void test_classes(void) {
    static const guint sizes[][2] = {{1, 16},    {16, 16},   {17, 32},      {64, 64},
                                     {65, 80},   {113, 128}, {129, 160},    {257, 320},
                                     {321, 384}, {513, 640}, {8193, 10240}, {14336, 14336}};
    Fixture f;
    begin(&f, BITMAP);
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        VAddr va = must_malloc(&f, sizes[i][0]);
        g_assert_cmpuint(heap_usable_size(f.heap, va), ==, sizes[i][1]);
    }
    g_assert_cmpuint(heap_usable_size(f.heap, must_malloc(&f, 14337)), ==, 16384); /* pages */
    assert_sound(&f);
    fixture_clear(&f);

    fixture_init(&f, find_model("slab"));
    set_param(&f, "classes", 1);
    set_param(&f, "largest", 100); /* rounded up to 128 */
    fixture_start(&f);
    g_assert_cmpuint(heap_usable_size(f.heap, must_malloc(&f, 65)), ==, 128);
    g_assert_cmpuint(heap_usable_size(f.heap, must_malloc(&f, 129)), ==, 4096);
    fixture_clear(&f);
}

static void test_words(void) {
    Fixture f;
    begin(&f, BITMAP);
    VAddr a = must_malloc(&f, 30), b = must_malloc(&f, 20), c = must_malloc(&f, 32);
    g_assert_cmphex(a, ==, HEAP);
    g_assert_cmphex(b, ==, a + 32);
    g_assert_cmphex(c, ==, a + 64);
    assert_record(&f, FIRST, SLAB, 1, 1);
    g_assert_cmpuint(fake_word(&f.fake, record(FIRST) + 24), ==, 3);
    g_assert_cmphex(fake_word(&f.fake, bits(FIRST)), ==, 7);
    assert_record(&f, FIRST + 1, CLEAN, 0, 249);
    assert_record(&f, PAGES - 1, CLEAN, 0, 249);

    uint64_t before = fake_word(&f.fake, b);
    must_free(&f, b);
    g_assert_cmphex(fake_word(&f.fake, bits(FIRST)), ==, 5);
    g_assert_cmphex(fake_word(&f.fake, b), ==, before); /* the block is not touched */
    g_assert_cmphex(must_malloc(&f, 32), ==, b);        /* the lowest */
    must_free(&f, a);
    must_free(&f, b);
    must_free(&f, c); /* the slab is empty: dirty, and not merged with what is clean */
    assert_record(&f, FIRST, DIRTY, 0, 1);
    assert_record(&f, FIRST + 1, CLEAN, 0, 249);
    assert_sound(&f);
    g_assert_cmphex(must_malloc(&f, 500), ==, HEAP); /* dirty pages first */
    assert_sound(&f);
    fixture_clear(&f);
}

/* 96: one page would waste 64 of 4096, which is less than an eighth; 640: 256; 10240: three pages
 * would waste 2048 of 12288, more than an eighth; five waste nothing. */
static void test_slab_pages(void) {
    Fixture f;
    begin(&f, BITMAP);
    must_malloc(&f, 96);
    must_malloc(&f, 640);
    VAddr big = must_malloc(&f, 10240), next = must_malloc(&f, 10240);
    assert_record(&f, FIRST, SLAB, 5, 1);
    assert_record(&f, FIRST + 1, SLAB, 16, 1);
    assert_record(&f, FIRST + 2, SLAB, 32, 5);
    assert_record(&f, FIRST + 3, INSIDE, 32, 1);
    assert_record(&f, FIRST + 6, INSIDE, 32, 4);
    g_assert_cmphex(big, ==, HEAP + 2 * FAKE_PAGE);
    g_assert_cmphex(next, ==, big + 10240);
    /* the slab is full: a third one begins another */
    g_assert_cmphex(must_malloc(&f, 10240), ==, HEAP + 7 * FAKE_PAGE);
    must_free(&f, next); /* which begins in the third page; now its slab has room again */
    g_assert_cmphex(must_malloc(&f, 10000), ==, next);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_links(void) {
    Fixture f;
    begin(&f, LINKS);
    VAddr a = must_malloc(&f, 64), b = must_malloc(&f, 64), c = must_malloc(&f, 64);
    g_assert_cmphex(a, ==, HEAP);
    g_assert_cmphex(c, ==, a + 128);
    g_assert_cmpuint(fake_word(&f.fake, record(FIRST) + 40), ==, 3); /* ever used */
    must_free(&f, a);
    must_free(&f, b);
    g_assert_cmphex(fake_word(&f.fake, record(FIRST) + 32), ==, b);
    g_assert_cmphex(fake_word(&f.fake, b), ==, a);
    g_assert_cmphex(fake_word(&f.fake, a), ==, 0);
    assert_sound(&f);
    g_assert_cmphex(must_malloc(&f, 64), ==, b); /* the newest */
    g_assert_cmphex(must_malloc(&f, 64), ==, a);
    g_assert_cmphex(must_malloc(&f, 64), ==, c + 64);
    assert_sound(&f);
    fixture_clear(&f);
}

/* Runs: the shortest hole that is long enough; holes merge. */
static void test_runs(void) {
    Fixture f;
    begin(&f, BITMAP);
    VAddr run[7];
    static const guint pages[7] = {6, 4, 5, 4, 5, 4, 4};
    for (guint i = 0; i < 7; i++) {
        run[i] = must_malloc(&f, pages[i] * FAKE_PAGE);
    }
    must_free(&f, run[0]);
    must_free(&f, run[2]);
    must_free(&f, run[4]);
    g_assert_cmphex(must_malloc(&f, 5 * FAKE_PAGE), ==, run[4]); /* of equals the newest */
    g_assert_cmphex(must_malloc(&f, 4 * FAKE_PAGE), ==, run[2]);
    assert_record(&f, FIRST + 14, DIRTY, 0, 1); /* left over */
    assert_sound(&f);
    must_free(&f, run[1]);
    assert_record(&f, FIRST, DIRTY, 0, 10); /* with the first */
    must_free(&f, run[2]);
    assert_record(&f, FIRST, DIRTY, 0, 15); /* with both sides */
    assert_record(&f, FIRST + 14, DIRTY, 0, 15);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_aligned(void) {
    Fixture f;
    begin(&f, BITMAP);
    VAddr va = heap_aligned_alloc(f.heap, 64, 100); /* 128 is a class */
    g_assert_cmpuint(heap_usable_size(f.heap, va), ==, 128);
    va = heap_aligned_alloc(f.heap, 256, 300); /* 320, 384 and 448 are no multiples: 512 */
    g_assert_cmpuint(heap_usable_size(f.heap, va), ==, 512);
    for (uint64_t alignment = 16; alignment <= 4 * CHUNK; alignment *= 2) {
        va = heap_aligned_alloc(f.heap, alignment, 5000);
        g_assert_cmphex(va, !=, 0);
        g_assert_cmphex(va % alignment, ==, 0);
        assert_sound(&f);
    }
    fixture_clear(&f);
}

/* malloc_trim: what is one hole altogether goes back. */
static void test_trim(void) {
    Fixture f;
    begin(&f, BITMAP);
    VAddr a = must_malloc(&f, 250 * FAKE_PAGE), b = must_malloc(&f, 20000),
          lone = must_malloc(&f, 251 * FAKE_PAGE);
    g_assert_cmphex(lone % CHUNK, ==, FAKE_PAGE); /* the chunk has only 250 */
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 2 * CHUNK + 252 * FAKE_PAGE);
    must_free(&f, lone);
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 2 * CHUNK);
    g_assert_false(heap_trim(f.heap, 0));
    must_free(&f, a);
    g_assert_true(heap_trim(f.heap, 0));
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, CHUNK);
    assert_sound(&f);
    must_free(&f, b);
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, CHUNK); /* a dirty and a clean hole */
    g_assert_true(heap_trim(f.heap, 0));
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 0);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_damage_is_noticed(void) {
    Fixture f;
    begin(&f, BITMAP);
    must_malloc(&f, 10240);
    must_malloc(&f, 20000);
    const VAddr words[] = {record(FIRST),      record(FIRST + 1),  record(FIRST) + 16,
                           record(FIRST) + 24, bits(FIRST),        record(FIRST + 5),
                           record(FIRST + 9),  record(FIRST + 10), A + 16};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        assert_damage_is_noticed(&f, words[i], fake_word(&f.fake, words[i]) ^ 4);
    }
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/slab/classes", test_classes);
    g_test_add_func("/slab/words", test_words);
    g_test_add_func("/slab/slab-pages", test_slab_pages);
    g_test_add_func("/slab/links", test_links);
    g_test_add_func("/slab/runs", test_runs);
    g_test_add_func("/slab/aligned", test_aligned);
    g_test_add_func("/slab/trim", test_trim);
    g_test_add_func("/slab/damage-is-noticed", test_damage_is_noticed);
    return g_test_run();
}
