/* piece.c - finding all memory of an arena.
 *
 * The main arena's regions are remembered out of the program's sight (glibc does not know them);
 * the heaps of another arena are chained from its top's heap to the first.
 *
 * Invariant: the pieces of all arenas and the mapped chunks = what malloc holds from the system.
 */
#include "piece.h"

static bool next_region(const Gnu *gnu, Piece *piece) {
    if (piece->more >= gnu->region_count) {
        return false;
    }
    const GnuRegion *region = &gnu->regions[piece->more++];
    piece->start = region->start;
    piece->first = round_up(region->start, ALIGNMENT);
    piece->end = region->end;
    if (piece->more == gnu->region_count) {
        piece->top = arena_top(gnu, MAIN_ARENA);
        piece->end = piece->top + chunk_size(gnu, piece->top);
    }
    return true;
}

static bool next_subheap(const Gnu *gnu, Piece *piece) {
    if (piece->more == 0) {
        return false;
    }
    VAddr subheap = piece->more;
    piece->start = subheap;
    piece->first = subheap + SUBHEAP_HEADER;
    if (piece->first == piece->arena) {
        piece->first = round_up(piece->arena + ARENA_BYTES, ALIGNMENT);
    }
    piece->end = subheap + subheap_size(gnu, subheap);
    piece->more = subheap_prev(gnu, subheap);
    return true;
}

bool piece_first(const Gnu *gnu, VAddr arena, Piece *piece) {
    *piece = (Piece){.arena = arena};
    if (arena == MAIN_ARENA) {
        return next_region(gnu, piece);
    }
    piece->top = arena_top(gnu, arena);
    piece->more = subheap_of(piece->top);
    return next_subheap(gnu, piece);
}

bool piece_next(const Gnu *gnu, Piece *piece) {
    piece->top = 0;
    return piece->arena == MAIN_ARENA ? next_region(gnu, piece) : next_subheap(gnu, piece);
}

bool piece_ends_at(const Gnu *gnu, const Piece *piece, VAddr chunk) {
    uint64_t size = chunk_size(gnu, chunk);
    return size <= CHUNK_HEADER || size >= piece->end - chunk || chunk_size(gnu, chunk + size) == 0;
}
