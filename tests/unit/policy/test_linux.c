/* test_linux.c - what makes linux-lru and linux-mglru what they are: batches, two looks, refaults; a page's
 * neighbours, walks that leave idle processes out.  That they fault as Linux does is the business of
 * tests/reference/pressure.py.
 */
#include "fake_kernel.h"
#include "table_walk.h"

#define SEED   42
#define FRAMES 500u
#define FAR    100000u /* pages that nobody asks for twice */

static bool in_memory(const FakeKernel *k, PageKey page) {
    bool found = false;
    for (Pfn frame = 0; frame < FRAMES; frame++) {
        found |= k->frames[frame].used && k->frames[frame].page == page;
    }
    return found;
}

/* Fill memory and go on until `evictions` pages have left; the next page that nobody knows. */
static PageKey scan_until(FakeKernel *k, PageKey page, uint64_t evictions) {
    while (k->evictions < evictions) {
        fake_access(k, page++, false);
    }
    return page;
}

/* ---- both --------------------------------------------------------------------------------- */

/* A reclaim frees at least 32 pages; then there are frames for as many faults. */
static void test_batches(gconstpointer name) {
    FakeKernel *k = fake_kernel_named(name, FRAMES, SEED);
    PageKey page = scan_until(k, FAR, 1);
    uint64_t batch = k->evictions;
    g_assert_cmpuint(batch, >=, 32);
    fake_scan(k, page, page + batch - 1);
    g_assert_cmpuint(k->evictions, ==, batch);
    fake_access(k, page + batch, false);
    g_assert_cmpuint(k->evictions, >, batch);
    fake_kernel_destroy(k);
}

/* Nobody may go, or only one: no batch, but always an answer (fake_take_frame). */
static void test_pinned(gconstpointer name) {
    FakeKernel *k = fake_kernel_named(name, FRAMES, SEED);
    fake_scan(k, 0, FRAMES);
    for (Pfn frame = 0; frame < FRAMES; frame++) {
        k->frames[frame].pinned = true;
    }
    g_assert_true(fake_access(k, FAR, false));
    g_assert_cmpuint(k->evictions, ==, 0);
    k->frames[17].pinned = false;
    fake_access(k, FAR, false);
    g_assert_cmpuint(k->evictions, ==, 1);
    fake_kernel_destroy(k);
}

/* What may go is asked again for each page of a batch: the first ones may have filled the swap. */
static void test_swap_fills(gconstpointer name) {
    FakeKernel *k = fake_kernel_named(name, FRAMES, SEED);
    fake_scan(k, FAR, FAR + FRAMES);
    fake_unload(k, k->ops->victim(k->policy, 0), UNLOAD_EVICTED);
    for (Pfn frame = 0; frame < FRAMES; frame++) {
        k->frames[frame].pinned = true;
    }
    g_assert_cmpuint(k->ops->more(k->policy), ==, PFN_NONE);
    fake_kernel_destroy(k);
}

/* Pages that are in use all the time mostly survive any number of pages that are used once: now and
 * then a reclaim in so small a memory looks at a page twice before it can be used again. */
static void test_scan(gconstpointer name) {
    FakeKernel *k = fake_kernel_named(name, FRAMES, SEED);
    for (PageKey page = FAR; page < FAR + 5000; page++) {
        fake_access(k, page, false);
        for (PageKey busy = 0; page % 8 == 0 && busy < 10; busy++) {
            fake_access(k, busy, false);
        }
    }
    uint64_t uses = 5000 / 8 * 10;
    g_assert_cmpuint(k->faults - 5000, <, uses / 50);
    fake_kernel_destroy(k);
}

/* ---- linux-lru ------------------------------------------------------------------------------- */

/* The first look finds every page used, by its fault; so all are looked at twice before one goes. */
static void test_two_looks(void) {
    FakeKernel *k = fake_kernel_named("linux-lru", FRAMES, SEED);
    scan_until(k, FAR, 1);
    g_assert_cmpuint(k->looks, ==, FRAMES + k->evictions);
    g_assert_cmpuint(k->counted[POLICY_COUNT_PGACTIVATE], ==, 0);
    fake_kernel_destroy(k);
}

static void test_refault(void) {
    FakeKernel *k = fake_kernel_named("linux-lru", FRAMES, SEED);
    for (int round = 0; round < 100; round++) { /* some become active */
        fake_scan(k, 0, 200);
        fake_scan(k, FAR + round * 10, FAR + round * 10 + 10);
    }
    uint64_t before = k->counted[POLICY_COUNT_WORKINGSET_ACTIVATE];
    PageKey gone = k->left_count > 0 ? k->left[0] : FAR + 990;
    while (in_memory(k, gone)) {
        gone--;
    }
    fake_access(k, gone, false);
    g_assert_cmpuint(k->counted[POLICY_COUNT_WORKINGSET_REFAULT], >, 0);
    g_assert_cmpuint(k->counted[POLICY_COUNT_WORKINGSET_ACTIVATE], ==, before + 1);
    fake_kernel_destroy(k);
}

/* ---- linux-mglru ------------------------------------------------------------------------------- */

/* Who does not know how many pages are active believes what was so at the start: none, so that nothing
 * is made inactive and nobody comes back early. */
static void test_stale(void) {
    FakeKernel *k = fake_kernel_named("linux-lru:statistics=1000000", FRAMES, SEED);
    for (int round = 0; round < 100; round++) {
        fake_scan(k, 0, 200);
        fake_scan(k, FAR + round * 10, FAR + round * 10 + 10);
    }
    fake_scan(k, FAR, FAR + 1000);
    g_assert_cmpuint(k->counted[POLICY_COUNT_PGACTIVATE], >, 0);
    g_assert_cmpuint(k->counted[POLICY_COUNT_WORKINGSET_REFAULT], >, 0);
    g_assert_cmpuint(k->counted[POLICY_COUNT_WORKINGSET_ACTIVATE], ==, 0);
    g_assert_cmpuint(k->counted[POLICY_COUNT_PGDEACTIVATE], ==, 0);
    fake_kernel_destroy(k);
}

/* A walker and the frames that it found used, in a world of `FRAMES` pages: frame f has page f. */
typedef struct Walked {
    FakeKernel *k;
    TableWalk walk;
    bool found[FRAMES];
} Walked;

static void note_found(void *self, Pfn frame) { ((Walked *)self)->found[frame] = true; }

static Walked *walked_new(void) {
    Walked *w = g_new0(Walked, 1);
    w->k = fake_kernel_named("fifo", FRAMES, SEED);
    g_assert_true(table_walk_init(&w->walk, &w->k->env));
    for (Pfn frame = 0; frame < FRAMES; frame++) {
        table_walk_add(&w->walk, frame, frame);
    }
    return w;
}

static void walked_free(Walked *w) {
    g_assert_null(table_walk_check(&w->walk));
    table_walk_clear(&w->walk);
    fake_kernel_destroy(w->k);
    g_free(w);
}

static void use(Walked *w, Pfn first, Pfn end) {
    memset(w->found, 0, sizeof w->found);
    for (Pfn frame = 0; frame < FRAMES; frame++) {
        w->k->frames[frame].referenced = frame >= first && frame < end;
    }
}

static unsigned count_found(const Walked *w) {
    unsigned found = 0;
    for (Pfn frame = 0; frame < FRAMES; frame++) {
        found += w->found[frame];
        g_assert_false(w->found[frame] && w->k->frames[frame].referenced); /* it was cleared */
    }
    return found;
}

/* 64 pages around the one that was met, which itself is not found again; fewer at a table's end. */
static void test_neighbours(void) {
    Walked *w = walked_new();
    use(w, 0, FRAMES);
    table_walk_around(&w->walk, 200, note_found, w);
    g_assert_cmpuint(count_found(w), ==, WALK_WINDOW - 1);
    g_assert_true(w->found[168] && w->found[231] && !w->found[167] && !w->found[232]);
    use(w, 0, FRAMES);
    table_walk_around(&w->walk, 3, note_found, w);
    g_assert_true(count_found(w) == WALK_WINDOW - 1 && w->found[63] && !w->found[64]);
    walked_free(w);
}

/* The first walk looks everywhere, the next ones where it is worth it. */
static void test_walks(void) {
    Walked *w = walked_new();
    use(w, 10, 20);
    table_walk_all(&w->walk, note_found, w);
    g_assert_cmpuint(count_found(w), ==, 10);
    use(w, 100, 400);
    table_walk_all(&w->walk, note_found, w); /* 10 of 512 were too few */
    g_assert_cmpuint(count_found(w), ==, 0);
    table_walk_around(&w->walk, 200, note_found, w); /* 64 of 64: go there again */
    use(w, 100, 400);
    table_walk_all(&w->walk, note_found, w);
    g_assert_cmpuint(count_found(w), ==, 300);
    for (Pfn frame = 0; frame < FRAMES; frame++) {
        table_walk_remove(&w->walk, frame);
    }
    table_walk_all(&w->walk, note_found, w);
    g_assert_cmpuint(w->walk.tables.live, ==, 0);
    walked_free(w);
}

int main(int argc, char **argv) {
    static const char *const names[] = {"linux-lru", "linux-mglru"};
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *batches = g_strdup_printf("/%s/batches", names[i]);
        g_autofree char *pinned = g_strdup_printf("/%s/pinned", names[i]);
        g_autofree char *fills = g_strdup_printf("/%s/swap-fills", names[i]);
        g_autofree char *scan = g_strdup_printf("/%s/scan", names[i]);
        g_test_add_data_func(batches, names[i], test_batches);
        g_test_add_data_func(pinned, names[i], test_pinned);
        g_test_add_data_func(fills, names[i], test_swap_fills);
        g_test_add_data_func(scan, names[i], test_scan);
    }
    g_test_add_func("/linux-lru/two-looks", test_two_looks);
    g_test_add_func("/linux-lru/refault", test_refault);
    g_test_add_func("/linux-lru/stale", test_stale);
    g_test_add_func("/linux-mglru/neighbours", test_neighbours);
    g_test_add_func("/linux-mglru/walks", test_walks);
    return g_test_run();
}
