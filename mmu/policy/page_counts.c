/* page_counts.c - see page_counts.h. */
#include "page_counts.h"

#include <stdlib.h>

/* Room for a number for every node that the book has room for. */
static bool counts_fit(PageCounts *past) {
    if (past->capacity == past->book.capacity) {
        return true;
    }
    uint64_t *counts = realloc(past->counts, (size_t)past->book.capacity * sizeof(uint64_t));
    if (counts == NULL) {
        return false;
    }
    past->counts = counts;
    past->capacity = past->book.capacity;
    return true;
}

bool page_counts_init(PageCounts *past) {
    *past = (PageCounts){0};
    if (page_book_init(&past->book, 0) && counts_fit(past)) {
        return true;
    }
    page_counts_clear(past);
    return false;
}

void page_counts_clear(PageCounts *past) {
    page_book_clear(&past->book);
    free(past->counts);
    *past = (PageCounts){0};
}

void page_counts_put(PageCounts *past, PageKey page, uint64_t count) {
    uint32_t node = page_book_add(&past->book, page, PFN_NONE);
    if (!counts_fit(past)) {
        abort();
    }
    past->counts[node] = count;
}

uint64_t page_counts_take(PageCounts *past, PageKey page) {
    uint32_t node = page_book_find(&past->book, page);
    if (node == NODE_NONE) {
        return 0;
    }
    uint64_t count = past->counts[node];
    page_book_forget(&past->book, node);
    return count;
}

static void drop(void *self, uint32_t node) { page_book_forget(&((PageCounts *)self)->book, node); }

void page_counts_forget(PageCounts *past, PageKey first, uint64_t count) {
    page_book_each_ghost(&past->book, first, count, drop, past);
}

const char *page_counts_check(const PageCounts *past) {
    return past->capacity != past->book.capacity ? "page counts: not a number for each node"
                                                 : page_book_check(&past->book);
}
