/* index_set.h - a set of small integers that always gives its lowest member first.
 *
 * Idea: a bitmap with bitmaps over it.  A bit of level k+1 says whether the 64-bit word below
 * it holds any member, so finding the lowest member reads one word a level: six for 2^32.
 *
 *   level 2            [.......1]
 *   level 1       [....1.1.] ...
 *   level 0   [..1..1..] [........] [1.......]      members, lowest first
 *
 * Free frames, zeroed frames and free swap slots are such sets.  Memory is lazy: a set that
 * starts full stores the complement, so that a full set of 2^28 frames costs nothing either.
 *
 * Invariant (index_set_check): a summary bit is set iff its word is not empty; count = bits.
 */
#ifndef FAULTLINE_INDEX_SET_H
#define FAULTLINE_INDEX_SET_H

#include "faultline/types.h"

#define INDEX_SET_LEVELS 6
#define INDEX_NONE       UINT32_MAX

typedef struct IndexSet {
    uint64_t *words[INDEX_SET_LEVELS];
    uint64_t word_count[INDEX_SET_LEVELS];
    uint64_t flip; /* a stored word ^ flip is the word meant: all ones if the set began full */
    unsigned levels;
    uint32_t size;  /* members are below this */
    uint64_t count; /* members */
} IndexSet;

/* The set of nothing, or (`full`) of all of 0..size-1.  False: out of host memory. */
bool index_set_init(IndexSet *set, uint32_t size, bool full);
void index_set_clear(IndexSet *set);

/* `index` is below the size. */
bool index_set_has(const IndexSet *set, uint32_t index);
/* `index` must not be in the set. */
void index_set_add(IndexSet *set, uint32_t index);
/* `index` must be in the set. */
void index_set_remove(IndexSet *set, uint32_t index);
/* The lowest member; INDEX_NONE if the set is empty. */
uint32_t index_set_lowest(const IndexSet *set);
/* Take the lowest member out; INDEX_NONE if the set is empty. */
uint32_t index_set_take(IndexSet *set);

/* Members 64 * word .. 64 * word + 63, one bit each. */
uint64_t index_set_word(const IndexSet *set, uint64_t word);

const char *index_set_check(const IndexSet *set);

#endif
