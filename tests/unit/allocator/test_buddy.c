/* test_buddy.c - halving and merging, the map byte by byte, alignment, blocks beyond a chunk. */
#include "fixture.h"

#define K     1024
#define MAP   (64 * K) /* 32 + 32 K of map in a chunk of 1 MiB: the next power of two */
#define CHUNK (1024 * K)

static const VAddr A = FAKE_MAP_BASE;

static void begin(Fixture *f, uint64_t smallest, uint64_t chunk) {
    fixture_init(f, find_model("buddy"));
    set_param(f, "smallest", smallest);
    set_param(f, "chunk", chunk);
    fixture_start(f);
}

static void assert_tag(Fixture *f, VAddr block, guint8 expected) {
    VAddr chunk = block & ~(VAddr)(CHUNK - 1);
    g_assert_cmphex(*fake_bytes(&f->fake, chunk + 32 + (block - chunk) / 32, 1), ==, expected);
}

static void test_halving(void) {
    Fixture f;
    begin(&f, 32, CHUNK);
    g_assert_cmphex(must_malloc(&f, 20000), ==, A + MAP); /* 2^15 of the hole of 2^16 */
    g_assert_cmpuint(f.fake.mmap_calls, ==, 1);
    assert_picture(&f, false,
                   "used[65536,32768] free[98304,32768] free[131072,131072] "
                   "free[262144,262144] free[524288,524288]");
    assert_tag(&f, A, 16); /* the map itself */
    assert_tag(&f, A + MAP, 15);
    assert_tag(&f, A + MAP + 32 * K, 0x80 | 15);
    assert_tag(&f, A + CHUNK / 2, 0x80 | 19);
    /* 100 bytes are 2^7, of the other 32 K: the lower halves */
    g_assert_cmphex(must_malloc(&f, 100), ==, A + 98304);
    assert_tag(&f, A + 98304, 7);
    assert_tag(&f, A + 98304 + 128, 0x80 | 7);
    assert_tag(&f, A + 98304 + 256, 0x80 | 8);
    g_assert_cmphex(must_malloc(&f, 128), ==, A + 98304 + 128);
    g_assert_cmphex(must_malloc(&f, 1), ==, A + 98304 + 256); /* the least: 32 */
    assert_tag(&f, A + 98304 + 256, 5);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_merging(void) {
    Fixture f;
    begin(&f, 32, CHUNK);
    VAddr a = must_malloc(&f, 32), b = must_malloc(&f, 32), c = must_malloc(&f, 32);
    g_assert_cmphex(b, ==, a + 32);
    g_assert_cmphex(c, ==, a + 64);
    must_free(&f, b); /* its buddy is in use */
    must_free(&f, c); /* merges with the block at 96; then the buddy is not whole */
    assert_tag(&f, b, 0x80 | 5);
    assert_tag(&f, c, 0x80 | 6);
    assert_sound(&f);
    must_free(&f, a); /* everything */
    assert_tag(&f, a, 0x80 | 16);
    assert_picture(&f, false,
                   "free[65536,65536] free[131072,131072] free[262144,262144] free[524288,524288]");
    g_assert_cmphex(must_malloc(&f, 1), ==, a);
    assert_sound(&f);
    fixture_clear(&f);
}

/* Holes of one order: the newest first, linked by their first two words. */
static void test_links(void) {
    Fixture f;
    begin(&f, 32, CHUNK);
    VAddr block[4];
    for (guint i = 0; i < 4; i++) {
        block[i] = must_malloc(&f, 64);
    }
    must_free(&f, block[0]);
    must_free(&f, block[2]);
    g_assert_cmphex(fake_word(&f.fake, block[2]), ==, block[0]);
    g_assert_cmphex(fake_word(&f.fake, block[2] + 8), ==, 0);
    g_assert_cmphex(fake_word(&f.fake, block[0]), ==, 0);
    g_assert_cmphex(fake_word(&f.fake, block[0] + 8), ==, block[2]);
    g_assert_cmphex(must_malloc(&f, 64), ==, block[2]);
    g_assert_cmphex(must_malloc(&f, 64), ==, block[0]);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_aligned(void) {
    Fixture f;
    begin(&f, 16, CHUNK);
    for (uint64_t alignment = 16; alignment <= 4 * CHUNK; alignment *= 2) {
        VAddr va = heap_aligned_alloc(f.heap, alignment, 24);
        g_assert_cmphex(va, !=, 0);
        g_assert_cmphex(va % alignment, ==, 0);
        g_assert_cmpuint(heap_usable_size(f.heap, va), >=,
                         alignment <= CHUNK / 2 && alignment > 32 ? alignment : 24);
        assert_sound(&f);
        must_free(&f, va);
        assert_sound(&f);
    }
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, CHUNK);
    fixture_clear(&f);
}

/* More than half a chunk: header page, payload, and back to the system when it is freed. */
static void test_lone(void) {
    Fixture f;
    begin(&f, 32, CHUNK);
    must_malloc(&f, 1);
    VAddr big = must_malloc(&f, CHUNK / 2 + 1);
    VAddr chunk = big - FAKE_PAGE;
    g_assert_cmphex(chunk % CHUNK, ==, 0);
    g_assert_cmphex(fake_word(&f.fake, chunk), ==, A);                    /* next */
    g_assert_cmphex(fake_word(&f.fake, chunk + 8), ==, 0);                /* prev */
    g_assert_cmphex(fake_word(&f.fake, chunk + 16), ==, 516 * K + 4 * K); /* whole pages */
    g_assert_cmphex(fake_word(&f.fake, chunk + 24), ==, big);
    g_assert_cmpuint(heap_usable_size(f.heap, big), ==, 516 * K);
    assert_sound(&f);
    must_free(&f, big);
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, CHUNK);

    big = must_malloc(&f, CHUNK);
    f.fake.keep = true; /* the system does not take it */
    must_free(&f, big);
    assert_sound(&f);
    fixture_clear(&f);
}

/* When the system gives an unaligned address: more address space, of which the ends go back. */
static void test_chunk_alignment(void) {
    Fixture f;
    begin(&f, 32, CHUNK);
    f.fake.mapped[0] = FAKE_WRITABLE;
    VAddr a = must_malloc(&f, CHUNK / 2);
    g_assert_cmphex(a, ==, A + CHUNK + CHUNK / 2);
    g_assert_cmpuint(f.fake.pages_mapped, ==, 256);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_smallest(void) {
    Fixture f;
    begin(&f, 100, 65536); /* rounded up: 128 */
    VAddr a = must_malloc(&f, 1), b = must_malloc(&f, 1);
    g_assert_cmphex(a, ==, A + 1024); /* 32 + 512 bytes of map */
    g_assert_cmphex(b, ==, a + 128);
    g_assert_cmpuint(heap_usable_size(f.heap, a), ==, 128);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_damage_is_noticed(void) {
    Fixture f;
    begin(&f, 32, CHUNK);
    VAddr a = must_malloc(&f, 32), b = must_malloc(&f, 32);
    must_free(&f, b);
    uint8_t *tag = fake_bytes(&f.fake, A + 32 + (a - A) / 32, 1);
    *tag = 0x80 | 5; /* now both are holes */
    g_assert_nonnull(heap_check(f.heap, &f.peek));
    *tag = 6;
    g_assert_nonnull(heap_check(f.heap, &f.peek));
    *tag = 5;
    assert_sound(&f);
    assert_damage_is_noticed(&f, b + 8, 1);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/buddy/halving", test_halving);
    g_test_add_func("/buddy/merging", test_merging);
    g_test_add_func("/buddy/links", test_links);
    g_test_add_func("/buddy/aligned", test_aligned);
    g_test_add_func("/buddy/lone", test_lone);
    g_test_add_func("/buddy/chunk-alignment", test_chunk_alignment);
    g_test_add_func("/buddy/smallest", test_smallest);
    g_test_add_func("/buddy/damage-is-noticed", test_damage_is_noticed);
    return g_test_run();
}
