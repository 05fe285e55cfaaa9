/* test_contract.c - what every model owes its caller, asked of every model in the list.
 *
 * Idea: each built-in model runs with its defaults, with every combination of its words and
 * switches, and with the extremes of its numbers; a new model is covered by being listed.
 * Sequences of calls are random but seeded; every payload is filled when it is got and compared
 * when it goes.
 */
#include "player.h"

#define VARIANTS_MAX 512

/* ---- all models, all variants ---- */

static uint64_t count_choices(const Param *param) {
    if (param->kind == PARAM_BOOL) {
        return 2;
    }
    uint64_t count = 1;
    for (const char *c = param->choices; *c != '\0'; c++) {
        count += *c == '|';
    }
    return count;
}

static bool is_word(const Param *param) {
    return param->kind == PARAM_BOOL || param->kind == PARAM_CHOICE;
}

typedef void (*Trial)(Fixture *f);

static void run_trial(const AllocatorOps *ops, const uint64_t *params, Trial trial) {
    Fixture f;
    fixture_init(&f, ops);
    memcpy(f.params, params, sizeof f.params);
    fixture_start(&f);
    trial(&f);
    fixture_clear(&f);
}

/* Count through every combination of words and switches, like an odometer. */
static bool next_words(const Param *table, uint64_t *params) {
    for (guint i = 0; table[i].name != NULL; i++) {
        if (is_word(&table[i])) {
            params[i] = (params[i] + 1) % count_choices(&table[i]);
            if (params[i] != 0) {
                return true;
            }
        }
    }
    return false;
}

static void run_words(const AllocatorOps *ops, const uint64_t *initial, Trial trial) {
    uint64_t params[PARAMS_MAX];
    memcpy(params, initial, sizeof params);
    guint variants = 0;
    do {
        run_trial(ops, params, trial);
    } while (++variants < VARIANTS_MAX && next_words(ops->info.params, params));
}

/* Words start at 0, numbers at their defaults; then each number at an extreme. */
static void for_every_variant(Trial trial) {
    for (guint m = 0; allocators_builtin[m] != NULL; m++) {
        const AllocatorOps *ops = allocators_builtin[m];
        const Param *table = ops->info.params;
        uint64_t params[PARAMS_MAX] = {0};
        for (guint i = 0; table[i].name != NULL; i++) {
            params[i] = is_word(&table[i]) ? 0 : table[i].initial;
        }
        run_words(ops, params, trial);
        for (guint i = 0; table[i].name != NULL; i++) {
            params[i] = table[i].initial;
        }
        for (guint i = 0; table[i].name != NULL; i++) {
            if (!is_word(&table[i])) {
                params[i] = table[i].min;
                run_trial(ops, params, trial);
                params[i] = table[i].max < 100000 ? table[i].max : 100000;
                run_trial(ops, params, trial);
                params[i] = table[i].initial;
            }
        }
    }
}

static void for_every_model(Trial trial) {
    for (guint m = 0; allocators_builtin[m] != NULL; m++) {
        Fixture f;
        fixture_init(&f, allocators_builtin[m]);
        fixture_start(&f);
        trial(&f);
        fixture_clear(&f);
    }
}

/* ---- the trials ---- */

static void try_random_checked(Fixture *f) { play(f, 1, 400, 1); }
static void try_random_long(Fixture *f) { play(f, 2, 6000, 1000); }

/* On a kernel that hands out pages as they were, no model relies on zeros. */
static void try_unclean_pages(Fixture *f) {
    heap_destroy(f->heap);
    f->fake.fresh = 0xa5;
    f->env = fake_env(&f->fake);
    fixture_start(f);
    play(f, 3, 200, 1);
}

/* The system refuses every n-th request: some calls fail, nothing else happens. */
static void try_exhaustion(Fixture *f) {
    static const uint64_t every[] = {1, 2, 3, 5, 7};
    for (guint i = 0; i < G_N_ELEMENTS(every); i++) {
        f->fake.fail_every = every[i];
        uint64_t failed = heap_stats(f->heap)->failed;
        Player p = {.f = f, .rng = {every[i]}, .failed = failed};
        for (guint call = 0; call < 200; call++) {
            play_call(&p);
            assert_sound(f);
        }
        f->fake.fail_every = 0;
        for (guint s = 0; s < SLOTS; s++) {
            if (p.slots[s].va != 0) {
                give(&p, &p.slots[s]);
            }
        }
        assert_sound(f);
    }
    g_assert_cmpuint(f->fake.refused, >, 0);
}

/* A clone answers the thread that forked as the original would, and neither learns of the other's calls. */
static void try_clone(Fixture *f) {
    g_assert_true(heap_can_clone(f->heap));
    Player p = {.f = f, .rng = {77}, .alone = true};
    for (guint call = 0; call < 300; call++) {
        play_call(&p);
    }
    Fixture g;
    fixture_init(&g, f->ops);
    fake_fork(&g.fake, &f->fake);
    g.heap = heap_clone(f->heap, &g.env);
    g_assert_nonnull(g.heap);
    g_assert_cmpuint(heap_host_bytes(g.heap), ==, heap_host_bytes(f->heap));
    assert_sound(&g);
    Player q = p;
    q.f = &g;
    for (guint call = 0; call < 300; call++) {
        play_call(&q);
        assert_sound(&g);
    }
    assert_sound(f);
    for (guint call = 0; call < 300; call++) {
        play_call(&p);
    }
    assert_sound(f);
    for (guint s = 0; s < SLOTS; s++) {
        g_assert_cmpuint(p.slots[s].va, ==, q.slots[s].va);
    }
    fixture_clear(&g);
}

/* The very first request is refused: no memory, then all is well. */
static void try_first_refused(Fixture *f) {
    f->fake.fail_every = 1;
    g_assert_cmpuint(heap_malloc(f->heap, 10), ==, 0);
    g_assert_cmpuint(heap_stats(f->heap)->failed, ==, 1);
    g_assert_cmpuint(heap_stats(f->heap)->heap_bytes, ==, 0);
    assert_sound(f);
    f->fake.fail_every = 0;
    must_malloc(f, 10);
    assert_sound(f);
}

/* The program moves the break between calls, to odd places. */
static void try_foreign_break(Fixture *f) {
    Player p = {.f = f, .rng = {9}};
    for (guint i = 0; i < 300; i++) {
        play_call(&p);
        if (i % 10 == 0) {
            fake_sbrk(&f->fake, 1 + (int64_t)rng_below(&p.rng, 5000));
        }
        assert_sound(f);
    }
}

static void add_length(void *host, const HeapBlock *block) { *(uint64_t *)host += block->length; }

/* A walk accounts for every byte held, and reads without counting. */
static void try_walk(Fixture *f) {
    for (guint i = 0; i < 100; i++) {
        VAddr va = must_malloc(f, 1 + i * 13);
        if (i % 3 == 0) {
            must_free(f, va);
        }
    }
    uint64_t bytes = 0, loads = f->fake.loads, sbrk_calls = f->fake.sbrk_calls;
    heap_walk(f->heap, &f->peek, add_length, &bytes);
    g_assert_cmpuint(bytes, ==, heap_stats(f->heap)->heap_bytes);
    g_assert_cmpuint(f->fake.loads, ==, loads);
    g_assert_cmpuint(f->fake.sbrk_calls, ==, sbrk_calls);
}

static void try_usable_size(Fixture *f) {
    for (uint64_t size = 1; size < 300 && f->ops->usable_size != NULL; size++) {
        VAddr va = must_malloc(f, size);
        VAddr bigger = heap_realloc(f->heap, va, size + 1);
        g_assert_cmpuint(bigger, !=, 0);
        g_assert_cmpuint(heap_block_size(f->heap, bigger), ==, size + 1);
        assert_sound(f);
    }
}

static void realloc_slot(Player *p, Slot *slot, uint64_t size) {
    VAddr va = heap_realloc(p->f->heap, slot->va, size);
    g_assert_cmpint(heap_error(p->f->heap), ==, HEAP_OK);
    g_assert_cmpuint(va, !=, 0);
    verify(p, slot, va, MIN(size, slot->size));
    slot->va = va;
    slot->size = size;
    fill(p, slot);
    assert_sound(p->f);
}

/* Down and up again, beside a live block, beside a hole, at the end of the heap, past every
 * threshold and back: the bytes of the lesser size stay, and the neighbours' too. */
static void try_realloc_directions(Fixture *f) {
    static const uint64_t sizes[] = {1, 16, 17, 100, 4000, 4096, 70000, 150000, 300000};
    Player p = {.f = f, .rng = {5}};
    for (guint from = 0; from < G_N_ELEMENTS(sizes); from++) {
        for (guint to = 0; to < G_N_ELEMENTS(sizes); to++) {
            Slot *before = &p.slots[0], *slot = &p.slots[1], *after = &p.slots[2];
            settle(&p, before, heap_malloc(f->heap, 50), 50, 8);
            settle(&p, slot, heap_malloc(f->heap, sizes[from]), sizes[from], 8);
            settle(&p, after, heap_malloc(f->heap, 3000), 3000, 8);
            realloc_slot(&p, slot, sizes[to]); /* a live block behind it */
            realloc_slot(&p, slot, sizes[from]);
            give(&p, after);
            realloc_slot(&p, slot, sizes[to]); /* a hole, or the end */
            realloc_slot(&p, slot, sizes[from]);
            give(&p, before);
            g_assert_cmpuint(heap_realloc(f->heap, slot->va, 0), ==, 0);
            g_assert_cmpint(heap_error(f->heap), ==, HEAP_OK);
            g_assert_cmpuint(heap_stats(f->heap)->live_blocks, ==, 0);
        }
    }
    g_assert_cmpuint(heap_stats(f->heap)->live_bytes, ==, 0);
}

/* Headers overwritten with random bytes: anything may come back, but no call hangs or touches
 * the host's memory. */
static void try_vandalism(Fixture *f) {
    f->fake.trap = true;
    Rng rng = {77};
    VAddr block[32];
    for (guint i = 0; i < 32; i++) {
        block[i] = must_malloc(f, 64);
    }
    for (guint i = 0; i < 300 && !f->fake.trapped; i++) {
        VAddr at = heap_base(f->heap) + rng_below(&rng, 400) * 8;
        fake_put(&f->fake, at,
                 rng_below(&rng, 3) == 0 ? block[rng_below(&rng, 32)] - 32 : rng_below(&rng, 200));
        guint b = (guint)rng_below(&rng, 32);
        heap_free(f->heap, block[b]);
        block[b] = heap_malloc(f->heap, 64);
        uint64_t bytes = 0;
        heap_walk(f->heap, &f->peek, add_length, &bytes);
        heap_check(f->heap, &f->peek);
        if (heap_error(f->heap) != HEAP_OK) {
            break; /* as a process would: it is aborted */
        }
    }
}

static void test_random_checked(void) { for_every_variant(try_random_checked); }
static void test_random_long(void) { for_every_variant(try_random_long); }
static void test_unclean_pages(void) { for_every_model(try_unclean_pages); }
static void test_exhaustion(void) { for_every_variant(try_exhaustion); }
static void test_first_refused(void) { for_every_variant(try_first_refused); }
static void test_foreign_break(void) { for_every_variant(try_foreign_break); }
static void test_clone(void) { for_every_variant(try_clone); }
static void test_walk(void) { for_every_variant(try_walk); }
static void test_usable_size(void) { for_every_model(try_usable_size); }
static void test_realloc_directions(void) { for_every_model(try_realloc_directions); }
static void test_vandalism(void) { for_every_variant(try_vandalism); }

/* Every table can be listed: names, defaults in range, help. */
static void test_descriptions(void) {
    for (guint m = 0; allocators_builtin[m] != NULL; m++) {
        const AllocatorOps *ops = allocators_builtin[m];
        g_assert_true(ops->info.name && ops->info.summary && ops->info.source);
        g_assert_true(ops->alignment >= 8 && (ops->alignment & (ops->alignment - 1)) == 0);
        for (const Param *param = ops->info.params; param->name != NULL; param++) {
            g_assert_cmpint(param - ops->info.params, <, PARAMS_MAX);
            g_assert_nonnull(param->help);
            if (is_word(param)) {
                g_assert_cmpuint(param->initial, <, count_choices(param));
            } else {
                g_assert_true(param->min <= param->initial && param->initial <= param->max);
            }
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/contract/descriptions", test_descriptions);
    g_test_add_func("/contract/random-checked", test_random_checked);
    g_test_add_func("/contract/random-long", test_random_long);
    g_test_add_func("/contract/unclean-pages", test_unclean_pages);
    g_test_add_func("/contract/clone", test_clone);
    g_test_add_func("/contract/exhaustion", test_exhaustion);
    g_test_add_func("/contract/first-refused", test_first_refused);
    g_test_add_func("/contract/foreign-break", test_foreign_break);
    g_test_add_func("/contract/walk", test_walk);
    g_test_add_func("/contract/usable-size", test_usable_size);
    g_test_add_func("/contract/realloc-directions", test_realloc_directions);
    g_test_add_func("/contract/vandalism", test_vandalism);
    return g_test_run();
}
