/* heap_env.c - the environment that a model lives in: passes every call on to the process, and
 * keeps the books of what the model holds from the system.
 *
 * Invariant: held = what sbrk and mmap gave, less what sbrk(-n) and munmap took back;
 *            stats.heap_bytes = held.bytes.
 * The host's room for the books is reserved before the process is asked, so that nothing can
 * fail once memory has changed hands.
 */
#include "heap_private.h"

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Every block and every list node is some 8 bytes at least, and comes of some malloc. */
void meter_start(Meter *meter, const Heap *heap, const AllocatorEnv *env) {
    meter->env = env;
    meter->budget =
        (UINT64_C(1) << 20) +
        least(heap->stats.heap_bytes, least(heap->stats.mallocs, UINT64_C(1) << 40) * 32) * 2;
}

static void keep_books(Heap *heap) {
    heap->stats.heap_bytes = heap->held.bytes;
    if (heap->stats.heap_bytes > heap->stats.peak_heap_bytes) {
        heap->stats.peak_heap_bytes = heap->stats.heap_bytes;
    }
}

static VAddr model_sbrk(void *host, int64_t increment) {
    Heap *heap = host;
    if (!range_set_reserve(&heap->held)) {
        return VADDR_FAIL;
    }
    VAddr old = heap->env.sbrk(heap->env.host, increment);
    if (old == VADDR_FAIL || increment == 0) {
        return old;
    }
    if (increment > 0) {
        range_set_add(&heap->held, old, (uint64_t)increment);
        heap->first_sbrk = heap->first_sbrk == 0 ? old : heap->first_sbrk;
    } else {
        uint64_t given_back = -(uint64_t)increment;
        range_set_remove(&heap->held, old - given_back, given_back);
    }
    keep_books(heap);
    return old;
}

static uint64_t whole_pages(const Heap *heap, uint64_t length) {
    return (length + heap->env.page_size - 1) & ~(heap->env.page_size - 1);
}

static VAddr model_mmap(void *host, uint64_t length) {
    Heap *heap = host;
    if (!range_set_reserve(&heap->held)) {
        return VADDR_FAIL;
    }
    VAddr va = heap->env.mmap(heap->env.host, length);
    if (va != VADDR_FAIL) {
        range_set_add(&heap->held, va, whole_pages(heap, length));
        heap->first_mmap = heap->first_mmap == 0 ? va : heap->first_mmap;
        keep_books(heap);
    }
    return va;
}

static bool model_munmap(void *host, VAddr va, uint64_t length) {
    Heap *heap = host;
    if (!range_set_reserve(&heap->held) || !heap->env.munmap(heap->env.host, va, length)) {
        return false;
    }
    range_set_remove(&heap->held, va, whole_pages(heap, length));
    keep_books(heap);
    return true;
}

static VAddr model_reserve(void *host, VAddr hint, uint64_t length) {
    Heap *heap = host;
    return heap->env.reserve(heap->env.host, hint, length);
}

/* Reserved address space becomes memory held when it may be written, and the reverse. */
static bool model_protect(void *host, VAddr va, uint64_t length, bool writable) {
    Heap *heap = host;
    if (!range_set_reserve(&heap->held) ||
        !heap->env.protect(heap->env.host, va, length, writable)) {
        return false;
    }
    (writable ? range_set_add : range_set_remove)(&heap->held, va, whole_pages(heap, length));
    heap->first_mmap = heap->first_mmap == 0 ? va : heap->first_mmap;
    keep_books(heap);
    return true;
}

static bool model_discard(void *host, VAddr va, uint64_t length, bool lazily) {
    Heap *heap = host;
    return heap->env.discard(heap->env.host, va, length, lazily);
}

static VAddr model_remap(void *host, VAddr va, uint64_t length, uint64_t new_length) {
    Heap *heap = host;
    if (!range_set_reserve(&heap->held)) {
        return VADDR_FAIL;
    }
    VAddr moved = heap->env.remap(heap->env.host, va, length, new_length);
    if (moved != VADDR_FAIL) {
        range_set_remove(&heap->held, va, whole_pages(heap, length));
        range_set_add(&heap->held, moved, whole_pages(heap, new_length));
        keep_books(heap);
    }
    return moved;
}

static uint64_t model_load(void *host, VAddr va, unsigned size) {
    Heap *heap = host;
    meter_spend(&heap->meter);
    return heap->env.load(heap->env.host, va, size);
}

static void model_store(void *host, VAddr va, unsigned size, uint64_t value) {
    Heap *heap = host;
    meter_spend(&heap->meter);
    heap->env.store(heap->env.host, va, size, value);
}

static void model_copy(void *host, VAddr to, VAddr from, uint64_t length) {
    Heap *heap = host;
    meter_spend(&heap->meter);
    heap->env.copy(heap->env.host, to, from, length);
}

static void model_set(void *host, VAddr va, uint8_t byte, uint64_t length) {
    Heap *heap = host;
    meter_spend(&heap->meter);
    heap->env.set(heap->env.host, va, byte, length);
}

static uint64_t model_random(void *host, uint64_t bound) {
    Heap *heap = host;
    return heap->env.random(heap->env.host, bound);
}

static uint32_t model_thread(void *host) {
    Heap *heap = host;
    return heap->env.thread(heap->env.host);
}

static Tick model_now(void *host) {
    Heap *heap = host;
    return heap->env.now(heap->env.host);
}

static void model_abort(void *host, const char *why) {
    (void)why;
    Heap *heap = host;
    longjmp(heap->meter.escape, ESCAPE_CORRUPTED);
}

AllocatorEnv heap_model_env(Heap *heap) {
    return (AllocatorEnv){
        .host = heap,
        .page_size = heap->env.page_size,
        .zeroed = heap->env.zeroed,
        .sbrk = model_sbrk,
        .mmap = model_mmap,
        .munmap = model_munmap,
        .reserve = model_reserve,
        .protect = model_protect,
        .discard = model_discard,
        .remap = model_remap,
        .load = model_load,
        .store = model_store,
        .copy = model_copy,
        .set = model_set,
        .random = model_random,
        .thread = model_thread,
        .now = model_now,
        .abort = model_abort,
    };
}

static uint64_t peek_load(void *host, VAddr va, unsigned size) {
    Meter *meter = host;
    meter_spend(meter);
    return meter->env->load(meter->env->host, va, size);
}

AllocatorEnv heap_peek_env(Meter *meter) {
    return (AllocatorEnv){
        .host = meter,
        .page_size = meter->env->page_size,
        .load = peek_load,
    };
}
