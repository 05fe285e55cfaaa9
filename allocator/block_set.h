/* block_set.h - the wrapper's memory: every live block, and the addresses of recent dead ones.
 *
 * Idea: one tree of disjoint intervals.  A live block covers what the program asked for (at least
 * one byte); a dead one keeps only its address, so that a second free of it can be told from the
 * free of an address that never was a block's.  A dead entry goes when a new block covers it, or
 * when BLOCK_SET_DEAD_MAX younger ones have come: then it is a stranger again.
 *
 * Invariants: entries are disjoint;  entries = live_count + dead_count <= live + DEAD_MAX.
 *
 * Used by the heap wrapper.  Host memory only.
 */
#ifndef FAULTLINE_BLOCK_SET_H
#define FAULTLINE_BLOCK_SET_H

#include "interval_tree.h"

#define BLOCK_SET_DEAD_MAX 65536

typedef struct BlockEntry {
    uint64_t size;         /* as the program asked; may be 0                             */
    uint64_t granted;      /* ... and may use; for the owner of the set                  */
    VAddr origin;          /* what the model gave: below the address if aligned inside it */
    uint32_t older, newer; /* dead ones: neighbours in the order of dying                */
    bool live;
} BlockEntry;

typedef struct BlockSet {
    IntervalTree tree;
    BlockEntry *entries; /* of the tree's node of the same index */
    uint32_t capacity;
    uint32_t oldest, newest; /* dead */
    uint32_t dead_count, live_count;
} BlockSet;

/* All zero is an empty set. */
void block_set_clear(BlockSet *set);

/* Make sure that the next add finds room.  False: out of host memory. */
bool block_set_reserve(BlockSet *set);
/* A new live block, which must overlap no live one; its entry. */
uint32_t block_set_add(BlockSet *set, VAddr va, uint64_t size, VAddr origin);
/* The live block `entry` dies. */
void block_set_retire(BlockSet *set, uint32_t entry);

/* The entry of the live block at exactly this address, or 0. */
uint32_t block_set_find(const BlockSet *set, VAddr va);
/* Was there a block at exactly this address that has died? */
bool block_set_is_dead(const BlockSet *set, VAddr va);
/* Does any live block have a byte in [va, va + length), or va itself, if length is 0? */
bool block_set_overlaps(const BlockSet *set, VAddr va, uint64_t length);
/* The first live block at or behind va, or 0. */
uint32_t block_set_first(const BlockSet *set, VAddr va);

static inline VAddr block_set_va(const BlockSet *set, uint32_t entry) {
    return set->tree.nodes[entry].start;
}

/* `set`, whatever it holds, becomes a copy.  False: out of host memory; it is empty then. */
bool block_set_copy(BlockSet *set, const BlockSet *from);
uint64_t block_set_host_bytes(const BlockSet *set);

const char *block_set_check(const BlockSet *set);

#endif
