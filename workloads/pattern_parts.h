/* pattern_parts.h - a running pattern and the parts it is made of, for pattern*.c alone.
 *
 *   grid    places on straight lines: sequential, stride, loop, matrix; whole lines at a time
 *   zipf    a table from which pages are drawn by popularity
 *   cycle   a shuffled ring of links: chase
 * The others draw or read each place as they go.
 */
#ifndef FAULTLINE_PATTERN_PARTS_H
#define FAULTLINE_PATTERN_PARTS_H

#include "pattern.h"

#define PATTERN_PPM UINT32_C(1000000)

/* The part of the region that a pattern is about, in bytes. */
typedef struct Part {
    uint64_t base, length;
} Part;

/* `lines` lines of `per_line` places: the k-th of line l lies at
 *     base + l * line_step + k * step        (modulo 2^64, as step may be negative)
 * Invariant: every place lies in the part; lines and per_line are at least 1. */
typedef struct Grid {
    uint64_t base, lines, per_line, line_step;
    int64_t step;
    uint64_t line, k; /* the place to visit next */
} Grid;

/* Lay out a grid for a pattern of one of the four kinds; false and `error` if it does not fit. */
bool grid_plan(Grid *grid, const PatternSpec *spec, Part part, uint64_t page_size, GError **error);
uint64_t grid_places(const Grid *grid);
/* The next run, at most `most` (at least 1) accesses long; it ends where its line does.  The
 * access is left to the caller. */
AccessRun grid_take(Grid *grid, uint64_t most);

typedef struct Zipf Zipf;

/* NULL: no host memory for it.  1 <= count <= PATTERN_TABLE_MAX. */
Zipf *zipf_create(uint64_t count, Rng *rng);
uint64_t zipf_draw(const Zipf *zipf, Rng *rng);
void zipf_destroy(Zipf *zipf);

/* links[i] is the element after i on one cycle through all; NULL: no host memory for it. */
uint32_t *cycle_create(uint64_t count, Rng *rng);

struct Pattern {
    const PatternSpec *spec;
    Rng *rng;
    uint64_t count, left; /* accesses in all, and still to be made                */
    Grid grid;            /* sequential, stride, loop, matrix                     */
    uint64_t base, size;  /* the others: place i lies at base + i * size          */
    uint64_t places;      /* random: how many there are                           */
    uint64_t at;          /* chase: the next element; pages: index of the next    */
    Zipf *zipf;
    uint32_t *links;  /* chase */
    Pattern **phases; /* phase_count of them */
    uint32_t phase;   /* the one that goes on */
};

/* The largest page number of a string of pages; 0 for an empty one. */
uint64_t pattern_largest_page(const PatternSpec *spec);

#endif
