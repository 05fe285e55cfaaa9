/* arena.h - the words of an arena and of a heap, at the places where glibc has them.
 *
 *     arena:      0 flags   8 has_fast   16 fastbins[10]   96 top   104 last_remainder
 *               112 bins: fd and bk of each   2144 binmap: a bit a bin   2160 next ...
 *
 * A bin's head is a chunk of which only fd and bk exist: bin_head() is 16 bytes before them.  Bin 1
 * is the unsorted list; 2 to 63 hold chunks of 16 times their number; 64 to 126 hold ranges.  An
 * arena that has no memory yet has bin 1's head as its top: the word where such a chunk would have
 * its size is last_remainder, which is 0.
 */
#ifndef FAULTLINE_GNU_ARENA_H
#define FAULTLINE_GNU_ARENA_H

#include "chunk.h"

#define FASTBINS       10
#define BINS           128 /* numbered from 1; the last is never used */
#define UNSORTED       1
#define MIN_LARGE      UINT64_C(1024) /* the least chunk of a large bin */
#define ARENAS_PER_CPU 8

GNU_FIELD(arena_not_contiguous, 0)
GNU_FIELD(arena_has_fast, 8) /* is there perhaps a chunk in a fastbin? */
GNU_FIELD(arena_top, 96)
GNU_FIELD(arena_last_remainder, 104)
GNU_FIELD(arena_next, 2160)      /* all arenas, in a circle from the main one */
GNU_FIELD(arena_next_free, 2168) /* those that no thread is attached to       */
GNU_FIELD(arena_threads, 2176)
GNU_FIELD(arena_system_bytes, 2184)

static inline VAddr bin_head(VAddr arena, unsigned index) {
    return arena + 112 + (index - 1) * 16 - CHUNK_HEADER;
}
static inline VAddr fastbin_slot(VAddr arena, unsigned index) { return arena + 16 + index * 8; }
/* The word of the binmap that has bin `index`'s bit. */
static inline VAddr binmap_word(VAddr arena, unsigned index) {
    return arena + 2144 + index / 64 * 8;
}

static inline bool is_small(uint64_t size) { return size < MIN_LARGE; }
static inline unsigned fastbin_index(uint64_t size) { return (unsigned)(size >> 4) - 2; }

/* The A flag of this arena's chunks. */
static inline uint64_t arena_flag(VAddr arena) { return arena == MAIN_ARENA ? 0 : NOT_OF_MAIN; }

#define SUBHEAP_MAX    (UINT64_C(64) << 20)
#define SUBHEAP_MIN    (UINT64_C(32) << 10)
#define SUBHEAP_HEADER 48

GNU_FIELD(subheap_arena, 0)
GNU_FIELD(subheap_prev, 8)
GNU_FIELD(subheap_size, 16)
GNU_FIELD(subheap_writable, 24) /* how much has ever been made so; >= size */
GNU_FIELD(subheap_page_size, 32)

static inline VAddr subheap_of(VAddr chunk) { return chunk & ~(SUBHEAP_MAX - 1); }

#endif
