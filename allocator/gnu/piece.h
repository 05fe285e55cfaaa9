/* piece.h - the memory of an arena in one piece each, for those who look at it from outside. */
#ifndef FAULTLINE_GNU_PIECE_H
#define FAULTLINE_GNU_PIECE_H

#include "arena.h"

/*   start | (header, arena) | first chunk | ... | top or fenceposts | end   */
typedef struct Piece {
    VAddr arena;
    VAddr start, first, end;
    VAddr top;     /* if this piece holds the arena's top; else 0             */
    uint64_t more; /* the main arena: number of the next region; else a heap  */
} Piece;

/* The first piece of an arena, and the next.  False: there is none (any more). */
bool piece_first(const Gnu *gnu, VAddr arena, Piece *piece);
bool piece_next(const Gnu *gnu, Piece *piece);
/* Do fenceposts begin at this chunk? */
bool piece_ends_at(const Gnu *gnu, const Piece *piece, VAddr chunk);

#endif
