/* page_runs.h - runs of pages in chunks: what slabs and large blocks are made of.
 *
 *     chunk: | header | a record for each page | one bit for each 16 bytes | run | run | run ... |
 *
 * Idea: each page has a record at the chunk's start, so nothing of the book-keeping lies in the
 * pages themselves.  A run is named by the record of its first page; that and the one of its last
 * page say what it is and how long, so both neighbours of a run are found at once.  Holes are of
 * three kinds, by what their pages may still hold:
 *     dirty   written, and still in memory
 *     muzzy   written; the kernel may take them when memory is short (MADV_FREE)
 *     clean   zero pages, not in memory: never touched, or discarded (MADV_DONTNEED)
 * and touching holes are merged only if they are of one kind.  To take a run: the smallest hole
 * that is long enough, dirty before muzzy before clean, so that what is in memory is used again.
 *
 * Invariants (page_runs_check): runs fill each chunk; no two holes of one kind touch; each hole is
 * on the list of its kind, next and prev agree.
 *
 * Used by slab_heap (bits are its own) and decay.  Record, 48 bytes: info 0, next 8, prev 16, used
 * or since 24, first 32, fresh 40.
 */
#ifndef FAULTLINE_PAGE_RUNS_H
#define FAULTLINE_PAGE_RUNS_H

#include "chunk.h"

#define RECORD 48

typedef enum RunKind {
    RUN_HEADER, /* the chunk's own pages */
    RUN_DIRTY,
    RUN_MUZZY,
    RUN_CLEAN,
    RUN_LARGE,  /* one block           */
    RUN_SLAB,   /* blocks of one class */
    RUN_INSIDE, /* a page of a slab but the first; `pages` is how far the first is away */
    RUN_KINDS
} RunKind;

HEADER_FIELD(run_info, 0) /* kind | class << 8 | pages << 16 */
HEADER_FIELD(run_next, 8) /* a list of holes or of slabs: records */
HEADER_FIELD(run_prev, 16)
HEADER_FIELD(run_since, 24) /* a hole: when it became one    */
HEADER_FIELD(run_used, 24)  /* a slab: blocks in use         */
HEADER_FIELD(run_first, 32) /* a slab with links: free block */
HEADER_FIELD(run_fresh, 40) /* a slab with links: blocks that were used ever */

static inline RunKind info_kind(uint64_t info) { return (RunKind)(info & 0xff); }
static inline unsigned info_class(uint64_t info) { return (unsigned)(info >> 8 & 0xff); }
static inline uint64_t info_pages(uint64_t info) { return info >> 16; }
static inline uint64_t make_info(RunKind kind, unsigned class, uint64_t pages) {
    return (uint64_t)kind | (uint64_t) class << 8 | pages << 16;
}
static inline bool kind_is_hole(RunKind kind) { return kind >= RUN_DIRTY && kind <= RUN_CLEAN; }

typedef struct PageRuns {
    const AllocatorEnv *env;
    ChunkList chunks;
    uint64_t chunk_pages, header_pages;
    VAddr holes[RUN_CLEAN + 1]; /* by kind; the last made is the first                */
    uint64_t events;            /* runs taken and given so far: when decay has a look */
} PageRuns;

void page_runs_init(PageRuns *runs, const AllocatorEnv *env, uint64_t chunk_bytes);

/* Can a chunk hold a run of so many pages at a multiple of `alignment`? */
bool page_runs_fit(const PageRuns *runs, uint64_t pages, uint64_t alignment);
/* A run of so many pages, whose info is for the caller to set; 0: out of memory. */
VAddr page_runs_take(PageRuns *runs, uint64_t pages, uint64_t alignment);
/* The run is a hole of `kind` from now on. */
void page_runs_give(PageRuns *runs, VAddr run, uint64_t pages, RunKind kind);
/* A hole becomes one of another kind, now. */
void page_runs_turn(PageRuns *runs, VAddr hole, RunKind kind);
/* Chunks that are one hole go back to the system.  True: some did. */
bool page_runs_trim(PageRuns *runs);

/* Lists of runs, by next and prev. */
void run_list_push(const AllocatorEnv *env, VAddr *head, VAddr run);
void run_list_remove(const AllocatorEnv *env, VAddr *head, VAddr run);
/* Write the records of a run's first and last page. */
void run_mark(const AllocatorEnv *env, VAddr run, RunKind kind, uint64_t pages);

static inline VAddr chunk_of_run(const PageRuns *runs, VAddr run) {
    return run & ~(runs->chunks.bytes - 1);
}
static inline uint64_t run_index(const PageRuns *runs, VAddr run) {
    return (run - chunk_of_run(runs, run) - CHUNK_HEADER) / RECORD;
}
static inline VAddr run_address(const PageRuns *runs, VAddr run) {
    return chunk_of_run(runs, run) + run_index(runs, run) * runs->env->page_size;
}
/* The record of the page that a block of the chunk begins in. */
static inline VAddr record_of(const PageRuns *runs, VAddr chunk, VAddr payload) {
    return chunk + CHUNK_HEADER + (payload - chunk) / runs->env->page_size * RECORD;
}
/* Bytes that hold a bit for each 16 bytes of a page, in whole words. */
static inline uint64_t page_bits_bytes(const AllocatorEnv *env) {
    return round_up(env->page_size / 16, 64) / 8;
}
/* The bits of a run's pages. */
static inline VAddr run_bits(const PageRuns *runs, VAddr run) {
    VAddr chunk = chunk_of_run(runs, run);
    return chunk + CHUNK_HEADER + runs->chunk_pages * RECORD +
           run_index(runs, run) * page_bits_bytes(runs->env);
}

const char *page_runs_check(const PageRuns *runs, const AllocatorEnv *peek);

#endif
