/* move.c - see move.h.
 *
 * Idea: where the old and the new place begin at the same offset in a table, the whole table is
 * taken out of one upper entry and put into another, so moving 2 MiB costs one entry; the
 * rest goes entry by entry.
 *
 *   old  |....AAAA|AAAAAAAA|AA......|        A A A  entries into a table of the new place
 *                  ^^^^^^^^ its table moves whole
 *
 * Source: move_page_tables() of Linux: new tables are made where an old one is, be it empty.
 */
#include "kernel/move.h"

#include "kernel/huge_page.h"
#include "kernel/page.h"

typedef struct Move {
    Memory *m;
    AddressSpace *space;
    Vpn from, to, end; /* what is still to be moved: from..end-1 */
} Move;

/* An entry now stands at `to`: no TLB may find it at `from`; its frame learns its new owner. */
static void entry_arrived(const Move *move, Vpn from, Vpn to, Pte entry) {
    tlb_shootdown(move->m, move->space, from);
    if ((pte_present(entry) && !pte_zero_page(entry)) || pte_transit(entry)) {
        page_moved(move->m, move->space, pte_number(entry), from, to);
    }
}

/* How many pages are left until the range ends or an entry that covers 2^shift pages does, on
 * either side. */
static uint64_t extent(const Move *move, unsigned shift) {
    uint64_t span = UINT64_C(1) << shift, rest = move->end - move->from;
    uint64_t old_rest = span - (move->from & (span - 1)), new_rest = span - (move->to & (span - 1));
    uint64_t least = old_rest < new_rest ? old_rest : new_rest;
    return least < rest ? least : rest;
}

/* The whole table of `level` at `from`, which covers 2^shift pages, if its new place is free. */
static bool move_table(const Move *move, unsigned level, unsigned shift) {
    PageTable *pt = &move->space->page_table;
    if (!page_table_move(pt, move->from, move->to, level)) {
        return false;
    }
    Vpn vpn = move->to, end = move->to + (UINT64_C(1) << shift);
    for (const Pte *pte; (pte = page_table_next(pt, &vpn, end)) != NULL; vpn++) {
        step_count(move->m);
        entry_arrived(move, move->from + (vpn - move->to), vpn, *pte);
    }
    return true;
}

static bool move_entries(const Move *move, uint64_t pages) {
    PageTable *pt = &move->space->page_table;
    Vpn vpn = move->from, end = move->from + pages;
    for (Pte *pte; (pte = page_table_next(pt, &vpn, end)) != NULL; vpn++) {
        step_count(move->m);
        Vpn to = move->to + (vpn - move->from);
        Pte *target = page_table_make(pt, to);
        if (target == NULL) {
            return false;
        }
        *target = *pte;
        *pte = PTE_NONE;
        entry_arrived(move, vpn, to, *target);
    }
    return true;
}

/* Move what lies in one entry of the level above the leaves.  *pages: how many pages that was. */
static bool move_leaf(const Move *move, unsigned leaf, unsigned depth, uint64_t *pages) {
    PageTable *pt = &move->space->page_table;
    unsigned shift = leaf == 0 ? 63 : geometry_span_shift(pt->arena->geometry, leaf - 1);
    *pages = extent(move, shift);
    if (depth < leaf) {
        return true;
    }
    if (leaf > 0 && !page_table_make_to(pt, move->to, leaf - 1)) {
        return false;
    }
    if (leaf > 0 && *pages >> shift == 1 && move_table(move, leaf, shift)) {
        return true;
    }
    huge_page_split(move->m, move->space, move->from);
    return page_table_make_to(pt, move->to, leaf) && move_entries(move, *pages);
}

/* One step: as much as one entry two levels above the leaves covers, if it leads nowhere or its table
 * can move whole; else what one entry of the level below covers. */
static bool move_step(const Move *move, uint64_t *pages) {
    PageTable *pt = &move->space->page_table;
    unsigned leaf = pt->arena->geometry->levels - 1, depth = page_table_depth(pt, move->from);
    if (leaf < 2) {
        return move_leaf(move, leaf, depth, pages);
    }
    unsigned shift = geometry_span_shift(pt->arena->geometry, leaf - 2);
    *pages = extent(move, shift);
    if (depth < leaf - 1) {
        return true; /* nothing was ever here */
    }
    if (!page_table_make_to(pt, move->to, leaf - 2)) {
        return false;
    }
    if (*pages >> shift == 1 && move_table(move, leaf - 1, shift)) {
        return true;
    }
    return move_leaf(move, leaf, depth, pages);
}

/* Does the mapping at `vpn` begin there, with nothing mapped before it down to `floor`? */
static bool free_below(const AddressSpace *space, Vpn floor, Vpn vpn) {
    const Vma *vma = mapping_next(space, vpn, vpn + 1);
    return vma != NULL && vma->first == vpn && range_is_free(space, (PageRange){floor, vpn});
}

/* Both sides begin at the same offset in a leaf and nothing lies before them in it: then the first
 * table can move whole, too, if the range fills it to its end. */
static void realign(Move *move) {
    const Geometry *geometry = move->space->page_table.arena->geometry;
    uint64_t span = UINT64_C(1) << geometry->bits[geometry->levels - 1];
    uint64_t offset = move->from & (span - 1);
    if (offset != 0 && offset == (move->to & (span - 1)) &&
        move->end - move->from >= span - offset &&
        free_below(move->space, move->from - offset, move->from) &&
        free_below(move->space, move->to - offset, move->to)) {
        move->from -= offset;
        move->to -= offset;
    }
}

Outcome entries_move(Memory *m, AddressSpace *space, PageRange range, Vpn to) {
    Move move = {.m = m, .space = space, .from = range.first, .to = to, .end = range.end};
    if (m->config.profile->remap_realigns) {
        realign(&move);
    }
    while (move.from < move.end) {
        uint64_t pages;
        if (!move_step(&move, &pages)) {
            return OUTCOME_ENOMEM;
        }
        move.from += pages;
        move.to += pages;
    }
    return OUTCOME_OK;
}
