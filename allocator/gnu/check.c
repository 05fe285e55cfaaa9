/* check.c - the invariants of the whole, as a function.
 *
 *     each arena:  free chunks found by going from chunk to chunk = chunks found in the bins
 *                  sum of its heaps = system_bytes         (the main one: to the end of top)
 *     each chunk:  size >= 32, a multiple of 16; A says whose it is; what is free has its size
 *                  behind it too, and no free neighbour, nor top
 *     each list:   forth and back agree; sizes belong there; large ones descend; the ring of first
 *                  ones skips equals; what holds a chunk has its bit set
 *     each tcache: counts are lengths, and not above the limit
 */
#include "piece.h"
#include "tcache.h"

typedef struct Tally {
    uint64_t free_chunks, bytes;
} Tally;

/* ---- from chunk to chunk ---- */

static const char *check_free_chunk(const Gnu *gnu, const Piece *piece, VAddr chunk,
                                    uint64_t size) {
    if (chunk_prev_size(gnu, chunk + size) != size) {
        return "gnu: a free chunk's size is not behind it";
    }
    if (!prev_in_use(gnu, chunk)) {
        return "gnu: two free chunks touch";
    }
    return chunk + size == piece->top ? "gnu: a free chunk touches top" : NULL;
}

static const char *check_chunk(const Gnu *gnu, const Piece *piece, VAddr chunk, Tally *tally) {
    uint64_t head = chunk_head(gnu, chunk), size = head & ~FLAGS;
    if (size < MIN_CHUNK || size % ALIGNMENT != 0 || (head & IS_MAPPED) != 0) {
        return "gnu: a chunk's size is impossible, or it claims to be mapped";
    }
    if (!chunk_in_use(gnu, chunk, size)) {
        tally->free_chunks++;
        return check_free_chunk(gnu, piece, chunk, size);
    }
    return (head & NOT_OF_MAIN) != arena_flag(piece->arena) ? "gnu: a chunk of another arena"
                                                            : NULL;
}

static const char *check_piece(const Gnu *gnu, const Piece *piece, Tally *tally) {
    const char *wrong = NULL;
    VAddr chunk = piece->first;
    tally->bytes += piece->end - piece->start;
    while (wrong == NULL && chunk != piece->top && !piece_ends_at(gnu, piece, chunk)) {
        wrong = check_chunk(gnu, piece, chunk, tally);
        chunk += chunk_size(gnu, chunk);
    }
    if (wrong == NULL && piece->top != 0 && chunk != piece->top) {
        return "gnu: the chunks do not lead to top";
    }
    bool sound_top = piece->top == 0 || (prev_in_use(gnu, piece->top) &&
                                         piece->end - piece->top == chunk_size(gnu, piece->top) &&
                                         piece->end - piece->top >= MIN_CHUNK);
    return wrong != NULL ? wrong : sound_top ? NULL : "gnu: top is not the rest of its piece";
}

/* ---- bins ---- */

/* The ring of first ones: is this chunk on it when it should be, in its place? */
static const char *check_ring(const Gnu *gnu, VAddr head, VAddr chunk, uint64_t size) {
    VAddr before = chunk_bk(gnu, chunk), ahead = chunk_fd_nextsize(gnu, chunk);
    bool first = before == head || chunk_size(gnu, before) != size;
    if (before != head && chunk_size(gnu, before) < size) {
        return "gnu: a large bin does not descend";
    }
    if (first != (ahead != 0)) {
        return "gnu: the first of each size, and no other, is on the ring";
    }
    return !first || chunk_bk_nextsize(gnu, ahead) == chunk ? NULL : "gnu: a ring is broken";
}

static const char *check_binned(const Gnu *gnu, VAddr head, unsigned index, VAddr chunk) {
    uint64_t size = chunk_size(gnu, chunk);
    if (chunk_bk(gnu, chunk_fd(gnu, chunk)) != chunk) {
        return "gnu: a list's links do not agree";
    }
    if (chunk_in_use(gnu, chunk, size)) {
        return "gnu: a chunk in a bin is in use";
    }
    if (index == UNSORTED) {
        return NULL;
    }
    if (bin_index(size) != index) {
        return "gnu: a chunk is in the bin of another size";
    }
    return is_small(size) ? NULL : check_ring(gnu, head, chunk, size);
}

static const char *check_bin(const Gnu *gnu, VAddr arena, unsigned index, uint64_t *chunks) {
    VAddr head = bin_head(arena, index);
    for (VAddr chunk = chunk_fd(gnu, head); chunk != head; chunk = chunk_fd(gnu, chunk)) {
        const char *wrong = check_binned(gnu, head, index, chunk);
        if (wrong != NULL) {
            return wrong;
        }
        ++*chunks;
    }
    bool marked = load_word(gnu, binmap_word(arena, index)) >> index % 64 & 1;
    return index == UNSORTED || marked || chunk_fd(gnu, head) == head
               ? NULL
               : "gnu: a bin that holds chunks has no bit in the map";
}

static const char *check_fastbin(const Gnu *gnu, VAddr arena, unsigned index) {
    VAddr chunk = load_word(gnu, fastbin_slot(arena, index));
    if (chunk != 0 && arena_has_fast(gnu, arena) == 0) {
        return "gnu: a fastbin holds chunks and nobody knows";
    }
    for (; chunk != 0; chunk = chunk_fd(gnu, chunk)) {
        uint64_t size = chunk_size(gnu, chunk);
        if (fastbin_index(size) != index || !chunk_in_use(gnu, chunk, size)) {
            return "gnu: a chunk in a fastbin is of another size, or looks free";
        }
    }
    return NULL;
}

/* ---- arenas ---- */

static const char *check_lists(const Gnu *gnu, VAddr arena, uint64_t free_chunks) {
    const char *wrong = NULL;
    uint64_t chunks = 0;
    for (unsigned i = 0; wrong == NULL && i < FASTBINS; i++) {
        wrong = check_fastbin(gnu, arena, i);
    }
    for (unsigned i = UNSORTED; wrong == NULL && i < BINS; i++) {
        wrong = check_bin(gnu, arena, i, &chunks);
    }
    return wrong != NULL           ? wrong
           : chunks == free_chunks ? NULL
                                   : "gnu: a free chunk is on no list, or on one of another arena";
}

static const char *check_system_bytes(const Gnu *gnu, VAddr arena, uint64_t bytes) {
    uint64_t expected = arena_system_bytes(gnu, arena);
    if (arena == MAIN_ARENA) {
        VAddr top = arena_top(gnu, arena);
        bool known = gnu->region_count > 0 && arena_not_contiguous(gnu, arena) == 0;
        bytes = known ? top + chunk_size(gnu, top) - gnu->sbrk_base : expected;
    }
    return bytes == expected ? NULL : "gnu: system_bytes is not what the arena holds";
}

static const char *check_arena(const Gnu *gnu, VAddr arena) {
    const char *wrong = NULL;
    Tally tally = {0};
    Piece piece;
    for (bool more = piece_first(gnu, arena, &piece); more && wrong == NULL;
         more = piece_next(gnu, &piece)) {
        wrong = check_piece(gnu, &piece, &tally);
    }
    wrong = wrong != NULL ? wrong : check_lists(gnu, arena, tally.free_chunks);
    return wrong != NULL ? wrong : check_system_bytes(gnu, arena, tally.bytes);
}

/* ---- threads ---- */

static const char *check_tcache(const Gnu *gnu, VAddr tcache) {
    for (unsigned i = 0; i < TCACHE_BINS; i++) {
        uint64_t count = gnu->env->load(gnu->env->host, tcache_count_at(tcache, i), 2);
        VAddr payload = load_word(gnu, tcache_entry_at(tcache, i));
        for (uint64_t left = count; left > 0; left--) {
            if (payload == 0 || chunk_size(gnu, chunk_of(payload)) != MIN_CHUNK + i * 16) {
                return "gnu: a tcache's list is too short, or holds a chunk of another size";
            }
            payload = load_word(gnu, payload);
        }
        if (payload != 0 || count > gnu->tuning.tcache_count) {
            return "gnu: a tcache's list is too long";
        }
    }
    return NULL;
}

static const char *check_attached(const Gnu *gnu, VAddr arena) {
    uint64_t threads = 0;
    for (uint32_t i = 0; i < gnu->thread_count; i++) {
        threads += gnu->threads[i].arena == arena;
    }
    return threads == arena_threads(gnu, arena) ? NULL : "gnu: an arena's threads are miscounted";
}

const char *gnu_check(void *self, const AllocatorEnv *peek) {
    Gnu view = *(const Gnu *)self;
    view.env = peek;
    const char *wrong = NULL;
    VAddr arena = MAIN_ARENA;
    do {
        wrong = check_arena(&view, arena);
        wrong = wrong != NULL ? wrong : check_attached(&view, arena);
        arena = arena_next(&view, arena);
    } while (wrong == NULL && arena != MAIN_ARENA);
    for (uint32_t i = 0; wrong == NULL && i < view.thread_count; i++) {
        if (view.threads[i].tcache != 0) {
            wrong = check_tcache(&view, view.threads[i].tcache);
        }
    }
    return wrong;
}
