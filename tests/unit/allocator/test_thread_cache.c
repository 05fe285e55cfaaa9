/* test_thread_cache.c - refilling and giving back in batches, whose block it is, what threads share. */
#include "fixture.h"

enum { SLAB, SEGREGATED, BUDDY, DECAY, EXPLICIT };
enum { QUEUE, OWN, HEAP };

static void begin(Fixture *f, uint64_t over, uint64_t remote) {
    fixture_init(f, find_model("thread-cache"));
    set_param(f, "over", over);
    set_param(f, "remote", remote);
    set_param(f, "limit", 4);
    set_param(f, "batch", 3);
    fixture_start(f);
}

/* With segregated underneath, the first mapping is thread 0's cache. */
static VAddr cache(guint thread) { return FAKE_MAP_BASE + thread * FAKE_PAGE; }

static void assert_list(Fixture *f, guint thread, guint size, VAddr head, guint count) {
    g_assert_cmphex(fake_word(&f->fake, cache(thread) + size), ==, head);
    g_assert_cmpuint(fake_word(&f->fake, cache(thread) + size + 8), ==, count);
}

static void assert_header(Fixture *f, VAddr payload, guint size, guint thread, guint flags) {
    g_assert_cmpuint(fake_word(&f->fake, payload - 16), ==, size);
    g_assert_cmphex(fake_word(&f->fake, payload - 8), ==, thread << 8 | flags);
}

/* Every word of `over` means the model of that name. */
static void test_choices(void) {
    const AllocatorOps *ops = find_model("thread-cache");
    g_auto(GStrv) words = g_strsplit(ops->info.params[0].choices, "|", -1);
    for (guint i = 0; words[i] != NULL; i++) {
        Fixture f;
        fixture_init(&f, find_model(words[i]));
        fixture_start(&f);
        must_malloc(&f, 112 + (f.ops->alignment == 8 ? 8 : 0));
        uint64_t heap_bytes = heap_stats(f.heap)->heap_bytes;
        fixture_clear(&f);
        begin(&f, i, QUEUE);
        set_param(&f, "batch", 1);
        heap_destroy(f.heap);
        fixture_start(&f);
        must_malloc(&f, 96);
        g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, heap_bytes + FAKE_PAGE);
        assert_sound(&f);
        fixture_clear(&f);
    }
}

static void test_batches(void) {
    Fixture f;
    begin(&f, SEGREGATED, QUEUE);
    /* three blocks of 48 + 16, each in a block of 80; the newest first */
    VAddr a = must_malloc(&f, 40);
    g_assert_cmphex(a, ==, FAKE_BRK_BASE + 32 + 2 * 80);
    assert_header(&f, a, 48, 0, 0);
    assert_list(&f, 0, 48, a - 80, 2);
    assert_header(&f, a - 80, 48, 0, 1);
    g_assert_cmphex(fake_word(&f.fake, a - 80), ==, a - 160);
    VAddr b = must_malloc(&f, 48), c = must_malloc(&f, 33), d = must_malloc(&f, 48);
    g_assert_cmphex(b, ==, a - 80);
    g_assert_cmphex(c, ==, a - 160);
    assert_list(&f, 0, 48, a + 160, 2); /* three more */
    g_assert_cmphex(d, ==, a + 240);
    must_free(&f, a);
    must_free(&f, b);
    assert_list(&f, 0, 48, b, 4);
    assert_sound(&f);
    must_free(&f, c); /* the list is full: three others leave it */
    assert_list(&f, 0, 48, c, 2);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_large(void) {
    Fixture f;
    begin(&f, SEGREGATED, QUEUE);
    VAddr a = must_malloc(&f, 1025);
    g_assert_cmpuint(f.fake.mmap_calls, ==, 0);
    assert_header(&f, a, 1040, 0, 0);
    must_free(&f, a);
    assert_picture(&f, false, "free[8,4080]");
    assert_sound(&f);
    fixture_clear(&f);
}

/* Over a model whose blocks are aligned to 8 only. */
static void test_shift(void) {
    Fixture f;
    begin(&f, EXPLICIT, QUEUE);
    for (guint i = 1; i < 100; i++) {
        VAddr va = must_malloc(&f, i * 8);
        g_assert_cmphex(va % 16, ==, 0);
        if (i % 3 != 0) {
            must_free(&f, va);
        }
        assert_sound(&f);
    }
    fixture_clear(&f);
}

static void test_remote(void) {
    for (uint64_t remote = QUEUE; remote <= HEAP; remote++) {
        Fixture f;
        begin(&f, SEGREGATED, remote);
        VAddr a = must_malloc(&f, 48), b = must_malloc(&f, 48), c = must_malloc(&f, 48);
        f.fake.thread = 1;
        must_malloc(&f, 500); /* so that it has a cache */
        must_free(&f, a);
        assert_sound(&f);
        if (remote == QUEUE) {
            g_assert_cmphex(fake_word(&f.fake, cache(0)), ==, a);
            assert_header(&f, a, 48, 0, 1);
            assert_list(&f, 1, 48, 0, 0);
            must_free(&f, b);
            g_assert_cmphex(fake_word(&f.fake, cache(0)), ==, b);
            g_assert_cmphex(fake_word(&f.fake, b), ==, a);
            f.fake.thread = 0;
            g_assert_cmphex(must_malloc(&f, 48), ==, a); /* b came to the list before a */
            g_assert_cmphex(fake_word(&f.fake, cache(0)), ==, 0);
            assert_list(&f, 0, 48, b, 1);
        } else if (remote == OWN) {
            assert_list(&f, 1, 48, a, 1);
            g_assert_cmphex(must_malloc(&f, 48), ==, a);
            assert_header(&f, a, 48, 1, 0);
        } else {
            assert_list(&f, 1, 48, 0, 0);
            g_assert_cmphex(fake_word(&f.fake, cache(0)), ==, 0);
        }
        must_free(&f, c);
        assert_sound(&f);
        fixture_clear(&f);
    }
}

/* What a thread kept goes back; blocks that it still owns go to the model when they are freed. */
static void test_thread_exit(void) {
    Fixture f;
    begin(&f, SEGREGATED, QUEUE);
    must_malloc(&f, 500);
    f.fake.thread = 1;
    VAddr a = must_malloc(&f, 48), b = must_malloc(&f, 48);
    f.fake.thread = 0;
    must_free(&f, b);
    f.fake.thread = 1;
    g_assert_cmpuint(f.fake.pages_mapped, ==, 2);
    heap_thread_exit(f.heap);
    g_assert_cmpuint(f.fake.pages_mapped, ==, 1);
    assert_sound(&f);
    f.fake.thread = 0;
    must_free(&f, a);
    g_assert_cmpuint(fake_word(&f.fake, cache(0) + 48 + 8), ==, 0);
    assert_sound(&f);
    fixture_clear(&f);
}

/* Nobody has so many threads; the numbers may come from a file. */
static void test_strange_thread(void) {
    Fixture f;
    begin(&f, SEGREGATED, QUEUE);
    f.fake.thread = UINT32_MAX;
    VAddr a = must_malloc(&f, 48);
    g_assert_cmpuint(f.fake.mmap_calls, ==, 0);
    f.fake.thread = 0;
    must_free(&f, a);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_trim(void) {
    Fixture f;
    begin(&f, SLAB, QUEUE);
    must_free(&f, must_malloc(&f, 48));
    g_assert_true(heap_trim(f.heap, 0));
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, FAKE_PAGE); /* the cache itself */
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_damage_is_noticed(void) {
    Fixture f;
    begin(&f, SEGREGATED, QUEUE);
    VAddr a = must_malloc(&f, 48);
    assert_damage_is_noticed(&f, cache(0) + 48 + 8, fake_word(&f.fake, cache(0) + 48 + 8) ^ 1);
    assert_damage_is_noticed(&f, a - 80 - 8, fake_word(&f.fake, a - 80 - 8) ^ 1);
    assert_damage_is_noticed(&f, a - 80 - 16, fake_word(&f.fake, a - 80 - 16) ^ 32);
    assert_damage_is_noticed(&f, a - 80, 0);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/thread-cache/choices", test_choices);
    g_test_add_func("/thread-cache/batches", test_batches);
    g_test_add_func("/thread-cache/large", test_large);
    g_test_add_func("/thread-cache/shift", test_shift);
    g_test_add_func("/thread-cache/remote", test_remote);
    g_test_add_func("/thread-cache/thread-exit", test_thread_exit);
    g_test_add_func("/thread-cache/strange-thread", test_strange_thread);
    g_test_add_func("/thread-cache/trim", test_trim);
    g_test_add_func("/thread-cache/damage-is-noticed", test_damage_is_noticed);
    return g_test_run();
}
