/* adaptive_target.h - p of ARC and CAR: how many pages T1 should have.
 *
 *     0 <----- shrink: a ghost of B2 is wanted ----- p ----- grow: one of B1 is -----> c
 *
 * Idea: a step is max(1, other / hit), where `hit` ghosts are in the list of the one that is wanted
 * and `other` in the other list.  So p is a sum of quotients, and whether it is 4 or a hair more
 * than 4 decides who goes.  The papers do not say what a quotient is; programs differ:
 *
 *   double   IEEE: a sum is rounded, so six times 7/6 is a hair more than 7.  (One division, one
 *            addition and comparisons: nothing that a compiler may fuse, so all machines agree.)
 *   exact    the fraction itself, in units of 2^-90.  A quotient is cut by less than a unit, so
 *            after n steps p is off by less than n units, and it is compared with a slack of 2^32 of
 *            them.  For 2^32 steps the answers are those of exact fractions, unless the exact p
 *            comes within 2^-57 of a whole number without being one.
 *   integer  the quotient is rounded down.
 *
 * Invariant (target_check): 0 <= p <= c.  Used by arc.c and car.c.
 */
#ifndef FAULTLINE_ADAPTIVE_TARGET_H
#define FAULTLINE_ADAPTIVE_TARGET_H

#include "faultline/param.h"

typedef enum Adaptation { ADAPT_DOUBLE, ADAPT_EXACT, ADAPT_INTEGER } Adaptation;

/* An entry of a table of parameters: which of them; `kind` unless told. */
#define ADAPTATION_PARAM(kind_)                                                                    \
    {                                                                                              \
        .name = "adaptation", .kind = PARAM_CHOICE, .initial = (kind_),                            \
        .choices = "double|exact|integer",                                                         \
        .help = "what the quotients are by which p, the target size of T1, moves: IEEE doubles, "  \
                "exact fractions, or rounded down"                                                 \
    }

typedef struct Target {
    Adaptation adaptation;
    uint32_t c;
    double rounded; /* p, of ADAPT_DOUBLE  */
    __int128 fixed; /* p, of the others, in units of 2^-90 */
} Target;

/* 0 at first. */
void target_init(Target *p, Adaptation adaptation, uint32_t c);

/* One step towards c, or towards 0: hit > 0. */
void target_grow(Target *p, uint32_t hit, uint32_t other);
void target_shrink(Target *p, uint32_t hit, uint32_t other);

/* Is |T1| less than p (below 0), p itself (0) or more (above 0)? */
int target_compare(uint32_t t1, const Target *p);

const char *target_check(const Target *p);

#endif
