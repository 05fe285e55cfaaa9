/* test_endurance.c - every model with its defaults, for long, and with very many live blocks.
 *
 * Quick, as ctest runs it: 20,000 calls and 20,000 blocks.  `allocator_test_endurance -m slow`, in a
 * release build: 10,000,000 calls and 1,000,000 blocks; models whose calls walk a list of all blocks
 * get fewer blocks, since their time grows with the square; and two-list, whose holes are not merged
 * and get more and more, fewer calls.
 */
#include "player.h"

typedef struct Scale {
    guint calls, calls_unmerged, check_every, blocks, blocks_of_walkers;
} Scale;

static Scale scale(void) {
    return g_test_slow() ? (Scale){10000000, 1000000, 100000, 1000000, 30000}
                         : (Scale){20000, 20000, 2000, 20000, 2000};
}

static void test_calls(gconstpointer data) {
    Fixture f;
    fixture_init(&f, data);
    fixture_start(&f);
    bool merges = !g_str_equal(f.ops->info.name, "two-list");
    play(&f, 4, merges ? scale().calls : scale().calls_unmerged, scale().check_every);
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

static bool walks_all_blocks(const char *model) {
    return g_str_equal(model, "two-list") || g_str_equal(model, "linked");
}

static int compare_addresses(gconstpointer a, gconstpointer b, gpointer crowd) {
    const Crowd *c = crowd;
    VAddr left = c->block[*(const guint *)a], right = c->block[*(const guint *)b];
    return (left > right) - (left < right);
}

/* Lists that are sorted by address are walked by each free; so blocks go in that order. */
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

/* All come; every second goes and comes again; all go. */
static void run_crowd(Crowd *c) {
    for (guint i = 0; i < c->count; i++) {
        come(c, i);
    }
    g_assert_cmpuint(heap_stats(c->f.heap)->live_blocks, ==, c->count);
    assert_sound(&c->f);
    g_autofree guint *order = order_of(c);
    for (guint i = 0; i < c->count; i += 2) {
        go(c, order[i]);
    }
    assert_sound(&c->f);
    for (guint i = 0; i < c->count; i += 2) {
        come(c, order[i]);
    }
    g_autofree guint *last = order_of(c);
    for (guint i = 0; i < c->count; i++) {
        go(c, last[i]);
    }
    g_assert_cmpuint(heap_stats(c->f.heap)->live_blocks, ==, 0);
    assert_sound(&c->f);
}

static void test_blocks(gconstpointer data) {
    Crowd c = {0};
    fixture_init(&c.f, data);
    fixture_start(&c.f);
    c.count = walks_all_blocks(c.f.ops->info.name) ? scale().blocks_of_walkers : scale().blocks;
    c.block = g_new0(VAddr, c.count);
    run_crowd(&c);
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
