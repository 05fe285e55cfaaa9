/* rmap.h - the reverse map: which page-table entries lead to a frame.
 *
 *   anonymous page, one mapper        owner = (asid, vpn)       no chain
 *   the same after a fork             owner = (asid, vpn)  ->   node {asid', vpn'} -> ...
 *   the same, mapped by nobody       owner = (0, slot)         in the swap cache
 *   page of an object (file, shared)  owner = (object, page)    node {asid, vpn} -> node ...
 *
 * Idea: most pages have one mapper, which is the name they go by, so the frame itself holds
 * it; only further ones take a node.  A page of an object goes by the object's name, so all
 * its mappers are in the chain.  An entry counts as a mapper while it is present, and while it
 * is in transit: it still says where the page is.
 *
 * Invariant (memory_check): mapcount = entries that name the frame = mappers listed here.
 * Source: rmap.c of Linux does the same with trees of mappings instead of chains.
 */
#ifndef FAULTLINE_RMAP_H
#define FAULTLINE_RMAP_H

#include "kernel/frame.h"

typedef struct RmapNode {
    PageKey mapper;
    uint32_t next; /* 0: the last */
} RmapNode;

typedef struct Rmap {
    RmapNode *nodes; /* index 0 is never used */
    uint32_t capacity, made;
    uint32_t free_head; /* nodes given back, linked by next */
} Rmap;

void rmap_clear(Rmap *rmap);

/* The entry of `mapper` leads to the frame from now on.  False: out of host memory. */
bool rmap_add(Rmap *rmap, Frame *frame, PageKey mapper);
/* It does no more.  True: the page goes by another name now, frame->owner. */
bool rmap_remove(Rmap *rmap, Frame *frame, PageKey mapper);
/* No entry leads to the frame any more; it keeps its name. */
void rmap_drop(Rmap *rmap, Frame *frame);
/* mremap: the entry that led to the frame is that of `to` now.  True as above. */
bool rmap_rename(Rmap *rmap, Frame *frame, PageKey from, PageKey to);

/* for (RmapCursor c = rmap_begin(frame); rmap_next(rmap, frame, &c);) uses c.mapper.  The
 * chain may not change meanwhile. */
typedef struct RmapCursor {
    PageKey mapper;
    uint32_t node; /* the one that comes next */
    bool own;      /* the frame's owner comes first */
} RmapCursor;

static inline RmapCursor rmap_begin(const Frame *frame) {
    return (RmapCursor){.node = frame->mappers, .own = !frame->of_object};
}

static inline bool rmap_next(const Rmap *rmap, const Frame *frame, RmapCursor *cursor) {
    if (cursor->own && frame->mapcount > 0) {
        cursor->own = false;
        cursor->mapper = frame->owner;
        return true;
    }
    cursor->own = false;
    if (cursor->node == 0) {
        return false;
    }
    cursor->mapper = rmap->nodes[cursor->node].mapper;
    cursor->node = rmap->nodes[cursor->node].next;
    return true;
}

#endif
