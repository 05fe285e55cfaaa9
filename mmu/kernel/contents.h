/* contents.h - the bytes of simulated pages, kept only for pages that were written with data.
 *
 * Idea: a frame, a swap slot or a page of a file holds the index of its contents.  Index 0
 * is the page of zeros, which needs no memory: 100 million touched pages fit in a laptop.
 * Each other index belongs to exactly one holder; copying a page copies bytes.
 */
#ifndef FAULTLINE_CONTENTS_H
#define FAULTLINE_CONTENTS_H

#include "faultline/types.h"

#define CONTENTS_ZERO 0u

typedef struct Contents {
    uint64_t page_size;
    uint8_t *zeros;   /* what index 0 reads as */
    uint8_t **chunks; /* of CONTENTS_CHUNK pages each */
    uint32_t chunk_count, chunk_capacity;
    uint32_t used_high; /* indices 1..used_high were ever given */
    uint32_t *free_list;
    uint32_t free_count, free_capacity;
} Contents;

bool contents_init(Contents *contents, uint64_t page_size);
void contents_clear(Contents *contents);

/* To read: the bytes behind an index. */
const uint8_t *contents_read(const Contents *contents, uint32_t index);
/* Are they all zero? */
bool contents_is_zero(const Contents *contents, uint32_t index);
/* To write: *index becomes a page of its own, if it was the page of zeros. */
uint8_t *contents_write(Contents *contents, uint32_t *index);
/* *to becomes a copy of `from` (its own old page is used again or given back). */
void contents_copy(Contents *contents, uint32_t *to, uint32_t from);
/* *index becomes the page of zeros. */
void contents_drop(Contents *contents, uint32_t *index);

#endif
