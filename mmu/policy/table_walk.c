/* table_walk.c - see table_walk.h.  A table's node counts its pages in frames; `state` says whether
 * it is to be walked next.  Used by linux-mglru. */
#include "table_walk.h"

#include <stdlib.h>

bool table_walk_init(TableWalk *walk, const PolicyEnv *env) {
    *walk = (TableWalk){.env = env};
    return page_book_init(&walk->pages, env->frame_count) && page_book_init(&walk->tables, 1);
}

void table_walk_clear(TableWalk *walk) {
    page_book_clear(&walk->pages);
    page_book_clear(&walk->tables);
    free(walk->used);
    *walk = (TableWalk){0};
}

/* ---- which pages and tables there are ------------------------------------------------------- */

static PageKey page_in(const TableWalk *walk, Pfn frame) {
    return page_node(&walk->pages, page_book_at(&walk->pages, frame))->page;
}

static uint32_t table_of(const TableWalk *walk, PageKey page) {
    return page_book_find(&walk->tables, page >> TABLE_LOG);
}

static uint32_t table_make(TableWalk *walk, PageKey page) {
    uint32_t table = table_of(walk, page);
    if (table != NODE_NONE) {
        return table;
    }
    table = page_book_add(&walk->tables, page >> TABLE_LOG, PFN_NONE);
    if (walk->used_capacity < walk->tables.capacity) {
        walk->used_capacity = walk->tables.capacity;
        walk->used = realloc(walk->used, walk->used_capacity * sizeof(uint16_t));
        if (walk->used == NULL) {
            abort();
        }
    }
    walk->used[table] = 0;
    return table;
}

static void table_count(TableWalk *walk, uint32_t table, int change) {
    PageNode *node = page_node(&walk->tables, table);
    node->count = (uint16_t)(node->count + change);
    if (node->count == 0 && !node->state) {
        page_book_forget(&walk->tables, table);
    }
}

void table_walk_add(TableWalk *walk, Pfn frame, PageKey page) {
    page_book_add(&walk->pages, page, frame);
    table_count(walk, table_make(walk, page), 1);
}

void table_walk_remove(TableWalk *walk, Pfn frame) {
    table_count(walk, table_of(walk, page_in(walk, frame)), -1);
    page_book_forget(&walk->pages, page_book_at(&walk->pages, frame));
}

void table_walk_rename(TableWalk *walk, Pfn frame, PageKey page) {
    table_walk_remove(walk, frame);
    table_walk_add(walk, frame, page);
}

/* ---- looking -------------------------------------------------------------------------------- */

static bool look(const TableWalk *walk, Pfn frame, TableWalkFound *found, void *self) {
    const PolicyEnv *env = walk->env;
    if (!env->referenced(env->host, frame)) {
        return false;
    }
    env->clear_referenced(env->host, frame);
    found(self, frame);
    return true;
}

/* The tables to be walked next are those of this walk that were worth it. */
static void choose_next(TableWalk *walk) {
    for (uint32_t table = 1; table <= walk->tables.used_high; table++) {
        PageNode *node = page_node(&walk->tables, table);
        if (node->count > 0 || node->state) { /* else it is nobody's */
            node->state = walk->used[table] * WORTH_A_WALK >= 1u << TABLE_LOG;
            walk->used[table] = 0;
            table_count(walk, table, 0);
        }
    }
}

void table_walk_all(TableWalk *walk, TableWalkFound *found, void *self) {
    for (uint32_t page = 1; page <= walk->pages.used_high; page++) {
        const PageNode *node = page_node(&walk->pages, page);
        if (node->frame != PFN_NONE) {
            uint32_t table = table_of(walk, node->page);
            bool walked = !walk->begun || page_node(&walk->tables, table)->state;
            walk->used[table] += walked && look(walk, node->frame, found, self);
        }
    }
    choose_next(walk);
    walk->begun = true;
}

void table_walk_around(TableWalk *walk, Pfn frame, TableWalkFound *found, void *self) {
    PageKey page = page_in(walk, frame), table = page >> TABLE_LOG << TABLE_LOG;
    PageKey last = table + (1u << TABLE_LOG) - WALK_WINDOW;
    PageKey start = page - table < WALK_WINDOW / 2 ? table : page - WALK_WINDOW / 2;
    start = start < last ? start : last;
    uint32_t used = 1;
    for (PageKey near = start; near < start + WALK_WINDOW; near++) {
        uint32_t node = page_book_find(&walk->pages, near);
        used += near != page && node != NODE_NONE &&
                look(walk, page_node(&walk->pages, node)->frame, found, self);
    }
    if (used * WORTH_A_WALK >= WALK_WINDOW) {
        page_node(&walk->tables, table_of(walk, page))->state = true;
    }
}

const char *table_walk_check(const TableWalk *walk) {
    const char *wrong = page_book_check(&walk->pages);
    wrong = wrong != NULL ? wrong : page_book_check(&walk->tables);
    uint64_t pages = 0;
    for (uint32_t table = 1; table <= walk->tables.used_high; table++) {
        pages += page_node(&walk->tables, table)->count;
    }
    return wrong != NULL || pages == walk->pages.live
               ? wrong
               : "table walk: a table's pages are miscounted";
}
