/* pattern.h - access patterns: small state machines that fill a buffer of AccessRuns.
 *
 * Idea: however a pattern chooses, it hands down the same thing: runs of addresses relative to
 * the start of its region.  Where the next addresses follow a rule, one run holds all of them.
 * An access is to the first bytes of its element and belongs to that page alone.
 *
 * Random draws are integer arithmetic only, so that a second program can reproduce a string bit
 * for bit:
 *   zipf: rank k of n has weight 2^32 / (k+1) rounded down (skew 1); r = next() % total; the
 *         first k whose cumulative weight exceeds r; ranks are dealt to pages by a shuffle
 *         (Fisher-Yates: for i = n-1 .. 1, swap a[i] with a[below(i+1)]).
 *   chase: element i links to a[i], after Sattolo's shuffle of 0..n-1: for i = n-1 .. 1, swap
 *         a[i] with a[below(i)].  The chase begins at element 0.
 *   write decisions: drawn after the address, below(1,000,000) < write_ppm; none drawn when the
 *         share is 0 or 1.
 * Shuffles are drawn by pattern_start(), those of phases in the order of the phases.
 *
 * How many accesses a pattern makes unless told (its natural number), and where they go, with
 * `length` the bytes of its part of the region:
 *   sequential  length / element      the elements in order
 *   stride      length / |stride|     rounded up; a negative stride visits them backwards
 *   random      length / element      uniform draws over the elements
 *   zipf        length / page size    rounded up; the first bytes of a page
 *   loop        length / page size    rounded up; the first bytes of each page in order
 *   matrix      rows x columns        row after row, or column after column; stored by rows
 *   chase       length / element      once around the cycle
 *   phases      the sum of its phases
 *   pages       the length of the string
 * A count beyond the natural number begins again at the front (random ones draw on).
 */
#ifndef FAULTLINE_PATTERN_H
#define FAULTLINE_PATTERN_H

#include <glib.h>

#include "faultline/rng.h"
#include "faultline/types.h"

typedef enum PatternKind {
    PATTERN_SEQUENTIAL, /* element after element                                    */
    PATTERN_STRIDE,     /* every `stride` bytes                                     */
    PATTERN_RANDOM,     /* uniform over the elements                                */
    PATTERN_ZIPF,       /* pages by popularity 1/rank                               */
    PATTERN_LOOP,       /* page after page, around and around: one access a page    */
    PATTERN_MATRIX,     /* rows x columns of elements, by rows or by columns        */
    PATTERN_CHASE,      /* a linked list through all elements in a shuffled cycle   */
    PATTERN_PHASES,     /* other patterns one after another, within the same part   */
    PATTERN_PAGES,      /* an explicit reference string of page numbers             */
} PatternKind;

typedef struct PatternSpec PatternSpec;
struct PatternSpec {
    PatternKind kind;
    uint64_t offset, length; /* the part of the region (a phase: of its parent's part), bytes;
                                length UINT64_MAX: the rest                              */
    uint64_t count;          /* accesses; 0: the pattern's natural number                   */
    uint32_t write_ppm;      /* share of accesses that write, in millionths                  */
    uint64_t element;        /* bytes of one element (default 8; chase 64)                   */
    int64_t stride;          /* bytes */
    uint64_t rows, columns;
    bool by_column;
    PatternSpec **phases; /* PATTERN_PHASES */
    uint32_t phase_count;
    uint64_t *pages; /* PATTERN_PAGES: page << 1 | write; unmarked ones follow write_ppm */
    uint64_t page_count;
};

/* Page numbers of a reference string go up to here. */
#define PATTERN_PAGE_MAX (UINT64_C(1) << 36)
/* Zipf pages and chase elements in one pattern, its phases included: what their tables may take
 * of host memory (16 bytes a page, 4 bytes an element). */
#define PATTERN_TABLE_MAX (UINT64_C(1) << 26)
/* Phases within phases. */
#define PATTERN_DEPTH_MAX 16

#define PATTERN_ERROR (pattern_error_quark())
GQuark pattern_error_quark(void);
typedef enum PatternError {
    PATTERN_ERROR_VALUE, /* a number that no region could satisfy             */
    PATTERN_ERROR_FIT,   /* the region is too small for the pattern           */
    PATTERN_ERROR_HOST,  /* its tables would take too much of the host        */
} PatternError;

/* Frees the phases, the pages and the spec itself. */
void pattern_spec_free(PatternSpec *spec);

/* How large a region must be for the pattern, in bytes: for one of its own.  0: the pattern does
 * not say (it has no `length`, and is neither a matrix nor a string of pages); UINT64_MAX: more
 * than 64 bits can hold. */
uint64_t pattern_extent(const PatternSpec *spec, uint64_t page_size);

typedef struct Pattern Pattern;

/* Start a pattern over `length` bytes.  `rng` is the process's own stream; it and `spec` outlive
 * the pattern.  NULL and `error`, which says what is wrong and what instead but not where, if it
 * does not fit (a matrix larger than the region ...). */
Pattern *pattern_start(const PatternSpec *spec, uint64_t length, uint64_t page_size, Rng *rng,
                       GError **error);
/* The next runs, va relative to the region's start; 0 at the end.  The accesses do not depend on
 * `room` (at least 1), only their division into runs does. */
size_t pattern_next(Pattern *pattern, AccessRun *runs, size_t room);
void pattern_free(Pattern *pattern);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pattern, pattern_free)

#endif
