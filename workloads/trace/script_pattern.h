/* script_pattern.h - the accesses of a script's `pattern`, bit for bit reproducible.
 *
 * Each access draws its page first and then, if some but not all accesses write, whether it does:
 * next() % 100 < write_percent.  next() is splitmix64 from the seed.  Of n pages, access i of
 * `count` goes to
 *   loop      i mod n
 *   sawtooth  up 0..n-1, then down n-1..0, and again
 *   uniform   next() mod n
 *   zipf      self-similar 80/20: in 8 of 10 draws the first fifth, else the rest, and again
 *             within that until one page is left
 *   zipf1     rank k with weight 2^32 / (k+1), rounded down
 *   phase     uniform in the (4 i / count)th quarter
 *   hotscan   odd i: uniform in the first quarter; even i: the next page of a scan of the rest
 * zipf and zipf1 give ranks; rank k is page k * m mod n, m the first number from 2654435761 mod n
 * on that has no divisor in common with n.
 */
#ifndef FAULTLINE_SCRIPT_PATTERN_H
#define FAULTLINE_SCRIPT_PATTERN_H

#include "faultline/rng.h"
#include "script.h"

typedef struct ScriptPattern ScriptPattern;

/* The accesses of a "pattern" line, from the first. */
ScriptPattern *script_pattern_start(const ScriptOp *op);
/* The next access: the page, from 0, and whether it writes.  False: that was all. */
bool script_pattern_next(ScriptPattern *pattern, uint64_t *page, Access *access);
void script_pattern_free(ScriptPattern *pattern);

#endif
