/* nonresident.c - see nonresident.h.  Used by linux-two-list, plain and as the kernel runs it. */
#include "nonresident.h"

#include "faultline/lazy.h"

/* Nodes are numbered from 1, and there are at most `window` of them. */
static uint64_t shadow_count(const Nonresident *away) { return away->window + UINT64_C(1); }

bool nonresident_init(Nonresident *away, uint32_t frame_count, uint32_t window) {
    *away = (Nonresident){.window = window, .order = {.number = 1}};
    away->shadow = lazy_alloc(shadow_count(away), sizeof(uint32_t));
    return page_book_init(&away->ghosts, frame_count) && away->shadow != NULL;
}

void nonresident_clear(Nonresident *away) {
    page_book_clear(&away->ghosts);
    lazy_free(away->shadow, shadow_count(away), sizeof(uint32_t));
    *away = (Nonresident){0};
}

static uint32_t distance_of(const Nonresident *away, uint32_t ghost) {
    return away->age - away->shadow[ghost];
}

static void shadow_forget(void *self, uint32_t ghost) {
    Nonresident *away = self;
    page_list_remove(&away->ghosts, &away->order, ghost);
    page_book_forget(&away->ghosts, ghost);
}

void nonresident_age(Nonresident *away, uint32_t pages) {
    away->age += pages;
    for (uint32_t oldest;
         (oldest = away->order.tail) != NODE_NONE && distance_of(away, oldest) > away->window;) {
        shadow_forget(away, oldest);
    }
}

void nonresident_leave(Nonresident *away, PageKey page, bool mark) {
    uint32_t age = away->age;
    nonresident_age(away, 1); /* first, for it makes room */
    uint32_t ghost = page_book_add(&away->ghosts, page, PFN_NONE);
    page_node(&away->ghosts, ghost)->state = mark;
    away->shadow[ghost] = age;
    page_list_push_head(&away->ghosts, &away->order, ghost);
}

bool nonresident_return(Nonresident *away, PageKey page, uint32_t *distance, bool *mark) {
    uint32_t ghost = page_book_find(&away->ghosts, page);
    if (ghost == NODE_NONE) {
        return false;
    }
    *distance = distance_of(away, ghost);
    if (mark != NULL) {
        *mark = page_node(&away->ghosts, ghost)->state != 0;
    }
    shadow_forget(away, ghost);
    return true;
}

void nonresident_forget(Nonresident *away, PageKey first, uint64_t count) {
    page_book_each_ghost(&away->ghosts, first, count, shadow_forget, away);
}

const char *nonresident_check(const Nonresident *away) {
    const char *wrong = page_book_check(&away->ghosts);
    wrong = wrong != NULL ? wrong : page_list_check(&away->ghosts, &away->order);
    uint32_t behind = 0; /* grows from the youngest on */
    for (uint32_t ghost = away->order.head; ghost != NODE_NONE && wrong == NULL;) {
        uint32_t distance = distance_of(away, ghost);
        if (distance <= behind || distance > away->window) {
            return "shadows are out of order or too old";
        }
        behind = distance;
        ghost = page_node(&away->ghosts, ghost)->next;
    }
    return wrong != NULL || away->order.count == away->ghosts.live ? wrong : "a shadow is lost";
}
