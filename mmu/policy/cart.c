/* cart.c - CART: CAR with a filter against pages that are wanted twice in a row and never again.
 *
 * Idea: as in CAR, T1 and T2 are clocks and p is T1's target.  But each page bears a filter
 * mark: S (of short-term utility) when it is new, L (long-term) once it has proved itself.  T1
 * holds S and L pages, T2 only L, B1 only S, B2 only L.  A referenced S page goes round in T1 and
 * becomes L only if it stayed long enough: |T1| >= min(p + 1, |B1|).  A second target, q, is
 * how many ghosts B1 should have.
 *
 *   new page (R=0, S) --> [ T1: clock, S and L ] --L, R=0--> [ T2: clock, L ]
 *                            | S, R=0    ^---------R=1--------- | R=0
 *                            v                                  v
 *                        ( B1: ghosts, S )  --wanted again--  ( B2: ghosts, L )
 *                                             to T1 as L
 *
 * A page is loaded with R=0, as published; quotients are rounded down, and at least 1.
 *
 * Invariant: |T1| + |T2| <= c; |T1| + |T2| + |B1| + |B2| <= 2c; nS = S pages in T1; 0 <= p <= c;
 * 0 <= q <= 2c.  As long as no page is unmapped, |B1| + |B2| <= c between faults.
 */
#include "policies.h"

#include "page_book.h"

#include <stdlib.h>

enum { T1 = 1, T2, B1, B2, LISTS };
enum { S, L }; /* the filter mark: node.state */

typedef struct Cart {
    const PolicyEnv *env;
    PageBook book;
    PageList list[LISTS]; /* T1, T2: hand at the head; B1, B2: head MRU, tail LRU */
    int64_t c, p, q;      /* pages in memory; target sizes of T1 and of B1 */
    int64_t ns;           /* resident S pages; the other resident pages are L */
} Cart;

static int64_t size(const Cart *cart, unsigned list) { return cart->list[list].count; }

static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }

static void take_off(Cart *cart, uint32_t node) {
    page_list_remove(&cart->book, &cart->list[page_node(&cart->book, node)->list], node);
}

static void move_to_tail(Cart *cart, unsigned list, uint32_t node) {
    take_off(cart, node);
    page_list_push_tail(&cart->book, &cart->list[list], node);
}

static void forget(void *self, uint32_t node) {
    Cart *cart = self;
    take_off(cart, node);
    page_book_forget(&cart->book, node);
}

static void *cart_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    Cart *cart = calloc(1, sizeof(Cart));
    if (cart == NULL || !page_book_init(&cart->book, env->frame_count)) {
        free(cart);
        return NULL;
    }
    for (uint8_t i = 1; i < LISTS; i++) {
        cart->list[i].number = i;
    }
    cart->env = env;
    cart->c = env->capacity;
    return cart;
}

static void cart_destroy(void *self) {
    page_book_clear(&((Cart *)self)->book);
    free(self);
}

/* A page has come from T2 or B2 to T1: are there more than c pages seen for long? */
static void raise_q(Cart *cart) {
    if (size(cart, T2) + size(cart, B2) + size(cart, T1) - cart->ns >= cart->c) {
        cart->q = min(cart->q + 1, 2 * cart->c - size(cart, T1));
    }
}

/* ---- replace(): both hands go on until they stand at pages without R -------------------- */

static bool referenced(const Cart *cart, uint32_t node) {
    return cart->env->referenced(cart->env->host, page_book_frame(&cart->book, node));
}

static void clear_referenced(Cart *cart, uint32_t node) {
    cart->env->clear_referenced(cart->env->host, page_book_frame(&cart->book, node));
}

/* May the page leave memory?  If not, its hand passes it as if it were not there. */
static bool passed_by(Cart *cart, unsigned list, uint32_t node) {
    if (cart->env->evictable(cart->env->host, page_book_frame(&cart->book, node))) {
        return false;
    }
    move_to_tail(cart, list, node);
    return true;
}

/* Referenced pages of T2 go back to T1. */
static void advance_t2(Cart *cart) {
    for (uint32_t left = cart->list[T2].count; left > 0; left--) {
        uint32_t x = cart->list[T2].head;
        if (passed_by(cart, T2, x)) {
            continue;
        }
        if (!referenced(cart, x)) {
            return;
        }
        clear_referenced(cart, x);
        move_to_tail(cart, T1, x);
        raise_q(cart);
    }
}

/* x was referenced and goes round in T1: has it stayed long enough to be an L page? */
static void prove(Cart *cart, uint32_t x) {
    PageNode *page = page_node(&cart->book, x);
    if (page->state == S && size(cart, T1) >= min(cart->p + 1, size(cart, B1))) {
        page->state = L;
        cart->ns--;
    }
}

/* Referenced pages of T1 go round, L pages that are not referenced go to T2.  Each page is met once
 * with R and once without at most: two turns. */
static void advance_t1(Cart *cart) {
    for (uint64_t left = UINT64_C(2) * cart->list[T1].count; left > 0; left--) {
        uint32_t x = cart->list[T1].head;
        if (x == NODE_NONE) {
            return;
        }
        if (passed_by(cart, T1, x)) {
            continue;
        }
        if (referenced(cart, x)) {
            clear_referenced(cart, x);
            move_to_tail(cart, T1, x);
            prove(cart, x);
        } else if (page_node(&cart->book, x)->state == L) {
            move_to_tail(cart, T2, x);
            cart->q = max(cart->q - 1, cart->c - size(cart, T1));
        } else {
            return;
        }
    }
}

static Pfn cart_victim(void *self, PageKey incoming) {
    (void)incoming;
    Cart *cart = self;
    advance_t2(cart);
    advance_t1(cart);
    bool from_t1 = size(cart, T1) >= max(1, cart->p);
    const PageList *due = &cart->list[from_t1 ? T1 : T2];
    const PageList *other = &cart->list[from_t1 ? T2 : T1];
    uint32_t y = page_list_first_evictable(&cart->book, due, cart->env);
    if (y == NODE_NONE) {
        y = page_list_first_evictable(&cart->book, other, cart->env);
    }
    return page_book_frame(&cart->book, y);
}

/* An S page is remembered in B1, an L page in B2. */
static void cart_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page;
    Cart *cart = self;
    uint32_t y = page_book_at(&cart->book, frame);
    unsigned ghosts = page_node(&cart->book, y)->state == S ? B1 : B2;
    cart->ns -= ghosts == B1;
    if (reason == UNLOAD_EVICTED) {
        take_off(cart, y);
        page_book_set_frame(&cart->book, y, PFN_NONE);
        page_list_push_head(&cart->book, &cart->list[ghosts], y);
    } else {
        forget(cart, y);
    }
}

/* ---- a page comes ----------------------------------------------------------------------- */

/* A ghost is wanted again: move the target p, then the page. */
static void welcome_back(Cart *cart, uint32_t x, Pfn frame) {
    PageNode *page = page_node(&cart->book, x);
    bool was_long = page->list == B2;
    if (was_long) {
        int64_t nl = size(cart, T1) + size(cart, T2) - cart->ns;
        cart->p = max(cart->p - max(1, nl / size(cart, B2)), 0);
    } else {
        cart->p = min(cart->p + max(1, cart->ns / size(cart, B1)), cart->c);
    }
    page->state = L;
    page_book_set_frame(&cart->book, x, frame);
    move_to_tail(cart, T1, x);
    if (was_long) {
        raise_q(cart);
    }
}

/* The page has come.  B1 gives a ghost if it has more than its target, else B2. */
static void cut_ghosts(Cart *cart) {
    while (size(cart, B1) + size(cart, B2) > cart->c) {
        bool from_b1 = size(cart, B1) > cart->q || size(cart, B2) == 0;
        forget(cart, cart->list[from_b1 ? B1 : B2].tail);
    }
}

static void cart_loaded(void *self, Pfn frame, PageKey page) {
    Cart *cart = self;
    cart->c = cart->env->capacity;
    uint32_t x = page_book_find(&cart->book, page);
    if (x == NODE_NONE) {
        x = page_book_add(&cart->book, page, frame);
        page_list_push_tail(&cart->book, &cart->list[T1], x);
        cart->ns++;
    } else {
        welcome_back(cart, x, frame);
    }
    cut_ghosts(cart);
    clear_referenced(cart, x);
}

/* A ghost that bears the page's new name is of another page. */
static void cart_renamed(void *self, Pfn frame, PageKey page) {
    Cart *cart = self;
    uint32_t ghost = page_book_find(&cart->book, page);
    if (ghost != NODE_NONE) {
        forget(cart, ghost);
    }
    page_book_rename(&cart->book, page_book_at(&cart->book, frame), page);
}

static void cart_forgotten(void *self, PageKey first, uint64_t count) {
    Cart *cart = self;
    page_book_each_ghost(&cart->book, first, count, forget, cart);
}

static bool cart_holds(const void *self, Pfn frame) {
    return page_book_holds(&((const Cart *)self)->book, frame);
}

/* The list's S pages. */
static int64_t count_s(const Cart *cart, unsigned list) {
    int64_t count = 0;
    for (uint32_t x = cart->list[list].head; x != NODE_NONE; x = page_node(&cart->book, x)->next) {
        count += page_node(&cart->book, x)->state == S;
    }
    return count;
}

static const char *cart_check(const void *self) {
    const Cart *cart = self;
    int64_t resident = size(cart, T1) + size(cart, T2);
    int64_t ghosts = size(cart, B1) + size(cart, B2);
    const char *wrong = page_book_check(&cart->book);
    for (unsigned i = 1; i < LISTS && wrong == NULL; i++) {
        wrong = page_list_check(&cart->book, &cart->list[i]);
        if (wrong == NULL && !page_list_is(&cart->book, &cart->list[i], i == T1 || i == T2)) {
            wrong = "cart: a ghost in T1 or T2, or a resident page in B1 or B2";
        }
    }
    return wrong != NULL                            ? wrong
           : resident + ghosts != cart->book.live   ? "cart: a page is on no list"
           : count_s(cart, T1) != cart->ns          ? "cart: nS != S pages in T1"
           : count_s(cart, B1) != size(cart, B1)    ? "cart: an L page in B1"
           : count_s(cart, T2) || count_s(cart, B2) ? "cart: an S page in T2 or B2"
           : resident > cart->c                     ? "cart: |T1| + |T2| > c"
           : resident + ghosts > 2 * cart->c        ? "cart: |T1| + |T2| + |B1| + |B2| > 2c"
           : cart->p < 0 || cart->p > cart->c       ? "cart: p is not in 0..c"
           : cart->q < 0 || cart->q > 2 * cart->c   ? "cart: q is not in 0..2c"
                                                    : NULL;
}

const PolicyOps policy_cart = {
    .info = {.name = "cart",
             .summary = "CAR with a filter: pages must stay a while before they count as hot; R=0 "
                        "on load, quotients rounded down",
             .source = "Bansal and Modha, CAR, FAST 2004, figure 3",
             .params = PARAMS_NONE},
    .create = cart_create,
    .destroy = cart_destroy,
    .loaded = cart_loaded,
    .victim = cart_victim,
    .unloaded = cart_unloaded,
    .renamed = cart_renamed,
    .forgotten = cart_forgotten,
    .holds = cart_holds,
    .check = cart_check,
};
