/* test_vma.c - mappings drawn as pictures: a letter a page, '.' where nothing is mapped. */
#include <glib.h>
#include <string.h>

#include "faultline/rng.h"
#include "kernel/vma.h"

#define PICTURE 32

/* Each mapping's pages bear its protection as a digit; mappings are parted by '|'. */
static char *picture(const VmaList *vmas) {
    GString *out = g_string_new(NULL);
    for (Vpn vpn = 0; vpn < PICTURE; vpn++) {
        uint32_t at = vma_lower_bound(vmas, vpn);
        bool inside = at < vmas->count && vmas->list[at].first <= vpn;
        if (inside && vmas->list[at].first == vpn && at > 0 && vmas->list[at - 1].end == vpn) {
            g_string_append_c(out, '|');
        }
        g_string_append_c(out, inside ? (char)('0' + vmas->list[at].prot) : '.');
    }
    return g_string_free(out, FALSE);
}

static void assert_picture(const VmaList *vmas, const char *expected) {
    g_autofree char *drawn = picture(vmas);
    g_assert_cmpstr(drawn, ==, expected);
    g_assert_cmpstr(vma_list_check(vmas), ==, NULL);
}

static Vma anonymous(Vpn first, Vpn end, unsigned prot) {
    return (Vma){
        .first = first, .end = end, .kind = VMA_ANONYMOUS, .prot = prot, .file_page = first};
}

static void test_split_and_merge(void) {
    VmaList vmas = {0};
    g_assert_true(vma_insert(&vmas, anonymous(4, 12, 3)));
    assert_picture(&vmas, "....33333333....................");
    g_assert_true(vma_insert(&vmas, anonymous(14, 16, 3)));
    g_assert_true(vma_insert(&vmas, anonymous(12, 14, 3)));
    assert_picture(&vmas, "....333333333333................");
    g_assert_cmpuint(vmas.count, ==, 1);
    g_assert_true(vma_change(&vmas, 6, 9, 1, 0));
    assert_picture(&vmas, "....33|111|3333333................");
    g_assert_true(vma_remove(&vmas, 8, 11));
    assert_picture(&vmas, "....33|11...33333................");
    g_assert_true(vma_change(&vmas, 6, 8, 3, 0));
    assert_picture(&vmas, "....3333...33333................");
    g_assert_true(vma_remove(&vmas, 0, PICTURE));
    assert_picture(&vmas, "................................");
    vma_list_clear(&vmas);
}

static void test_files_merge_only_in_order(void) {
    VmaList vmas = {0};
    Vma file = {.first = 4, .end = 6, .kind = VMA_FILE, .prot = 1, .file = 2, .file_page = 10};
    Vma next = {.first = 6, .end = 8, .kind = VMA_FILE, .prot = 1, .file = 2, .file_page = 12};
    Vma other = {.first = 8, .end = 9, .kind = VMA_FILE, .prot = 1, .file = 2, .file_page = 12};
    g_assert_true(vma_insert(&vmas, file) && vma_insert(&vmas, next) && vma_insert(&vmas, other));
    assert_picture(&vmas, "....1111|1.......................");
    g_assert_true(vma_remove(&vmas, 5, 6));
    g_assert_cmpuint(vma_find(&vmas, 7)->file_page, ==, 12);
    vma_list_clear(&vmas);
}

static void test_find_gap(void) {
    VmaList vmas = {.guard_pages = 2};
    g_assert_cmpuint(vma_find_gap(&vmas, 4, 2, 20), ==, 16);
    Vma stack = anonymous(18, 20, 3);
    stack.flags = VMA_GROWS_DOWN;
    g_assert_true(vma_insert(&vmas, stack));
    g_assert_cmpuint(vma_find_gap(&vmas, 4, 2, 20), ==, 12);
    g_assert_true(vma_insert(&vmas, anonymous(10, 14, 3)));
    g_assert_cmpuint(vma_find_gap(&vmas, 2, 2, 20), ==, 14);
    g_assert_cmpuint(vma_find_gap(&vmas, 3, 2, 20), ==, 7);
    g_assert_cmpuint(vma_find_gap(&vmas, 8, 2, 20), ==, 2);
    g_assert_cmpuint(vma_find_gap(&vmas, 9, 2, 20), ==, UINT64_MAX);
    vma_list_clear(&vmas);
}

/* Mapping by mapping, as mprotect does. */
static void protect(VmaList *vmas, Vpn first, Vpn end, unsigned prot) {
    for (Vpn at = first; at < end;) {
        const Vma *vma = vma_find(vmas, at);
        Vpn part_end = MIN(vma->end, end);
        g_assert_true(vma_change(vmas, at, part_end, prot, vma->flags));
        at = part_end;
    }
}

/* Random inserts, removes and protects against an array with one cell a page. */
static void test_against_cells(void) {
    enum { PAGES = 64 };
    unsigned char cells[PAGES] = {0};
    VmaList vmas = {0};
    Rng rng = {7};
    for (unsigned step = 0; step < 20000; step++) {
        Vpn first = rng_below(&rng, PAGES), end = first + 1 + rng_below(&rng, PAGES - first);
        unsigned prot = 1 + (unsigned)rng_below(&rng, 2);
        bool all = true;
        for (Vpn vpn = first; vpn < end; vpn++) {
            all = all && cells[vpn] != 0;
        }
        if (rng_below(&rng, 3) == 0 && all) {
            protect(&vmas, first, end, prot);
            memset(cells + first, (int)prot, end - first);
        } else {
            g_assert_true(vma_remove(&vmas, first, end));
            memset(cells + first, 0, end - first);
            if (rng_below(&rng, 2) == 0) {
                g_assert_true(vma_insert(&vmas, anonymous(first, end, prot)));
                memset(cells + first, (int)prot, end - first);
            }
        }
        for (Vpn vpn = 0; vpn < PAGES; vpn++) {
            const Vma *vma = vma_find(&vmas, vpn);
            g_assert_cmpuint(vma == NULL ? 0 : vma->prot, ==, cells[vpn]);
        }
        g_assert_cmpstr(vma_list_check(&vmas), ==, NULL);
    }
    vma_list_clear(&vmas);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vma/split-and-merge", test_split_and_merge);
    g_test_add_func("/vma/files-merge-only-in-order", test_files_merge_only_in_order);
    g_test_add_func("/vma/find-gap", test_find_gap);
    g_test_add_func("/vma/against-cells", test_against_cells);
    return g_test_run();
}
