/* size_lists.h - holes on lists by their size, and bitmaps that tell which lists have any.
 *
 * Idea: lists are numbered by two levels.  The first is the size's highest bit, the second the next
 * `sli` bits of it: with sli = 2, sizes from 64 to 127 are on the lists (6,0) 64..79, (6,1) 80..95,
 * (6,2) 96..111 and (6,3) 112..127.  So the next list that has a hole is found by two looks at
 * bitmaps, however many lists are empty.  With sli = 0 there is a list for each power of two.
 *
 * The links are in the holes themselves, next at 8 and prev at 16; heads and bitmaps are globals.
 * Invariant (size_lists_check): a bit is set if and only if that list, or one of that level, has a
 * hole.
 *
 * Source: Masmano, Ripoll, Crespo and Real, TLSF, ECRTS 2004.  Units: bytes.
 */
#ifndef FAULTLINE_SIZE_LISTS_H
#define FAULTLINE_SIZE_LISTS_H

#include "model.h"

#define HOLE_MIN 32 /* no hole is smaller */
#define SLI_MAX  5  /* log2(HOLE_MIN): the smallest hole has so many bits to spare */

HEADER_FIELD(hole_next, 8)
HEADER_FIELD(hole_prev, 16)

typedef struct ListId {
    unsigned first, second; /* levels */
} ListId;

/* All zero but `sli`: every list is empty. */
typedef struct SizeLists {
    unsigned sli;
    uint64_t first_map, second_map[64]; /* bit set: a list of that number has a hole */
    VAddr heads[64][1 << SLI_MAX];      /* 0: empty */
} SizeLists;

/* The list for holes of that size, and the least size that belongs on a list. */
ListId size_lists_id(const SizeLists *lists, uint64_t size);
uint64_t size_lists_least(const SizeLists *lists, ListId id);
/* The least size from whose list on every hole has at least `size` bytes. */
uint64_t size_lists_round(const SizeLists *lists, uint64_t size);

static inline VAddr size_lists_head(const SizeLists *lists, ListId id) {
    return lists->heads[id.first][id.second];
}

/* The hole becomes the first of its list; it leaves its list. */
void size_lists_insert(SizeLists *lists, const AllocatorEnv *env, VAddr hole, uint64_t size);
void size_lists_remove(SizeLists *lists, const AllocatorEnv *env, VAddr hole, uint64_t size);

/* The first list from `from` on that has a hole.  False: none. */
bool size_lists_find(const SizeLists *lists, ListId from, ListId *found);

const char *size_lists_check(const SizeLists *lists);

#endif
