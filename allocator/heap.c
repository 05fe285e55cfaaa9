/* heap.c - C's contract on top of any model, and the judging of what the model gives.
 *
 * Idea: serve() is the one way in: it sets the meter, calls one serve_...() below, and catches a
 * model that never ends.  books_judge() is the one place where an address from a model is looked at,
 * books_admit() and books_retire() the only ones that change the books of live blocks.
 *
 * Invariant: live_bytes = the sum of the sizes asked for, live_blocks = their number,
 *            granted_bytes = the sum of what entries were granted.
 */
#include "heap_private.h"

#include <stdlib.h>

typedef struct Request {
    VAddr payload;
    uint64_t count, size, alignment;
    int option;
} Request;

/* ---- the calls ---- */

static uint64_t at_least_one(uint64_t size) { return size == 0 ? 1 : size; }

/* Room in the books, and a size that a model may see? */
static bool acceptable(Heap *heap, uint64_t size) {
    return size <= ALLOCATOR_SIZE_MAX && block_set_reserve(&heap->blocks);
}

static VAddr serve_malloc(Heap *heap, const Request *r) {
    heap->stats.mallocs++;
    if (!acceptable(heap, r->size)) {
        return books_fail(heap);
    }
    VAddr origin = heap->ops->malloc(heap->model, at_least_one(r->size));
    return books_admit(heap, origin, r->size, heap->ops->alignment);
}

static VAddr serve_calloc(Heap *heap, const Request *r) {
    heap->stats.mallocs++;
    uint64_t size = 0;
    if (__builtin_mul_overflow(r->count, r->size, &size) || !acceptable(heap, size)) {
        return books_fail(heap);
    }
    if (heap->ops->calloc != NULL) {
        VAddr given = size == 0 ? heap->ops->calloc(heap->model, 1, 1)
                                : heap->ops->calloc(heap->model, r->count, r->size);
        return books_admit(heap, given, size, heap->ops->alignment);
    }
    VAddr origin = heap->ops->malloc(heap->model, at_least_one(size));
    VAddr va = books_admit(heap, origin, size, heap->ops->alignment);
    if (va != 0 && size != 0) {
        heap->env.set(heap->env.host, va, 0, size);
    }
    return va;
}

static VAddr serve_aligned_alloc(Heap *heap, const Request *r) {
    uint64_t natural = heap->ops->alignment;
    uint64_t alignment = r->alignment < natural ? natural : r->alignment;
    bool power_of_two = r->alignment != 0 && (r->alignment & (r->alignment - 1)) == 0;
    if (power_of_two && alignment == natural) {
        return serve_malloc(heap, r);
    }
    heap->stats.mallocs++;
    if (!power_of_two || alignment > ALLOCATOR_SIZE_MAX || !acceptable(heap, r->size)) {
        return books_fail(heap);
    }
    uint64_t size = at_least_one(r->size);
    if (heap->ops->aligned_alloc != NULL) {
        VAddr given = heap->ops->aligned_alloc(heap->model, alignment, size);
        return books_admit(heap, given, r->size, alignment);
    }
    if (size > ALLOCATOR_SIZE_MAX - (alignment - natural)) {
        return books_fail(heap);
    }
    VAddr origin = heap->ops->malloc(heap->model, size + alignment - natural);
    return books_admit(heap, origin, r->size, alignment);
}

static VAddr serve_free(Heap *heap, const Request *r) {
    uint32_t entry = books_find(heap, r->payload);
    if (entry != 0) {
        heap->stats.frees++;
        heap->ops->free(heap->model, books_retire(heap, entry));
    }
    return 0;
}

/* The block stays where it is, with a new size. */
static VAddr resize_in_place(Heap *heap, uint32_t entry, uint64_t size) {
    VAddr va = block_set_va(&heap->blocks, entry);
    VAddr origin = books_retire(heap, entry);
    HeapError error = books_judge(heap, va, size, 1);
    if (error != HEAP_OK) {
        return books_refuse(heap, error);
    }
    books_enter(heap, va, size, origin);
    return va;
}

/* malloc, copy, free.  The old block counts as live until its bytes are copied, the new one
 * from then on, so that live_bytes never counts both. */
static VAddr move_block(Heap *heap, uint32_t entry, uint64_t size, uint64_t room) {
    VAddr origin = heap->ops->malloc(heap->model, size);
    if (origin == 0) {
        return books_fail(heap);
    }
    HeapError error = books_judge(heap, origin, size, heap->ops->alignment);
    if (error != HEAP_OK) {
        return books_refuse(heap, error);
    }
    VAddr old = block_set_va(&heap->blocks, entry);
    heap->env.copy(heap->env.host, origin, old, room < size ? room : size);
    VAddr old_origin = books_retire(heap, entry);
    books_enter(heap, origin, size, origin);
    heap->ops->free(heap->model, old_origin);
    return origin;
}

static VAddr model_realloc(Heap *heap, uint32_t entry, uint64_t size) {
    VAddr given = heap->ops->realloc(heap->model, block_set_va(&heap->blocks, entry), size);
    if (given == 0) {
        return books_fail(heap);
    }
    books_retire(heap, entry);
    return books_admit(heap, given, size, heap->ops->alignment);
}

static VAddr serve_realloc(Heap *heap, const Request *r) {
    uint32_t entry = books_find(heap, r->payload);
    if (entry == 0) {
        return 0;
    }
    if (r->size == 0) {
        return serve_free(heap, r);
    }
    const BlockEntry block = heap->blocks.entries[entry];
    heap->stats.mallocs += r->size > block.size;
    if (!acceptable(heap, r->size)) {
        return books_fail(heap);
    }
    if (heap->ops->realloc != NULL && block.origin == r->payload) {
        return model_realloc(heap, entry, r->size);
    }
    uint64_t room = books_room(heap, entry);
    return r->size <= room ? resize_in_place(heap, entry, r->size)
                           : move_block(heap, entry, r->size, room);
}

/* ---- the one way in ---- */

typedef VAddr (*Service)(Heap *heap, const Request *request);

static bool gives_block(Service service) {
    return service == serve_malloc || service == serve_calloc || service == serve_realloc ||
           service == serve_aligned_alloc;
}

static VAddr serve(Heap *heap, Service service, const Request *request) {
    heap->error = HEAP_OK;
    heap->in_call = true;
    meter_start(&heap->meter, heap, &heap->env);
    int escaped = setjmp(heap->meter.escape);
    if (escaped != 0) {
        heap->env.load = heap->load;
        heap->error = escaped == ESCAPE_CORRUPTED ? HEAP_CORRUPTED : HEAP_ENDLESS;
        heap->damaged = true;
        return gives_block(service) ? books_fail(heap) : 0;
    }
    VAddr va = service(heap, request);
    heap->in_call = false;
    return va;
}

VAddr heap_malloc(Heap *heap, uint64_t size) {
    return serve(heap, serve_malloc, &(Request){.size = size});
}

VAddr heap_calloc(Heap *heap, uint64_t count, uint64_t size) {
    return serve(heap, serve_calloc, &(Request){.count = count, .size = size});
}

VAddr heap_aligned_alloc(Heap *heap, uint64_t alignment, uint64_t size) {
    return serve(heap, serve_aligned_alloc, &(Request){.alignment = alignment, .size = size});
}

VAddr heap_realloc(Heap *heap, VAddr payload, uint64_t size) {
    Service service = payload == 0 ? serve_malloc : serve_realloc;
    return serve(heap, service, &(Request){.payload = payload, .size = size});
}

void heap_free(Heap *heap, VAddr payload) {
    heap->error = HEAP_OK;
    if (payload != 0) {
        serve(heap, serve_free, &(Request){.payload = payload});
    }
}

static VAddr serve_trim(Heap *heap, const Request *r) {
    return heap->ops->trim != NULL && heap->ops->trim(heap->model, r->size);
}

static VAddr serve_tune(Heap *heap, const Request *r) {
    return heap->ops->tune != NULL && heap->ops->tune(heap->model, r->option, r->size);
}

static VAddr serve_thread_exit(Heap *heap, const Request *r) {
    (void)r;
    if (heap->ops->thread_exit != NULL) {
        heap->ops->thread_exit(heap->model);
    }
    return 0;
}

static VAddr serve_usable_size(Heap *heap, const Request *r) {
    uint32_t entry = books_find(heap, r->payload);
    return entry == 0 ? 0 : books_room(heap, entry);
}

bool heap_trim(Heap *heap, uint64_t pad) {
    return serve(heap, serve_trim, &(Request){.size = pad}) != 0;
}

bool heap_tune(Heap *heap, int option, uint64_t value) {
    return serve(heap, serve_tune, &(Request){.option = option, .size = value}) != 0;
}

void heap_thread_exit(Heap *heap) { serve(heap, serve_thread_exit, &(Request){0}); }

uint64_t heap_usable_size(Heap *heap, VAddr payload) {
    return serve(heap, serve_usable_size, &(Request){.payload = payload});
}

/* ---- create, destroy, ask ---- */

Heap *heap_create(const AllocatorOps *ops, const uint64_t *params, const AllocatorEnv *env) {
    Heap *heap = calloc(1, sizeof *heap);
    if (heap == NULL) {
        return NULL;
    }
    heap->ops = ops;
    heap->env = *env;
    heap->load = env->load;
    heap->model_env = heap_model_env(heap);
    heap->model = ops->create(&heap->model_env, params);
    if (heap->model == NULL) {
        free(heap);
        return NULL;
    }
    return heap;
}

void heap_destroy(Heap *heap) {
    if (heap != NULL) {
        heap->ops->destroy(heap->model);
        block_set_clear(&heap->blocks);
        range_set_clear(&heap->held);
        free(heap);
    }
}

HeapError heap_error(const Heap *heap) { return heap->error; }

bool heap_is_damaged(const Heap *heap) { return heap->damaged || heap->in_call; }

const char *heap_error_words(HeapError error) {
    static const char *const words[HEAP_ERRORS] = {
        [HEAP_OK] = "no error",
        [HEAP_DOUBLE_FREE] = "double free",
        [HEAP_FOREIGN_FREE] = "free of an address that malloc did not give",
        [HEAP_OVERLAP] = "the allocator gave a block that overlaps a live one",
        [HEAP_MISALIGNED] = "the allocator gave a misaligned block",
        [HEAP_OUTSIDE] = "the allocator gave memory that it does not own",
        [HEAP_ENDLESS] = "the allocator's lists have no end: its headers were overwritten",
        [HEAP_CORRUPTED] = "the allocator found its headers overwritten",
    };
    return words[error];
}

uint64_t heap_block_size(const Heap *heap, VAddr payload) {
    uint32_t entry = block_set_find(&heap->blocks, payload);
    return entry == 0 ? 0 : heap->blocks.entries[entry].size;
}

const HeapStats *heap_stats(const Heap *heap) { return &heap->stats; }

VAddr heap_base(const Heap *heap) {
    return heap->first_sbrk != 0 ? heap->first_sbrk : heap->first_mmap;
}

/* ---- fork ---- */

bool heap_can_clone(const Heap *heap) { return heap->ops->clone != NULL; }

uint64_t heap_host_bytes(const Heap *heap) {
    return sizeof *heap + block_set_host_bytes(&heap->blocks) +
           interval_tree_host_bytes(&heap->held.tree);
}

Heap *heap_clone(const Heap *heap, const AllocatorEnv *env) {
    Heap *copy = calloc(1, sizeof *copy);
    if (copy == NULL) {
        return NULL;
    }
    *copy = *heap;
    copy->env = *env;
    copy->load = env->load;
    copy->model_env = heap_model_env(copy);
    bool books = block_set_copy(&copy->blocks, &heap->blocks);
    books = range_set_copy(&copy->held, &heap->held) && books;
    copy->model = books ? heap->ops->clone(heap->model, &copy->model_env) : NULL;
    if (copy->model == NULL) {
        block_set_clear(&copy->blocks);
        range_set_clear(&copy->held);
        free(copy);
        return NULL;
    }
    return copy;
}
