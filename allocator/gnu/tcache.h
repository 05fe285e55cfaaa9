/* tcache.h - where the words of a tcache lie, for tcache.c and those who only look. */
#ifndef FAULTLINE_GNU_TCACHE_H
#define FAULTLINE_GNU_TCACHE_H

#include "chunk.h"

#define TCACHE_BINS  64
#define TCACHE_BYTES (TCACHE_BINS * (2 + 8)) /* 2-byte counts, then the first of each list */

static inline unsigned tcache_index(uint64_t size) { return (unsigned)((size - MIN_CHUNK) / 16); }
static inline VAddr tcache_count_at(VAddr tcache, unsigned index) { return tcache + index * 2; }
static inline VAddr tcache_entry_at(VAddr tcache, unsigned index) {
    return tcache + TCACHE_BINS * 2 + index * 8;
}

#endif
