/* test_gnu.c - the gnu model piece by piece, then under random programs of several threads.
 *
 * What the real glibc does with whole programs, test_gnu_reference.c compares.
 */
#include "fixture.h"
#include "gnu/gnu.h"
#include "logging_kernel.h"

/* Of the main arena, relative to the first break. */
#define FIRST_BLOCK 0x2a0 /* behind the tcache's chunk of 0x290 bytes */

static void start_with(Fixture *f, const char *param, uint64_t value) {
    fixture_init(f, find_model("gnu"));
    if (param != NULL) {
        set_param(f, param, value);
    }
    fixture_start(f);
}

static void start(Fixture *f) { start_with(f, NULL, 0); }

static VAddr offset_of(const Fixture *f, VAddr va) { return va - heap_base(f->heap); }

/* ---- sizes and the first system calls ---- */

static void test_first_block(void) {
    Fixture f;
    start(&f);
    VAddr a = must_malloc(&f, 1);
    g_assert_cmpuint(offset_of(&f, a), ==, FIRST_BLOCK);
    g_assert_cmpuint(heap_usable_size(f.heap, a), ==, 24);
    g_assert_cmpuint(f.fake.brk - FAKE_BRK_BASE, ==, 0x21000);
    VAddr b = must_malloc(&f, 25);
    g_assert_cmpuint(b, ==, a + 32);
    g_assert_cmpuint(heap_usable_size(f.heap, b), ==, 40);
    assert_picture(&f, false, "used[664,32] used[696,48] free[744,134424]");
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_no_tcache(void) {
    Fixture f;
    start_with(&f, "tcache", 0);
    g_assert_cmpuint(offset_of(&f, must_malloc(&f, 1)), ==, 16);
    fixture_clear(&f);
}

/* ---- lists ---- */

/* Seven go to the tcache, whose count stands in simulated memory; the eighth to a fastbin. */
static void test_tcache_and_fastbin(void) {
    Fixture f;
    start(&f);
    VAddr block[9];
    for (guint i = 0; i < 9; i++) {
        block[i] = must_malloc(&f, 24);
    }
    for (guint i = 0; i < 8; i++) {
        must_free(&f, block[i]);
    }
    g_assert_cmpuint(fake_word(&f.fake, heap_base(f.heap) + 16) & 0xffff, ==, 7);
    assert_sound(&f);
    assert_picture(&f, true,
                   "free[664,32] free[696,32]->664 free[728,32]->696 free[760,32]->728 "
                   "free[792,32]->760 free[824,32]->792 free[856,32]->824 free[888,32] "
                   "used[920,32] free[952,134216]");
    g_assert_cmpuint(must_malloc(&f, 24), ==, block[6]);
    fixture_clear(&f);
}

/* A large request merges fast chunks with each other and with top. */
static void test_consolidation(void) {
    Fixture f;
    start_with(&f, "tcache", 0);
    VAddr a = must_malloc(&f, 24), b = must_malloc(&f, 24), guard = must_malloc(&f, 24);
    must_free(&f, a);
    must_free(&f, b);
    assert_picture(&f, false, "free[8,32] free[40,32] used[72,32] free[104,135064]");
    must_malloc(&f, 2000);
    assert_picture(&f, false, "free[8,64] used[72,32] used[104,2016] free[2120,133048]");
    must_free(&f, guard);
    assert_sound(&f);
    fixture_clear(&f);
}

/* The smallest that fits; what is left over serves the small requests that follow. */
static void test_best_fit(void) {
    Fixture f;
    start_with(&f, "tcache", 0);
    VAddr a = must_malloc(&f, 5000), g1 = must_malloc(&f, 200);
    VAddr b = must_malloc(&f, 3000), g2 = must_malloc(&f, 200);
    must_free(&f, a);
    must_free(&f, b);
    VAddr small = must_malloc(&f, 400);
    g_assert_cmpuint(small, ==, b);
    g_assert_cmpuint(must_malloc(&f, 400), ==, b + 416);
    g_assert_cmpuint(must_malloc(&f, 4900), ==, a);
    must_free(&f, g1);
    must_free(&f, g2);
    assert_sound(&f);
    fixture_clear(&f);
}

/* Chunks of one large bin, of three sizes, some alike: the ring of first ones holds while they come and go. */
static void test_large_bin(void) {
    static const uint64_t sizes[] = {1584, 1552, 1584, 1536, 1584, 1536, 1552};
    static const guint order[] = {5, 3, 6, 1, 4, 2, 0};
    Fixture f;
    start_with(&f, "tcache", 0);
    VAddr block[G_N_ELEMENTS(sizes)];
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        block[i] = must_malloc(&f, sizes[i] - 8);
        must_malloc(&f, 200);
    }
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        must_free(&f, block[i]);
        assert_sound(&f);
        must_malloc(&f, 10000); /* sorts it into its bin */
        assert_sound(&f);
    }
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_assert_cmpuint(must_malloc(&f, 1528), ==, block[order[i]]);
        assert_sound(&f);
    }
    fixture_clear(&f);
}

static void test_bin_ranges(void) {
    for (unsigned index = 2; index <= 126; index++) {
        g_assert_cmpuint(bin_index(bin_least(index)), ==, index);
        g_assert_cmpuint(bin_index(bin_least(index) - 16), ==, index - 1);
    }
    g_assert_cmpuint(bin_index(UINT64_C(1) << 46), ==, 126);
}

/* "list size flags, " of each block; overhead is left out. */
static void tell_block(void *host, const HeapBlock *block) {
    if (block->kind != BLOCK_OVERHEAD) {
        g_string_append_printf(host, "%s %" G_GUINT64_FORMAT " %s, ",
                               block->list == NULL ? "-" : block->list, block->list_size,
                               block->flags);
    }
}

static void test_walk_names_lists(void) {
    Fixture f;
    start(&f);
    set_param(&f, "tcache_count", 1);
    heap_destroy(f.heap);
    fixture_start(&f);
    VAddr block[6];
    static const uint64_t sizes[] = {24, 24, 2000, 24, 1000, 24};
    for (guint i = 0; i < 6; i++) {
        block[i] = must_malloc(&f, sizes[i]);
    }
    must_malloc(&f, 200000);
    must_free(&f, block[0]);
    must_free(&f, block[1]);
    must_free(&f, block[2]);
    must_malloc(&f, 3000);
    must_free(&f, block[4]);
    must_free(&f, must_malloc(&f, 1000));
    g_autoptr(GString) told = g_string_new(NULL);
    heap_walk(f.heap, &f.peek, tell_block, told);
    g_assert_cmpstr(
        told->str, ==,
        "tcache 32 P, large 2048 P, - 0 , tcache 1008 P, - 0 P, - 0 P, top 0 P, - 0 M, ");
    f.fake.thread = 1;
    must_malloc(&f, 24);
    g_string_truncate(told, 0);
    heap_walk(f.heap, &f.peek, tell_block, told);
    g_assert_nonnull(strstr(told->str, "- 0 AP, top 0 P, "));
    fixture_clear(&f);
}

/* ---- the system ---- */

static void test_mmap_threshold_rises(void) {
    Fixture f;
    start(&f);
    VAddr a = must_malloc(&f, 200000);
    g_assert_cmpuint(a % FAKE_PAGE, ==, 16);
    g_assert_cmpuint(a, >=, FAKE_MAP_BASE);
    must_free(&f, a);
    g_assert_cmpuint(must_malloc(&f, 200000), <, FAKE_MAP_BASE);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_trim(void) {
    Fixture f;
    start(&f);
    VAddr a = must_malloc(&f, 100000), b = must_malloc(&f, 100000), c = must_malloc(&f, 100);
    must_free(&f, a);
    must_free(&f, b);
    VAddr high = f.fake.brk;
    g_assert_true(heap_trim(f.heap, 0));
    g_assert_cmpuint(f.fake.brk, <, high);
    must_free(&f, c);
    assert_sound(&f);
    fixture_clear(&f);
}

/* The break cannot move: a mapping goes on as the heap, first whole MiB, later what is needed. */
static void test_blocked_break(void) {
    LoggingKernel kernel;
    kernel_init(&kernel);
    AllocatorEnv env = kernel_env(&kernel), peek = kernel_peek_env(&kernel);
    Fixture f = {.ops = find_model("gnu")};
    for (guint i = 0; f.ops->info.params[i].name != NULL; i++) {
        f.params[i] = f.ops->info.params[i].initial;
    }
    Heap *heap = heap_create(f.ops, f.params, &env);
    heap_malloc(heap, 1000);
    kernel_put(&kernel, kernel.brk, kernel.brk + KERNEL_PAGE, false);
    g_string_truncate(kernel.log, 0);
    for (guint i = 0; i < 12; i++) {
        g_assert_cmpuint(heap_malloc(heap, 100000), !=, 0);
    }
    g_assert_cmpstr(kernel.log->str, ==,
                    " brk(heap+0x52000)=heap+0x21000"
                    " mmap(NULL,1048576,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS,-1,0)"
                    "=0x7ffff7cce000 brk(heap+0x5a000)=heap+0x21000"
                    " mmap(NULL,233472,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS,-1,0)"
                    "=0x7ffff7c95000");
    g_assert_cmpstr(heap_check(heap, &peek), ==, NULL);
    kernel_cut(&kernel, kernel.brk, kernel.brk + KERNEL_PAGE);
    kernel_sbrk(&kernel, 8); /* what the break then gives is aligned no more: glibc asserts */
    g_assert_cmpuint(heap_malloc(heap, 100000), !=, 0);
    g_assert_cmpuint(heap_malloc(heap, 100000), ==, 0);
    g_assert_cmpint(heap_error(heap), ==, HEAP_CORRUPTED);
    heap_destroy(heap);
    kernel_clear(&kernel);
}

/* ---- threads ---- */

static VAddr malloc_as(Fixture *f, uint32_t thread, uint64_t size) {
    f->fake.thread = thread;
    return must_malloc(f, size);
}

static VAddr subheap_of(VAddr va) { return va >> 26; }

static void test_arenas(void) {
    Fixture f;
    start(&f);
    VAddr a = malloc_as(&f, 0, 100), b = malloc_as(&f, 1, 100), c = malloc_as(&f, 2, 100);
    g_assert_cmpuint(a, <, FAKE_MAP_BASE);
    g_assert_cmpuint(b % (64 << 20), ==, 0xb70);
    g_assert_cmpuint(subheap_of(b), !=, subheap_of(c));
    assert_sound(&f);
    f.fake.thread = 1;
    heap_thread_exit(f.heap);
    g_assert_cmpuint(subheap_of(malloc_as(&f, 3, 3000)), ==, subheap_of(b));
    must_free(&f, b);
    assert_sound(&f);
    fixture_clear(&f);
}

static void test_shared_arenas(void) {
    Fixture f;
    start_with(&f, "arena_max", 2);
    VAddr b = malloc_as(&f, 1, 100);
    g_assert_cmpuint(malloc_as(&f, 2, 100), <, FAKE_MAP_BASE);
    g_assert_cmpuint(subheap_of(malloc_as(&f, 3, 100)), ==, subheap_of(b));
    assert_sound(&f);
    fixture_clear(&f);
}

/* A second heap comes when 64 MiB are full, and goes when it is empty and the first has room. */
static void test_two_subheaps(void) {
    Fixture f;
    start_with(&f, "mmap_threshold", UINT64_C(1) << 30);
    VAddr a = malloc_as(&f, 1, 40 << 20), b = must_malloc(&f, 40 << 20);
    g_assert_cmpuint(subheap_of(a), !=, subheap_of(b));
    g_assert_cmpuint(b % (64 << 20), ==, 0x40);
    assert_sound(&f);
    uint64_t unmapped = f.fake.munmap_calls;
    must_free(&f, b);
    g_assert_cmpuint(f.fake.munmap_calls, ==, unmapped + 1);
    assert_sound(&f);
    fixture_clear(&f);
}

/* Thread 1 forks: in the child it keeps its arena and cache, those of the others are for whoever
 * comes next, and what lay in their caches is lost. */
static void test_fork(void) {
    Fixture f, child;
    start(&f);
    VAddr a = malloc_as(&f, 0, 100), b = malloc_as(&f, 1, 100), c = malloc_as(&f, 2, 100);
    must_free(&f, malloc_as(&f, 2, 200));
    fixture_init(&child, f.ops);
    fake_fork(&child.fake, &f.fake);
    child.heap = heap_clone(f.heap, &child.env);
    assert_sound(&child);
    child.fake.thread = 1;
    must_free(&child, b);
    assert_sound(&child);
    g_assert_cmpuint(must_malloc(&child, 100), ==, b);
    VAddr next = malloc_as(&child, 2, 200); /* a new thread with an old number */
    g_assert_cmpuint(subheap_of(next), ==, subheap_of(c));
    g_assert_cmpuint(malloc_as(&child, 0, 100), <, FAKE_MAP_BASE);
    must_free(&child, a);
    must_free(&child, c);
    assert_sound(&child);
    must_free(&f, b); /* and the parent does not notice */
    assert_sound(&f);
    fixture_clear(&child);
    fixture_clear(&f);
}

/* ---- a program that writes over headers ---- */

static void test_corrupted(void) {
    Fixture f;
    start(&f);
    VAddr a = must_malloc(&f, 24);
    fake_put(&f.fake, a + 24, UINT64_MAX); /* top's size */
    g_assert_cmpuint(heap_malloc(f.heap, 1000), ==, 0);
    g_assert_cmpint(heap_error(f.heap), ==, HEAP_CORRUPTED);
    fixture_clear(&f);
}

/* ---- random programs ---- */

enum { SLOTS = 300, THREADS = 5 };

typedef struct Player {
    Fixture f;
    Rng rng;
    VAddr slots[SLOTS];
} Player;

static uint64_t random_size(Player *p) {
    uint64_t kind = rng_below(&p->rng, 20);
    return 1 + rng_below(&p->rng, kind < 12 ? 200 : kind < 17 ? 5000 : kind < 19 ? 60000 : 400000);
}

static VAddr random_get(Player *p) {
    uint64_t kind = rng_below(&p->rng, 6);
    return kind == 0   ? heap_calloc(p->f.heap, 3, random_size(p))
           : kind == 1 ? heap_aligned_alloc(p->f.heap, UINT64_C(32) << rng_below(&p->rng, 10),
                                            random_size(p))
                       : heap_malloc(p->f.heap, random_size(p));
}

static void play_call(Player *p) {
    VAddr *slot = &p->slots[rng_below(&p->rng, SLOTS)];
    uint64_t kind = rng_below(&p->rng, 100);
    if (kind < 5) {
        p->f.fake.thread = (uint32_t)rng_below(&p->rng, THREADS);
    } else if (kind == 5) {
        heap_thread_exit(p->f.heap);
    } else if (kind == 6) {
        heap_trim(p->f.heap, rng_below(&p->rng, 3) * 4000);
    } else if (kind == 7) {
        heap_tune(p->f.heap, 1, rng_below(&p->rng, 3) * 80);
    } else if (kind == 8 && p->f.fake.fail_every == 0) {
        fake_sbrk(&p->f.fake, 16 * (1 + (int64_t)rng_below(&p->rng, 400)));
    } else if (*slot == 0) {
        *slot = random_get(p);
    } else if (kind < 30) {
        VAddr moved = heap_realloc(p->f.heap, *slot, random_size(p));
        *slot = moved == 0 ? *slot : moved;
    } else {
        heap_free(p->f.heap, *slot);
        *slot = 0;
    }
    g_assert_cmpint(heap_error(p->f.heap), ==, HEAP_OK);
}

static void play(const char *param, uint64_t value, uint64_t fail_every, uint64_t seed) {
    Player *p = g_new0(Player, 1);
    start_with(&p->f, param, value);
    p->rng = (Rng){seed};
    p->f.fake.fail_every = fail_every;
    for (guint i = 1; i <= 4000; i++) {
        play_call(p);
        if (i % 50 == 0) {
            assert_sound(&p->f);
        }
    }
    g_assert_true((fail_every != 0) == (p->f.fake.refused != 0));
    fixture_clear(&p->f);
    g_free(p);
}

static void test_random(void) {
    for (uint64_t seed = 1; seed <= 2; seed++) {
        play(NULL, 0, 0, seed);
        play(NULL, 0, 3, seed);
        play("tcache", 0, 5, seed);
        play("arena_max", 2, 0, seed);
        play("mmap_threshold", 4096, 7, seed);
        play("top_pad", 0, 2, seed);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gnu/first-block", test_first_block);
    g_test_add_func("/gnu/no-tcache", test_no_tcache);
    g_test_add_func("/gnu/tcache-and-fastbin", test_tcache_and_fastbin);
    g_test_add_func("/gnu/consolidation", test_consolidation);
    g_test_add_func("/gnu/best-fit", test_best_fit);
    g_test_add_func("/gnu/large-bin", test_large_bin);
    g_test_add_func("/gnu/bin-ranges", test_bin_ranges);
    g_test_add_func("/gnu/walk-names-lists", test_walk_names_lists);
    g_test_add_func("/gnu/mmap-threshold-rises", test_mmap_threshold_rises);
    g_test_add_func("/gnu/trim", test_trim);
    g_test_add_func("/gnu/blocked-break", test_blocked_break);
    g_test_add_func("/gnu/arenas", test_arenas);
    g_test_add_func("/gnu/shared-arenas", test_shared_arenas);
    g_test_add_func("/gnu/two-subheaps", test_two_subheaps);
    g_test_add_func("/gnu/fork", test_fork);
    g_test_add_func("/gnu/corrupted", test_corrupted);
    g_test_add_func("/gnu/random", test_random);
    return g_test_run();
}
