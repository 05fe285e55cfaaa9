/* car.c - CAR: ARC with two clocks for its lists, so that a hit costs a referenced bit.
 *
 *   new page (R=0) --> [ T1: clock ] --R=1--> [ T2: clock ]       R=1 at the hand: R=0, go round
 *                         | R=0                  | R=0
 *                         v                      v
 *                      ( B1: ghosts, LRU )    ( B2: ghosts, LRU )
 *
 * Idea: p is how many pages T1 should have.  A page that is referenced again while in T1 moves to
 * T2 when T1's hand finds it; a ghost that is wanted again goes to T2 and moves p, towards T1 if
 * it is from B1, towards T2 if from B2 (adaptive_target.h).  ARC moves p before it replaces, CAR
 * after.
 *
 * A page is loaded with R=0, as published: the reference that brings it does not count.
 * Figure 2 drops a ghost between replacing and inserting; here the lists are cut after inserting,
 * to the same result, and whether or not memory was full: it may have been, and have pages
 * unmapped since, of which the paper does not speak.
 *
 * Invariant: |T1| + |T2| <= c; |T1| + |B1| <= c; |T1| + |T2| + |B1| + |B2| <= 2c; 0 <= p <= c.
 */
#include "policies.h"

#include "adaptive_target.h"
#include "page_book.h"

#include <stdlib.h>

enum { T1 = 1, T2, B1, B2, LISTS };

typedef struct Car {
    const PolicyEnv *env;
    PageBook book;
    PageList list[LISTS]; /* T1, T2: hand at the head; B1, B2: head MRU, tail LRU */
    Target p;             /* of T1's size */
} Car;

static uint32_t size(const Car *car, unsigned list) { return car->list[list].count; }

static PageList *list_of(Car *car, uint32_t node) {
    return &car->list[page_node(&car->book, node)->list];
}

static void move_to_tail(Car *car, unsigned list, uint32_t node) {
    page_list_remove(&car->book, list_of(car, node), node);
    page_list_push_tail(&car->book, &car->list[list], node);
}

static void forget(void *self, uint32_t node) {
    Car *car = self;
    page_list_remove(&car->book, list_of(car, node), node);
    page_book_forget(&car->book, node);
}

static void *car_create(const PolicyEnv *env, const uint64_t *params) {
    Car *car = calloc(1, sizeof(Car));
    if (car == NULL || !page_book_init(&car->book, env->frame_count)) {
        free(car);
        return NULL;
    }
    for (uint8_t i = 1; i < LISTS; i++) {
        car->list[i].number = i;
    }
    car->env = env;
    target_init(&car->p, (Adaptation)params[0], env->capacity);
    return car;
}

static void car_destroy(void *self) {
    page_book_clear(&((Car *)self)->book);
    free(self);
}

/* |T1| >= max(1, p).  With T2 empty there is no choice. */
static bool t1_is_due(const Car *car) {
    uint32_t t1 = size(car, T1);
    return size(car, T2) == 0 || (t1 >= 1 && target_compare(t1, &car->p) >= 0);
}

/* replace().  Each step clears a bit, so |T1| + |T2| + 1 of them find a victim; pages that may not
 * go are passed as if they were not there, which takes as many again. */
static Pfn car_victim(void *self, PageKey incoming) {
    (void)incoming;
    Car *car = self;
    const PolicyEnv *env = car->env;
    uint64_t resident = (uint64_t)size(car, T1) + size(car, T2);
    for (uint64_t left = resident == 0 ? 0 : 2 * resident + 1; left > 0; left--) {
        unsigned due = t1_is_due(car) ? T1 : T2;
        uint32_t y = car->list[due].head;
        Pfn frame = page_book_frame(&car->book, y);
        if (!env->evictable(env->host, frame)) {
            move_to_tail(car, due, y);
        } else if (!env->referenced(env->host, frame)) {
            return frame;
        } else {
            env->clear_referenced(env->host, frame);
            move_to_tail(car, T2, y);
        }
    }
    /* The list whose turn it is has only pages that may not go. */
    uint32_t y = page_list_first_evictable(&car->book, &car->list[T1], env);
    return page_book_frame(
        &car->book,
        y != NODE_NONE ? y : page_list_first_evictable(&car->book, &car->list[T2], env));
}

static void car_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page;
    Car *car = self;
    uint32_t y = page_book_at(&car->book, frame);
    if (reason == UNLOAD_EVICTED) {
        unsigned ghosts = list_of(car, y) == &car->list[T1] ? B1 : B2;
        page_list_remove(&car->book, list_of(car, y), y);
        page_book_set_frame(&car->book, y, PFN_NONE);
        page_list_push_head(&car->book, &car->list[ghosts], y);
    } else {
        forget(car, y);
    }
}

/* Move the target.  x is still among the ghosts. */
static void adapt(Car *car, uint32_t x) {
    if (list_of(car, x) == &car->list[B1]) {
        target_grow(&car->p, size(car, B1), size(car, B2));
    } else {
        target_shrink(&car->p, size(car, B2), size(car, B1));
    }
}

/* T1 has c - 1 pages at most when a page comes, so a full L1 has ghosts; so has L2 if both together
 * have more than 2c. */
static void cut_ghosts(Car *car) {
    uint64_t c = car->env->capacity;
    if ((uint64_t)size(car, T1) + size(car, B1) > c) {
        forget(car, car->list[B1].tail);
    }
    if (car->book.live > 2 * c) {
        forget(car, car->list[B2].tail);
    }
}

static void car_loaded(void *self, Pfn frame, PageKey page) {
    Car *car = self;
    uint32_t x = page_book_find(&car->book, page);
    if (x == NODE_NONE) {
        x = page_book_add(&car->book, page, frame);
        page_list_push_tail(&car->book, &car->list[T1], x);
        cut_ghosts(car);
    } else {
        adapt(car, x);
        page_book_set_frame(&car->book, x, frame);
        move_to_tail(car, T2, x);
    }
    car->env->clear_referenced(car->env->host, frame);
}

/* A ghost that bears the page's new name is of another page. */
static void car_renamed(void *self, Pfn frame, PageKey page) {
    Car *car = self;
    uint32_t ghost = page_book_find(&car->book, page);
    if (ghost != NODE_NONE) {
        forget(car, ghost);
    }
    page_book_rename(&car->book, page_book_at(&car->book, frame), page);
}

static void car_forgotten(void *self, PageKey first, uint64_t count) {
    Car *car = self;
    page_book_each_ghost(&car->book, first, count, forget, car);
}

static bool car_holds(const void *self, Pfn frame) {
    return page_book_holds(&((const Car *)self)->book, frame);
}

static const char *car_check(const void *self) {
    const Car *car = self;
    uint64_t c = car->env->capacity, t1 = size(car, T1), t2 = size(car, T2);
    const char *wrong = page_book_check(&car->book);
    wrong = wrong != NULL ? wrong : target_check(&car->p);
    for (unsigned i = 1; i < LISTS && wrong == NULL; i++) {
        wrong = page_list_check(&car->book, &car->list[i]);
        if (wrong == NULL && !page_list_is(&car->book, &car->list[i], i == T1 || i == T2)) {
            wrong = "car: a ghost in T1 or T2, or a resident page in B1 or B2";
        }
    }
    return wrong != NULL                                               ? wrong
           : t1 + t2 + size(car, B1) + size(car, B2) != car->book.live ? "car: a page is on no list"
           : t1 + t2 > c                                               ? "car: |T1| + |T2| > c"
           : t1 + size(car, B1) > c                                    ? "car: |T1| + |B1| > c"
           : car->book.live > 2 * c ? "car: |T1| + |T2| + |B1| + |B2| > 2c"
                                    : NULL;
}

static const Param car_params[] = {
    ADAPTATION_PARAM(ADAPT_EXACT),
    {.name = NULL},
};

const PolicyOps policy_car = {
    .info = {.name = "car",
             .summary = "ARC on two clocks: samples referenced bits, R=0 on load",
             .source = "Bansal and Modha, CAR, FAST 2004, figure 2",
             .params = car_params},
    .create = car_create,
    .destroy = car_destroy,
    .loaded = car_loaded,
    .victim = car_victim,
    .unloaded = car_unloaded,
    .renamed = car_renamed,
    .forgotten = car_forgotten,
    .holds = car_holds,
    .check = car_check,
};
