/* frame.c - see frame.h. */
#include "kernel/frame.h"

#include <assert.h>
#include <string.h>

#include "faultline/lazy.h"

bool frame_table_init(FrameTable *table, uint32_t total, bool zeroed, Contents *contents) {
    *table = (FrameTable){.total = total, .contents = contents, .lowest_released = PFN_NONE};
    table->frames = lazy_alloc(total, sizeof(Frame));
    if (table->frames != NULL && index_set_init(&table->free, total, !zeroed) &&
        index_set_init(&table->zeroed, total, zeroed)) {
        return true;
    }
    frame_table_clear(table);
    return false;
}

void frame_table_clear(FrameTable *table) {
    frame_caches_clear(&table->caches);
    index_set_clear(&table->free);
    index_set_clear(&table->zeroed);
    lazy_free(table->frames, table->total, sizeof(Frame));
    *table = (FrameTable){0};
}

/* The counter of a state, NULL for FRAME_IDLE (the sets count themselves). */
static uint64_t *state_count(FrameTable *table, FrameState state) {
    switch (state) {
    case FRAME_HELD:
        return &table->held;
    case FRAME_RESIDENT:
        return &table->resident;
    case FRAME_TRANSIT:
        return &table->in_transit;
    case FRAME_DEACTIVATED:
        return &table->deactivated;
    case FRAME_TRIMMED:
        return &table->trimmed;
    case FRAME_IDLE:
        break;
    }
    return NULL;
}

static void frame_set_state(FrameTable *table, Pfn pfn, FrameState state) {
    uint64_t *before = state_count(table, table->frames[pfn].state);
    uint64_t *after = state_count(table, state);
    if (before != NULL) {
        --*before;
    }
    if (after != NULL) {
        ++*after;
    }
    table->frames[pfn].state = (uint8_t)state;
}

/* Nobody's yet, waiting to be filled. */
static void frame_begin(FrameTable *table, Pfn pfn) {
    Frame *frame = &table->frames[pfn];
    frame->slot = SLOT_NONE;
    frame->of_object = false;
    frame->dirty = false;
    frame->pins = 0;
    frame->stored = false;
    frame->ahead_mark = false;
    frame->cache_order = 0;
    frame_set_state(table, pfn, FRAME_HELD);
}

static Pfn take_of(FrameTable *table, IdleKind kind) {
    IndexSet *set = kind == IDLE_ZEROED ? &table->zeroed : &table->free;
    bool cached = frame_caches_exist(&table->caches);
    return cached ? frame_cache_take(&table->caches, set, kind) : index_set_take(set);
}

Pfn frame_take(FrameTable *table, bool want_zeroed, bool *zeroed) {
    IdleKind kind = want_zeroed ? IDLE_ZEROED : IDLE_FREE;
    Pfn pfn = take_of(table, kind);
    if (pfn == PFN_NONE) {
        kind = want_zeroed ? IDLE_FREE : IDLE_ZEROED;
        pfn = take_of(table, kind);
    }
    if (pfn == PFN_NONE && frames_free(table) + frames_zeroed(table) > 0) { /* others have some */
        frame_caches_drain(&table->caches, &table->free, &table->zeroed);
        return frame_take(table, want_zeroed, zeroed);
    }
    if (pfn != PFN_NONE) {
        *zeroed = kind == IDLE_ZEROED;
        frame_begin(table, pfn);
    }
    return pfn;
}

void frame_take_this(FrameTable *table, Pfn pfn, bool *zeroed) {
    *zeroed = index_set_has(&table->zeroed, pfn);
    index_set_remove(*zeroed ? &table->zeroed : &table->free, pfn);
    frame_begin(table, pfn);
}

void frame_occupy(FrameTable *table, Pfn pfn, PageKey owner, PageKind kind, bool of_object) {
    Frame *frame = &table->frames[pfn];
    assert(frame->state == FRAME_HELD && frame->mapcount == 0);
    frame->owner = owner;
    frame->kind = (uint8_t)kind;
    frame->of_object = of_object;
    frame_set_state(table, pfn, FRAME_RESIDENT);
}

void frame_set_resident(FrameTable *table, Pfn pfn) {
    assert(table->frames[pfn].state == FRAME_TRANSIT ||
           table->frames[pfn].state == FRAME_DEACTIVATED ||
           table->frames[pfn].state == FRAME_TRIMMED);
    frame_set_state(table, pfn, FRAME_RESIDENT);
}

void frame_release(FrameTable *table, Pfn pfn) {
    assert(table->frames[pfn].state != FRAME_IDLE && table->frames[pfn].mapcount == 0);
    frame_set_state(table, pfn, FRAME_IDLE);
    table->frames[pfn].folio_order = 0;
    if (frame_caches_exist(&table->caches)) {
        frame_cache_put(&table->caches, &table->free, pfn);
        return;
    }
    index_set_add(&table->free, pfn);
    table->lowest_released = pfn < table->lowest_released ? pfn : table->lowest_released;
}

void frame_set_transit(FrameTable *table, Pfn pfn, uint32_t ticket) {
    assert(table->frames[pfn].state == FRAME_RESIDENT ||
           table->frames[pfn].state == FRAME_DEACTIVATED ||
           table->frames[pfn].state == FRAME_TRIMMED);
    table->frames[pfn].laundered = table->frames[pfn].state == FRAME_TRIMMED;
    table->frames[pfn].transit = ticket;
    frame_set_state(table, pfn, FRAME_TRANSIT);
}

void frame_set_deactivated(FrameTable *table, Pfn pfn) {
    assert(table->frames[pfn].state == FRAME_RESIDENT);
    frame_set_state(table, pfn, FRAME_DEACTIVATED);
}

void frame_set_trimmed(FrameTable *table, Pfn pfn) { frame_set_state(table, pfn, FRAME_TRIMMED); }

void frame_reuse(FrameTable *table, Pfn pfn) {
    assert(table->frames[pfn].state == FRAME_TRIMMED && table->frames[pfn].mapcount == 0);
    frame_begin(table, pfn);
}

void frame_zero(FrameTable *table, Pfn pfn) {
    contents_drop(table->contents, &table->frames[pfn].contents);
}

Pfn frame_zero_one(FrameTable *table) {
    Pfn pfn = index_set_take(&table->free);
    if (pfn != INDEX_NONE) {
        frame_zero(table, pfn);
        index_set_add(&table->zeroed, pfn);
    }
    return pfn;
}

const char *frame_table_check(const FrameTable *table) {
    const char *wrong = index_set_check(&table->free);
    wrong = wrong != NULL ? wrong : index_set_check(&table->zeroed);
    wrong =
        wrong != NULL ? wrong : frame_caches_check(&table->caches, &table->free, &table->zeroed);
    if (wrong != NULL) {
        return wrong;
    }
    uint64_t idle = frames_free(table) + frames_zeroed(table);
    if (idle + table->held + table->resident + table->in_transit + table->deactivated +
            table->trimmed !=
        table->total) {
        return "free + zeroed + held + in transit + deactivated + trimmed + resident frames are "
               "not the total";
    }
    for (Pfn pfn = 0; pfn < table->total; pfn++) {
        bool is_free = index_set_has(&table->free, pfn);
        bool is_zeroed = index_set_has(&table->zeroed, pfn);
        bool is_idle = table->frames[pfn].state == FRAME_IDLE;
        if ((is_free && is_zeroed) || ((is_free || is_zeroed) && !is_idle)) {
            return "a frame is not in exactly one state";
        }
        idle -= is_idle;
        if (is_zeroed && !contents_is_zero(table->contents, table->frames[pfn].contents)) {
            return "a frame of the zeroed pool holds other bytes than zeros";
        }
    }
    return idle == 0 ? NULL : "an idle frame is in no set and in no CPU's list, or in two";
}
