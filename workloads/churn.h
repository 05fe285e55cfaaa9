/* churn.h - a generator of malloc and free with bounded live bytes (the op "churn").
 *
 * Idea: each step either allocates (while the new block would fit under live_bytes) or frees a
 * live block: the newest (lifo), the oldest (fifo) or any (random).  A size is drawn once and
 * waits until it fits.  Draws are integers only:
 *   uniform     size_min + below(size_max - size_min + 1)
 *   geometric   from size_min on, a doubling for each below(2) that comes up 1 (while it stays
 *               within size_max); then uniform from there to just below the next doubling
 *   powers      a power of two in size_min..size_max, uniform over the exponents; size_max if
 *               there is none
 *   random      the victim: below(live blocks); the last block takes the victim's place
 */
#ifndef FAULTLINE_CHURN_H
#define FAULTLINE_CHURN_H

#include "faultline/rng.h"
#include "op.h"

typedef struct ChurnStep {
    bool is_free;
    uint32_t block; /* which block, 0..; a freed number is used again */
    uint64_t size;  /* bytes of the block     */
} ChurnStep;

typedef struct Churn Churn;

/* `spec` and `rng` outlive the generator. */
Churn *churn_start(const ChurnSpec *spec, Rng *rng);
/* False at the end.  Blocks still live then are the caller's to free: churn_next() has said
 * which, by never freeing them. */
bool churn_next(Churn *churn, ChurnStep *step);
void churn_free(Churn *churn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Churn, churn_free)

#endif
