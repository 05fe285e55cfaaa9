/* bins.c - the lists of free chunks: one a size below 1 KiB, one a range of sizes above.
 *
 *     small bin:  head <-> new <-> ... <-> old                    first in, first out
 *     large bin:  head <-> 1600 <-> 1600 <-> 1600 <-> 1552 <-> 1536    from large to small
 *                           ^-- nextsize --------------^--------^      a shortcut over equals
 *
 * The first chunk of each size of a large bin stands on a second ring, by nextsize; the others
 * have 0 there, and a new one gets in behind the first, so that the ring need not be touched.
 *
 * The binmap has a bit for each bin: set when a chunk comes, cleared only when somebody looks and
 * finds nothing.  Invariant: a bin that holds a chunk has its bit set.
 */
#include "arena.h"

/* Ranges get wider by 8 with each group: 32 bins of 64 bytes, 16 of 512, 8 of 4 KiB, 4 of 32 KiB,
 * 2 of 256 KiB, and one for the rest.  A size's bin is base + (size >> shift), up to `last`. */
static const struct {
    unsigned shift, base, last;
} groups[] = {{4, 0, 63},     {6, 48, 96},    {9, 91, 111},
              {12, 110, 120}, {15, 119, 123}, {18, 124, 126}};
enum { GROUPS = sizeof groups / sizeof *groups };

unsigned bin_index(uint64_t size) {
    unsigned g = 0;
    while (g + 1 < GROUPS && groups[g].base + (size >> groups[g].shift) > groups[g].last) {
        g++;
    }
    uint64_t index = groups[g].base + (size >> groups[g].shift);
    return index > groups[g].last ? groups[g].last : (unsigned)index;
}

uint64_t bin_least(unsigned index) {
    unsigned g = 0;
    while (g + 1 < GROUPS && index > groups[g].last) {
        g++;
    }
    uint64_t least = (uint64_t)(index - groups[g].base) << groups[g].shift;
    while (bin_index(least) < index) { /* a group begins where the one before ends, not at a step */
        least += ALIGNMENT;
    }
    return least;
}

static void mark_bin(Gnu *gnu, VAddr arena, unsigned index) {
    VAddr word = binmap_word(arena, index);
    store_word(gnu, word, load_word(gnu, word) | UINT64_C(1) << index % 64);
}

static void link_between(Gnu *gnu, VAddr before, VAddr chunk, VAddr after) {
    set_chunk_bk(gnu, chunk, before);
    set_chunk_fd(gnu, chunk, after);
    set_chunk_bk(gnu, after, chunk);
    set_chunk_fd(gnu, before, chunk);
}

/* Onto the ring of first ones, before `after`, which is on it. */
static void ring_insert(Gnu *gnu, VAddr chunk, VAddr after) {
    VAddr before = chunk_bk_nextsize(gnu, after);
    demand(gnu, chunk_fd_nextsize(gnu, before) == after,
           "malloc(): largebin double linked list corrupted (nextsize)");
    set_chunk_fd_nextsize(gnu, chunk, after);
    set_chunk_bk_nextsize(gnu, chunk, before);
    set_chunk_bk_nextsize(gnu, after, chunk);
    set_chunk_fd_nextsize(gnu, before, chunk);
}

/* Where in the large bin does the chunk stand?  The one that it comes before; the ring is put
 * right on the way. */
static VAddr large_bin_place(Gnu *gnu, VAddr head, VAddr chunk, uint64_t size) {
    VAddr first = chunk_fd(gnu, head);
    if (first == head) {
        set_chunk_fd_nextsize(gnu, chunk, chunk);
        set_chunk_bk_nextsize(gnu, chunk, chunk);
        return head;
    }
    if (size < chunk_size(gnu, chunk_bk(gnu, head))) {
        ring_insert(gnu, chunk, first);
        return head;
    }
    VAddr at = first;
    while (size < chunk_size(gnu, at)) {
        at = chunk_fd_nextsize(gnu, at);
    }
    if (size == chunk_size(gnu, at)) {
        return chunk_fd(gnu, at);
    }
    ring_insert(gnu, chunk, at);
    return at;
}

void bin_insert(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size) {
    unsigned index = bin_index(size);
    VAddr head = bin_head(arena, index);
    VAddr after = is_small(size) ? chunk_fd(gnu, head) : large_bin_place(gnu, head, chunk, size);
    VAddr before = chunk_bk(gnu, after);
    demand(gnu, chunk_fd(gnu, before) == after,
           "malloc(): largebin double linked list corrupted (bk)");
    mark_bin(gnu, arena, index);
    link_between(gnu, before, chunk, after);
}

void unsorted_insert(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size) {
    VAddr head = bin_head(arena, UNSORTED);
    VAddr first = chunk_fd(gnu, head);
    demand(gnu, chunk_bk(gnu, first) == head, "free(): corrupted unsorted chunks");
    link_between(gnu, head, chunk, first);
    if (!is_small(size)) {
        set_chunk_fd_nextsize(gnu, chunk, 0);
        set_chunk_bk_nextsize(gnu, chunk, 0);
    }
    set_chunk_head(gnu, chunk, size | PREV_IN_USE);
    set_footer(gnu, chunk, size);
}

/* The chunk leaves the ring; if `next`, its neighbour on the list, is of the same size (then it is
 * not on the ring), that takes its place. */
static void ring_remove(Gnu *gnu, VAddr chunk, VAddr next) {
    VAddr after = chunk_fd_nextsize(gnu, chunk), before = chunk_bk_nextsize(gnu, chunk);
    demand(gnu, chunk_bk_nextsize(gnu, after) == chunk && chunk_fd_nextsize(gnu, before) == chunk,
           "corrupted double-linked list (not small)");
    if (chunk_fd_nextsize(gnu, next) != 0) {
        set_chunk_bk_nextsize(gnu, after, before);
        set_chunk_fd_nextsize(gnu, before, after);
    } else if (after == chunk) {
        set_chunk_fd_nextsize(gnu, next, next);
        set_chunk_bk_nextsize(gnu, next, next);
    } else {
        set_chunk_fd_nextsize(gnu, next, after);
        set_chunk_bk_nextsize(gnu, next, before);
        set_chunk_bk_nextsize(gnu, after, next);
        set_chunk_fd_nextsize(gnu, before, next);
    }
}

/* Where `next` is a bin's head, its nextsize is the first link of the bin behind it: not 0, as
 * glibc relies on, too. */
void chunk_unlink(Gnu *gnu, VAddr chunk) {
    uint64_t size = chunk_size(gnu, chunk);
    demand(gnu, chunk_prev_size(gnu, chunk + size) == size, "corrupted size vs. prev_size");
    VAddr next = chunk_fd(gnu, chunk), previous = chunk_bk(gnu, chunk);
    demand(gnu, chunk_bk(gnu, next) == chunk && chunk_fd(gnu, previous) == chunk,
           "corrupted double-linked list");
    set_chunk_bk(gnu, next, previous);
    set_chunk_fd(gnu, previous, next);
    if (!is_small(size) && chunk_fd_nextsize(gnu, chunk) != 0) {
        ring_remove(gnu, chunk, next);
    }
}

VAddr bins_find_above(Gnu *gnu, VAddr arena, unsigned index) {
    while (index < BINS) {
        VAddr word = binmap_word(arena, index);
        uint64_t bits = load_word(gnu, word), rest = bits & ~UINT64_C(0) << index % 64;
        if (rest == 0) {
            index = (index / 64 + 1) * 64;
            continue;
        }
        unsigned bit = (unsigned)__builtin_ctzll(rest);
        index = index / 64 * 64 + bit;
        VAddr last = chunk_bk(gnu, bin_head(arena, index));
        if (last != bin_head(arena, index)) {
            return last;
        }
        store_word(gnu, word, bits & ~(UINT64_C(1) << bit)); /* a false alarm */
        index++;
    }
    return 0;
}

VAddr large_bin_find(const Gnu *gnu, VAddr arena, unsigned index, uint64_t need) {
    VAddr head = bin_head(arena, index), first = chunk_fd(gnu, head);
    if (first == head || chunk_size(gnu, first) < need) {
        return 0;
    }
    VAddr chunk = chunk_bk_nextsize(gnu, first);
    uint64_t size;
    while ((size = chunk_size(gnu, chunk)) < need) {
        chunk = chunk_bk_nextsize(gnu, chunk);
    }
    /* Not the first of its size, if there is another: the ring stays as it is. */
    if (chunk != chunk_bk(gnu, head) && chunk_size(gnu, chunk_fd(gnu, chunk)) == size) {
        chunk = chunk_fd(gnu, chunk);
    }
    return chunk;
}
