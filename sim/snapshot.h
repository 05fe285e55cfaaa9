/* snapshot.h - a picture of memory at one instant, small however large the machine is.
 *
 * Idea: what is few is taken whole, of what is many every k-th, k a power of two, and the
 * picture says which k.  Nothing is summed up, so each thing in the picture is a real one.
 *
 *   frames:  every frame_stride-th of those that were ever used (frames are handed out
 *            lowest first, so the others lie behind them)
 *   pages:   of each aligned group of page_stride pages the first that has an entry
 *
 * Invariant: at most FRAMES_SHOWN frames, SPACES_SHOWN processes, and the ITEMS_SHOWN budget of
 * pages, mappings, tables and blocks each, shared equally by the processes shown.
 *
 * Used by film.c, which keeps the right ones; output/recording.c writes them.
 */
#ifndef FAULTLINE_SNAPSHOT_H
#define FAULTLINE_SNAPSHOT_H

#include "kernel/survey.h"
#include "machine.h"

#define FRAMES_SHOWN 2048
#define SPACES_SHOWN 16
#define ITEMS_SHOWN  2048
/* A larger heap is not walked. */
#define HEAP_BLOCKS_WALKED 65536

/* One process in a snapshot: what it has of each array below, and what did not fit. */
typedef struct SpaceView {
    uint32_t pid;
    ProcessStatus status;
    uint32_t line;    /* of the workload: the operation that it is at; 0: none */
    VAddr heap_start; /* the heap of brk is from here ... */
    VAddr brk;        /* ... up to here */
    uint32_t page_stride;
    uint32_t vmas, pages, tables, blocks;
    uint64_t vmas_in_all, tables_in_all, blocks_in_all;
    uint64_t used_bytes, free_bytes, largest_free; /* of the heap's blocks, all of them */
    bool heap_left_out;                            /* it has too many blocks for a picture */
} SpaceView;

typedef struct MappingView {
    Vma vma;
    bool shared_memory; /* what it shows is no file */
} MappingView;

typedef struct Snapshot {
    Tick time;
    uint64_t work; /* how much had happened by then: see film.h */
    bool marked;   /* a process ended a phase, or is about to end */
    uint32_t frame_stride;
    GArray *frames; /* FrameView: frames 0, frame_stride, 2 * frame_stride ... */
    GArray *spaces; /* SpaceView */
    /* Those of the first space, then those of the second ... */
    GArray *vmas;   /* MappingView */
    GArray *pages;  /* PageView */
    GArray *tables; /* TableView */
    GArray *blocks; /* HeapBlock */
} Snapshot;

/* `frames_used`: all frames ever used are below this. */
Snapshot *snapshot_take(const Machine *machine, uint32_t frames_used);
void snapshot_free(Snapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Snapshot, snapshot_free)

/* The smallest power of two so that `count` divided by it, rounded up, is at most `limit` > 0. */
uint32_t snapshot_stride(uint64_t count, uint64_t limit);

#endif
