/* test_endurance.c - every model with its defaults: 10,000,000 random calls with payloads checked, and
 * 1,000,000 live blocks.
 *
 * ctest runs it small.  `allocator_test_endurance -m slow`, in a release build, does it in full, but
 * for two models whose definition makes their time grow with the square:
 *
 *   two-list   never merges holes, so each program leaves it a longer list of them (56,000 after two
 *              million calls, and each malloc walks it).  It makes its calls in a hundred programs of
 *              100,000, each with a seed of its own.
 *   linked     looks at every block before it makes a new one: n blocks are n * n / 2 looks,
 *              5 * 10^11 for a million.  -m slow makes 100,000 blocks; -m perf makes the million,
 *              in more than an hour.
 *
 * Both also walk a list to where a block comes free or is put, so of a million live blocks only
 * the lowest go and come again.
 */
#include "player.h"

/* ---- very many calls ---- */

typedef struct Calls {
    guint programs, calls, check_every; /* calls of each program */
} Calls;

static Calls calls_of(const char *model) {
    if (!g_test_slow()) {
        return (Calls){1, 20000, 2000};
    }
    return g_str_equal(model, "two-list") ? (Calls){100, 100000, 20000}
                                          : (Calls){1, 10000000, 100000};
}

static void test_calls(gconstpointer data) {
    Fixture f;
    fixture_init(&f, data);
    Calls calls = calls_of(f.ops->info.name);
    for (guint program = 0; program < calls.programs; program++) {
        fixture_start(&f);
        play(&f, 4 + program, calls.calls, calls.check_every);
        fixture_clear(&f);
        fixture_init(&f, data);
    }
    fixture_clear(&f);
}

/* ---- very many live blocks ---- */

typedef struct Crowd {
    Fixture f;
    VAddr *block;
    guint count;
} Crowd;

/* 1 to 64 bytes, the same for block `i` whenever it is asked. */
static uint64_t size_of(guint i) { return 1 + i * UINT64_C(2654435761) % 64; }

/* A block holds its number, as far as it has room. */
static void mark(Crowd *c, guint i) {
    memcpy(fake_bytes(&c->f.fake, c->block[i], size_of(i)), &i, MIN(size_of(i), sizeof i));
}

static void check_mark(Crowd *c, guint i) {
    g_assert_cmpint(
        memcmp(fake_bytes(&c->f.fake, c->block[i], size_of(i)), &i, MIN(size_of(i), sizeof i)), ==,
        0);
}

static int compare_addresses(gconstpointer a, gconstpointer b, gpointer crowd) {
    const Crowd *c = crowd;
    VAddr left = c->block[*(const guint *)a], right = c->block[*(const guint *)b];
    return (left > right) - (left < right);
}

/* Where lists are sorted by address, that is the order in which little is walked. */
static guint *order_of(Crowd *c) {
    guint *order = g_new(guint, c->count);
    for (guint i = 0; i < c->count; i++) {
        order[i] = i;
    }
    g_qsort_with_data(order, (gint)c->count, sizeof *order, compare_addresses, c);
    return order;
}

static void come(Crowd *c, guint i) {
    c->block[i] = must_malloc(&c->f, size_of(i));
    mark(c, i);
}

static void go(Crowd *c, guint i) {
    check_mark(c, i);
    must_free(&c->f, c->block[i]);
}

/* All come; of the lowest every second goes and comes again; all go. */
static void run_crowd(Crowd *c, guint lowest) {
    for (guint i = 0; i < c->count; i++) {
        come(c, i);
    }
    g_assert_cmpuint(heap_stats(c->f.heap)->live_blocks, ==, c->count);
    assert_sound(&c->f);
    g_autofree guint *order = order_of(c);
    for (guint i = 0; i < lowest; i += 2) {
        go(c, order[i]);
    }
    assert_sound(&c->f);
    for (guint i = 0; i < lowest; i += 2) {
        come(c, order[i]);
    }
    g_assert_cmpuint(heap_stats(c->f.heap)->live_blocks, ==, c->count);
    g_autofree guint *last = order_of(c);
    for (guint i = 0; i < c->count; i++) {
        go(c, last[i]);
    }
    g_assert_cmpuint(heap_stats(c->f.heap)->live_blocks, ==, 0);
    assert_sound(&c->f);
}

static guint blocks_of(const char *model) {
    bool linked = g_str_equal(model, "linked");
    if (!g_test_slow() && !g_test_perf()) {
        return linked ? 2000 : 20000;
    }
    return linked && !g_test_perf() ? 100000 : 1000000;
}

static guint lowest_of(const char *model, guint blocks) {
    bool walks = g_str_equal(model, "two-list") || g_str_equal(model, "linked");
    return walks ? MIN(blocks, 20000) : blocks;
}

static void test_blocks(gconstpointer data) {
    Crowd c = {0};
    fixture_init(&c.f, data);
    fixture_start(&c.f);
    const char *model = c.f.ops->info.name;
    c.count = blocks_of(model);
    c.block = g_new0(VAddr, c.count);
    run_crowd(&c, lowest_of(model, c.count));
    fixture_clear(&c.f);
    g_free(c.block);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (guint m = 0; allocators_builtin[m] != NULL; m++) {
        const char *name = allocators_builtin[m]->info.name;
        g_autofree char *calls = g_strconcat("/endurance/calls/", name, NULL);
        g_autofree char *blocks = g_strconcat("/endurance/blocks/", name, NULL);
        g_test_add_data_func(calls, allocators_builtin[m], test_calls);
        g_test_add_data_func(blocks, allocators_builtin[m], test_blocks);
    }
    return g_test_run();
}
