/* test_page_book.c - the book of pages against plain arrays of the same contents. */
#include "page_book.h"

#include "faultline/rng.h"

#include <glib.h>
#include <string.h>

#define FRAMES 24
#define LISTS  4 /* numbers 1..3; 0 is "on none" */

/* ---- one thing at a time --------------------------------------------------------------- */

static void test_a_page_is_found_by_key_and_frame(void) {
    PageBook book;
    g_assert_true(page_book_init(&book, FRAMES));
    g_assert_cmpuint(page_book_find(&book, 7), ==, NODE_NONE);
    uint32_t node = page_book_add(&book, 7, 5);
    g_assert_cmpuint(page_book_find(&book, 7), ==, node);
    g_assert_cmpuint(page_book_at(&book, 5), ==, node);
    g_assert_cmpuint(page_book_frame(&book, node), ==, 5);
    g_assert_true(page_book_holds(&book, 5));
    page_book_set_frame(&book, node, PFN_NONE); /* a ghost */
    g_assert_cmpuint(page_book_find(&book, 7), ==, node);
    g_assert_cmpuint(page_book_at(&book, 5), ==, NODE_NONE);
    g_assert_false(page_book_holds(&book, 5));
    page_book_set_frame(&book, node, 6);
    g_assert_cmpuint(page_book_at(&book, 6), ==, node);
    page_book_forget(&book, node);
    g_assert_cmpuint(page_book_find(&book, 7), ==, NODE_NONE);
    g_assert_false(page_book_holds(&book, 6));
    g_assert_false(page_book_holds(&book, FRAMES));
    g_assert_cmpuint(page_book_frame(&book, NODE_NONE), ==, PFN_NONE);
    page_book_clear(&book);
}

static void assert_order(const PageBook *book, const PageList *list, const PageKey *pages,
                         uint32_t count) {
    g_assert_cmpstr(page_list_check(book, list), ==, NULL);
    g_assert_cmpuint(list->count, ==, count);
    uint32_t node = list->head;
    for (uint32_t i = 0; i < count; i++) {
        g_assert_cmpuint(page_node(book, node)->page, ==, pages[i]);
        node = page_node(book, node)->next;
    }
    g_assert_cmpuint(node, ==, NODE_NONE);
}

static void test_a_list_has_two_ends(void) {
    PageBook book;
    PageList list = {.number = 1};
    g_assert_true(page_book_init(&book, FRAMES));
    uint32_t a = page_book_add(&book, 10, 0), b = page_book_add(&book, 11, 1);
    uint32_t c = page_book_add(&book, 12, PFN_NONE), d = page_book_add(&book, 13, 3);
    page_list_push_head(&book, &list, a);
    page_list_push_tail(&book, &list, b);
    page_list_push_head(&book, &list, c);
    page_list_insert_before(&book, &list, d, b);
    assert_order(&book, &list, (const PageKey[]){12, 10, 13, 11}, 4);
    g_assert_false(page_list_is(&book, &list, true));
    g_assert_false(page_list_is(&book, &list, false));
    page_list_remove(&book, &list, c);
    g_assert_true(page_list_is(&book, &list, true));
    page_list_remove(&book, &list, b);
    assert_order(&book, &list, (const PageKey[]){10, 13}, 2);
    page_list_remove(&book, &list, a);
    page_list_remove(&book, &list, d);
    assert_order(&book, &list, NULL, 0);
    g_assert_true(page_list_is(&book, &list, true) && page_list_is(&book, &list, false));
    page_book_clear(&book);
}

static bool even_only(void *host, Pfn frame) {
    (void)host;
    return frame % 2 == 0;
}

static void test_evictable_from_either_end(void) {
    const PolicyEnv env = {.evictable = even_only};
    PageBook book;
    PageList list = {.number = 1};
    g_assert_true(page_book_init(&book, FRAMES));
    g_assert_cmpuint(page_list_first_evictable(&book, &list, &env), ==, NODE_NONE);
    g_assert_cmpuint(page_list_last_evictable(&book, &list, &env), ==, NODE_NONE);
    static const Pfn frames[] = {1, 4, 3, 8, 7};
    for (unsigned i = 0; i < G_N_ELEMENTS(frames); i++) {
        page_list_push_tail(&book, &list, page_book_add(&book, i, frames[i]));
    }
    g_assert_cmpuint(page_list_first_evictable(&book, &list, &env), ==, page_book_at(&book, 4));
    g_assert_cmpuint(page_list_last_evictable(&book, &list, &env), ==, page_book_at(&book, 8));
    page_book_clear(&book);
}

static void test_check_sees_damage(void) {
    PageBook book;
    PageList list = {.number = 2};
    g_assert_true(page_book_init(&book, FRAMES));
    for (Pfn frame = 0; frame < 4; frame++) {
        page_list_push_tail(&book, &list, page_book_add(&book, 100 + frame, frame));
    }
    g_assert_null(page_book_check(&book));
    book.by_frame[2] = 1;
    g_assert_nonnull(page_book_check(&book));
    book.by_frame[2] = 3;
    book.live++;
    g_assert_nonnull(page_book_check(&book));
    book.live--;
    book.nodes[3].page = 100; /* two nodes of one name */
    g_assert_nonnull(page_book_check(&book));
    book.nodes[3].page = 102;
    g_assert_null(page_book_check(&book));
    g_assert_null(page_list_check(&book, &list));
    list.count = 3;
    g_assert_nonnull(page_list_check(&book, &list));
    list.count = 5;
    g_assert_nonnull(page_list_check(&book, &list));
    list.count = 4;
    book.nodes[2].list = 1;
    g_assert_nonnull(page_list_check(&book, &list));
    book.nodes[2].list = 2;
    list.tail = 1;
    g_assert_nonnull(page_list_check(&book, &list));
    page_book_clear(&book);
}

/* ---- random lives ----------------------------------------------------------------------- */

/* The model: arrays by page, and each list as an array of pages. */
typedef struct Model {
    PageBook book;
    PageList list[LISTS];
    PageKey *keys; /* the page's key; far apart and close together */
    Pfn *frame;    /* PFN_NONE: a ghost */
    uint8_t *on;   /* number of its list; 0: none */
    bool *known;
    uint32_t *order[LISTS], count[LISTS];
    bool frame_used[FRAMES];
    uint32_t pages, live;
} Model;

static Model *model_create(uint32_t pages) {
    Model *m = g_new0(Model, 1);
    m->pages = pages;
    g_assert_true(page_book_init(&m->book, FRAMES));
    m->keys = g_new0(PageKey, pages);
    m->frame = g_new0(Pfn, pages);
    m->on = g_new0(uint8_t, pages);
    m->known = g_new0(bool, pages);
    for (uint32_t i = 0; i < pages; i++) {
        m->keys[i] = ((PageKey)(i % 5) << PAGE_KEY_VPN_BITS) + i / 5;
    }
    for (uint8_t i = 1; i < LISTS; i++) {
        m->list[i].number = i;
        m->order[i] = g_new0(uint32_t, pages);
    }
    return m;
}

static void model_destroy(Model *m) {
    page_book_clear(&m->book);
    for (int i = 1; i < LISTS; i++) {
        g_free(m->order[i]);
    }
    g_free(m->keys);
    g_free(m->frame);
    g_free(m->on);
    g_free(m->known);
    g_free(m);
}

static void model_insert(Model *m, uint8_t list, uint32_t page, uint32_t at) {
    uint32_t *order = m->order[list];
    memmove(&order[at + 1], &order[at], (m->count[list]++ - at) * sizeof order[0]);
    order[at] = page;
    m->on[page] = list;
}

static void model_remove(Model *m, uint32_t page) {
    uint8_t list = m->on[page];
    uint32_t *order = m->order[list], at = 0;
    while (order[at] != page) {
        at++;
    }
    memmove(&order[at], &order[at + 1], (--m->count[list] - at) * sizeof order[0]);
    m->on[page] = 0;
}

/* A free frame, or none. */
static Pfn model_frame(const Model *m, Rng *rng) {
    Pfn frame = (Pfn)rng_below(rng, FRAMES);
    return m->frame_used[frame] ? PFN_NONE : frame;
}

static void model_set_frame(Model *m, uint32_t page, Pfn frame) {
    if (m->frame[page] != PFN_NONE) {
        m->frame_used[m->frame[page]] = false;
    }
    m->frame[page] = frame;
    if (frame != PFN_NONE) {
        m->frame_used[frame] = true;
    }
}

static void step_add(Model *m, Rng *rng, uint32_t page) {
    Pfn frame = model_frame(m, rng);
    page_book_add(&m->book, m->keys[page], frame);
    m->known[page] = true;
    m->frame[page] = PFN_NONE;
    model_set_frame(m, page, frame);
    m->live++;
}

static void step_forget(Model *m, uint32_t page, uint32_t node) {
    page_book_forget(&m->book, node);
    model_set_frame(m, page, PFN_NONE);
    m->known[page] = false;
    m->live--;
}

static void step_put(Model *m, Rng *rng, uint32_t page, uint32_t node) {
    uint8_t number = (uint8_t)(1 + rng_below(rng, LISTS - 1));
    PageList *list = &m->list[number];
    uint32_t at = (uint32_t)rng_below(rng, m->count[number] + UINT64_C(1));
    if (at == 0) {
        page_list_push_head(&m->book, list, node);
    } else if (at == m->count[number]) {
        page_list_push_tail(&m->book, list, node);
    } else {
        uint32_t place = page_book_find(&m->book, m->keys[m->order[number][at]]);
        page_list_insert_before(&m->book, list, node, place);
    }
    model_insert(m, number, page, at);
}

static void model_step(Model *m, Rng *rng) {
    uint32_t page = (uint32_t)rng_below(rng, m->pages);
    uint32_t node = page_book_find(&m->book, m->keys[page]);
    g_assert_cmpint(node != NODE_NONE, ==, m->known[page]);
    if (node == NODE_NONE) {
        step_add(m, rng, page);
    } else if (rng_below(rng, 4) == 0) {
        Pfn frame = model_frame(m, rng);
        page_book_set_frame(&m->book, node, frame);
        model_set_frame(m, page, frame);
    } else if (m->on[page] == 0 && rng_below(rng, 3) == 0) {
        step_forget(m, page, node);
    } else if (m->on[page] == 0) {
        step_put(m, rng, page, node);
    } else {
        page_list_remove(&m->book, &m->list[m->on[page]], node);
        model_remove(m, page);
    }
}

static void assert_same(const Model *m) {
    g_assert_cmpstr(page_book_check(&m->book), ==, NULL);
    g_assert_cmpuint(m->book.live, ==, m->live);
    for (int i = 1; i < LISTS; i++) {
        g_autofree PageKey *expected = g_new0(PageKey, m->count[i] + 1);
        for (uint32_t at = 0; at < m->count[i]; at++) {
            expected[at] = m->keys[m->order[i][at]];
        }
        assert_order(&m->book, &m->list[i], expected, m->count[i]);
    }
    for (uint32_t page = 0; page < m->pages; page++) {
        uint32_t node = page_book_find(&m->book, m->keys[page]);
        g_assert_cmpint(node != NODE_NONE, ==, m->known[page]);
        if (m->known[page]) {
            g_assert_cmpuint(page_book_frame(&m->book, node), ==, m->frame[page]);
            g_assert_cmpuint(page_node(&m->book, node)->list, ==, m->on[page]);
        }
    }
    for (Pfn frame = 0; frame < FRAMES; frame++) {
        g_assert_cmpint(page_book_holds(&m->book, frame), ==, m->frame_used[frame]);
    }
}

/* Few pages: the same names come and go.  Many: the book grows. */
static void test_random(void) {
    static const uint32_t pages[] = {3, 30, 3000};
    for (unsigned i = 0; i < G_N_ELEMENTS(pages); i++) {
        Model *m = model_create(pages[i]);
        Rng rng = {i};
        for (int step = 0; step < 20000; step++) {
            model_step(m, &rng);
            if (step % (pages[i] > 1000 ? 500 : 10) == 0) {
                assert_same(m);
            }
        }
        assert_same(m);
        model_destroy(m);
    }
}

/* ---- names that change, names that go ---------------------------------------------------- */

static void test_rename(void) {
    PageBook book;
    g_assert_true(page_book_init(&book, FRAMES));
    for (PageKey page = 0; page < FRAMES; page++) {
        page_book_add(&book, page, (Pfn)page);
    }
    for (PageKey page = 0; page < FRAMES; page++) {
        page_book_rename(&book, page_book_find(&book, page), page + 1000);
        g_assert_cmpuint(page_book_find(&book, page), ==, NODE_NONE);
        g_assert_cmpuint(page_book_frame(&book, page_book_find(&book, page + 1000)), ==, page);
        g_assert_cmpstr(page_book_check(&book), ==, NULL);
    }
    page_book_clear(&book);
}

static void forget_it(void *self, uint32_t node) { page_book_forget(self, node); }

/* Ghosts in the range go; resident pages in it and ghosts around it stay. */
static void test_each_ghost(void) {
    static const uint64_t counts[] = {0, 1, 7, 20, 1000, UINT64_C(1) << 48};
    for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++) {
        PageBook book;
        g_assert_true(page_book_init(&book, FRAMES));
        for (PageKey page = 0; page < 40; page++) {
            page_book_add(&book, page, page % 2 == 0 ? (Pfn)page / 2 : PFN_NONE);
        }
        page_book_add(&book, 1005, PFN_NONE); /* just behind the range of 1000 */
        page_book_each_ghost(&book, 5, counts[i], forget_it, &book);
        g_assert_cmpint(page_book_find(&book, 1005) == NODE_NONE, ==, counts[i] > 1000);
        for (PageKey page = 0; page < 40; page++) {
            bool gone = page % 2 == 1 && page >= 5 && page - 5 < counts[i];
            g_assert_cmpint(page_book_find(&book, page) == NODE_NONE, ==, gone);
        }
        g_assert_cmpstr(page_book_check(&book), ==, NULL);
        page_book_clear(&book);
    }
}

static void test_a_large_machine_is_free(void) {
    PageBook book;
    Pfn last = (UINT32_C(1) << 28) - 1;
    g_assert_true(page_book_init(&book, last + 1));
    uint32_t node = page_book_add(&book, 1, last);
    g_assert_cmpuint(page_book_at(&book, last), ==, node);
    g_assert_cmpstr(page_book_check(&book), ==, NULL);
    page_book_clear(&book);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/page-book/key-and-frame", test_a_page_is_found_by_key_and_frame);
    g_test_add_func("/page-book/list", test_a_list_has_two_ends);
    g_test_add_func("/page-book/evictable", test_evictable_from_either_end);
    g_test_add_func("/page-book/check-sees-damage", test_check_sees_damage);
    g_test_add_func("/page-book/random", test_random);
    g_test_add_func("/page-book/rename", test_rename);
    g_test_add_func("/page-book/each-ghost", test_each_ghost);
    g_test_add_func("/page-book/large", test_a_large_machine_is_free);
    return g_test_run();
}
