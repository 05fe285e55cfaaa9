/* page_book.c - see page_book.h. */
#include "page_book.h"

#include "faultline/lazy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64u

static void *checked(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

bool page_book_init(PageBook *book, uint32_t frame_count) {
    *book = (PageBook){.frame_count = frame_count,
                       .capacity = FIRST_CAPACITY,
                       .slot_mask = 2 * FIRST_CAPACITY - 1};
    book->nodes = calloc(book->capacity, sizeof(PageNode));
    book->slots = calloc(book->slot_mask + 1u, sizeof(uint32_t));
    book->by_frame = lazy_alloc(frame_count, sizeof(uint32_t));
    if (book->nodes != NULL && book->slots != NULL && book->by_frame != NULL) {
        return true;
    }
    page_book_clear(book);
    return false;
}

void page_book_clear(PageBook *book) {
    free(book->nodes);
    free(book->slots);
    lazy_free(book->by_frame, book->frame_count, sizeof(uint32_t));
    *book = (PageBook){0};
}

/* ---- the hash table: linear probing, half full at most ---------------------------------- */

/* Fibonacci hashing: neighbouring pages are spread by the golden ratio. */
static uint32_t home_slot(const PageBook *book, PageKey page) {
    return (uint32_t)(page * UINT64_C(0x9E3779B97F4A7C15) >> 32) & book->slot_mask;
}

static uint32_t find_slot(const PageBook *book, PageKey page) {
    uint32_t slot = home_slot(book, page);
    while (book->slots[slot] != NODE_NONE && book->nodes[book->slots[slot]].page != page) {
        slot = (slot + 1) & book->slot_mask;
    }
    return slot;
}

uint32_t page_book_find(const PageBook *book, PageKey page) {
    return book->slots[find_slot(book, page)];
}

/* Close the gap: move back whoever was pushed past it. */
static void slot_empty(PageBook *book, uint32_t gap) {
    for (uint32_t slot = gap;;) {
        slot = (slot + 1) & book->slot_mask;
        uint32_t node = book->slots[slot];
        if (node == NODE_NONE) {
            break;
        }
        uint32_t home = home_slot(book, book->nodes[node].page);
        if (((slot - home) & book->slot_mask) >= ((slot - gap) & book->slot_mask)) {
            book->slots[gap] = node;
            gap = slot;
        }
    }
    book->slots[gap] = NODE_NONE;
}

static void book_grow(PageBook *book) {
    book->nodes = checked(realloc(book->nodes, 2ul * book->capacity * sizeof(PageNode)));
    book->capacity *= 2;
    free(book->slots);
    book->slot_mask = 2 * book->capacity - 1;
    book->slots = checked(calloc(book->slot_mask + 1ul, sizeof(uint32_t)));
    for (uint32_t node = 1; node <= book->used_high; node++) {
        book->slots[find_slot(book, book->nodes[node].page)] = node;
    }
}

/* ---- nodes ------------------------------------------------------------------------------ */

uint32_t page_book_add(PageBook *book, PageKey page, Pfn frame) {
    uint32_t node = book->free_node;
    if (node != NODE_NONE) {
        book->free_node = book->nodes[node].next;
    } else {
        if (book->used_high + 1 == book->capacity) {
            book_grow(book);
        }
        node = ++book->used_high;
    }
    book->nodes[node] = (PageNode){.page = page, .frame = PFN_NONE};
    uint32_t slot = find_slot(book, page);
    assert(book->slots[slot] == NODE_NONE);
    book->slots[slot] = node;
    book->live++;
    page_book_set_frame(book, node, frame);
    return node;
}

void page_book_set_frame(PageBook *book, uint32_t node, Pfn frame) {
    PageNode *page = &book->nodes[node];
    if (page->frame != PFN_NONE) {
        book->by_frame[page->frame] = NODE_NONE;
    }
    page->frame = frame;
    if (frame != PFN_NONE) {
        book->by_frame[frame] = node;
    }
}

void page_book_forget(PageBook *book, uint32_t node) {
    assert(book->nodes[node].list == 0);
    page_book_set_frame(book, node, PFN_NONE);
    slot_empty(book, find_slot(book, book->nodes[node].page));
    book->nodes[node] = (PageNode){.next = book->free_node, .frame = PFN_NONE};
    book->free_node = node;
    book->live--;
}

void page_book_rename(PageBook *book, uint32_t node, PageKey page) {
    slot_empty(book, find_slot(book, book->nodes[node].page));
    book->nodes[node].page = page;
    uint32_t slot = find_slot(book, page);
    assert(book->slots[slot] == NODE_NONE);
    book->slots[slot] = node;
}

static void drop_ghost(const PageBook *book, uint32_t node, void (*drop)(void *, uint32_t),
                       void *self) {
    if (node != NODE_NONE && book->nodes[node].frame == PFN_NONE) {
        drop(self, node);
    }
}

/* By name where the range is short, else by looking at every node. */
void page_book_each_ghost(PageBook *book, PageKey first, uint64_t count,
                          void (*drop)(void *self, uint32_t node), void *self) {
    for (uint64_t i = 0; count <= book->used_high && i < count; i++) {
        drop_ghost(book, page_book_find(book, first + i), drop, self);
    }
    for (uint32_t node = 1; count > book->used_high && node <= book->used_high; node++) {
        PageKey page = book->nodes[node].page;
        if (page - first < count && page_book_find(book, page) == node) {
            drop_ghost(book, node, drop, self);
        }
    }
}

/* ---- lists ------------------------------------------------------------------------------ */

void page_list_insert_before(PageBook *book, PageList *list, uint32_t node, uint32_t place) {
    PageNode *page = &book->nodes[node];
    assert(page->list == 0);
    page->list = list->number;
    page->next = place;
    page->prev = place == NODE_NONE ? list->tail : book->nodes[place].prev;
    *(page->prev == NODE_NONE ? &list->head : &book->nodes[page->prev].next) = node;
    *(place == NODE_NONE ? &list->tail : &book->nodes[place].prev) = node;
    list->count++;
}

void page_list_push_head(PageBook *book, PageList *list, uint32_t node) {
    page_list_insert_before(book, list, node, list->head);
}

void page_list_push_tail(PageBook *book, PageList *list, uint32_t node) {
    page_list_insert_before(book, list, node, NODE_NONE);
}

void page_list_remove(PageBook *book, PageList *list, uint32_t node) {
    PageNode *page = &book->nodes[node];
    assert(page->list == list->number);
    *(page->prev == NODE_NONE ? &list->head : &book->nodes[page->prev].next) = page->next;
    *(page->next == NODE_NONE ? &list->tail : &book->nodes[page->next].prev) = page->prev;
    page->list = 0;
    page->prev = page->next = NODE_NONE;
    list->count--;
}

static bool node_evictable(const PageBook *book, uint32_t node, const PolicyEnv *env) {
    return env->evictable(env->host, book->nodes[node].frame);
}

uint32_t page_list_first_evictable(const PageBook *book, const PageList *list,
                                   const PolicyEnv *env) {
    uint32_t node = list->head;
    while (node != NODE_NONE && !node_evictable(book, node, env)) {
        node = book->nodes[node].next;
    }
    return node;
}

uint32_t page_list_last_evictable(const PageBook *book, const PageList *list,
                                  const PolicyEnv *env) {
    uint32_t node = list->tail;
    while (node != NODE_NONE && !node_evictable(book, node, env)) {
        node = book->nodes[node].prev;
    }
    return node;
}

/* ---- invariants --------------------------------------------------------------------------- */

const char *page_book_check(const PageBook *book) {
    uint32_t found = 0;
    for (uint32_t slot = 0; slot <= book->slot_mask; slot++) {
        uint32_t node = book->slots[slot];
        if (node == NODE_NONE) {
            continue;
        }
        found++;
        const PageNode *page = &book->nodes[node];
        if (page_book_find(book, page->page) != node) {
            return "page book: a page is not found by its key";
        }
        if (page->frame != PFN_NONE && book->by_frame[page->frame] != node) {
            return "page book: a page is not found by its frame";
        }
    }
    return found == book->live ? NULL : "page book: pages in the hash table != pages alive";
}

const char *page_list_check(const PageBook *book, const PageList *list) {
    uint32_t count = 0, last = NODE_NONE;
    for (uint32_t node = list->head; node != NODE_NONE; node = book->nodes[node].next) {
        if (book->nodes[node].list != list->number || book->nodes[node].prev != last) {
            return "page list: a node's links or list number are wrong";
        }
        last = node;
        if (++count > list->count) {
            return "page list: more nodes than its count";
        }
    }
    return last == list->tail && count == list->count ? NULL
                                                      : "page list: its end or count is wrong";
}

bool page_list_is(const PageBook *book, const PageList *list, bool resident) {
    uint32_t node = list->head;
    while (node != NODE_NONE && (book->nodes[node].frame != PFN_NONE) == resident) {
        node = book->nodes[node].next;
    }
    return node == NODE_NONE;
}
