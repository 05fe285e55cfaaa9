/* test_churn.c - the generator of malloc and free: bounds, order, distribution, repetition. */
#include <string.h>

#include "churn.h"

/* What the steps have built so far. */
typedef struct Model {
    uint64_t live_bytes;
    GArray *live; /* uint32_t, in order of age */
    GHashTable *size_of;
    uint32_t most_live, numbers;
} Model;

static void init_model(Model *m) {
    *m = (Model){.live = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
                 .size_of = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free)};
}

static void clear_model(Model *m) {
    g_array_unref(m->live);
    g_hash_table_unref(m->size_of);
}

static void apply_malloc(Model *m, const ChurnSpec *spec, const ChurnStep *step) {
    gpointer key = GUINT_TO_POINTER(step->block);
    g_assert_false(g_hash_table_contains(m->size_of, key));
    g_assert_true(step->size >= spec->size_min && step->size <= spec->size_max);
    uint64_t *size = g_new(uint64_t, 1);
    *size = step->size;
    g_hash_table_insert(m->size_of, key, size);
    g_array_append_val(m->live, step->block);
    m->live_bytes += step->size;
    g_assert_cmpuint(m->live_bytes, <=, spec->live_bytes);
    m->most_live = MAX(m->most_live, m->live->len);
    m->numbers = MAX(m->numbers, step->block + 1);
}

static void apply_free(Model *m, const ChurnSpec *spec, const ChurnStep *step) {
    const uint64_t *size = g_hash_table_lookup(m->size_of, GUINT_TO_POINTER(step->block));
    g_assert_nonnull(size);
    g_assert_cmpuint(step->size, ==, *size);
    guint at = 0;
    while (g_array_index(m->live, uint32_t, at) != step->block) {
        at++;
    }
    g_assert_true(spec->lifetime != CHURN_FIFO || at == 0);
    g_assert_true(spec->lifetime != CHURN_LIFO || at == m->live->len - 1);
    m->live_bytes -= *size;
    g_array_remove_index(m->live, at);
    g_hash_table_remove(m->size_of, GUINT_TO_POINTER(step->block));
}

static void check_against_model(const ChurnSpec *spec, uint64_t seed) {
    Rng rng = {seed}, same = {seed};
    g_autoptr(Churn) churn = churn_start(spec, &rng);
    g_autoptr(Churn) twin = churn_start(spec, &same);
    Model model;
    init_model(&model);
    ChurnStep step, again;
    uint64_t steps = 0;
    while (churn_next(churn, &step)) {
        g_assert_true(churn_next(twin, &again));
        g_assert_true(step.is_free == again.is_free && step.block == again.block &&
                      step.size == again.size);
        (step.is_free ? apply_free : apply_malloc)(&model, spec, &step);
        steps++;
    }
    g_assert_cmpuint(steps, ==, spec->operations);
    g_assert_cmpuint(model.numbers, ==, model.most_live); /* dense: a freed number comes back */
    clear_model(&model);
}

static void test_properties(void) {
    Rng rng = {11};
    for (unsigned trial = 0; trial < 600; trial++) {
        ChurnSpec spec = {.operations = rng_below(&rng, 1500),
                          .size_min = 1 + rng_below(&rng, 200),
                          .sizes = (ChurnSizes)rng_below(&rng, 3),
                          .lifetime = (ChurnLifetime)rng_below(&rng, 3)};
        spec.size_max = spec.size_min + (rng_below(&rng, 3) ? rng_below(&rng, 4000) : 0);
        spec.live_bytes = spec.size_max + (rng_below(&rng, 3) ? rng_below(&rng, 60000) : 0);
        check_against_model(&spec, trial);
    }
}

static void test_extremes(void) {
    ChurnSpec widest = {
        .operations = 3000, .size_min = 1, .size_max = UINT64_MAX, .live_bytes = UINT64_MAX};
    for (int sizes = 0; sizes < 3; sizes++) {
        widest.sizes = (ChurnSizes)sizes;
        check_against_model(&widest, 1);
    }
    ChurnSpec one = {.operations = 10, .size_min = 8, .size_max = 8, .live_bytes = 8};
    check_against_model(&one, 1);
}

/* Once full it stays full: never more than the largest block below the bound. */
static void test_hovers_below_bound(void) {
    ChurnSpec spec = {.operations = 20000,
                      .size_min = 16,
                      .size_max = 512,
                      .live_bytes = 50000,
                      .lifetime = CHURN_RANDOM};
    Rng rng = {2};
    g_autoptr(Churn) churn = churn_start(&spec, &rng);
    uint64_t live = 0;
    ChurnStep step;
    for (unsigned i = 0; churn_next(churn, &step); i++) {
        live += step.is_free ? -step.size : step.size;
        g_assert_true(i < 1000 || live >= spec.live_bytes - 2 * spec.size_max);
    }
}

static void count_sizes(ChurnSizes sizes, uint64_t min, uint64_t max, const uint64_t *bounds,
                        unsigned *counts, unsigned classes) {
    ChurnSpec spec = {.operations = 40000,
                      .size_min = min,
                      .size_max = max,
                      .live_bytes = UINT64_MAX / 2,
                      .sizes = sizes};
    Rng rng = {6};
    g_autoptr(Churn) churn = churn_start(&spec, &rng);
    memset(counts, 0, classes * sizeof(*counts));
    for (ChurnStep step; churn_next(churn, &step);) {
        unsigned c = 0;
        while (step.size > bounds[c]) {
            c++;
        }
        counts[c]++;
    }
}

static void assert_about(unsigned count, unsigned expected) {
    if (expected == 0) {
        g_assert_cmpuint(count, ==, 0);
        return;
    }
    g_assert_cmpuint(count, >, expected * 95 / 100);
    g_assert_cmpuint(count, <, expected * 105 / 100);
}

static void test_distributions(void) {
    unsigned n[8];
    count_sizes(CHURN_UNIFORM, 1, 1000, (const uint64_t[]){250, 500, 750, 1000}, n, 4);
    for (unsigned c = 0; c < 4; c++) {
        assert_about(n[c], 10000);
    }
    /* 16..31: 1/2; 32..63: 1/4; 64..100, cut off by the largest size: the rest */
    count_sizes(CHURN_GEOMETRIC, 16, 100, (const uint64_t[]){31, 63, 100}, n, 3);
    assert_about(n[0], 20000);
    assert_about(n[1], 10000);
    assert_about(n[2], 10000);
    /* 32, 64, 128, 256 and nothing between */
    count_sizes(CHURN_POWERS, 17, 300, (const uint64_t[]){31, 32, 63, 64, 127, 128, 255, 256}, n,
                8);
    for (unsigned c = 0; c < 8; c++) {
        assert_about(n[c], c % 2 == 0 ? 0 : 10000);
    }
    /* no power of two between */
    count_sizes(CHURN_POWERS, 5, 7, (const uint64_t[]){6, 7}, n, 2);
    g_assert_cmpuint(n[1], ==, 40000);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/churn/properties", test_properties);
    g_test_add_func("/churn/extremes", test_extremes);
    g_test_add_func("/churn/hovers", test_hovers_below_bound);
    g_test_add_func("/churn/distributions", test_distributions);
    return g_test_run();
}
