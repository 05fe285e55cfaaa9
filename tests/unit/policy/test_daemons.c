/* test_daemons.c - what makes freebsd and windows-ws what they are: credit that is earned and spent, a
 * laundry that is emptied in clusters, passes that take only who is idle.
 *
 * That freebsd agrees with its definition reference by reference is the business of steps.txt.
 */
#include "reference_answers.h"
#include "fake_kernel.h"

#define SEED 42

static void read_pages(FakeKernel *k, PageKey first, PageKey end) {
    for (PageKey page = first; page < end; page++) {
        fake_access(k, page, false);
    }
}

/* ---- freebsd ----------------------------------------------------------------------------- */

/* A page comes with 5.  The look that finds its R bit makes it 8, so 8 idle looks later it is
 * inactive; the first of three pages gets there first. */
static void test_credit(void) {
    FakeKernel *k = fake_kernel_named("freebsd", 3, SEED);
    read_pages(k, 0, 4);
    g_assert_cmpuint(k->evicted, ==, 0);
    g_assert_cmpuint(k->clears, ==, 3);
    /* A turn that clears, seven that count down, one look that ends it, one at the inactive page. */
    g_assert_cmpuint(k->looks, ==, 3 * 8 + 1 + 1);
    fake_kernel_destroy(k);
}

/* A page in use keeps its place though others come and go by the hundred; once memory is full, that
 * is: the first victim is found when all were used, and then the first goes, as with clock. */
static void test_busy_page_stays(void) {
    FakeKernel *k = fake_kernel_named("freebsd", 8, SEED);
    fake_access(k, 1000, true);
    read_pages(k, 600, 608);
    fake_access(k, 1000, true);
    uint64_t faults = k->faults;
    for (PageKey page = 0; page < 500; page++) {
        fake_access(k, page, false);
        g_assert_false(fake_access(k, 1000, true));
    }
    g_assert_cmpuint(k->faults, ==, faults + 500);
    g_assert_cmpuint(k->writebacks, ==, 1); /* on that first occasion */
    fake_kernel_destroy(k);
}

/* Clean pages go before dirty ones that are older.  At the first fault only the oldest is inactive,
 * and so is written; at the second all are, and 2 goes though 1 has been there longer. */
static void test_clean_first(void) {
    FakeKernel *k = fake_kernel_named("freebsd:inactive=4", 4, SEED);
    fake_access(k, 0, true);
    fake_access(k, 1, true);
    read_pages(k, 2, 5);
    g_assert_cmpuint(k->evicted, ==, 0);
    read_pages(k, 5, 6);
    g_assert_cmpuint(k->evicted, ==, 2);
    g_assert_cmpuint(k->writebacks, ==, 1);
    fake_kernel_destroy(k);
}

/* Only dirty pages: a cluster of them is written when the first is needed, and the next faults
 * find them clean. */
static void test_clusters(void) {
    FakeKernel *k = fake_kernel_named("freebsd:inactive=12,cluster=4", 12, SEED);
    for (PageKey page = 0; page < 12; page++) {
        fake_access(k, page, true);
    }
    uint64_t written[9] = {0};
    for (PageKey page = 0; page < 9; page++) {
        read_pages(k, 100 + page, 101 + page);
        g_assert_cmpuint(k->evicted, ==, page);
        written[page] = k->writebacks;
    }
    /* The first fault finds one inactive page, which is dirty; by the second, all are. */
    g_assert_cmpuint(written[0], ==, 1);
    for (unsigned i = 1; i < 9; i++) {
        g_assert_cmpuint(written[i], ==, i < 5 ? 5 : 9);
    }
    fake_kernel_destroy(k);
}

/* A loop over twice the memory, with some pages always in use: each fault is cheap on average. */
static void test_looks_are_few(void) {
    FakeKernel *k = fake_kernel_named("freebsd", 100, SEED);
    for (unsigned round = 0; round < 50; round++) {
        for (PageKey page = 0; page < 200; page++) {
            fake_access(k, page, page % 3 == 0);
            fake_access(k, 1000 + page % 7, false);
        }
    }
    g_assert_cmpuint(k->faults, >, 50 * 200 / 2);
    g_assert_cmpuint(k->looks, <, 20 * (k->faults + k->clears));
    fake_kernel_destroy(k);
}

/* ---- windows-ws -------------------------------------------------------------------------- */

static Pfn trim(FakeKernel *k, uint64_t *left) { return k->ops->trim(k->policy, left); }

/* The first pass clears all bits, the second takes who was not used in between, in order. */
static void test_passes(void) {
    FakeKernel *k = fake_kernel_named("windows-ws", 5, SEED);
    read_pages(k, 0, 5);
    uint64_t left = 5;
    g_assert_cmpuint(trim(k, &left), ==, PFN_NONE);
    g_assert_cmpuint(left, ==, 0);
    g_assert_cmpuint(k->clears, ==, 5);
    fake_access(k, 0, false);
    fake_access(k, 2, false);
    left = 5;
    for (unsigned i = 0; i < 3; i++) {
        static const Pfn idle[] = {1, 3, 4};
        Pfn frame = trim(k, &left);
        g_assert_cmpuint(frame, ==, idle[i]);
        fake_unload(k, frame, UNLOAD_EVICTED);
    }
    g_assert_cmpuint(left, ==, 0);
    g_assert_cmpuint(trim(k, &left), ==, PFN_NONE);
    left = 1; /* the hand is at 0 again, whose bit the second pass cleared */
    g_assert_cmpuint(trim(k, &left), ==, 0);
    fake_kernel_destroy(k);
}

static void test_bounds(void) {
    FakeKernel *k = fake_kernel_named("windows-ws:minimum=9,maximum=4,hard=1", 5, SEED);
    WorkingSetBounds bounds = k->ops->bounds(k->policy);
    g_assert_cmpuint(bounds.minimum, ==, 4);
    g_assert_cmpuint(bounds.maximum, ==, 4);
    g_assert_true(bounds.hard);
    fake_kernel_destroy(k);
}

/* Left alone with one process it is clock. */
static void test_alone_it_is_clock(void) {
    for (unsigned s = 0; s < G_N_ELEMENTS(seeded); s++) {
        g_autoptr(GArray) string = string_seeded(seeded[s].name);
        for (uint32_t frames = 1; frames <= 20; frames++) {
            FakeKernel *one = fake_kernel_named("windows-ws", frames, SEED);
            FakeKernel *other = fake_kernel_named("clock", frames, SEED);
            for (guint i = 0; i < string->len; i++) {
                const Reference *r = &g_array_index(string, Reference, i);
                fake_access(one, r->page, r->write);
                fake_access(other, r->page, r->write);
                g_assert_cmpuint(one->evicted, ==, other->evicted);
            }
            g_assert_cmpuint(one->looks, <=, other->looks); /* no second look at the first page */
            fake_kernel_destroy(one);
            fake_kernel_destroy(other);
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/freebsd/credit", test_credit);
    g_test_add_func("/freebsd/busy-page-stays", test_busy_page_stays);
    g_test_add_func("/freebsd/clean-first", test_clean_first);
    g_test_add_func("/freebsd/clusters", test_clusters);
    g_test_add_func("/freebsd/looks-are-few", test_looks_are_few);
    g_test_add_func("/windows-ws/passes", test_passes);
    g_test_add_func("/windows-ws/bounds", test_bounds);
    g_test_add_func("/windows-ws/alone", test_alone_it_is_clock);
    return g_test_run();
}
