/* process_heap.c - malloc and friends: what an allocator stands on, and what its errors mean.
 *
 * Idea: while the allocator is at work, the process's accesses are counted in by_allocator and
 * marked as book-keeping; heap_enter() and heap_leave() switch.  Its every load and store goes
 * through the same door as the program's own, so it can fault, wait, and be evicted.
 *
 * Whatever the heap finds wrong (a double free, a corrupted list) ends the process with SIGABRT,
 * as glibc does.
 */
#include "process_script.h"

#include <string.h>

#include "registry.h"
#include "syscall.h"

/* ---- the environment ---------------------------------------------------------------------- */

static VAddr env_sbrk(void *host, int64_t increment) { return sys_sbrk(host, increment); }

static VAddr env_mmap(void *host, uint64_t length) {
    return sys_mmap(host, 0, length, VM_READ | VM_WRITE, 0);
}

static bool env_munmap(void *host, VAddr va, uint64_t length) {
    return sys_munmap(host, va, length);
}

static VAddr env_reserve(void *host, VAddr hint, uint64_t length) {
    return sys_mmap(host, hint, length, VM_NONE, MAP_FLAG_NORESERVE);
}

static bool env_protect(void *host, VAddr va, uint64_t length, bool writable) {
    return sys_mprotect(host, va, length, writable ? VM_READ | VM_WRITE : VM_NONE);
}

static bool env_discard(void *host, VAddr va, uint64_t length, bool lazily) {
    return sys_madvise(host, va, length, lazily ? ADVICE_FREE : ADVICE_DONTNEED);
}

static VAddr env_remap(void *host, VAddr va, uint64_t length, uint64_t new_length) {
    return sys_mremap(host, va, length, new_length, REMAP_MAY_MOVE, 0);
}

/* A word that straddles two pages is reached in two steps. */
static uint64_t env_load(void *host, VAddr va, unsigned size) {
    Process *process = host;
    uint8_t bytes[8] = {0};
    for (uint64_t done = 0, reach; done < size; done += reach) {
        reach = size - done;
        memcpy(bytes + done, process_span(process, va + done, &reach, ACCESS_READ), reach);
    }
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return GUINT64_FROM_LE(value);
}

static void env_store(void *host, VAddr va, unsigned size, uint64_t value) {
    uint64_t bytes = GUINT64_TO_LE(value);
    for (uint64_t done = 0, reach; done < size; done += reach) {
        reach = size - done;
        uint8_t *to = process_span(host, va + done, &reach, ACCESS_WRITE);
        memcpy(to, (const uint8_t *)&bytes + done, reach);
    }
}

static void env_copy(void *host, VAddr to, VAddr from, uint64_t length) {
    process_copy(host, to, from, length);
}

static void env_set(void *host, VAddr va, uint8_t byte, uint64_t length) {
    process_set(host, va, byte, length);
}

static uint64_t env_random(void *host, uint64_t bound) {
    Process *process = host;
    return rng_below_wide(&process->heap_rng, bound);
}

static uint32_t env_thread(void *host) {
    const Process *process = host;
    const OpWork *work = &process->task->work;
    return work->script != NULL ? work->script->thread : process->task->number + work->trace_thread;
}

static Tick env_now(void *host) {
    const Process *process = host;
    return process->machine->clock.now;
}

static uint64_t peek_load(void *host, VAddr va, unsigned size) {
    const Process *process = host;
    uint64_t value = 0;
    if (!memory_peek(process->machine->memory, process->space, va, &value, size)) {
        return 0;
    }
    return GUINT64_FROM_LE(value);
}

static AllocatorEnv heap_env(Process *process) {
    return (AllocatorEnv){
        .host = process,
        .page_size = process_page_size(process),
        .zeroed = process->machine->config.zero_pool.mode != ZERO_POOL_NEVER,
        .sbrk = env_sbrk,
        .mmap = env_mmap,
        .munmap = env_munmap,
        .reserve = env_reserve,
        .protect = env_protect,
        .discard = env_discard,
        .remap = env_remap,
        .load = env_load,
        .store = env_store,
        .peek = peek_load,
        .copy = env_copy,
        .set = env_set,
        .random = env_random,
        .thread = env_thread,
        .now = env_now,
    };
}

bool process_heap_create(Process *process) {
    const ComponentSpec *spec = &process->spec->allocator;
    AllocatorEnv env = heap_env(process);
    process->heap = heap_create(registry_allocator(spec->info), spec->values, &env);
    process->heap_seen = (HeapStats){0};
    return process->heap != NULL;
}

bool process_heap_copy(Process *process, const Process *parent) {
    AllocatorEnv env = heap_env(process);
    process->heap = heap_clone(parent->heap, &env);
    process->heap_seen = parent->heap_seen;
    process->heap_rng = parent->heap_rng;
    return process->heap != NULL;
}

/* ---- the heap seen without touching it ---------------------------------------------------- */

AllocatorEnv process_heap_peek(const Process *process) {
    return (AllocatorEnv){
        .host = (void *)(uintptr_t)process,
        .page_size = process_page_size(process),
        .load = peek_load,
    };
}

const char *process_heap_check(const Process *process) {
    AllocatorEnv peek = process_heap_peek(process);
    return process->heap == NULL ? NULL : heap_check(process->heap, &peek);
}

/* ---- calls -------------------------------------------------------------------------------- */

void process_lock_heap(Process *process) {
    if (process->heap_user != NULL) { /* who leaves hands it to the first in the queue */
        scheduler_block(process->machine->scheduler, &process->heap_queue);
    } else {
        process->heap_user = process->task;
    }
}

void process_unlock_heap(Process *process) {
    process->heap_user = g_queue_peek_head(&process->heap_queue);
    scheduler_wake(process->machine->scheduler, &process->heap_queue);
}

static Heap *heap_enter(Process *process) {
    process_lock_heap(process);
    process->task->in_heap = true;
    process_switch_to(process, process->task);
    return process->heap;
}

void process_heap_account(Process *process) {
    if (process->heap != NULL) {
        const HeapStats *stats = heap_stats(process->heap);
        Counters *counters = &process->task->by_program;
        counters->mallocs += stats->mallocs - process->heap_seen.mallocs;
        counters->frees += stats->frees - process->heap_seen.frees;
        counters->failed_mallocs += stats->failed - process->heap_seen.failed;
        process->heap_seen = *stats;
    }
}

static void abort_process(Process *process) {
    process->task->by_program.heap_errors++;
    machine_emit(process->machine, process, (Event){.kind = EVENT_signal, .a = SIGNAL_ABRT});
    process_end(process, PROCESS_SIGABRT);
}

static void heap_leave(Process *process, VAddr va) {
    process->task->in_heap = false;
    process_switch_to(process, process->task);
    process_heap_account(process);
    process_unlock_heap(process);
    HeapError error = heap_error(process->heap);
    if (error != HEAP_OK) {
        machine_emit(process->machine, process,
                     (Event){.kind = EVENT_heap_error, .va = va, .a = error});
        abort_process(process);
    }
}

static VAddr given(Process *process, VAddr va, uint64_t size) {
    heap_leave(process, va);
    machine_emit(process->machine, process, (Event){.kind = EVENT_alloc, .va = va, .a = size});
    return va;
}

VAddr process_malloc(Process *process, uint64_t size) {
    return given(process, heap_malloc(heap_enter(process), size), size);
}

VAddr process_calloc(Process *process, uint64_t count, uint64_t size) {
    uint64_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        bytes = UINT64_MAX; /* for the event; the heap refuses it */
    }
    return given(process, heap_calloc(heap_enter(process), count, size), bytes);
}

VAddr process_aligned_alloc(Process *process, uint64_t alignment, uint64_t size) {
    return given(process, heap_aligned_alloc(heap_enter(process), alignment, size), size);
}

VAddr process_realloc(Process *process, VAddr payload, uint64_t size) {
    VAddr va = heap_realloc(heap_enter(process), payload, size);
    heap_leave(process, va == 0 ? payload : va);
    machine_emit(process->machine, process,
                 (Event){.kind = EVENT_alloc, .va = va, .a = size, .b = 1});
    return va;
}

void process_free(Process *process, VAddr payload) {
    uint64_t size = heap_block_size(process->heap, payload);
    heap_free(heap_enter(process), payload);
    heap_leave(process, payload);
    if (payload != 0) {
        machine_emit(process->machine, process,
                     (Event){.kind = EVENT_free, .va = payload, .a = size});
    }
}

uint64_t process_usable_size(Process *process, VAddr payload) {
    uint64_t size = heap_usable_size(heap_enter(process), payload);
    heap_leave(process, payload);
    return size;
}

bool process_trim(Process *process, uint64_t pad) {
    bool any = heap_trim(heap_enter(process), pad);
    heap_leave(process, 0);
    return any;
}

bool process_tune(Process *process, int option, uint64_t value) {
    bool taken = heap_tune(heap_enter(process), option, value);
    heap_leave(process, 0);
    return taken;
}

void process_heap_forget_thread(Process *process) {
    heap_thread_exit(heap_enter(process));
    heap_leave(process, 0);
}
