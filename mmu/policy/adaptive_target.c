/* adaptive_target.c - see adaptive_target.h. */
#include "adaptive_target.h"

#include <stddef.h>

typedef __int128 Fixed; /* in units of 2^-90 */

/* p and a step are at most 2^32 - 1, so their sum has 33 bits above the point: 123 of 127. */
#define FIXED(whole) ((Fixed)(whole) << 90)
#define SLACK        ((Fixed)1 << 32)

void target_init(Target *p, Adaptation adaptation, uint32_t c) {
    *p = (Target){.adaptation = adaptation, .c = c};
}

static double double_step(uint32_t hit, uint32_t other) {
    return hit >= other ? 1.0 : (double)other / hit;
}

static Fixed fixed_step(Adaptation adaptation, uint32_t hit, uint32_t other) {
    return hit >= other                  ? FIXED(1)
           : adaptation == ADAPT_INTEGER ? FIXED(other / hit)
                                         : FIXED(other) / hit;
}

void target_grow(Target *p, uint32_t hit, uint32_t other) {
    if (p->adaptation == ADAPT_DOUBLE) {
        double grown = p->rounded + double_step(hit, other);
        p->rounded = grown < p->c ? grown : p->c;
    } else {
        Fixed grown = p->fixed + fixed_step(p->adaptation, hit, other);
        p->fixed = grown < FIXED(p->c) ? grown : FIXED(p->c);
    }
}

void target_shrink(Target *p, uint32_t hit, uint32_t other) {
    if (p->adaptation == ADAPT_DOUBLE) {
        double shrunk = p->rounded - double_step(hit, other);
        p->rounded = shrunk > 0 ? shrunk : 0;
    } else {
        Fixed shrunk = p->fixed - fixed_step(p->adaptation, hit, other);
        p->fixed = shrunk > 0 ? shrunk : 0;
    }
}

int target_compare(uint32_t t1, const Target *p) {
    if (p->adaptation == ADAPT_DOUBLE) {
        return (t1 > p->rounded) - (t1 < p->rounded);
    }
    Fixed more = FIXED(t1) - p->fixed;
    return (more > SLACK) - (more < -SLACK);
}

const char *target_check(const Target *p) {
    return p->rounded >= 0 && p->rounded <= p->c && p->fixed >= 0 && p->fixed <= FIXED(p->c)
               ? NULL
               : "the target p is not in 0..c";
}
