/* frame.h - physical memory: one record for each page frame, and who may have the free ones.
 *
 *                 zeroing (idle task, or on the spot)
 *        +--------+ ----------------> +--------+
 *   +--> |  free  |                   | zeroed | <--- all frames, when the machine starts
 *   |    +--------+                   +--------+
 *   |        | page-in                     | demand zero
 *   |        v                             v
 *   |      +-----------------------------------+  the page is mapped   +----------+
 *   +----- |  held: a fault is filling it      | --------------------> | resident |
 *   |      +-----------------------------------+                       +----------+
 *   |                      write begins (pageout)                           |
 *   |    +------------+ <---------------------------------------------------+
 *   +--- | in transit | ---> held, resident again: a soft fault             |
 *   ^    +------------+                                                     |
 *   +------------------------ evicted, unmapped, exit ----------------------+
 *
 * A resident page need not be mapped: a page of a file or of shared memory stays when its last
 * mapping goes, and one that came from swap for a process that still shares its slot.
 *
 * Two more states keep the page of an unmapped frame in memory, a soft fault away:
 *   deactivated   its policy unmapped it (PolicyEnv.deactivate) and goes on holding the frame
 *   trimmed       it left its working set, and no policy holds it: on the modified list if it is
 *                 dirty, else on the standby list (page_lists.h), whose frames faults may take
 *
 *   resident --trim--> modified --write begins--> in transit --written--> standby --> held
 *                \------------------ clean ------------------------------^
 *
 * A CPU may have some of the free and zeroed ones at hand (frame_cache.h).
 *
 * Invariant (frame_table_check): free + zeroed + held + in transit + deactivated + trimmed +
 * resident = total, each frame in exactly one state; a zeroed frame holds only zeros.
 */
#ifndef FAULTLINE_FRAME_H
#define FAULTLINE_FRAME_H

#include "faultline/types.h"
#include "hardware/geometry.h"
#include "kernel/contents.h"
#include "kernel/frame_cache.h"
#include "kernel/index_set.h"
#include "kernel/memory.h"

typedef enum FrameState {
    FRAME_IDLE,        /* in the free or the zeroed set: the sets say which */
    FRAME_HELD,        /* a fault has it and waits for the device           */
    FRAME_RESIDENT,    /* holds a page that may be mapped                   */
    FRAME_TRANSIT,     /* unmapped, being written; its bytes are still here */
    FRAME_DEACTIVATED, /* unmapped by its policy, which goes on holding it */
    FRAME_TRIMMED,     /* out of its working set: the modified or the standby list has it */
} FrameState;

#define FRAME_BLOCK_ORDERS_MAX (GEOMETRY_LEVEL_BITS_MAX + 1)

#define SLOT_NONE 0u /* swap slots are numbered from 1 in frames */

typedef enum PageKind { PAGE_ANONYMOUS, PAGE_FILE, PAGE_SHMEM } PageKind;

typedef struct Frame {
    PageKey owner;       /* the name of the page that it holds: asid and page number (rmap.h) */
    uint32_t contents;   /* its bytes (contents.h)                                   */
    uint32_t slot;       /* the swap slot with a copy of the page, plus 1; SLOT_NONE */
    uint32_t transit;    /* FRAME_TRANSIT: ticket of its write (transit.h)           */
    uint32_t mappers;    /* further entries that lead here: a chain of rmap nodes    */
    uint32_t mapcount;   /* how many entries lead here in all                        */
    unsigned state : 3;  /* FrameState                                           */
    unsigned kind : 2;   /* PageKind                                             */
    bool of_object : 1;  /* it goes by an object's name: page cache, shared memory */
    bool dirty : 1;      /* written, though no entry says so any more            */
    bool read_ahead : 1; /* nobody asked for its page yet                        */
    bool ahead_mark : 1; /* whose fault starts the next window (read_ahead.h)    */
    bool laundered : 1;  /* FRAME_TRANSIT: once written it goes to the standby list */
    bool stored : 1;     /* a program stored to it whose bytes are not kept (memory_touch) */
    unsigned folio_order : 5; /* it was allocated with others, 2^this in all (folio.h); 0: alone */
    uint8_t pins;             /* faults that are copying its page: it may not leave meanwhile */
    uint8_t cache_order;      /* a file's page: it was read in a folio of 2^this (read_ahead.h) */
} Frame;

_Static_assert(sizeof(Frame) == 32, "two to a line of the host's cache, one for each page in use");

/* Does a policy answer for its page?  Resident and deactivated ones are; no others. */
static inline bool frame_is_held_by_policy(const Frame *frame) {
    return frame->state == FRAME_RESIDENT || frame->state == FRAME_DEACTIVATED;
}

typedef struct FrameTable {
    Frame *frames; /* lazy: memory is paid for frames that were used */
    uint32_t total;
    IndexSet free, zeroed;
    FrameCaches caches; /* idle frames that CPUs keep at hand */
    uint64_t held, resident, in_transit, deactivated, trimmed;
    Contents *contents;
    Pfn lowest_released;                    /* since a block was last looked for (frame_block.h) */
    Pfn block_from[FRAME_BLOCK_ORDERS_MAX]; /* no free block of this order begins below */
} FrameTable;

/* Idle frames, those in lists of CPUs included. */
static inline uint64_t frames_free(const FrameTable *table) {
    return table->free.count + table->caches.count[IDLE_FREE];
}
static inline uint64_t frames_zeroed(const FrameTable *table) {
    return table->zeroed.count + table->caches.count[IDLE_ZEROED];
}

/* All frames begin zeroed (power-on memory is zero), or free if `zeroed` is false. */
bool frame_table_init(FrameTable *table, uint32_t total, bool zeroed, Contents *contents);
void frame_table_clear(FrameTable *table);

/* Take the lowest zeroed frame (`want_zeroed`) or the lowest free one, or the one that the CPU at work
 * has at hand; if there is none, one of the other kind.  *zeroed says which it was.  PFN_NONE if both
 * are empty.  The frame is FRAME_HELD. */
Pfn frame_take(FrameTable *table, bool want_zeroed, bool *zeroed);
/* A frame of one of the two sets is FRAME_HELD now. */
void frame_take_this(FrameTable *table, Pfn pfn, bool *zeroed);
/* The page `owner` is in the held frame from now on, not mapped yet. */
void frame_occupy(FrameTable *table, Pfn pfn, PageKey owner, PageKind kind, bool of_object);
/* In transit, deactivated or trimmed -> resident: it is wanted again. */
void frame_set_resident(FrameTable *table, Pfn pfn);
/* A held, resident or in-transit frame becomes free; its bytes stay until it is zeroed. */
void frame_release(FrameTable *table, Pfn pfn);
/* Resident, deactivated or trimmed -> in transit: its write begins. */
void frame_set_transit(FrameTable *table, Pfn pfn, uint32_t ticket);
/* Resident -> deactivated: unmapped, but kept by its policy. */
void frame_set_deactivated(FrameTable *table, Pfn pfn);
/* Resident, deactivated or written out -> trimmed. */
void frame_set_trimmed(FrameTable *table, Pfn pfn);
/* Trimmed -> held: its page is gone, and the frame is for another. */
void frame_reuse(FrameTable *table, Pfn pfn);
/* Fill with zeros, at no simulated cost: the caller charges. */
void frame_zero(FrameTable *table, Pfn pfn);
/* The idle task's step: the lowest free frame is zeroed and joins the pool. */
Pfn frame_zero_one(FrameTable *table);

const char *frame_table_check(const FrameTable *table);

#endif
