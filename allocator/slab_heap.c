/* slab_heap.c - size classes, slabs, and the blocks in them. */
#include "slab_heap.h"

#include <stdlib.h>

/* ---- size classes ---- */

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

void slab_heap_destroy(void *self) {
    SlabHeap *heap = self;
    free(heap->marks);
    free(heap);
}

void *slab_heap_clone(const void *self, uint64_t bytes, const AllocatorEnv *env) {
    SlabHeap *heap = model_clone(self, bytes, env);
    if (heap != NULL && !create_marks(heap)) {
        free(heap);
        return NULL;
    }
    return heap;
}

/* ---- the blocks of a slab ---- */

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
    if (!class_has_room(class, used)) {
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
    if (!class_has_room(class, used)) {
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
    run_mark(runs->env, run, RUN_LARGE, pages);
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
    if (run_is_slab(heap, info)) {
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
    return run_is_slab(heap, info)        ? heap->classes[info_class(info)].size
           : info_kind(info) == RUN_LARGE ? info_pages(info) * env->page_size
                                          : 0;
}
