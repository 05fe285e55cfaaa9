/* survey.h - looking at memory from outside, one frame, page or table at a time.
 *
 * Idea: whoever draws memory asks for plain values and never sees the kernel's structures.
 * A survey changes nothing: no fault, no count, no clock, no referenced bit.  It may be made at
 * any moment, also while a fault is being served: then it shows what stands there.
 *
 * Units: pages and frames by number; ages in working-set windows.
 * Used by the recorder of the report (sim/snapshot.c).
 */
#ifndef FAULTLINE_SURVEY_H
#define FAULTLINE_SURVEY_H

#include "kernel/address_space.h"

/* What a frame is used for: see the drawing in frame.h. */
typedef enum FrameUse {
    FRAME_USE_FREE,
    FRAME_USE_ZEROED,
    FRAME_USE_HELD, /* a fault is filling it */
    FRAME_USE_RESIDENT,
    FRAME_USE_TRANSIT, /* being written out */
    FRAME_USE_STANDBY, /* unmapped, kept in memory: deactivated, modified or on standby */
} FrameUse;

#define AGE_UNKNOWN UINT32_MAX

typedef struct FrameView {
    FrameUse use;
    uint32_t pid; /* the page that it holds, if it is not free, zeroed or held: whose ... */
    Vpn vpn;      /* ... and which */
    Pte pte;      /* the entry of that page, PTE_NONE if there is none */
    bool file;    /* a page of a file */
    bool copied;  /* a swap slot has a copy, so that it can go without a write */
    uint32_t age; /* windows since the last reference; AGE_UNKNOWN: never, or not resident */
} FrameView;

/* `pfn` is below the machine's number of frames. */
FrameView memory_view_frame(const Memory *m, Pfn pfn);

/* Does the mapping show shared memory, which is no file though its pages are an object's? */
bool vma_is_shared_memory(const Memory *m, const Vma *vma);

typedef struct PageView {
    Vpn vpn;
    Pte pte;
    uint32_t age; /* as above */
} PageView;

/* The first page at or behind `vpn` whose entry is not PTE_NONE.  False: there is none. */
bool space_view_page(const AddressSpace *space, Vpn vpn, PageView *page);

/* One table below the root: entry `index` of the table above it leads there. */
typedef struct TableView {
    unsigned level; /* from 1; the parent is the last one told of level - 1, or the root */
    uint32_t number;
    uint32_t index;
} TableView;

typedef void (*TableVisit)(void *host, const TableView *table);

/* Tell the tables below the root, parents before their children, in the order of addresses; at
 * most `limit` of them.  Returns how many were told. */
uint32_t space_view_tables(const AddressSpace *space, uint32_t limit, TableVisit visit, void *host);

#endif
