/* gnu.c - the door: malloc, calloc and free as the program calls them.
 *
 * Each call first asks the thread's own tcache, which belongs to nobody else; only then an arena.
 * If an arena has no memory, another may: it is tried once.
 */
#include "allocators.h"
#include "arena.h"

#include <stdlib.h>

static void *gnu_create(const AllocatorEnv *env, const uint64_t *params) {
    Gnu *gnu = calloc(1, sizeof *gnu);
    GnuThread *first = calloc(1, sizeof *first);
    if (gnu == NULL || first == NULL) {
        free(gnu);
        free(first);
        return NULL;
    }
    gnu->env = env;
    gnu->tuning = tuning_from(params);
    gnu->threads = first;
    gnu->thread_count = 1;
    first->arena = MAIN_ARENA;
    gnu->arenas = 1;
    arena_init(gnu, MAIN_ARENA);
    set_arena_next(gnu, MAIN_ARENA, MAIN_ARENA);
    set_arena_threads(gnu, MAIN_ARENA, 1);
    return gnu;
}

void gnu_destroy(void *self) {
    Gnu *gnu = self;
    interval_tree_clear(&gnu->mapped);
    free(gnu->threads);
    free(gnu->regions);
    free(gnu->lost);
    free(gnu->marks);
    free(gnu);
}

VAddr gnu_malloc(void *self, uint64_t size) {
    Gnu *gnu = self;
    thread_enter(gnu);
    tcache_start(gnu);
    VAddr cached = tcache_take(gnu, chunk_need(size));
    if (cached != 0) {
        return payload_of(cached);
    }
    VAddr arena = arena_choose(gnu, size);
    VAddr payload = arena_malloc(gnu, arena, size);
    if (payload == 0 && arena != 0 && gnu->many_threads) {
        payload = arena_malloc(gnu, arena_retry(gnu, arena, size), size);
    }
    return payload;
}

static void gnu_free(void *self, VAddr payload) {
    Gnu *gnu = self;
    VAddr chunk = chunk_of(payload);
    thread_enter(gnu);
    if (!chunk_is_mapped(gnu, chunk)) {
        tcache_start(gnu);
    }
    chunk_free(gnu, chunk);
}

/* A chunk that begins where top began: of how many bytes may have been written before?  What is
 * beyond comes zeroed from the system.  What a heap gives back stays writable, so there one cannot
 * be sure. */
static uint64_t used_top_bytes(const Gnu *gnu, VAddr arena, VAddr top) {
    if (arena == MAIN_ARENA) {
        return chunk_size(gnu, top);
    }
    VAddr subheap = subheap_of(top);
    return subheap + subheap_writable(gnu, subheap) - top;
}

/* Does what the system gave still read as zeros when a calloc gets it? */
static bool zeroes_hold(const Gnu *gnu) { return gnu->env->zeroed && gnu->tuning.perturb == 0; }

/* Unlike malloc, calloc never asks the tcache. */
static VAddr gnu_calloc(void *self, uint64_t count, uint64_t size) {
    Gnu *gnu = self;
    thread_enter(gnu);
    tcache_start(gnu);
    VAddr arena = arena_choose(gnu, count * size);
    VAddr top = arena == 0 ? 0 : arena_top(gnu, arena);
    uint64_t used = arena == 0 ? 0 : used_top_bytes(gnu, arena, top);
    VAddr payload = arena_malloc(gnu, arena, count * size);
    if (payload == 0 && arena != 0 && gnu->many_threads) {
        payload = arena_malloc(gnu, arena_retry(gnu, arena, count * size), count * size);
    }
    if (payload == 0) {
        return 0;
    }
    VAddr chunk = chunk_of(payload);
    uint64_t bytes = chunk_size(gnu, chunk);
    if (chunk_is_mapped(gnu, chunk)) {
        if (!zeroes_hold(gnu)) {
            gnu->env->set(gnu->env->host, payload, 0, count * size);
        }
        return payload;
    }
    if (zeroes_hold(gnu) && chunk == top && bytes > used) {
        bytes = used;
    }
    gnu->env->set(gnu->env->host, payload, 0, bytes - WORD);
    return payload;
}

/* Whether a chunk is in use, the next one knows. */
static uint64_t gnu_usable_size(void *self, VAddr payload) {
    const Gnu *gnu = self;
    VAddr chunk = chunk_of(payload);
    uint64_t size = chunk_size(gnu, chunk);
    if (chunk_is_mapped(gnu, chunk)) {
        return size - CHUNK_HEADER;
    }
    return chunk_in_use(gnu, chunk, size) ? size - WORD : 0;
}

static void gnu_thread_exit(void *self) {
    Gnu *gnu = self;
    thread_enter(gnu);
    tcache_end(gnu);
    arena_detach_current(gnu);
}

const AllocatorOps allocator_gnu = {
    .info = {.name = "gnu",
             .summary = "glibc 2.36: tcache, fastbins, bins, top, thread arenas, mmap threshold",
             .source = "the GNU C Library 2.36, malloc/malloc.c and malloc/arena.c",
             .params = gnu_params},
    .alignment = ALIGNMENT,
    .create = gnu_create,
    .destroy = gnu_destroy,
    .clone = gnu_clone,
    .malloc = gnu_malloc,
    .free = gnu_free,
    .usable_size = gnu_usable_size,
    .calloc = gnu_calloc,
    .realloc = gnu_realloc,
    .aligned_alloc = gnu_aligned_alloc,
    .walk = gnu_walk,
    .check = gnu_check,
    .thread_exit = gnu_thread_exit,
    .trim = gnu_trim,
    .tune = gnu_tune,
};
