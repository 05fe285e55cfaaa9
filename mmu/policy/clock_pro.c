/* clock_pro.c - CLOCK-Pro: what LIRS knows, at the price of a clock.
 *
 *        newest                                                  oldest
 *        [hot] [test] (ghost) [hot] [test] [cold] [hot] [cold] [cold]
 *                                     ^HAND_test   ^HAND_hot      ^HAND_cold
 *
 * One circle of all pages in the order in which they were last put at its head:
 *   hot     resident, used again soon when it was cold: keeps its frame
 *   test    resident and cold, in its test period: if it is used again now, it becomes hot
 *   cold    resident, its test period is over: one more chance, no more
 *   ghost   left memory in its test period; a fault on it makes it hot
 *
 * HAND_cold looks for the victim, HAND_hot for the hot page to become cold when another one is
 * promoted, HAND_test ends the test periods of the oldest when there are too many ghosts; and
 * HAND_hot ends those that it passes.  How many cold pages there should be (the target, m_c in the
 * paper) follows from how tests end: used, one more; not used, one less.
 *
 * A hand stands on the oldest page of its kind, or on one that is older still.  As pages join at the
 * head alone and none becomes of a hand's kind behind it, hands only climb, and no more often than
 * pages were put at the head: O(1) amortised.  Referenced bits are sampled; R=0 on load.
 *
 * Invariant: ghosts <= c; 1 <= target <= max(1, c-1); no page of a hand's kind is older than the
 * hand, and none in test is older than HAND_hot.
 */
#include "policies.h"

#include "page_book.h"

#include <stdlib.h>

typedef enum PageState { OUTSIDE, HOT, COLD, TEST, GHOST, STATES } PageState; /* node.state */

enum { HAND_HOT, HAND_COLD, HAND_TEST, HANDS };

static const unsigned hand_kinds[HANDS] = {
    [HAND_HOT] = 1u << HOT,
    [HAND_COLD] = 1u << COLD | 1u << TEST,
    [HAND_TEST] = 1u << TEST | 1u << GHOST,
};

typedef struct ClockPro {
    const PolicyEnv *env;
    PageBook book;
    PageList circle; /* head: newest */
    uint32_t hand[HANDS];
    uint32_t count[STATES];
    uint32_t target; /* of cold resident pages */
} ClockPro;

static PageNode *node_at(const ClockPro *pro, uint32_t node) { return page_node(&pro->book, node); }

static bool is_of_kind(const ClockPro *pro, uint32_t node, unsigned hand) {
    return (hand_kinds[hand] >> node_at(pro, node)->state & 1) != 0;
}

static uint32_t resident(const ClockPro *pro) {
    return pro->count[HOT] + pro->count[COLD] + pro->count[TEST];
}

static bool is_referenced(const ClockPro *pro, uint32_t node) {
    return pro->env->referenced(pro->env->host, node_at(pro, node)->frame);
}

static void *clock_pro_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    ClockPro *pro = calloc(1, sizeof(ClockPro));
    if (pro == NULL || !page_book_init(&pro->book, env->frame_count)) {
        free(pro);
        return NULL;
    }
    pro->env = env;
    pro->circle.number = 1;
    pro->target = 1;
    return pro;
}

static void clock_pro_destroy(void *self) {
    page_book_clear(&((ClockPro *)self)->book);
    free(self);
}

/* ---- the circle --------------------------------------------------------------------------- */

static void set_state(ClockPro *pro, uint32_t node, PageState state) {
    PageState before = node_at(pro, node)->state;
    if (before != OUTSIDE) {
        pro->count[before]--;
    }
    if (state != OUTSIDE) {
        pro->count[state]++;
    }
    node_at(pro, node)->state = (uint8_t)state;
}

static void circle_leave(ClockPro *pro, uint32_t node) {
    for (unsigned hand = 0; hand < HANDS; hand++) {
        if (pro->hand[hand] == node) {
            pro->hand[hand] = node_at(pro, node)->prev;
        }
    }
    page_list_remove(&pro->book, &pro->circle, node);
}

/* A hand that had passed everybody stands before the new head. */
static void put_at_head(ClockPro *pro, uint32_t node) {
    if (node_at(pro, node)->list != 0) {
        circle_leave(pro, node);
    }
    page_list_push_head(&pro->book, &pro->circle, node);
    for (unsigned hand = 0; hand < HANDS; hand++) {
        if (pro->hand[hand] == NODE_NONE) {
            pro->hand[hand] = node;
        }
    }
}

static void begin_anew(ClockPro *pro, uint32_t node, PageState state) {
    pro->env->clear_referenced(pro->env->host, node_at(pro, node)->frame);
    put_at_head(pro, node);
    set_state(pro, node, state);
}

static void page_forget(void *self, uint32_t node) {
    ClockPro *pro = self;
    circle_leave(pro, node);
    set_state(pro, node, OUTSIDE);
    page_book_forget(&pro->book, node);
}

/* The oldest page of a hand's kind: the hand climbs to it. */
static uint32_t hand_climb(ClockPro *pro, unsigned hand) {
    uint32_t *at = &pro->hand[hand];
    while (*at != NODE_NONE && !is_of_kind(pro, *at, hand)) {
        *at = node_at(pro, *at)->prev;
    }
    return *at;
}

/* ---- test periods ------------------------------------------------------------------------- */

static void adjust_target(ClockPro *pro, bool grow) {
    if (grow && pro->target + 1 < pro->env->capacity) {
        pro->target++;
    } else if (!grow && pro->target > 1) {
        pro->target--;
    }
}

static bool in_test(const ClockPro *pro, PageKey page) {
    uint32_t node = page_book_find(&pro->book, page);
    return node != NODE_NONE && is_of_kind(pro, node, HAND_TEST);
}

static void end_test(ClockPro *pro, uint32_t node) {
    PageState state = node_at(pro, node)->state;
    if (state == TEST) {
        adjust_target(pro, is_referenced(pro, node));
        set_state(pro, node, COLD);
    } else if (state == GHOST) {
        adjust_target(pro, false);
        page_forget(pro, node);
    }
}

/* HAND_hot comes to rest on the oldest hot page: it ends the tests that it passes. */
static void settle(ClockPro *pro) {
    if (pro->count[HOT] == 0) {
        return;
    }
    for (uint32_t node; node_at(pro, node = pro->hand[HAND_HOT])->state != HOT;) {
        pro->hand[HAND_HOT] = node_at(pro, node)->prev;
        end_test(pro, node);
    }
}

/* ---- the hands ---------------------------------------------------------------------------- */

/* The oldest hot page that was not used becomes cold, those that were used begin anew.  False: on
 * its way the hand passed the page that is to be promoted, and its test is over. */
static bool run_hand_hot(ClockPro *pro, PageKey candidate) {
    while (pro->count[HOT] > 0) {
        settle(pro);
        if (!in_test(pro, candidate)) {
            return false;
        }
        uint32_t node = pro->hand[HAND_HOT];
        if (!is_referenced(pro, node)) {
            begin_anew(pro, node, COLD);
            settle(pro);
            return true;
        }
        begin_anew(pro, node, HOT);
    }
    return false;
}

/* A page used in its test period becomes hot, if hot pages make room in time. */
static bool earn_promotion(ClockPro *pro, PageKey page) {
    if (!in_test(pro, page)) {
        return false;
    }
    adjust_target(pro, true);
    while (pro->count[HOT] >= pro->env->capacity - pro->target) {
        if (!in_test(pro, page) || !run_hand_hot(pro, page)) {
            return false;
        }
    }
    return true;
}

/* The oldest resident page that may go, of whatever kind: all cold ones are pinned. */
static Pfn any_victim(const ClockPro *pro) {
    const PolicyEnv *env = pro->env;
    for (uint32_t node = pro->circle.tail; node != NODE_NONE; node = node_at(pro, node)->prev) {
        Pfn frame = node_at(pro, node)->frame;
        if (frame != PFN_NONE && env->evictable(env->host, frame)) {
            return frame;
        }
    }
    return PFN_NONE;
}

/* HAND_cold.  Each page that it passes loses its bit, so its second round finds a victim; pages
 * that may not go are put at the head as they are. */
static Pfn clock_pro_victim(void *self, PageKey incoming) {
    (void)incoming;
    ClockPro *pro = self;
    for (uint64_t left = UINT64_C(2) * resident(pro); left > 0; left--) {
        uint32_t node = hand_climb(pro, HAND_COLD);
        if (node == NODE_NONE) {
            break;
        }
        if (!pro->env->evictable(pro->env->host, node_at(pro, node)->frame)) {
            put_at_head(pro, node);
        } else if (!is_referenced(pro, node)) {
            return node_at(pro, node)->frame;
        } else {
            begin_anew(pro, node, earn_promotion(pro, node_at(pro, node)->page) ? HOT : TEST);
        }
    }
    return any_victim(pro);
}

/* ---- what else the kernel calls ------------------------------------------------------------- */

static PageState state_on_load(ClockPro *pro, PageKey page) {
    uint32_t c = pro->env->capacity;
    bool filling = resident(pro) + UINT64_C(1) < c;
    return filling || earn_promotion(pro, page) ? HOT : c > 1 ? TEST : COLD;
}

static void clock_pro_loaded(void *self, Pfn frame, PageKey page) {
    ClockPro *pro = self;
    PageState state = state_on_load(pro, page); /* may forget the page's ghost */
    uint32_t node = page_book_find(&pro->book, page);
    if (node == NODE_NONE) {
        node = page_book_add(&pro->book, page, frame);
    } else {
        page_book_set_frame(&pro->book, node, frame);
    }
    begin_anew(pro, node, state);
    settle(pro);
}

static void clock_pro_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page;
    ClockPro *pro = self;
    uint32_t node = page_book_at(&pro->book, frame);
    if (reason == UNLOAD_REMOVED || node_at(pro, node)->state != TEST) {
        page_forget(pro, node);
        return;
    }
    page_book_set_frame(&pro->book, node, PFN_NONE);
    set_state(pro, node, GHOST);
    while (pro->count[GHOST] > pro->env->capacity) {
        end_test(pro, hand_climb(pro, HAND_TEST));
    }
}

static void clock_pro_forgotten(void *self, PageKey first, uint64_t count) {
    page_book_each_ghost(&((ClockPro *)self)->book, first, count, page_forget, self);
}

static void clock_pro_renamed(void *self, Pfn frame, PageKey page) {
    ClockPro *pro = self;
    clock_pro_forgotten(pro, page, 1);
    page_book_rename(&pro->book, page_book_at(&pro->book, frame), page);
}

static bool clock_pro_holds(const void *self, Pfn frame) {
    return page_book_holds(&((const ClockPro *)self)->book, frame);
}

/* ---- invariants ----------------------------------------------------------------------------- */

/* From the oldest on: `passed` hands are those that were met. */
static const char *circle_check(const ClockPro *pro) {
    uint32_t count[STATES] = {0};
    bool passed[HANDS] = {false};
    for (uint32_t node = pro->circle.tail; node != NODE_NONE; node = node_at(pro, node)->prev) {
        for (unsigned hand = 0; hand < HANDS; hand++) {
            passed[hand] |= pro->hand[hand] == node;
            if (!passed[hand] && is_of_kind(pro, node, hand)) {
                return "clock-pro: a page of a hand's kind is older than the hand";
            }
        }
        if (!passed[HAND_HOT] && is_of_kind(pro, node, HAND_TEST)) {
            return "clock-pro: a page in test is older than HAND_hot";
        }
        PageState state = node_at(pro, node)->state;
        if ((state == GHOST) != (node_at(pro, node)->frame == PFN_NONE)) {
            return "clock-pro: a ghost has a frame, or another page has none";
        }
        count[state]++;
    }
    for (unsigned state = 0; state < STATES; state++) {
        if (count[state] != pro->count[state]) {
            return "clock-pro: pages of a state in the circle != its count";
        }
    }
    return NULL;
}

static const char *clock_pro_check(const void *self) {
    const ClockPro *pro = self;
    uint32_t c = pro->env->capacity;
    const char *wrong = page_book_check(&pro->book);
    wrong = wrong != NULL ? wrong : page_list_check(&pro->book, &pro->circle);
    wrong = wrong != NULL ? wrong : circle_check(pro);
    return wrong != NULL                            ? wrong
           : pro->circle.count != pro->book.live    ? "clock-pro: a page is not in the circle"
           : pro->count[GHOST] > c                  ? "clock-pro: more than c ghosts"
           : pro->target < 1                        ? "clock-pro: no cold pages wanted"
           : pro->target > 1 && pro->target > c - 1 ? "clock-pro: no hot pages wanted"
                                                    : NULL;
}

const PolicyOps policy_clock_pro = {
    .info = {.name = "clock-pro",
             .summary = "a clock with hot, cold and ghost pages and three hands; cold ones must be "
                        "used in their test period to become hot; R=0 on load",
             .source = "Jiang, Chen and Zhang, CLOCK-Pro, USENIX ATC 2005",
             .params = PARAMS_NONE},
    .create = clock_pro_create,
    .destroy = clock_pro_destroy,
    .loaded = clock_pro_loaded,
    .victim = clock_pro_victim,
    .unloaded = clock_pro_unloaded,
    .renamed = clock_pro_renamed,
    .forgotten = clock_pro_forgotten,
    .holds = clock_pro_holds,
    .check = clock_pro_check,
};
