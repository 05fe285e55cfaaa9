/* page_lists.c - see page_lists.h. */
#include "kernel/page_lists.h"

#include <assert.h>

#include "faultline/lazy.h"

bool page_lists_init(PageLists *lists, uint32_t frame_count) {
    *lists =
        (PageLists){.links = lazy_alloc(frame_count, sizeof(PageLink)), .frame_count = frame_count};
    return lists->links != NULL;
}

void page_lists_clear(PageLists *lists) {
    lazy_free(lists->links, lists->frame_count, sizeof(PageLink));
    *lists = (PageLists){0};
}

/* Where the number of the frame next to this one is kept: in its link, or at the queue's end. */
static uint32_t *newer_of(PageLists *lists, PageQueue *queue, uint32_t number) {
    return number == 0 ? &queue->oldest : &lists->links[number - 1].newer;
}

static uint32_t *older_of(PageLists *lists, PageQueue *queue, uint32_t number) {
    return number == 0 ? &queue->newest : &lists->links[number - 1].older;
}

void page_lists_add(PageLists *lists, PageListId list, Pfn pfn) {
    PageQueue *queue = &lists->lists[list];
    assert(page_lists_which(lists, pfn) == LIST_NONE);
    lists->links[pfn] = (PageLink){.older = queue->newest, .list = (uint8_t)list};
    *newer_of(lists, queue, queue->newest) = pfn + 1;
    queue->newest = pfn + 1;
    queue->count++;
}

void page_lists_remove(PageLists *lists, Pfn pfn) {
    PageLink link = lists->links[pfn];
    PageQueue *queue = &lists->lists[link.list];
    assert(link.list != LIST_NONE);
    *newer_of(lists, queue, link.older) = link.newer;
    *older_of(lists, queue, link.newer) = link.older;
    queue->count--;
    lists->links[pfn] = (PageLink){0};
}

static const char *queue_check(const PageLists *lists, PageListId list) {
    const PageQueue *queue = &lists->lists[list];
    uint32_t older = 0, met = 0;
    for (uint32_t number = queue->oldest; number != 0; met++) {
        const PageLink *link = &lists->links[number - 1];
        if (link->list != list || link->older != older || met == queue->count) {
            return "page lists: the links of the modified or the standby list are wrong";
        }
        older = number;
        number = link->newer;
    }
    return met == queue->count && queue->newest == older
               ? NULL
               : "page lists: the modified or the standby list is miscounted";
}

const char *page_lists_check(const PageLists *lists) {
    const char *wrong = queue_check(lists, LIST_MODIFIED);
    return wrong != NULL ? wrong : queue_check(lists, LIST_STANDBY);
}
