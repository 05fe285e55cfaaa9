/* test_pattern.c - access patterns against plain definitions, and their refusals. */
#include <string.h>

#include "pattern.h"

#define PAGE 4096u
#define ALL  UINT64_MAX

/* One access, as a run of one. */
typedef struct Step {
    uint64_t va;
    Access access;
} Step;

/* All accesses of a pattern, expanded; `room` runs are asked for at a time. */
static GArray *expand(Pattern *pattern, size_t room) {
    GArray *steps = g_array_new(FALSE, FALSE, sizeof(Step));
    g_autofree AccessRun *runs = g_new(AccessRun, room);
    for (size_t n; (n = pattern_next(pattern, runs, room)) > 0;) {
        g_assert_cmpuint(n, <=, room);
        for (size_t i = 0; i < n; i++) {
            g_assert_cmpuint(runs[i].count, >, 0);
            for (uint64_t k = 0; k < runs[i].count; k++) {
                Step step = {runs[i].va + k * (uint64_t)runs[i].stride, runs[i].access};
                g_array_append_val(steps, step);
            }
        }
    }
    g_assert_cmpuint(pattern_next(pattern, runs, room), ==, 0);
    return steps;
}

static GArray *run(const PatternSpec *spec, uint64_t length, uint64_t seed, size_t room) {
    g_autoptr(GError) error = NULL;
    Rng rng = {seed};
    g_autoptr(Pattern) pattern = pattern_start(spec, length, PAGE, &rng, &error);
    g_assert_no_error(error);
    return expand(pattern, room);
}

static void assert_places(const PatternSpec *spec, uint64_t length, const char *expected) {
    g_autoptr(GArray) steps = run(spec, length, 1, 64);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < steps->len; i++) {
        g_string_append_printf(text, "%s%" G_GUINT64_FORMAT, i == 0 ? "" : " ",
                               g_array_index(steps, Step, i).va);
    }
    g_assert_cmpstr(text->str, ==, expected);
}

static size_t count_runs(const PatternSpec *spec, uint64_t length) {
    g_autoptr(GError) error = NULL;
    Rng rng = {1};
    g_autoptr(Pattern) pattern = pattern_start(spec, length, PAGE, &rng, &error);
    g_assert_no_error(error);
    AccessRun runs[64];
    size_t total = 0;
    for (size_t n; (n = pattern_next(pattern, runs, 64)) > 0;) {
        total += n;
    }
    return total;
}

/* ---- places ------------------------------------------------------------------------------- */

static void test_grids(void) {
    PatternSpec s = {.kind = PATTERN_SEQUENTIAL, .length = ALL, .element = 8};
    assert_places(&s, 39, "0 8 16 24");
    s.count = 6;
    assert_places(&s, 39, "0 8 16 24 0 8");
    s.offset = 8;
    s.length = 16;
    assert_places(&s, 39, "8 16 8 16 8 16");

    PatternSpec stride = {.kind = PATTERN_STRIDE, .length = ALL, .stride = 10};
    assert_places(&stride, 31, "0 10 20 30");
    stride.stride = -10;
    assert_places(&stride, 31, "30 20 10 0");
    stride.stride = INT64_MIN;
    assert_places(&stride, 31, "0");
    stride.stride = INT64_MAX;
    stride.count = 3;
    assert_places(&stride, 31, "0 0 0");

    PatternSpec loop = {.kind = PATTERN_LOOP, .length = ALL, .count = 5};
    assert_places(&loop, 2 * PAGE + 1, "0 4096 8192 0 4096");

    PatternSpec matrix = {
        .kind = PATTERN_MATRIX, .length = ALL, .rows = 2, .columns = 3, .element = 4};
    assert_places(&matrix, 24, "0 4 8 12 16 20");
    matrix.by_column = true;
    assert_places(&matrix, 24, "0 12 4 16 8 20");
    matrix.count = 8;
    assert_places(&matrix, 100, "0 12 4 16 8 20 0 12");
}

/* A rule is a run, however long. */
static void test_long_runs(void) {
    PatternSpec s = {.kind = PATTERN_SEQUENTIAL, .length = ALL, .element = 8};
    g_assert_cmpuint(count_runs(&s, UINT64_C(1) << 30), ==, 1);
    s.write_ppm = 1000000;
    s.count = UINT64_C(3) << 27;
    g_assert_cmpuint(count_runs(&s, UINT64_C(1) << 30), ==, 3);
    s.element = 4096; /* one place only */
    s.count = UINT64_C(1) << 60;
    g_assert_cmpuint(count_runs(&s, 4096), ==, 1);
    PatternSpec matrix = {
        .kind = PATTERN_MATRIX, .length = ALL, .rows = 1000, .columns = 500, .element = 8};
    g_assert_cmpuint(count_runs(&matrix, 4000000), ==, 1000);
    matrix.by_column = true;
    g_assert_cmpuint(count_runs(&matrix, 4000000), ==, 500);
    PatternSpec huge = {.kind = PATTERN_STRIDE, .length = ALL, .stride = 1};
    g_assert_cmpuint(count_runs(&huge, INT64_MAX), ==, 1);
}

static void test_pages(void) {
    uint64_t string[] = {7 << 1, 0 << 1, 1 << 1 | 1};
    PatternSpec s = {
        .kind = PATTERN_PAGES, .length = ALL, .pages = string, .page_count = 3, .count = 4};
    g_autoptr(GArray) steps = run(&s, 8 * PAGE, 1, 2);
    const Step *step = (const Step *)steps->data;
    g_assert_cmpuint(steps->len, ==, 4);
    g_assert_cmpuint(step[0].va, ==, 7 * PAGE);
    g_assert_cmpuint(step[2].va, ==, PAGE);
    g_assert_cmpuint(step[3].va, ==, 7 * PAGE);
    g_assert_cmpint(step[1].access, ==, ACCESS_READ);
    g_assert_cmpint(step[2].access, ==, ACCESS_WRITE);
    g_assert_cmpuint(pattern_extent(&s, PAGE), ==, 8 * PAGE);
}

static void test_random(void) {
    PatternSpec s = {.kind = PATTERN_RANDOM, .length = ALL, .element = 24, .count = 5000};
    g_autoptr(GArray) steps = run(&s, 1000, 9, 100);
    Rng rng = {9};
    for (guint i = 0; i < steps->len; i++) {
        g_assert_cmpuint(g_array_index(steps, Step, i).va, ==, 24 * rng_below(&rng, 1000 / 24));
    }
    s.count = 0;
    g_autoptr(GArray) natural = run(&s, 1000, 9, 100);
    g_assert_cmpuint(natural->len, ==, 1000 / 24);
}

/* Each element once a round, and the second round as the first. */
static void test_chase(void) {
    for (uint64_t n = 1; n <= 70; n++) {
        PatternSpec s = {.kind = PATTERN_CHASE, .length = ALL, .element = 64, .count = 2 * n};
        g_autoptr(GArray) steps = run(&s, 64 * n + 63, n, 7);
        g_autofree bool *seen = g_new0(bool, n);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t va = g_array_index(steps, Step, i).va;
            g_assert_true(va % 64 == 0 && va / 64 < n && !seen[va / 64]);
            seen[va / 64] = true;
            g_assert_cmpuint(va, ==, g_array_index(steps, Step, i + n).va);
        }
    }
}

/* ---- the reference generator's strings ---------------------------------------------------------
 */

/* Zipf over 64 pages, seed 1, 30 % writes, 1000 references: the digest of its "page,write" lines
 * as an independent program makes them. */
static void test_zipf_reference(void) {
    PatternSpec s = {.kind = PATTERN_ZIPF, .length = ALL, .count = 1000, .write_ppm = 300000};
    g_autoptr(GArray) steps = run(&s, 64 * PAGE, 1, 100);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (guint i = 0; i < steps->len; i++) {
        const Step *step = &g_array_index(steps, Step, i);
        g_autofree char *line = g_strdup_printf("%" G_GUINT64_FORMAT ",%d\n", step->va / PAGE,
                                                step->access == ACCESS_WRITE);
        g_checksum_update(sum, (const guchar *)line, -1);
    }
    g_assert_cmpstr(g_checksum_get_string(sum), ==,
                    "cdc0a9671766da376b06e8a50d1b3e4503160ed46ff454a4c37886490a31f430");
}

/* The guide finds what a search from the front finds, for any number of pages. */
static void test_zipf_plain(void) {
    const uint64_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 1000, 4097};
    for (size_t c = 0; c < G_N_ELEMENTS(sizes); c++) {
        uint64_t n = sizes[c], total = 0;
        PatternSpec s = {.kind = PATTERN_ZIPF, .length = ALL, .count = 2000};
        g_autoptr(GArray) steps = run(&s, n * PAGE, c, 64);
        Rng rng = {c};
        g_autofree uint64_t *page = g_new(uint64_t, n);
        for (uint64_t i = 0; i < n; i++) {
            page[i] = i;
            total += (UINT64_C(1) << 32) / (i + 1);
        }
        for (uint64_t i = n - 1; i >= 1; i--) {
            uint64_t j = rng_below(&rng, i + 1), held = page[i];
            page[i] = page[j];
            page[j] = held;
        }
        for (guint i = 0; i < steps->len; i++) {
            uint64_t r = rng_next(&rng) % total, k = 0, sum = UINT64_C(1) << 32;
            while (r >= sum) {
                k++;
                sum += (UINT64_C(1) << 32) / (k + 1);
            }
            g_assert_cmpuint(g_array_index(steps, Step, i).va, ==, page[k] * PAGE);
        }
    }
}

/* A number equal to a cumulative weight belongs to the next rank.  Checked where the search, not
 * the guide, decides: between ranks 2 and 3 of 4. */
static void test_zipf_boundary(void) {
    const uint64_t third = (UINT64_C(1) << 32) + (UINT64_C(1) << 31) + (UINT64_C(1) << 32) / 3;
    const uint64_t below =
        UINT64_C(0xC17BB83B6A10FA09); /* the state after which next() is third - 1 */
    const uint64_t at = UINT64_C(0xF6C2FA27984BA50D); /* ... and third */
    Rng states[2] = {{below}, {at}};
    g_assert_cmpuint(rng_next(&states[0]), ==, third - 1);
    g_assert_cmpuint(rng_next(&states[1]), ==, third);

    uint64_t page[] = {0, 1, 2, 3};
    Rng rng = {1}, shuffle = {1};
    for (uint64_t i = 3; i >= 1; i--) {
        uint64_t j = rng_below(&shuffle, i + 1), held = page[i];
        page[i] = page[j];
        page[j] = held;
    }
    PatternSpec s = {.kind = PATTERN_ZIPF, .length = ALL};
    g_autoptr(Pattern) pattern = pattern_start(&s, 4 * PAGE, PAGE, &rng, NULL);
    AccessRun next;
    rng.state = below;
    g_assert_true(pattern_next(pattern, &next, 1) == 1 && next.va == page[2] * PAGE);
    rng.state = at;
    g_assert_true(pattern_next(pattern, &next, 1) == 1 && next.va == page[3] * PAGE);
}

/* ---- properties over all kinds ------------------------------------------------------------------
 */

static PatternSpec *random_spec(Rng *rng, unsigned depth) {
    PatternSpec *s = g_new0(PatternSpec, 1);
    s->kind = (PatternKind)rng_below(rng, depth < 3 ? PATTERN_PAGES + 1 : PATTERN_PHASES);
    s->offset = rng_below(rng, 100);
    s->length = rng_below(rng, 2) ? ALL : rng_below(rng, 20000);
    s->count = rng_below(rng, 3) == 0 ? 0 : rng_below(rng, 300);
    const uint32_t shares[] = {0, 1000000, 1, 300000, 999999};
    s->write_ppm = shares[rng_below(rng, 5)];
    s->element = rng_below(rng, 70);
    s->stride = (int64_t)rng_below(rng, 9000) - 4500;
    s->rows = rng_below(rng, 12);
    s->columns = rng_below(rng, 12);
    s->by_column = rng_below(rng, 2);
    if (s->kind == PATTERN_PHASES) {
        s->phase_count = (uint32_t)rng_below(rng, 4);
        s->phases = g_new0(PatternSpec *, s->phase_count);
        for (uint32_t i = 0; i < s->phase_count; i++) {
            s->phases[i] = random_spec(rng, depth + 1);
        }
    }
    s->page_count = rng_below(rng, 6);
    s->pages = g_new0(uint64_t, s->page_count);
    for (uint64_t i = 0; i < s->page_count; i++) {
        s->pages[i] = rng_below(rng, 12);
    }
    return s;
}

static void assert_same_steps(const GArray *a, const GArray *b) {
    g_assert_cmpuint(a->len, ==, b->len);
    for (guint i = 0; i < a->len; i++) {
        const Step *x = &g_array_index(a, Step, i), *y = &g_array_index(b, Step, i);
        g_assert_true(x->va == y->va && x->access == y->access);
    }
}

/* A pattern starts or says why not; its accesses lie inside, are as many as asked for, and do not
 * depend on the room for runs. */
static void test_properties(void) {
    Rng rng = {77};
    unsigned started = 0, refused = 0;
    for (unsigned trial = 0; trial < 20000; trial++) {
        PatternSpec *spec = random_spec(&rng, 0);
        uint64_t length = rng_below(&rng, 8) == 0 ? rng_below(&rng, 3) : rng_below(&rng, 40000);
        g_autoptr(GError) error = NULL;
        Rng stream = {trial};
        Pattern *pattern = pattern_start(spec, length, PAGE, &stream, &error);
        g_assert_true((pattern == NULL) == (error != NULL));
        if (pattern != NULL) {
            started++;
            g_autoptr(GArray) wide = expand(pattern, 300);
            g_autoptr(GArray) narrow = run(spec, length, trial, 1);
            assert_same_steps(wide, narrow);
            g_assert_true(spec->count == 0 || spec->count == wide->len);
            g_assert_cmpuint(wide->len, >, 0);
            uint64_t end = spec->length == ALL ? length : spec->offset + spec->length;
            for (guint i = 0; i < wide->len; i++) {
                uint64_t va = g_array_index(wide, Step, i).va;
                g_assert_true(va >= spec->offset && va < end);
            }
        } else {
            refused++;
            g_assert_nonnull(strchr(error->message, ' '));
        }
        pattern_free(pattern);
        pattern_spec_free(spec);
    }
    g_assert_cmpuint(started, >, 4000);
    g_assert_cmpuint(refused, >, 4000);
}

/* A region of the extent that a pattern asks for is large enough. */
static void test_extent_suffices(void) {
    Rng rng = {5};
    for (unsigned trial = 0; trial < 5000; trial++) {
        PatternSpec *spec = random_spec(&rng, 3); /* no phases: they may not fit into each other */
        spec->kind = rng_below(&rng, 2) ? PATTERN_PAGES : PATTERN_MATRIX;
        spec->length = ALL;
        spec->element = 8;
        uint64_t extent = pattern_extent(spec, PAGE);
        g_autoptr(GError) error = NULL;
        g_autoptr(Pattern) pattern = pattern_start(spec, extent, PAGE, &rng, &error);
        bool empty = spec->kind == PATTERN_PAGES ? spec->page_count == 0
                                                 : spec->rows == 0 || spec->columns == 0;
        g_assert_true((pattern == NULL) == empty && (extent == 0) == empty);
        if (!empty) {
            uint64_t less = extent - (spec->kind == PATTERN_PAGES ? PAGE : 1);
            g_assert_null(pattern_start(spec, less, PAGE, &rng, NULL));
        }
        pattern_spec_free(spec);
    }
}

/* ---- writes -----------------------------------------------------------------------------------
 */

/* Decisions are drawn after the address, one an access, and none when there is no doubt. */
static void test_write_draws(void) {
    PatternSpec s = {.kind = PATTERN_RANDOM, .length = ALL, .element = 8, .count = 1000};
    s.write_ppm = 250000;
    g_autoptr(GArray) steps = run(&s, 8000, 3, 10);
    Rng rng = {3};
    for (guint i = 0; i < 1000; i++) {
        const Step *step = &g_array_index(steps, Step, i);
        g_assert_cmpuint(step->va, ==, 8 * rng_below(&rng, 1000));
        g_assert_true((step->access == ACCESS_WRITE) == (rng_below(&rng, 1000000) < 250000));
    }
    PatternSpec sure = {.kind = PATTERN_SEQUENTIAL, .length = ALL, .element = 8};
    for (sure.write_ppm = 0; sure.write_ppm <= 1000000; sure.write_ppm += 1000000) {
        Rng untouched = {4};
        g_autoptr(Pattern) p = pattern_start(&sure, 8000, PAGE, &untouched, NULL);
        g_autoptr(GArray) all = expand(p, 10);
        g_assert_cmpuint(untouched.state, ==, 4);
        g_assert_true((g_array_index(all, Step, 0).access == ACCESS_WRITE) == (sure.write_ppm > 0));
    }
}

/* ---- phases ------------------------------------------------------------------------------------
 */

static PatternSpec phase_loop = {.kind = PATTERN_LOOP, .length = 2 * PAGE, .count = 3};
static PatternSpec phase_step = {.kind = PATTERN_STRIDE, .offset = 100, .length = 20, .stride = 10};

static void test_phases(void) {
    PatternSpec *phases[] = {&phase_loop, &phase_step};
    PatternSpec s = {.kind = PATTERN_PHASES, .length = ALL, .phases = phases, .phase_count = 2};
    assert_places(&s, 3 * PAGE, "0 4096 0 100 110");
    s.count = 8; /* the loop begins again at the front, not where it stopped */
    assert_places(&s, 3 * PAGE, "0 4096 0 100 110 0 4096 0");
    s.offset = 7;
    s.count = 4;
    assert_places(&s, 3 * PAGE, "7 4103 7 107");
    g_assert_cmpuint(pattern_extent(&s, PAGE), ==, 7 + 2 * PAGE);
}

/* ---- refusals
 * ------------------------------------------------------------------------------------ */

static void refuse(const PatternSpec *spec, uint64_t length, PatternError code, const char *word) {
    g_autoptr(GError) error = NULL;
    Rng rng = {1};
    g_assert_null(pattern_start(spec, length, PAGE, &rng, &error));
    g_assert_error(error, PATTERN_ERROR, (int)code);
    if (strstr(error->message, word) == NULL) {
        g_error("\"%s\" does not mention %s", error->message, word);
    }
}

static void test_refusals(void) {
    uint64_t far[] = {(UINT64_C(1) << 36) << 1}, beyond[] = {((UINT64_C(1) << 36) + 1) << 1};
    PatternSpec s = {.kind = PATTERN_SEQUENTIAL, .length = ALL, .element = 8};
    refuse(&s, 0, PATTERN_ERROR_FIT, "region of 0 bytes");
    refuse(&s, 7, PATTERN_ERROR_FIT, "\"element\" of 8");
    refuse(&s, UINT64_C(1) << 63, PATTERN_ERROR_FIT, "2^63");
    s.element = 0;
    refuse(&s, 100, PATTERN_ERROR_VALUE, "\"element\" of 0");
    s = (PatternSpec){.kind = PATTERN_LOOP, .length = 0};
    refuse(&s, 100, PATTERN_ERROR_FIT, "\"length\" 0");
    s.length = 101;
    refuse(&s, 100, PATTERN_ERROR_FIT, "\"length\" 101");
    s.offset = 100;
    refuse(&s, 100, PATTERN_ERROR_FIT, "\"offset\" 100");
    s = (PatternSpec){.kind = PATTERN_LOOP, .length = ALL, .write_ppm = 1000001};
    refuse(&s, 100, PATTERN_ERROR_VALUE, "\"write\"");
    s = (PatternSpec){.kind = PATTERN_STRIDE, .length = ALL};
    refuse(&s, 100, PATTERN_ERROR_VALUE, "\"stride\" of 0");
    s = (PatternSpec){.kind = PATTERN_MATRIX, .length = ALL, .element = 8, .rows = 5};
    refuse(&s, 100, PATTERN_ERROR_VALUE, "no elements");
    s.columns = 3;
    refuse(&s, 119, PATTERN_ERROR_FIT, "needs 120 bytes, but there are 119");
    s.rows = s.columns = UINT64_C(1) << 33;
    refuse(&s, INT64_MAX, PATTERN_ERROR_FIT, "more than 2^64");
    g_assert_cmpuint(pattern_extent(&s, PAGE), ==, UINT64_MAX);
    s = (PatternSpec){.kind = PATTERN_PAGES, .length = ALL};
    refuse(&s, 100, PATTERN_ERROR_VALUE, "\"pages\" is empty");
    s.pages = far;
    s.page_count = 1;
    refuse(&s, 100, PATTERN_ERROR_FIT, "lies outside");
    g_assert_cmpuint(pattern_extent(&s, PAGE), ==, ((UINT64_C(1) << 36) + 1) * PAGE);
    s.pages = beyond;
    refuse(&s, INT64_MAX, PATTERN_ERROR_VALUE, "0 to 2^36");
    g_assert_cmpuint(pattern_extent(&s, UINT64_C(1) << 60), ==, UINT64_MAX);
    s = (PatternSpec){.kind = PATTERN_PHASES, .length = ALL};
    refuse(&s, 100, PATTERN_ERROR_VALUE, "\"phases\" is empty");
}

static void test_refuse_large_tables(void) {
    PatternSpec zipf = {.kind = PATTERN_ZIPF, .length = ALL};
    refuse(&zipf, (PATTERN_TABLE_MAX + 1) * PAGE, PATTERN_ERROR_HOST, "67108865 pages");
    PatternSpec chase = {.kind = PATTERN_CHASE, .length = ALL, .element = 1};
    refuse(&chase, INT64_MAX, PATTERN_ERROR_HOST, "elements is too large");
    /* What one may have, two phases may not have together. */
    zipf.length = PAGE;
    chase.length = PATTERN_TABLE_MAX;
    PatternSpec *both[] = {&zipf, &chase};
    PatternSpec s = {.kind = PATTERN_PHASES, .length = ALL, .phases = both, .phase_count = 2};
    refuse(&s, INT64_MAX, PATTERN_ERROR_HOST, "phase 1: ");
}

static void test_refuse_depth(void) {
    PatternSpec inner = {.kind = PATTERN_LOOP, .length = ALL};
    PatternSpec chain[PATTERN_DEPTH_MAX + 1];
    PatternSpec *next[PATTERN_DEPTH_MAX + 1];
    for (int i = PATTERN_DEPTH_MAX; i >= 0; i--) {
        next[i] = i == PATTERN_DEPTH_MAX ? &inner : &chain[i + 1];
        chain[i] = (PatternSpec){
            .kind = PATTERN_PHASES, .length = ALL, .phases = &next[i], .phase_count = 1};
    }
    refuse(&chain[0], 100, PATTERN_ERROR_VALUE, "deep");
    assert_places(&chain[1], 100, "0");
    PatternSpec many = {.kind = PATTERN_LOOP, .length = ALL, .count = UINT64_MAX};
    PatternSpec *twice[] = {&many, &many};
    PatternSpec s = {.kind = PATTERN_PHASES, .length = ALL, .phases = twice, .phase_count = 2};
    refuse(&s, 100, PATTERN_ERROR_VALUE, "2^64 accesses");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pattern/grids", test_grids);
    g_test_add_func("/pattern/long-runs", test_long_runs);
    g_test_add_func("/pattern/pages", test_pages);
    g_test_add_func("/pattern/random", test_random);
    g_test_add_func("/pattern/chase", test_chase);
    g_test_add_func("/pattern/zipf/reference", test_zipf_reference);
    g_test_add_func("/pattern/zipf/plain", test_zipf_plain);
    g_test_add_func("/pattern/zipf/boundary", test_zipf_boundary);
    g_test_add_func("/pattern/properties", test_properties);
    g_test_add_func("/pattern/extent", test_extent_suffices);
    g_test_add_func("/pattern/writes", test_write_draws);
    g_test_add_func("/pattern/phases", test_phases);
    g_test_add_func("/pattern/refusals/values", test_refusals);
    g_test_add_func("/pattern/refusals/tables", test_refuse_large_tables);
    g_test_add_func("/pattern/refusals/depth", test_refuse_depth);
    return g_test_run();
}
