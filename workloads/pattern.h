/* pattern.h - access patterns: small state machines that fill a buffer of AccessRuns.
 *
 * Idea: however a pattern chooses, it hands down the same thing: runs of addresses relative to
 * the start of its region.  Random draws are integer arithmetic only, so that a second program
 * can reproduce a string bit for bit:
 *   zipf: rank k of n has weight 2^32 / (k+1) rounded down (skew 1); r = next() % total; the
 *         first k whose cumulative weight exceeds r; ranks are dealt to pages by a shuffle.
 *   write decisions: drawn after the address, below(1,000,000) < write_ppm; none drawn when the
 *         share is 0 or 1.
 */
#ifndef FAULTLINE_PATTERN_H
#define FAULTLINE_PATTERN_H

#include <glib.h>

#include "faultline/rng.h"
#include "faultline/types.h"

typedef enum PatternKind {
    PATTERN_SEQUENTIAL, /* element after element, once over (or `count`), wrapping around   */
    PATTERN_STRIDE,     /* every `stride` bytes, wrapping around                             */
    PATTERN_RANDOM,     /* uniform over the elements                                        */
    PATTERN_ZIPF,       /* pages by popularity 1/rank                                       */
    PATTERN_LOOP,       /* page after page, around and around: one access a page            */
    PATTERN_MATRIX,     /* rows x columns of elements, by rows or by columns                 */
    PATTERN_CHASE,      /* a linked list through all elements in a shuffled, fixed cycle     */
    PATTERN_PHASES,     /* other patterns one after another                                 */
    PATTERN_PAGES,      /* an explicit reference string of page numbers                     */
} PatternKind;

typedef struct PatternSpec PatternSpec;
struct PatternSpec {
    PatternKind kind;
    uint64_t offset, length; /* the part of the region, bytes; length UINT64_MAX: the rest   */
    uint64_t count;          /* accesses; 0: the pattern's natural number                   */
    uint32_t write_ppm;      /* share of accesses that write, in millionths                  */
    uint64_t element;        /* bytes of one element (default 8; chase 64)                   */
    int64_t stride;          /* bytes */
    uint64_t rows, columns;
    bool by_column;
    PatternSpec **phases; /* PATTERN_PHASES */
    uint32_t phase_count;
    uint64_t *pages; /* PATTERN_PAGES: page << 1 | write */
    uint64_t page_count;
};

/* Frees the phases, the pages and the spec itself. */
void pattern_spec_free(PatternSpec *spec);

/* How large a region must be for the pattern, in bytes: for one of its own. */
uint64_t pattern_extent(const PatternSpec *spec, uint64_t page_size);

typedef struct Pattern Pattern;

/* Start a pattern over `length` bytes.  `rng` is the process's own stream and outlives the
 * pattern.  NULL and `error` if it does not fit (a matrix larger than the region ...). */
Pattern *pattern_start(const PatternSpec *spec, uint64_t length, uint64_t page_size, Rng *rng,
                       GError **error);
/* The next runs, va relative to the region's start; 0 at the end. */
size_t pattern_next(Pattern *pattern, AccessRun *runs, size_t room);
void pattern_free(Pattern *pattern);

#endif
