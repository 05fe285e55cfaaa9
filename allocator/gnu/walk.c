/* walk.c - showing the heap: every chunk, and what kind it is.
 *
 * Idea: chunks lie end to end, so going from one to the next by its size finds them all, piece by
 * piece (piece.h).
 *
 * Whether a chunk is free, its neighbour's P flag tells; but those in a tcache or a fastbin look
 * used, and no chunk knows its list; so what is on lists is collected first, and sorted.
 *
 * A block is reported from its size word to that of the next chunk, so the payload with the next
 * chunk's prev_size lies inside.  All that is no chunk is overhead.
 */
#include "piece.h"
#include "tcache.h"

#include <stdlib.h>

typedef struct Walk {
    const Gnu *gnu;
    HeapVisit visit;
    void *host;
} Walk;

/* ---- marks ---- */

static void add_mark(Gnu *gnu, GnuMark mark) {
    if (gnu->mark_count == gnu->mark_room) {
        uint64_t room = gnu->mark_room * 2 + 64;
        GnuMark *marks = realloc(gnu->marks, room * sizeof *marks);
        if (marks == NULL) {
            return;
        }
        gnu->marks = marks;
        gnu->mark_room = room;
    }
    gnu->marks[gnu->mark_count++] = mark;
}

static void mark_fastbins(Gnu *gnu, const Gnu *view, VAddr arena) {
    for (unsigned i = 0; i < FASTBINS; i++) {
        VAddr chunk = load_word(view, fastbin_slot(arena, i));
        while (chunk != 0) {
            VAddr next = chunk_fd(view, chunk);
            add_mark(gnu, (GnuMark){.chunk = chunk,
                                    .link = next,
                                    .list = "fastbin",
                                    .list_size = MIN_CHUNK + i * UINT64_C(16)});
            chunk = next;
        }
    }
}

static void mark_bins(Gnu *gnu, const Gnu *view, VAddr arena) {
    for (unsigned i = UNSORTED; i < BINS; i++) {
        VAddr head = bin_head(arena, i);
        for (VAddr chunk = chunk_fd(view, head), next; chunk != head && chunk != 0; chunk = next) {
            next = chunk_fd(view, chunk);
            uint64_t least = i == UNSORTED ? 0 : bin_least(i);
            add_mark(gnu, (GnuMark){.chunk = chunk,
                                    .link = next == head ? 0 : next,
                                    .list = i == UNSORTED     ? "unsorted"
                                            : is_small(least) ? "small"
                                                              : "large",
                                    .list_size = least});
        }
    }
}

/* `lost`: what is in it is no one's, so like the cache itself it is no free block. */
static void mark_tcache(Gnu *gnu, const Gnu *view, VAddr tcache, bool lost) {
    add_mark(gnu, (GnuMark){.chunk = chunk_of(tcache), .is_overhead = true});
    for (unsigned i = 0; i < TCACHE_BINS; i++) {
        VAddr payload = load_word(view, tcache_entry_at(tcache, i));
        while (payload != 0) {
            VAddr next = load_word(view, payload);
            add_mark(gnu, (GnuMark){.chunk = chunk_of(payload),
                                    .link = next == 0 ? 0 : chunk_of(next),
                                    .list = "tcache",
                                    .list_size = MIN_CHUNK + i * UINT64_C(16),
                                    .is_overhead = lost});
            payload = next;
        }
    }
}

static int compare_marks(const void *a, const void *b) {
    VAddr left = ((const GnuMark *)a)->chunk, right = ((const GnuMark *)b)->chunk;
    return (left > right) - (left < right);
}

static void collect_marks(Gnu *gnu, const Gnu *view) {
    gnu->mark_count = 0;
    VAddr arena = MAIN_ARENA;
    do {
        mark_fastbins(gnu, view, arena);
        mark_bins(gnu, view, arena);
        arena = arena_next(view, arena);
    } while (arena != MAIN_ARENA && arena != 0);
    for (uint32_t i = 0; i < gnu->thread_count; i++) {
        if (gnu->threads[i].tcache != 0) {
            mark_tcache(gnu, view, gnu->threads[i].tcache, false);
        }
    }
    for (uint64_t i = 0; i < gnu->lost_count; i++) {
        mark_tcache(gnu, view, gnu->lost[i], true);
    }
    if (gnu->mark_count > 0) {
        qsort(gnu->marks, gnu->mark_count, sizeof *gnu->marks, compare_marks);
    }
}

static const GnuMark *find_mark(const Gnu *gnu, VAddr chunk) {
    const GnuMark key = {.chunk = chunk};
    return gnu->mark_count == 0
               ? NULL
               : bsearch(&key, gnu->marks, gnu->mark_count, sizeof key, compare_marks);
}

/* ---- chunks ---- */

static void report_overhead(const Walk *walk, VAddr start, VAddr end) {
    if (start < end) {
        walk->visit(walk->host,
                    &(HeapBlock){.va = start, .length = end - start, .kind = BLOCK_OVERHEAD});
    }
}

/* `mark`: of a free chunk, the list that it is on, or NULL. */
static void report_chunk(const Walk *walk, VAddr chunk, uint64_t length, BlockKind kind,
                         const GnuMark *mark) {
    static const char *const flags[] = {"", "P", "M", "MP", "A", "AP", "AM", "AMP"};
    HeapBlock block = {.va = chunk + WORD,
                       .length = length,
                       .payload = payload_of(chunk),
                       .payload_length = length - WORD,
                       .kind = kind,
                       .flags = flags[chunk_head(walk->gnu, chunk) & FLAGS]};
    if (mark != NULL) {
        block.link = mark->link == 0 ? 0 : mark->link + WORD;
        block.list = mark->list;
        block.list_size = mark->list_size;
    }
    walk->visit(walk->host, &block);
}

static void visit_chunk(const Walk *walk, VAddr chunk, uint64_t size) {
    const GnuMark *mark = find_mark(walk->gnu, chunk);
    if (mark != NULL && mark->is_overhead) {
        report_overhead(walk, chunk + WORD, chunk + WORD + size);
    } else if (mark != NULL || !chunk_in_use(walk->gnu, chunk, size)) {
        report_chunk(walk, chunk, size, BLOCK_FREE, mark);
    } else {
        report_chunk(walk, chunk, size, BLOCK_USED, NULL);
    }
}

static void walk_piece(const Walk *walk, const Piece *piece) {
    VAddr chunk = piece->first;
    report_overhead(walk, piece->start, piece->first + WORD);
    while (chunk != piece->top) {
        if (piece_ends_at(walk->gnu, piece, chunk)) {
            report_overhead(walk, chunk + WORD, piece->end);
            return;
        }
        uint64_t size = chunk_size(walk->gnu, chunk);
        visit_chunk(walk, chunk, size);
        chunk += size;
    }
    report_chunk(walk, chunk, piece->end - chunk - WORD, BLOCK_FREE, &(GnuMark){.list = "top"});
}

static void walk_arena(const Walk *walk, VAddr arena) {
    Piece piece;
    for (bool more = piece_first(walk->gnu, arena, &piece); more;
         more = piece_next(walk->gnu, &piece)) {
        walk_piece(walk, &piece);
    }
}

static void walk_mapped(const Walk *walk) {
    const IntervalTree *mapped = &walk->gnu->mapped;
    for (uint32_t i = interval_above(mapped, 0); i != 0;) {
        VAddr chunk = mapped->nodes[i].start;
        uint64_t lead = chunk_prev_size(walk->gnu, chunk), size = chunk_size(walk->gnu, chunk);
        report_overhead(walk, chunk - lead, chunk + WORD);
        if (find_mark(walk->gnu, chunk) != NULL) { /* a tcache that found no other room */
            report_overhead(walk, chunk + WORD, chunk + size);
        } else {
            report_chunk(walk, chunk, size - WORD, BLOCK_USED, NULL);
        }
        i = interval_above(mapped, chunk);
    }
}

void gnu_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host) {
    Gnu *gnu = self, view = *gnu;
    view.env = peek;
    collect_marks(gnu, &view);
    view = *gnu;
    view.env = peek;
    const Walk walk = {.gnu = &view, .visit = visit, .host = host};
    VAddr arena = MAIN_ARENA;
    do {
        walk_arena(&walk, arena);
        arena = arena_next(&view, arena);
    } while (arena != MAIN_ARENA && arena != 0);
    walk_mapped(&walk);
}
