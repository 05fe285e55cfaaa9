/* slab_heap.c - size classes, slabs, and the blocks in them. */
#include "slab_heap.h"

#include <stdlib.h>

HEADER_FIELD(block_link, 0) /* of a free block, with links */

/* ---- size classes ---- */

static unsigned highest_bit(uint64_t value) { return 63 - (unsigned)__builtin_clzll(value); }

/* The distance of the classes around `size`: 16 at least, else a 2^class_bits-th of the power of
 * two below the size. */
static uint64_t class_step(const SlabHeap *heap, uint64_t size) {
    unsigned top = highest_bit((size - 1) | 1);
    return top < heap->class_bits + 4 ? SLAB_ALIGNMENT : UINT64_C(1) << (top - heap->class_bits);
}

static uint64_t class_size(const SlabHeap *heap, uint64_t size) {
    return round_up(size, class_step(heap, size));
}

/* The number of the class of blocks that `size` bytes go into; 2^class_bits of them are 16 apart,
 * as many are in every doubling from there on. */
static unsigned class_of(const SlabHeap *heap, uint64_t size) {
    uint64_t step = class_step(heap, size), classes = UINT64_C(1) << heap->class_bits;
    uint64_t steps = (size - 1) / step; /* in a doubling: classes .. 2 * classes - 1 */
    unsigned doubling = highest_bit(step) - 4;
    return (unsigned)(step == SLAB_ALIGNMENT ? steps : doubling * classes + steps);
}

/* The fewest pages of which at most 1/waste are left over.  At `waste` pages it is a page at
 * most, so the loop ends. */
static SizeClass make_class(const SlabHeap *heap, uint64_t size, uint64_t waste) {
    uint64_t page = heap->runs.env->page_size, pages = (size + page - 1) / page;
    while (pages * page % size * waste > pages * page) {
        pages++;
    }
    return (SizeClass){.size = size, .pages = pages, .blocks = pages * page / size};
}

/* The classes from 16 bytes up to `largest`, as long as a chunk can hold a slab of them. */
static void make_classes(SlabHeap *heap, uint64_t largest, uint64_t waste) {
    for (uint64_t size = SLAB_ALIGNMENT; size <= class_size(heap, largest);
         size = class_size(heap, size + 1)) {
        SizeClass class = make_class(heap, size, waste);
        if (!page_runs_fit(&heap->runs, class.pages, 1)) {
            return;
        }
        heap->classes[heap->count++] = class;
    }
}

/* Room to note the blocks of any slab.  False: out of host memory. */
static bool create_marks(SlabHeap *heap) {
    uint64_t most = 1;
    for (unsigned i = 0; i < heap->count; i++) {
        most = heap->classes[i].blocks > most ? heap->classes[i].blocks : most;
    }
    heap->marks = calloc(most / 64 + 1, sizeof *heap->marks);
    return heap->marks != NULL;
}

bool slab_heap_init(SlabHeap *heap, const AllocatorEnv *env, const uint64_t *params) {
    page_runs_init(&heap->runs, env, params[SLAB_CHUNK]);
    heap->links = params[SLAB_FREE] == 1;
    heap->class_bits = log2_up(params[SLAB_CLASSES]);
    make_classes(heap, params[SLAB_LARGEST], params[SLAB_WASTE]);
    return create_marks(heap);
}

void slab_heap_clear(SlabHeap *heap) { free(heap->marks); }

void *slab_heap_clone(const void *self, uint64_t bytes, const AllocatorEnv *env) {
    SlabHeap *heap = model_clone(self, bytes, env);
    if (heap != NULL && !create_marks(heap)) {
        free(heap);
        return NULL;
    }
    return heap;
}

/* ---- the blocks of a slab ---- */

static bool has_room(const SizeClass *class, uint64_t used) { return used < class->blocks; }

/* The lowest free block, by the bits; there is one. */
static VAddr take_by_bits(SlabHeap *heap, const SizeClass *class, VAddr slab) {
    const AllocatorEnv *env = heap->runs.env;
    VAddr bits = run_bits(&heap->runs, slab);
    for (uint64_t first = 0; first < class->blocks; first += 64) {
        uint64_t word = env_load64(env, bits + first / 8);
        if (word != UINT64_MAX) {
            unsigned bit = (unsigned)__builtin_ctzll(~word);
            env_store64(env, bits + first / 8, word | UINT64_C(1) << bit);
            return run_address(&heap->runs, slab) + (first + bit) * class->size;
        }
    }
    return 0; /* the program has written over the bits */
}

static void give_by_bits(SlabHeap *heap, VAddr slab, uint64_t index) {
    const AllocatorEnv *env = heap->runs.env;
    VAddr word = run_bits(&heap->runs, slab) + index / 64 * 8;
    env_store64(env, word, env_load64(env, word) & ~(UINT64_C(1) << index % 64));
}

/* The block freed last, else the lowest that was never used. */
static VAddr take_by_links(SlabHeap *heap, const SizeClass *class, VAddr slab) {
    const AllocatorEnv *env = heap->runs.env;
    VAddr block = run_first(env, slab);
    if (block != 0) {
        set_run_first(env, slab, block_link(env, block));
        return block;
    }
    uint64_t fresh = run_fresh(env, slab);
    set_run_fresh(env, slab, fresh + 1);
    return run_address(&heap->runs, slab) + fresh * class->size;
}

static void give_by_links(SlabHeap *heap, VAddr slab, VAddr block) {
    set_block_link(heap->runs.env, block, run_first(heap->runs.env, slab));
    set_run_first(heap->runs.env, slab, block);
}

/* ---- slabs ---- */

/* All blocks of a new slab are free. */
static void clear_blocks(SlabHeap *heap, const SizeClass *class, VAddr slab) {
    const AllocatorEnv *env = heap->runs.env;
    set_run_used(env, slab, 0);
    if (heap->links) {
        set_run_first(env, slab, 0);
        set_run_fresh(env, slab, 0);
        return;
    }
    VAddr bits = run_bits(&heap->runs, slab);
    for (uint64_t first = 0; first < class->blocks; first += 64) {
        env_store64(env, bits + first / 8, 0);
    }
}

/* An empty slab on the list of its class, or 0. */
static VAddr add_slab(SlabHeap *heap, unsigned number) {
    const AllocatorEnv *env = heap->runs.env;
    SizeClass *class = &heap->classes[number];
    VAddr slab = page_runs_take(&heap->runs, class->pages, 1);
    if (slab == 0) {
        return 0;
    }
    set_run_info(env, slab, make_info(RUN_SLAB, number, class->pages));
    for (uint64_t i = 1; i < class->pages; i++) {
        set_run_info(env, slab + i * RECORD, make_info(RUN_INSIDE, number, i));
    }
    clear_blocks(heap, class, slab);
    run_list_push(env, &class->slabs, slab);
    return slab;
}

static VAddr take_block(SlabHeap *heap, unsigned number) {
    const AllocatorEnv *env = heap->runs.env;
    SizeClass *class = &heap->classes[number];
    VAddr slab = class->slabs != 0 ? class->slabs : add_slab(heap, number);
    if (slab == 0) {
        return 0;
    }
    uint64_t used = run_used(env, slab) + 1;
    set_run_used(env, slab, used);
    if (!has_room(class, used)) {
        run_list_remove(env, &class->slabs, slab);
    }
    return heap->links ? take_by_links(heap, class, slab) : take_by_bits(heap, class, slab);
}

static void give_block(SlabHeap *heap, VAddr slab, unsigned number, VAddr payload) {
    const AllocatorEnv *env = heap->runs.env;
    SizeClass *class = &heap->classes[number];
    if (heap->links) {
        give_by_links(heap, slab, payload);
    } else {
        give_by_bits(heap, slab, (payload - run_address(&heap->runs, slab)) / class->size);
    }
    uint64_t used = run_used(env, slab);
    set_run_used(env, slab, used - 1);
    if (!has_room(class, used)) {
        run_list_push(env, &class->slabs, slab);
    }
    if (used == 1) {
        run_list_remove(env, &class->slabs, slab);
        page_runs_give(&heap->runs, slab, class->pages, RUN_DIRTY);
    }
}

/* ---- malloc and free ---- */

/* A run of its own, or if no chunk can hold that, a mapping. */
static VAddr take_large(SlabHeap *heap, uint64_t alignment, uint64_t size) {
    PageRuns *runs = &heap->runs;
    uint64_t pages = (size + runs->env->page_size - 1) / runs->env->page_size;
    if (!page_runs_fit(runs, pages, alignment)) {
        return chunk_add_lone(&runs->chunks, runs->env, alignment, size);
    }
    VAddr run = page_runs_take(runs, pages, alignment);
    if (run == 0) {
        return 0;
    }
    run_mark(runs->env, run, RUN_LARGE, 0, pages);
    return run_address(runs, run);
}

/* A slab begins at a page, so its blocks are aligned if the class's size is a multiple. */
VAddr slab_heap_aligned_alloc(void *self, uint64_t alignment, uint64_t size) {
    SlabHeap *heap = self;
    unsigned number = class_of(heap, round_up(size, alignment));
    while (number < heap->count && heap->classes[number].size % alignment != 0) {
        number++;
    }
    bool is_small = number < heap->count && alignment <= heap->runs.env->page_size;
    return is_small ? take_block(heap, number) : take_large(heap, alignment, size);
}

VAddr slab_heap_malloc(void *self, uint64_t size) {
    return slab_heap_aligned_alloc(self, SLAB_ALIGNMENT, size);
}

/* The run that a block lies in, by its first record; *info is that record's. */
static VAddr find_run(const SlabHeap *heap, VAddr chunk, VAddr payload, uint64_t *info) {
    VAddr run = record_of(&heap->runs, chunk, payload);
    *info = run_info(heap->runs.env, run);
    if (info_kind(*info) == RUN_INSIDE) {
        run -= info_pages(*info) * RECORD;
        *info = run_info(heap->runs.env, run);
    }
    return run;
}

static bool is_slab(const SlabHeap *heap, uint64_t info) {
    return info_kind(info) == RUN_SLAB && info_class(info) < heap->count;
}

/* What is neither a slab nor a large block, the program has written over. */
void slab_heap_free(void *self, VAddr payload) {
    SlabHeap *heap = self;
    PageRuns *runs = &heap->runs;
    VAddr chunk = chunk_of(&runs->chunks, payload);
    if (chunk_lone(runs->env, chunk) != 0) {
        chunk_remove(&runs->chunks, runs->env, chunk);
        return;
    }
    uint64_t info = 0;
    VAddr run = find_run(heap, chunk, payload, &info);
    if (is_slab(heap, info)) {
        give_block(heap, run, info_class(info), payload);
    } else if (info_kind(info) == RUN_LARGE) {
        page_runs_give(runs, run, info_pages(info), RUN_DIRTY);
    }
}

uint64_t slab_heap_usable_size(void *self, VAddr payload) {
    const SlabHeap *heap = self;
    const AllocatorEnv *env = heap->runs.env;
    VAddr chunk = chunk_of(&heap->runs.chunks, payload);
    if (chunk_lone(env, chunk) != 0) {
        return chunk_lone_size(env, chunk);
    }
    uint64_t info = 0;
    find_run(heap, chunk, payload, &info);
    return is_slab(heap, info)            ? heap->classes[info_class(info)].size
           : info_kind(info) == RUN_LARGE ? info_pages(info) * env->page_size
                                          : 0;
}

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
    if (is_slab(heap, info)) {
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
    rooms[number] += has_room(class, used);
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
        if (run_prev(peek, slab) != previous || !has_room(class, run_used(peek, slab)) ||
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
