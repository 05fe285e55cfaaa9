/* test_heap.c - the wrapper: C's contract, and every kind of wrongdoing found.
 *
 * A rogue model hands out whatever address the test has told it to.
 */
#include <setjmp.h>

#include "fixture.h"

/* ---- C's contract, on a decent model ---- */

static void begin(Fixture *f, const char *model) {
    fixture_init(f, find_model(model));
    fixture_start(f);
}

static void test_size_zero(void) {
    Fixture f;
    begin(&f, "explicit");
    VAddr a = must_malloc(&f, 0), b = must_malloc(&f, 0);
    g_assert_cmpuint(a, !=, b);
    g_assert_cmpuint(heap_block_size(f.heap, a), ==, 0);
    g_assert_cmpuint(heap_stats(f.heap)->live_blocks, ==, 2);
    g_assert_cmpuint(heap_stats(f.heap)->live_bytes, ==, 0);
    VAddr c = heap_calloc(f.heap, 0, 8), d = heap_aligned_alloc(f.heap, 64, 0);
    g_assert_true(c != 0 && d != 0 && c != d);
    assert_sound(&f);
    must_free(&f, a);
    must_free(&f, b);
    must_free(&f, d);
    assert_sound(&f);
    fixture_clear(&f);
}

/* Many aligned blocks of size 0, on a model without headers: all different. */
static void test_aligned_zero_unique(void) {
    Fixture f;
    begin(&f, "bump");
    VAddr last = 0;
    for (guint i = 0; i < 100; i++) {
        VAddr va = heap_aligned_alloc(f.heap, 32, 0);
        g_assert_cmpuint(va, >, last);
        g_assert_cmpuint(va % 32, ==, 0);
        last = va;
    }
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_too_large(void) {
    Fixture f;
    begin(&f, "explicit");
    g_assert_cmpuint(heap_malloc(f.heap, UINT64_MAX), ==, 0);
    g_assert_cmpuint(heap_malloc(f.heap, ALLOCATOR_SIZE_MAX + 1), ==, 0);
    g_assert_cmpuint(heap_calloc(f.heap, UINT64_C(1) << 32, UINT64_C(1) << 32), ==, 0);
    g_assert_cmpuint(heap_calloc(f.heap, UINT64_C(1) << 40, 1000), ==, 0);
    g_assert_cmpuint(heap_aligned_alloc(f.heap, UINT64_C(1) << 63, 1), ==, 0);
    g_assert_cmpuint(heap_aligned_alloc(f.heap, UINT64_C(1) << 47, ALLOCATOR_SIZE_MAX), ==, 0);
    g_assert_cmpuint(f.fake.sbrk_calls + f.fake.loads + f.fake.stores, ==, 0);
    g_assert_cmpuint(heap_malloc(f.heap, ALLOCATOR_SIZE_MAX), ==, 0);
    g_assert_cmpuint(f.fake.sbrk_calls, ==, 1);
    VAddr a = must_malloc(&f, 8);
    g_assert_cmpuint(heap_realloc(f.heap, a, UINT64_MAX), ==, 0);
    g_assert_cmpuint(heap_block_size(f.heap, a), ==, 8);
    g_assert_cmpuint(heap_stats(f.heap)->failed, ==, 8);
    g_assert_cmpuint(heap_stats(f.heap)->mallocs, ==, 9);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_null_and_zero(void) {
    Fixture f;
    begin(&f, "explicit");
    heap_free(f.heap, 0);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_OK);
    g_assert_cmpuint(heap_stats(f.heap)->frees, ==, 0);
    VAddr a = heap_realloc(f.heap, 0, 100);
    g_assert_cmpuint(heap_block_size(f.heap, a), ==, 100);
    g_assert_cmpuint(heap_realloc(f.heap, a, 0), ==, 0);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_OK);
    g_assert_cmpuint(heap_stats(f.heap)->frees, ==, 1);
    g_assert_cmpuint(heap_stats(f.heap)->failed, ==, 0);
    heap_free(f.heap, a);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_DOUBLE_FREE);
    fixture_clear(&f);
}

static void test_calloc_zeroes(void) {
    Fixture f;
    begin(&f, "explicit");
    VAddr a = must_malloc(&f, 64);
    fake_set(&f.fake, a, 0xff, 64);
    must_free(&f, a);
    VAddr b = heap_calloc(f.heap, 8, 8);
    g_assert_cmpuint(b, ==, a);
    for (uint64_t i = 0; i < 64; i += 8) {
        g_assert_cmpuint(fake_word(&f.fake, b + i), ==, 0);
    }
    fixture_clear(&f);
}

static void test_realloc_directions(void) {
    Fixture f;
    begin(&f, "explicit");
    VAddr a = must_malloc(&f, 20); /* 24 usable */
    must_malloc(&f, 8);
    fake_put(&f.fake, a, 0x1122334455667788);
    fake_put(&f.fake, a + 16, 0x99);
    g_assert_cmpuint(heap_realloc(f.heap, a, 24), ==, a);
    g_assert_cmpuint(heap_realloc(f.heap, a, 3), ==, a);
    g_assert_cmpuint(heap_block_size(f.heap, a), ==, 3);
    g_assert_cmpuint(heap_stats(f.heap)->mallocs, ==, 3); /* growing calls only */
    VAddr b = heap_realloc(f.heap, a, 1000);
    g_assert_cmpuint(b, !=, a);
    g_assert_cmpuint(fake_word(&f.fake, b), ==, 0x1122334455667788);
    g_assert_cmpuint(fake_word(&f.fake, b + 16), ==, 0x99);
    g_assert_cmpuint(heap_stats(f.heap)->mallocs, ==, 4);
    g_assert_cmpuint(heap_stats(f.heap)->frees, ==, 0);
    g_assert_cmpuint(heap_stats(f.heap)->live_bytes, ==, 1008);
    g_assert_cmpuint(heap_stats(f.heap)->peak_live_bytes, ==, 1008); /* never both */
    g_assert_cmpuint(heap_stats(f.heap)->granted_bytes, >=, 1008);
    heap_free(f.heap, a);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_DOUBLE_FREE);
    f.fake.fail_every = 1;
    g_assert_cmpuint(heap_realloc(f.heap, b, 100000), ==, 0);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_OK);
    g_assert_cmpuint(heap_block_size(f.heap, b), ==, 1000);
    assert_sound(&f);
    fixture_clear(&f);
}

/* What a block was granted is looked up behind the program's back: no load is counted. */
static void test_granted(void) {
    uint64_t loads[2];
    for (guint blind = 0; blind < 2; blind++) {
        Fixture f;
        fixture_init(&f, find_model("gnu"));
        f.env.peek = blind ? NULL : f.env.peek;
        fixture_start(&f);
        VAddr a = must_malloc(&f, 25), b = must_malloc(&f, 1);
        const HeapStats *stats = heap_stats(f.heap);
        g_assert_cmpuint(stats->live_bytes, ==, 26);
        g_assert_cmpuint(stats->granted_bytes, ==, blind ? 26 : 64);
        must_free(&f, b);
        g_assert_cmpuint(stats->granted_bytes, ==, blind ? 25 : 40);
        must_free(&f, a);
        g_assert_cmpuint(stats->granted_bytes, ==, 0);
        g_assert_cmpuint(stats->peak_granted_bytes, ==, blind ? 26 : 64);
        assert_sound(&f);
        loads[blind] = f.fake.loads;
        fixture_clear(&f);
    }
    g_assert_cmpuint(loads[0], ==, loads[1]);
}

static void test_aligned(void) {
    Fixture f;
    begin(&f, "explicit");
    g_assert_cmpuint(heap_aligned_alloc(f.heap, 0, 8), ==, 0);
    g_assert_cmpuint(heap_aligned_alloc(f.heap, 48, 8), ==, 0);
    VAddr a = heap_aligned_alloc(f.heap, 4, 8); /* less than natural: natural */
    g_assert_cmpuint(a % 8, ==, 0);
    VAddr b = heap_aligned_alloc(f.heap, 4096, 100);
    g_assert_cmpuint(b % 4096, ==, 0);
    fake_put(&f.fake, b, 5);
    heap_free(f.heap, b + 8);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_FOREIGN_FREE);
    VAddr c = heap_realloc(f.heap, b, 9000);
    g_assert_cmpuint(fake_word(&f.fake, c), ==, 5);
    assert_sound(&f);
    must_free(&f, c);
    must_free(&f, a);
    assert_sound(&f);
    g_assert_cmpuint(heap_stats(f.heap)->mallocs, ==, 5);
    g_assert_cmpuint(heap_stats(f.heap)->failed, ==, 2);
    fixture_clear(&f);
}

static void test_heap_bytes(void) {
    Fixture f;
    begin(&f, "linked");
    g_assert_cmpuint(heap_base(f.heap), ==, 0);
    VAddr a = must_malloc(&f, 1000);
    g_assert_cmpuint(heap_base(f.heap), ==, FAKE_BRK_BASE);
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 1024);
    must_free(&f, a);
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 0);
    g_assert_cmpuint(heap_stats(f.heap)->peak_heap_bytes, ==, 1024);
    g_assert_cmpuint(heap_base(f.heap), ==, FAKE_BRK_BASE);
    fixture_clear(&f);
}

/* ---- what programs do wrong ---- */

static void test_bad_frees(void) {
    Fixture f;
    begin(&f, "explicit");
    heap_free(f.heap, 12345);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_FOREIGN_FREE);
    VAddr a = must_malloc(&f, 100), b = must_malloc(&f, 100);
    must_free(&f, a);
    uint64_t loads = f.fake.loads;
    heap_free(f.heap, a);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_DOUBLE_FREE);
    g_assert_cmpuint(heap_realloc(f.heap, a, 10), ==, 0);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_DOUBLE_FREE);
    heap_free(f.heap, b + 16);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_FOREIGN_FREE);
    g_assert_cmpuint(heap_realloc(f.heap, b + 16, 10), ==, 0);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_FOREIGN_FREE);
    g_assert_cmpuint(f.fake.loads, ==, loads); /* the model was not called */
    g_assert_cmpuint(heap_stats(f.heap)->frees, ==, 1);
    assert_sound(&f);
    /* the address is a live block's again, then dead again */
    g_assert_cmpuint(must_malloc(&f, 100), ==, a);
    must_free(&f, a);
    heap_free(f.heap, a);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_DOUBLE_FREE);
    /* a larger block covers the dead address: it is nobody's */
    must_free(&f, b);
    VAddr big = must_malloc(&f, 1000);
    g_assert_cmpuint(big, ==, a);
    heap_free(f.heap, b);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_FOREIGN_FREE);
    fixture_clear(&f);
}

/* The program bends the list into a circle: the call ends, and says so. */
static void test_endless(void) {
    Fixture f;
    begin(&f, "linked");
    VAddr a = must_malloc(&f, 16);
    must_malloc(&f, 16);
    fake_put(&f.fake, a - 8, a - 24);
    g_assert_cmpuint(heap_malloc(f.heap, 100), ==, 0);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_ENDLESS);
    fixture_clear(&f);
}

static void count_visit(void *host, const HeapBlock *block) {
    (void)block;
    ++*(uint64_t *)host;
}

static void test_endless_walk(void) {
    Fixture f;
    fixture_init(&f, find_model("linked"));
    set_param(&f, "source", 1); /* mappings have no order that a check could find broken */
    fixture_start(&f);
    VAddr a = must_malloc(&f, 16);
    fake_put(&f.fake, a - 8, a - 24);
    uint64_t visits = 0;
    heap_walk(f.heap, &f.peek, count_visit, &visits);
    g_assert_cmpuint(visits, >, 1000);
    g_assert_cmpstr(heap_check(f.heap, &f.peek), ==, heap_error_words(HEAP_ENDLESS));
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_OK);
    fixture_clear(&f);
}

/* ---- a process killed in the middle of a call ---- */

typedef struct Killer {
    FakeMemory *fake;
    uint64_t loads_left;
    jmp_buf dead;
} Killer;

static Killer killer;

static uint64_t killing_load(void *host, VAddr va, unsigned size) {
    if (killer.loads_left-- == 0) {
        longjmp(killer.dead, 1);
    }
    return fake_load(host, va, size);
}

static void churn_until_killed(Fixture *f) {
    if (setjmp(killer.dead) == 0) {
        VAddr kept = 0;
        for (;;) {
            VAddr va = heap_malloc(f->heap, 1000);
            heap_free(f->heap, kept);
            kept = heap_realloc(f->heap, va, 3000);
        }
    }
}

static void test_killed(void) {
    for (guint m = 0; allocators_builtin[m] != NULL; m++) {
        for (uint64_t loads = 0; loads < 150 && allocators_builtin[m]->walk != NULL; loads++) {
            Fixture f;
            fixture_init(&f, allocators_builtin[m]);
            f.env.load = killing_load;
            fixture_start(&f);
            killer.loads_left = loads;
            churn_until_killed(&f);
            uint64_t visits = 0;
            heap_walk(f.heap, &f.peek, count_visit, &visits);
            assert_sound(&f);
            fixture_clear(&f);
        }
    }
}

/* ---- what models do wrong ---- */

typedef struct Rogue {
    const AllocatorEnv *env;
    VAddr block;
} Rogue;

static Rogue rogue;

static void *rogue_create(const AllocatorEnv *env, const uint64_t *params) {
    (void)params;
    rogue.env = env;
    return &rogue;
}
static void rogue_destroy(void *self) { (void)self; }
static void rogue_free(void *self, VAddr payload) { (void)self, (void)payload; }
static VAddr rogue_malloc(void *self, uint64_t size) {
    (void)self, (void)size;
    return rogue.block;
}
static VAddr rogue_calloc(void *self, uint64_t count, uint64_t size) {
    return rogue_malloc(self, count * size);
}
static VAddr rogue_realloc(void *self, VAddr payload, uint64_t size) {
    (void)payload;
    return rogue_malloc(self, size);
}
static VAddr rogue_aligned_alloc(void *self, uint64_t alignment, uint64_t size) {
    return rogue_malloc(self, alignment + size);
}

static const AllocatorOps rogue_ops = {
    .info = {.name = "rogue", .summary = "", .source = "", .params = PARAMS_NONE},
    .alignment = 16,
    .create = rogue_create,
    .destroy = rogue_destroy,
    .malloc = rogue_malloc,
    .free = rogue_free,
};

/* A heap on a rogue that holds one page at FAKE_BRK_BASE and one at FAKE_MAP_BASE. */
static void begin_rogue(Fixture *f, const AllocatorOps *ops) {
    fixture_init(f, ops);
    fixture_start(f);
    g_assert_cmpuint(rogue.env->sbrk(rogue.env->host, 4096), ==, FAKE_BRK_BASE);
    g_assert_cmpuint(rogue.env->mmap(rogue.env->host, 100), ==, FAKE_MAP_BASE);
    rogue.block = FAKE_BRK_BASE;
    must_malloc(f, 100);
}

static void assert_refused(Fixture *f, VAddr block, uint64_t size, HeapError error) {
    rogue.block = block;
    g_assert_cmpuint(heap_malloc(f->heap, size), ==, 0);
    g_assert_cmpint(heap_error(f->heap), ==, error);
}

static void test_rogue_malloc(void) {
    Fixture f;
    begin_rogue(&f, &rogue_ops);
    const VAddr A = FAKE_BRK_BASE, M = FAKE_MAP_BASE;
    assert_refused(&f, A + 1000, 8, HEAP_MISALIGNED);
    assert_refused(&f, A, 1, HEAP_OVERLAP);
    assert_refused(&f, A + 48, 0, HEAP_OVERLAP);
    assert_refused(&f, A + 4096, 0, HEAP_OUTSIDE);
    assert_refused(&f, A + 96, 1, HEAP_OVERLAP);
    assert_refused(&f, A + 4096, 1, HEAP_OUTSIDE);
    assert_refused(&f, A + 4080, 17, HEAP_OUTSIDE);
    assert_refused(&f, A - 16, 100, HEAP_OUTSIDE);
    assert_refused(&f, M + 4096, 1, HEAP_OUTSIDE);
    rogue.block = A + 4080;
    must_malloc(&f, 16);
    assert_refused(&f, A + 4000, 81, HEAP_OVERLAP);
    rogue.block = M + 4000; /* a mapping is whole pages */
    must_malloc(&f, 96);
    rogue.block = A + 112;
    must_malloc(&f, 3968);
    g_assert_cmpuint(heap_stats(f.heap)->live_blocks, ==, 4);
    fixture_clear(&f);
}

static void test_rogue_gives_back(void) {
    Fixture f;
    begin_rogue(&f, &rogue_ops);
    const AllocatorEnv *env = rogue.env;
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 8192);
    env->sbrk(env->host, -2048);
    g_assert_true(env->munmap(env->host, FAKE_MAP_BASE, 100));
    g_assert_cmpuint(heap_stats(f.heap)->heap_bytes, ==, 2048);
    g_assert_cmpuint(heap_stats(f.heap)->peak_heap_bytes, ==, 8192);
    assert_refused(&f, FAKE_BRK_BASE + 2048, 1, HEAP_OUTSIDE);
    assert_refused(&f, FAKE_MAP_BASE, 1, HEAP_OUTSIDE);
    fixture_clear(&f);
}

/* A model with calloc, realloc and aligned_alloc of its own: the wrapper calls them. */
static void test_own_hooks(void) {
    AllocatorOps ops = rogue_ops;
    ops.calloc = rogue_calloc;
    ops.realloc = rogue_realloc;
    ops.aligned_alloc = rogue_aligned_alloc;
    Fixture f;
    begin_rogue(&f, &ops);
    const VAddr A = FAKE_BRK_BASE;
    rogue.block = A + 1024;
    fake_put(&f.fake, A + 1024, 7);
    g_assert_cmpuint(heap_calloc(f.heap, 4, 4), ==, A + 1024);
    g_assert_cmpuint(fake_word(&f.fake, A + 1024), ==, 7); /* its zeroes are its own affair */
    rogue.block = A + 1040;                                /* slides over its old place: allowed */
    g_assert_cmpuint(heap_realloc(f.heap, A + 1024, 32), ==, A + 1040);
    rogue.block = A + 2048;
    g_assert_cmpuint(heap_aligned_alloc(f.heap, 2048, 8), ==, A + 2048);
    rogue.block = A + 3072;
    g_assert_cmpuint(heap_aligned_alloc(f.heap, 2048, 8), ==, 0);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_MISALIGNED);
    rogue.block = 0;
    g_assert_cmpuint(heap_realloc(f.heap, A + 1040, 64), ==, 0);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_OK);
    g_assert_cmpuint(heap_block_size(f.heap, A + 1040), ==, 32);
    fixture_clear(&f);
}

/* What the wrapper has aligned inside a block, the model's realloc does not know. */
static void test_realloc_of_aligned(void) {
    AllocatorOps ops = rogue_ops;
    ops.realloc = rogue_realloc;
    Fixture f;
    begin_rogue(&f, &ops);
    const VAddr A = FAKE_BRK_BASE;
    rogue.block = A + 1040;
    g_assert_cmpuint(heap_aligned_alloc(f.heap, 64, 8), ==, A + 1088);
    rogue.block = A + 2048;
    g_assert_cmpuint(heap_realloc(f.heap, A + 1088, 4), ==, A + 1088);
    g_assert_cmpuint(heap_realloc(f.heap, A + 1088, 9), ==, A + 2048);
    fixture_clear(&f);
}

static void test_words(void) {
    for (guint i = 0; i < HEAP_ERRORS; i++) {
        g_assert_nonnull(heap_error_words((HeapError)i));
    }
}

/* A million live blocks; then many deaths, in no order. */
static void test_million_blocks(void) {
    enum { BLOCKS = 1000000, DEATHS = 200000 };
    Fixture f;
    begin(&f, "bump");
    const VAddr A = FAKE_BRK_BASE;
    for (guint i = 0; i < BLOCKS; i++) {
        heap_malloc(f.heap, 16);
    }
    g_assert_cmpuint(heap_stats(f.heap)->live_blocks, ==, BLOCKS);
    VAddr last = 0;
    for (uint64_t i = 0; i < DEATHS; i++) {
        last = A + 16 * (i * 7919 % BLOCKS);
        must_free(&f, last);
    }
    g_assert_cmpuint(heap_stats(f.heap)->live_blocks, ==, BLOCKS - DEATHS);
    heap_free(f.heap, last);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_DOUBLE_FREE);
    heap_free(f.heap, A); /* died first, long forgotten */
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_FOREIGN_FREE);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/heap/granted", test_granted);
    g_test_add_func("/heap/size-zero", test_size_zero);
    g_test_add_func("/heap/aligned-zero-unique", test_aligned_zero_unique);
    g_test_add_func("/heap/too-large", test_too_large);
    g_test_add_func("/heap/null-and-zero", test_null_and_zero);
    g_test_add_func("/heap/calloc-zeroes", test_calloc_zeroes);
    g_test_add_func("/heap/realloc-directions", test_realloc_directions);
    g_test_add_func("/heap/aligned", test_aligned);
    g_test_add_func("/heap/heap-bytes", test_heap_bytes);
    g_test_add_func("/heap/bad-frees", test_bad_frees);
    g_test_add_func("/heap/endless", test_endless);
    g_test_add_func("/heap/endless-walk", test_endless_walk);
    g_test_add_func("/heap/killed", test_killed);
    g_test_add_func("/heap/rogue-malloc", test_rogue_malloc);
    g_test_add_func("/heap/rogue-gives-back", test_rogue_gives_back);
    g_test_add_func("/heap/own-hooks", test_own_hooks);
    g_test_add_func("/heap/realloc-of-aligned", test_realloc_of_aligned);
    g_test_add_func("/heap/words", test_words);
    g_test_add_func("/heap/million-blocks", test_million_blocks);
    return g_test_run();
}
