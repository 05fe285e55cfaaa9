/* gnu.h - malloc as glibc 2.36 does it: the map of this folder, and what its files share.
 *
 * A CHUNK is what malloc cuts memory into; its address is that of its first word.
 *
 *     chunk -> | prev_size: size of the chunk before, if that is free  |  belongs to the one before
 *              | size                                       | A | M | P|  as long as it is in use
 *    payload-> | fd: next of its list        \                         |
 *              | bk: previous of its list     | only while free;       |
 *              | fd_nextsize, bk_nextsize     | else the program's     |
 *              | ...                         /                         |
 *     next  -> | prev_size = size, while this chunk is free (a boundary tag)
 *              | size                                       | A | M | P|
 *
 *   P(1) the chunk before is in use; M(2) it has a mapping of its own; A(4) not of the main arena.
 *   So a used chunk costs 8 bytes: need = max(32, (n + 8) rounded up to 16), usable = need - 8.
 *
 * An ARENA is a set of lists of free chunks, and a top chunk that borders on fresh memory.  The
 * main arena lives in the C library's .data and grows by sbrk.  Each other one lives in HEAPS:
 *
 *     64 MiB-aligned:  | heap header | arena | chunk | chunk | ... | top |  not yet writable ... |
 *                      | heap header | chunk | chunk | ...                |  more heaps, chained
 *
 * so rounding a chunk's address down to 64 MiB finds its heap, and that its arena.
 *
 * A freed chunk goes to the first that takes it, and malloc asks them in about this order:
 *
 *     tcache    64 sizes up to 1032 bytes, at most 7 each; of the thread         tcache.c
 *     fastbins  up to 128 bytes; not merged with neighbours                      fastbin.c
 *     unsorted  what was freed lately, merged; sorted into bins by a malloc      place.c
 *     bins      62 of one size each, 63 of ranges, kept sorted; best fit         bins.c
 *     top       the rest of the arena; grows by brk or mprotect                  top.c, subheap.c
 *     mmap      chunks of at least mmap_threshold are mappings of their own      mapped.c
 *
 * Read them in this order: chunk.h, arena.h, place.c, release.c, then the others; gnu.c is the door.
 * Differences from glibc: links are plain addresses (there they are masked, "safe linking"); a
 * double free is found by the wrapper; and nobody waits for a lock, because no two threads of a
 * process are inside malloc at once.
 *
 * Units: bytes.  Invariants: gnu_check (check.c).
 * Source: the GNU C Library 2.36, malloc/malloc.c and malloc/arena.c, retold.
 */
#ifndef FAULTLINE_GNU_H
#define FAULTLINE_GNU_H

#include "interval_tree.h"
#include "model.h"

#define ARENA_BYTES 2200 /* of an arena's own state, see arena.h */

/* The main arena is the C library's own data, which is not simulated: its address is one that no
 * kernel gives, and what lies there is kept in Gnu.data.  So a bin's head can stand in a list like
 * a chunk, and all arenas are handled alike. */
#define MAIN_ARENA (UINT64_C(1) << 63)

/* What mallopt(3) sets. */
typedef struct GnuTuning {
    uint64_t trim_threshold; /* a top that large is cut                                       */
    uint64_t top_pad;        /* how much more is asked for, and kept                          */
    uint64_t mmap_threshold; /* from here on a chunk is a mapping                             */
    int32_t mmaps_max;       /* ... if there are not more than so many                        */
    bool dynamic;            /* do both thresholds rise when a large mapping is freed?        */
    uint64_t max_fast;       /* largest chunk of a fastbin                                    */
    uint64_t tcache_bins,
        tcache_count;    /* sizes, and chunks of each size; no bins: no cache at all */
    uint64_t arena_max;  /* 0: 8 for each of cpus                            */
    uint64_t arena_test; /* up to so many arenas nobody counts processors    */
    uint64_t cpus;
    uint8_t perturb; /* not 0: fill what is given and freed with this                 */
} GnuTuning;

/* glibc's thread-local variables.  All zero: a thread that has not called yet. */
typedef struct GnuThread {
    VAddr arena;  /* attached to; 0: none      */
    VAddr tcache; /* payload of a chunk; 0: none */
    bool ending;  /* has no tcache any more    */
} GnuThread;

/* A part of the main arena that is in one piece.  Only walk and check need to know. */
typedef struct GnuRegion {
    VAddr start, end; /* the end of the last one is that of top */
} GnuRegion;

/* What a chunk does not tell about itself: the list that it is on; and that it is a tcache, or in
 * one that is lost.  Only for walk (walk.c). */
typedef struct GnuMark {
    VAddr chunk, link;
    const char *list;
    uint64_t list_size;
    bool is_overhead;
} GnuMark;

typedef struct Gnu {
    const AllocatorEnv *env;
    GnuTuning tuning;
    uint64_t data[ARENA_BYTES / 8]; /* the main arena */
    GnuThread *threads;             /* by their numbers */
    uint32_t thread_count, current;
    bool many_threads; /* has a second thread ever called? */
    bool forked;       /* a child that has not called yet: the threads are the parent's */

    VAddr sbrk_base;         /* the first address that sbrk gave; 0: none yet      */
    int32_t mmaps;           /* chunks with a mapping of their own                 */
    VAddr free_arenas;       /* arenas without a thread, chained by next_free      */
    VAddr next_to_use;       /* the arena that is shared next                      */
    uint64_t arenas;         /* how many there are                                 */
    uint64_t arenas_limit;   /* 0: not yet asked how many there may be             */
    VAddr aligned_heap_area; /* probably free and aligned: for the next heap       */

    IntervalTree mapped; /* for walk: where each mapped chunk begins */
    GnuRegion *regions;  /* for walk */
    uint64_t region_count, region_room;
    VAddr *lost; /* for walk: tcaches of the parent's other threads */
    uint64_t lost_count;
    GnuMark *marks; /* for walk: sorted by chunk */
    uint64_t mark_count, mark_room;
} Gnu;

static inline uint64_t load_word(const Gnu *gnu, VAddr va) {
    uint64_t offset = va - MAIN_ARENA;
    return offset < ARENA_BYTES ? gnu->data[offset / 8] : env_load64(gnu->env, va);
}

static inline void store_word(Gnu *gnu, VAddr va, uint64_t value) {
    uint64_t offset = va - MAIN_ARENA;
    if (offset < ARENA_BYTES) {
        gnu->data[offset / 8] = value;
    } else {
        env_store64(gnu->env, va, value);
    }
}

/* As HEADER_FIELD: GNU_FIELD(chunk_fd, 16) makes chunk_fd(gnu, chunk) and set_chunk_fd(). */
#define GNU_FIELD(name, offset)                                                                    \
    static inline uint64_t name(const Gnu *gnu, VAddr at) {                                        \
        return load_word(gnu, at + (offset));                                                      \
    }                                                                                              \
    static inline void set_##name(Gnu *gnu, VAddr at, uint64_t value) {                            \
        store_word(gnu, at + (offset), value);                                                     \
    }

/* The book-keeping must be as malloc left it; if not, the program ends here, with glibc's words. */
static inline void demand(const Gnu *gnu, bool sane, const char *otherwise) {
    if (!sane) {
        gnu->env->abort(gnu->env->host, otherwise);
    }
}

static inline GnuThread *current_thread(const Gnu *gnu) { return &gnu->threads[gnu->current]; }

/* ---- place.c, release.c: the heart --------------------------------------------------------- */

/* A payload of at least `size` bytes of this arena (0: of none, so a mapping), or 0. */
VAddr arena_malloc(Gnu *gnu, VAddr arena, uint64_t size);
/* The chunk, not mapped, goes to the tcache or back to its arena. */
void arena_free(Gnu *gnu, VAddr arena, VAddr chunk);
/* Any chunk, to where it belongs. */
void chunk_free(Gnu *gnu, VAddr chunk);

/* ---- bins.c -------------------------------------------------------------------------------- */

/* The bin for free chunks of that size. */
unsigned bin_index(uint64_t size);
/* The least size whose bin that is. */
uint64_t bin_least(unsigned index);
/* Into the bin of its size; the chunk is on no list and its head is written. */
void bin_insert(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size);
/* In front of the unsorted list: head and footer are written here. */
void unsorted_insert(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size);
/* From the list that it is on, whichever. */
void chunk_unlink(Gnu *gnu, VAddr chunk);
/* The smallest chunk of the least bin >= index that holds anything, or 0. */
VAddr bins_find_above(Gnu *gnu, VAddr arena, unsigned index);
/* Of bin `index`, a large one: the smallest chunk of at least `need` bytes, or 0. */
VAddr large_bin_find(const Gnu *gnu, VAddr arena, unsigned index, uint64_t need);

/* ---- fastbin.c ----------------------------------------------------------------------------- */

/* In front of the fast chunks of that size; it stays marked as used. */
void fastbin_put(Gnu *gnu, VAddr arena, VAddr chunk, uint64_t size);
/* A chunk of exactly this size, or 0. */
VAddr fastbin_take(Gnu *gnu, VAddr arena, uint64_t size);
/* malloc_consolidate: all fast chunks are merged with their neighbours. */
void fastbins_consolidate(Gnu *gnu, VAddr arena);

/* ---- tcache.c ------------------------------------------------------------------------------ */

/* Give the calling thread its tcache, if it has none and there is memory. */
void tcache_start(Gnu *gnu);
/* The thread ends: all cached chunks and the cache itself are freed. */
void tcache_end(Gnu *gnu);
/* Has the calling thread a tcache, with room for one more chunk of this size? */
bool tcache_accepts(const Gnu *gnu, uint64_t size);
void tcache_put(Gnu *gnu, VAddr chunk, uint64_t size);
/* A chunk that the program freed: put, if the cache accepts it. */
bool tcache_offer(Gnu *gnu, VAddr chunk, uint64_t size);
/* A chunk of exactly this size, or 0. */
VAddr tcache_take(Gnu *gnu, uint64_t size);

/* ---- arena.c, subheap.c: threads, their arenas, the arenas' heaps --------------------------- */

/* All fields as they are before the first malloc. */
void arena_init(Gnu *gnu, VAddr arena);
/* Learn who is calling. */
void thread_enter(Gnu *gnu);
/* The calling thread's arena, made if need be; 0: there is none for it. */
VAddr arena_attached(Gnu *gnu, uint64_t size);
/* ... as malloc asks for it: while there is one thread only, always the main arena. */
VAddr arena_choose(Gnu *gnu, uint64_t size);
/* Another one, after `failed` had no memory; 0: none. */
VAddr arena_retry(Gnu *gnu, VAddr failed, uint64_t size);
VAddr arena_of_chunk(const Gnu *gnu, VAddr chunk);
/* The calling thread ends: it leaves its arena to others. */
void arena_detach_current(Gnu *gnu);

/* A heap with `size` bytes writable, header included, and `pad` more if they fit; 0: none. */
VAddr subheap_create(Gnu *gnu, uint64_t size, uint64_t pad);
/* Make `bytes` more of it usable.  False: it is full, or the system refuses. */
bool subheap_grow(Gnu *gnu, VAddr subheap, uint64_t bytes);
/* Give back the heaps that are empty, and the end of a large top. */
void subheap_trim(Gnu *gnu, VAddr arena);

/* ---- top.c, mapped.c: memory from the system ------------------------------------------------ */

/* The front of top, which must leave a top behind; 0: top is too small. */
VAddr top_cut(Gnu *gnu, VAddr arena, uint64_t need);
/* sysmalloc: a chunk of `need` bytes, of a mapping or of a grown top; 0: out of memory. */
VAddr system_malloc(Gnu *gnu, VAddr arena, uint64_t need);
/* systrim: give back the end of the main arena's top, but `pad` bytes.  True: something. */
bool main_trim(Gnu *gnu, uint64_t pad);

/* A chunk with a mapping of its own, or 0. */
VAddr mapped_create(Gnu *gnu, uint64_t need);
/* free, and what it teaches about the thresholds. */
void mapped_free(Gnu *gnu, VAddr chunk);
/* The chunk with another size, perhaps elsewhere, or 0. */
VAddr mapped_resize(Gnu *gnu, VAddr chunk, uint64_t need);
/* Leave out the first `lead` bytes: the chunk begins behind them. */
VAddr mapped_shift(Gnu *gnu, VAddr chunk, uint64_t lead);

/* ---- fork.c -------------------------------------------------------------------------------- */

/* As in AllocatorOps; in the child, fork_finish() comes first. */
void *gnu_clone(const void *self, const AllocatorEnv *env);
/* In the child, before its first call: the parent's other threads are gone. */
void fork_finish(Gnu *gnu);

/* ---- resize.c, tune.c, walk.c, check.c: the rest of the interface --------------------------- */

/* As in AllocatorOps. */
VAddr gnu_realloc(void *self, VAddr payload, uint64_t size);
VAddr gnu_aligned_alloc(void *self, uint64_t alignment, uint64_t size);
VAddr gnu_malloc(void *self, uint64_t size);
void gnu_destroy(void *self);

extern const Param gnu_params[];
/* The tunables as the model's parameters set them. */
GnuTuning tuning_from(const uint64_t *params);
bool gnu_trim(void *self, uint64_t pad);
bool gnu_tune(void *self, int option, uint64_t value);

void gnu_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host);
const char *gnu_check(void *self, const AllocatorEnv *peek);

#endif
