/* slab_walk.c - a heap of slabs seen from outside: its blocks one after another, and its invariants.
 *
 * Idea: a bit for each block of the slab in hand (marks) says whether it is free, whichever way the
 * slab itself tells it: by bits of its own, by links, or because the block was never used.
 */
#include "slab_heap.h"

/* ---- walk ---- */

static bool is_marked(const SlabHeap *heap, uint64_t index) {
    return (heap->marks[index / 64] >> index % 64 & 1) != 0;
}

/* Mark the blocks of a slab that are free, and return their number.  What a link says that lies
 * outside of the slab, the program has written. */
static uint64_t mark_free(const SlabHeap *heap, const AllocatorEnv *peek, const SizeClass *class,
                          VAddr slab) {
    uint64_t fresh = heap->links ? run_fresh(peek, slab) : class->blocks, marked = 0;
    VAddr start = run_address(&heap->runs, slab), bits = run_bits(&heap->runs, slab);
    for (uint64_t first = 0; first < class->blocks; first += 64) {
        heap->marks[first / 64] = heap->links ? 0 : ~env_load64(peek, bits + first / 8);
    }
    for (uint64_t i = fresh; i < class->blocks; i++) {
        heap->marks[i / 64] |= UINT64_C(1) << i % 64;
    }
    VAddr block = heap->links ? run_first(peek, slab) : 0;
    for (; block != 0; block = block_link(peek, block)) {
        uint64_t index = (block - start) / class->size;
        if (index < class->blocks) {
            heap->marks[index / 64] |= UINT64_C(1) << index % 64;
        }
    }
    for (uint64_t i = 0; i < class->blocks; i++) {
        marked += is_marked(heap, i);
    }
    return marked;
}

/* Its blocks, and what is left over behind them. */
static void walk_slab(const SlabHeap *heap, const AllocatorEnv *peek, VAddr slab, unsigned number,
                      HeapVisit visit, void *host) {
    const SizeClass *class = &heap->classes[number];
    VAddr start = run_address(&heap->runs, slab), block = start;
    mark_free(heap, peek, class, slab);
    for (uint64_t i = 0; i < class->blocks; i++, block += class->size) {
        bool is_free = is_marked(heap, i);
        visit(host, &(HeapBlock){.va = block,
                                 .length = class->size,
                                 .payload = block,
                                 .payload_length = class->size,
                                 .kind = is_free ? BLOCK_FREE : BLOCK_USED,
                                 .link = is_free && heap->links ? block_link(peek, block) : 0});
    }
    uint64_t rest = class->pages * peek->page_size - class->blocks * class->size;
    if (rest != 0) {
        visit_overhead(block, rest, visit, host);
    }
}

static void walk_run(const SlabHeap *heap, const AllocatorEnv *peek, VAddr run, uint64_t info,
                     HeapVisit visit, void *host) {
    VAddr start = run_address(&heap->runs, run);
    uint64_t length = info_pages(info) * peek->page_size;
    if (run_is_slab(heap, info)) {
        walk_slab(heap, peek, run, info_class(info), visit, host);
        return;
    }
    static const char *const lists[RUN_KINDS] = {
        [RUN_DIRTY] = "dirty", [RUN_MUZZY] = "muzzy", [RUN_CLEAN] = "clean"};
    bool is_hole = kind_is_hole(info_kind(info));
    VAddr next = is_hole ? run_next(peek, run) : 0;
    visit(host, &(HeapBlock){.va = start,
                             .length = length,
                             .payload = start,
                             .payload_length = length,
                             .kind = is_hole ? BLOCK_FREE : BLOCK_USED,
                             .link = next == 0 ? 0 : run_address(&heap->runs, next),
                             .list = is_hole ? lists[info_kind(info)] : NULL});
}

static void walk_chunk(const SlabHeap *heap, const AllocatorEnv *peek, VAddr chunk, HeapVisit visit,
                       void *host) {
    const PageRuns *runs = &heap->runs;
    visit_overhead(chunk, runs->header_pages * peek->page_size, visit, host);
    for (uint64_t at = runs->header_pages; at < runs->chunk_pages;) {
        VAddr run = chunk + CHUNK_HEADER + at * RECORD;
        uint64_t info = run_info(peek, run), pages = info_pages(info);
        walk_run(heap, peek, run, info, visit, host);
        at += pages == 0 ? runs->chunk_pages : pages;
    }
}

void slab_heap_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host) {
    const SlabHeap *heap = self;
    for (VAddr chunk = heap->runs.chunks.first; chunk != 0; chunk = chunk_next(peek, chunk)) {
        if (!chunk_walk_lone(peek, chunk, visit, host)) {
            walk_chunk(heap, peek, chunk, visit, host);
        }
    }
}

/* ---- check ---- */

static const char *check_slab(const SlabHeap *heap, const AllocatorEnv *peek, VAddr slab,
                              uint64_t rooms[SIZE_CLASSES]) {
    uint64_t info = run_info(peek, slab), used = run_used(peek, slab);
    unsigned number = info_class(info);
    if (number >= heap->count || info_pages(info) != heap->classes[number].pages) {
        return "slab: a slab's class is wrong";
    }
    const SizeClass *class = &heap->classes[number];
    for (uint64_t i = 1; i < class->pages; i++) {
        if (run_info(peek, slab + i * RECORD) != make_info(RUN_INSIDE, number, i)) {
            return "slab: a page does not know its slab";
        }
    }
    if (used == 0 || used + mark_free(heap, peek, class, slab) != class->blocks) {
        return "slab: a slab's blocks in use are not counted right";
    }
    if (class->blocks % 64 != 0 && !heap->links &&
        heap->marks[class->blocks / 64] >> class->blocks % 64 != UINT64_MAX >> class->blocks % 64) {
        return "slab: a bit of no block is set";
    }
    rooms[number] += class_has_room(class, used);
    return NULL;
}

static const char *check_chunk(const SlabHeap *heap, const AllocatorEnv *peek, VAddr chunk,
                               uint64_t rooms[SIZE_CLASSES]) {
    const PageRuns *runs = &heap->runs;
    const char *wrong = NULL;
    for (uint64_t at = runs->header_pages; wrong == NULL && at < runs->chunk_pages;) {
        VAddr run = chunk + CHUNK_HEADER + at * RECORD;
        uint64_t info = run_info(peek, run);
        if (info_kind(info) == RUN_SLAB) {
            wrong = check_slab(heap, peek, run, rooms);
        }
        at += info_pages(info);
    }
    return wrong;
}

static const char *check_list(const SlabHeap *heap, const AllocatorEnv *peek, unsigned number,
                              uint64_t rooms) {
    const SizeClass *class = &heap->classes[number];
    VAddr previous = 0;
    for (VAddr slab = class->slabs; slab != 0; slab = run_next(peek, slab)) {
        if (run_prev(peek, slab) != previous || !class_has_room(class, run_used(peek, slab)) ||
            run_info(peek, slab) != make_info(RUN_SLAB, number, class->pages)) {
            return "slab: a list of slabs with room is wrong";
        }
        previous = slab;
        rooms--;
    }
    return rooms == 0 ? NULL : "slab: a slab with room is on no list";
}

const char *slab_heap_check(void *self, const AllocatorEnv *peek) {
    const SlabHeap *heap = self;
    uint64_t rooms[SIZE_CLASSES] = {0};
    const char *wrong = page_runs_check(&heap->runs, peek);
    for (VAddr chunk = heap->runs.chunks.first; wrong == NULL && chunk != 0;
         chunk = chunk_next(peek, chunk)) {
        wrong = chunk_lone(peek, chunk) != 0 ? NULL : check_chunk(heap, peek, chunk, rooms);
    }
    for (unsigned i = 0; wrong == NULL && i < heap->count; i++) {
        wrong = check_list(heap, peek, i, rooms[i]);
    }
    return wrong;
}
