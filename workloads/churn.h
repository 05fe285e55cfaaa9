/* churn.h - a generator of malloc and free with bounded live bytes (the op "churn").
 *
 * Idea: each step either allocates (while the new block would fit under live_bytes) or frees a
 * live block: the newest (lifo), the oldest (fifo) or any (random).  Draws are integers only.
 */
#ifndef FAULTLINE_CHURN_H
#define FAULTLINE_CHURN_H

#include "faultline/rng.h"
#include "op.h"

typedef struct ChurnStep {
    bool is_free;
    uint32_t block; /* which block, 0..; a freed number is used again */
    uint64_t size;  /* bytes, when allocating */
} ChurnStep;

typedef struct Churn Churn;

/* `spec` and `rng` outlive the generator. */
Churn *churn_start(const ChurnSpec *spec, Rng *rng);
/* False at the end.  Blocks still live then are the caller's to free: churn_next() has said
 * which, by never freeing them. */
bool churn_next(Churn *churn, ChurnStep *step);
void churn_free(Churn *churn);

#endif
