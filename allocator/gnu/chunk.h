/* chunk.h - a chunk's words and flags (drawn in gnu.h).
 *
 * Invariants: sizes are multiples of 16 and >= MIN_CHUNK;
 *             head(next) & P  =  this chunk is in use;
 *             prev_size(next) = size(this), if this chunk is free;  no two free ones touch.
 * Chunks in a fastbin or a tcache count as in use.
 */
#ifndef FAULTLINE_GNU_CHUNK_H
#define FAULTLINE_GNU_CHUNK_H

#include "gnu.h"

#define ALIGNMENT    16
#define CHUNK_HEADER 16 /* prev_size and size */
#define MIN_CHUNK    32
#define WORD         8

#define PREV_IN_USE UINT64_C(1) /* P */
#define IS_MAPPED   UINT64_C(2) /* M */
#define NOT_OF_MAIN UINT64_C(4) /* A */
#define FLAGS       (PREV_IN_USE | IS_MAPPED | NOT_OF_MAIN)

GNU_FIELD(chunk_prev_size, 0)
GNU_FIELD(chunk_head, 8) /* size and flags */
GNU_FIELD(chunk_fd, 16)
GNU_FIELD(chunk_bk, 24)
GNU_FIELD(chunk_fd_nextsize, 32) /* large chunks, the first of each size only; else 0 */
GNU_FIELD(chunk_bk_nextsize, 40)

static inline VAddr payload_of(VAddr chunk) { return chunk + CHUNK_HEADER; }
static inline VAddr chunk_of(VAddr payload) { return payload - CHUNK_HEADER; }

/* How large a chunk a request of `size` bytes needs. */
static inline uint64_t chunk_need(uint64_t size) {
    uint64_t need = round_up(size + WORD, ALIGNMENT);
    return need < MIN_CHUNK ? MIN_CHUNK : need;
}

static inline uint64_t chunk_size(const Gnu *gnu, VAddr chunk) {
    return chunk_head(gnu, chunk) & ~FLAGS;
}

static inline bool chunk_is_mapped(const Gnu *gnu, VAddr chunk) {
    return (chunk_head(gnu, chunk) & IS_MAPPED) != 0;
}

static inline bool prev_in_use(const Gnu *gnu, VAddr chunk) {
    return (chunk_head(gnu, chunk) & PREV_IN_USE) != 0;
}

/* Is the chunk of this size in use?  Its neighbour knows. */
static inline bool chunk_in_use(const Gnu *gnu, VAddr chunk, uint64_t size) {
    return prev_in_use(gnu, chunk + size);
}

static inline void mark_in_use(Gnu *gnu, VAddr chunk, uint64_t size) {
    set_chunk_head(gnu, chunk + size, chunk_head(gnu, chunk + size) | PREV_IN_USE);
}

static inline void set_footer(Gnu *gnu, VAddr chunk, uint64_t size) {
    set_chunk_prev_size(gnu, chunk + size, size);
}

#endif
