/* rmap.c - see rmap.h. */
#include "kernel/rmap.h"

#include <assert.h>
#include <stdlib.h>

void rmap_clear(Rmap *rmap) {
    free(rmap->nodes);
    *rmap = (Rmap){0};
}

static uint32_t node_take(Rmap *rmap) {
    uint32_t node = rmap->free_head;
    if (node != 0) {
        rmap->free_head = rmap->nodes[node].next;
        return node;
    }
    if (rmap->made + 1 >= rmap->capacity) {
        if (rmap->capacity > UINT32_MAX / 2) {
            return 0;
        }
        uint32_t capacity = rmap->capacity == 0 ? 64 : 2 * rmap->capacity;
        RmapNode *nodes = realloc(rmap->nodes, capacity * sizeof(RmapNode));
        if (nodes == NULL) {
            return 0;
        }
        rmap->nodes = nodes;
        rmap->capacity = capacity;
    }
    return ++rmap->made;
}

static void node_give(Rmap *rmap, uint32_t node) {
    rmap->nodes[node].next = rmap->free_head;
    rmap->free_head = node;
}

bool rmap_add(Rmap *rmap, Frame *frame, PageKey mapper) {
    if (!frame->of_object && frame->mapcount == 0) {
        frame->owner = mapper;
    } else {
        uint32_t node = node_take(rmap);
        if (node == 0) {
            return false;
        }
        rmap->nodes[node] = (RmapNode){mapper, frame->mappers};
        frame->mappers = node;
    }
    frame->mapcount++;
    return true;
}

/* The link that leads to the mapper's node. */
static uint32_t *link_of(Rmap *rmap, Frame *frame, PageKey mapper) {
    uint32_t *link = &frame->mappers;
    while (rmap->nodes[*link].mapper != mapper) {
        link = &rmap->nodes[*link].next;
        assert(*link != 0);
    }
    return link;
}

static void unlink_node(Rmap *rmap, uint32_t *link) {
    uint32_t node = *link;
    *link = rmap->nodes[node].next;
    node_give(rmap, node);
}

bool rmap_remove(Rmap *rmap, Frame *frame, PageKey mapper) {
    assert(frame->mapcount > 0);
    frame->mapcount--;
    if (frame->of_object || frame->owner != mapper) {
        unlink_node(rmap, link_of(rmap, frame, mapper));
        return false;
    }
    if (frame->mapcount == 0) {
        return false; /* it keeps its name until somebody maps it again */
    }
    frame->owner = rmap->nodes[frame->mappers].mapper;
    unlink_node(rmap, &frame->mappers);
    return true;
}

void rmap_drop(Rmap *rmap, Frame *frame) {
    while (frame->mappers != 0) {
        unlink_node(rmap, &frame->mappers);
    }
    frame->mapcount = 0;
}

bool rmap_rename(Rmap *rmap, Frame *frame, PageKey from, PageKey to) {
    if (frame->of_object || frame->owner != from) {
        rmap->nodes[*link_of(rmap, frame, from)].mapper = to;
        return false;
    }
    frame->owner = to;
    return true;
}
