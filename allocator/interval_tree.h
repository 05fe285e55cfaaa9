/* interval_tree.h - disjoint intervals of addresses, found by address in O(log n).
 *
 * Idea: a treap: a search tree by start, and at the same time a heap by a priority drawn at
 * random, which keeps it about as shallow as a balanced tree whatever the order of insertion
 * (Seidel and Aragon, "Randomized Search Trees", 1996).  Nodes are indices into one array; index
 * 0 is nobody.  A removed node is given to the next insertion.
 *
 *     start(left subtree) < start(node) < start(right subtree)
 *     priority(node) >= priority(children)
 *
 * Units: bytes.  Used by block_set.c (blocks) and range_set.c (memory held).  Host memory only:
 * the simulated program never sees it.
 */
#ifndef FAULTLINE_INTERVAL_TREE_H
#define FAULTLINE_INTERVAL_TREE_H

#include "faultline/rng.h"
#include "faultline/types.h"

typedef struct Interval {
    VAddr start;
    uint64_t length; /* > 0 */
    uint32_t left, right;
    uint32_t priority;
} Interval;

typedef struct IntervalTree {
    Interval *nodes; /* nodes[0] is nobody */
    uint32_t capacity;
    uint32_t used;   /* nodes[used..] were never taken           */
    uint32_t vacant; /* removed nodes, chained through `left`    */
    uint32_t root;
    uint32_t count;
    Rng rng;
} IntervalTree;

/* All zero is an empty tree. */
void interval_tree_clear(IntervalTree *tree);

/* Make sure that `more` insertions find room.  False: out of host memory. */
bool interval_reserve(IntervalTree *tree, uint32_t more);
/* There must be room, and the interval must be disjoint from all others.  Its index. */
uint32_t interval_insert(IntervalTree *tree, VAddr start, uint64_t length);
void interval_remove(IntervalTree *tree, uint32_t node);

/* The interval with the greatest start <= va; the one with the least start > va.  0: none. */
uint32_t interval_at_or_below(const IntervalTree *tree, VAddr va);
uint32_t interval_above(const IntervalTree *tree, VAddr va);

/* `tree`, whatever it holds, becomes a copy.  False: out of host memory; it is empty then. */
bool interval_tree_copy(IntervalTree *tree, const IntervalTree *from);
uint64_t interval_tree_host_bytes(const IntervalTree *tree);

const char *interval_check(const IntervalTree *tree);

#endif
