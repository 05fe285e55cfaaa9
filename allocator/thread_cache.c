/* thread_cache.c - free blocks that a thread keeps for itself, over any other model.
 *
 *      thread 0's cache          thread 1's cache
 *     | remote |16|32|48|...|   | remote |16|32|48|...|        a list for each size: no lock
 *          ^                                  |  ^
 *          +--- freed by another thread       v  | `batch` blocks at a time
 *     |            the model underneath (`over`): needs a lock in a real program             |
 *
 * Idea: most blocks are freed by the thread that made them, so a thread can keep them and give
 * them out again without asking anybody.  A block that another thread frees is a question (remote):
 *   queue  goes home: onto the owner's remote queue, which the owner empties when a list of its own
 *          is empty (mimalloc, snmalloc).  One queue is all that threads share.
 *   own    stays with the thread that freed it (tcmalloc, glibc's tcache).  If one thread makes and
 *          another frees, blocks pile up there.
 *   heap   goes back to the model underneath at once.
 *
 * Invariants (thread_cache_check): those of the model underneath; each list's count is its length
 * and <= limit; all blocks on lists and queues are marked CACHED, and those of a list have its size.
 *
 * Header before each payload, in simulated memory: size (of the payload) at 0; owner << 8 | SHIFTED
 * | CACHED at 8.  A free block's first word links it.  A thread's cache is a mapping of its own:
 * remote queue at 0; for each size the list's head and count, from 16 on.  Where a thread's cache is,
 * a real one keeps in thread-local storage; here it is an array of the model's.
 */
#include "allocators.h"
#include "model.h"

#include <stdlib.h>
#include <string.h>
#include <string.h>

#define ALIGNMENT   16
#define HEADER      16
#define CACHED      UINT64_C(1) /* free, in the eyes of the program        */
#define THREADS_MAX 65536       /* threads numbered from here on have no cache */
#define SHIFTED     UINT64_C(8) /* the model's payload is so many bytes below the header */

HEADER_FIELD(block_link, 0) /* of a payload */
HEADER_FIELD(stored_size, -HEADER)
HEADER_FIELD(stored_owner, -8)
HEADER_FIELD(cache_remote, 0) /* of a cache */
HEADER_FIELD(list_head, 0)    /* of a list  */
HEADER_FIELD(list_count, 8)

typedef enum Remote { REMOTE_QUEUE, REMOTE_OWN, REMOTE_HEAP } Remote;

typedef struct ThreadCache {
    const AllocatorEnv *env;
    const AllocatorOps *over;
    void *model; /* over's */
    Remote remote;
    uint64_t largest, limit, batch, cache_bytes;
    VAddr *caches; /* by thread; 0: none yet */
    uint32_t threads;
} ThreadCache;

/* The models that can be underneath: those that can name their blocks. */
#define OVER_CHOICES "slab|segregated|buddy|decay|explicit|kr|two-list|linked"
static const AllocatorOps *const over_models[] = {
    &allocator_slab,     &allocator_segregated, &allocator_buddy,    &allocator_decay,
    &allocator_explicit, &allocator_kr,         &allocator_two_list, &allocator_linked,
};

enum { PARAM_OVER, PARAM_REMOTE, PARAM_LARGEST, PARAM_LIMIT, PARAM_BATCH };
static const Param thread_cache_params[] = {
    [PARAM_OVER] = {.name = "over",
                    .kind = PARAM_CHOICE,
                    .initial = 0,
                    .choices = OVER_CHOICES,
                    .help = "the model underneath, with its defaults"},
    [PARAM_REMOTE] = {.name = "remote",
                      .kind = PARAM_CHOICE,
                      .initial = REMOTE_QUEUE,
                      .choices = "queue|own|heap",
                      .help = "a block that another thread frees: to its owner's queue, to the "
                              "freeing thread's own list, or to the model underneath"},
    [PARAM_LARGEST] = {.name = "largest",
                       .kind = PARAM_SIZE,
                       .initial = 1024,
                       .min = ALIGNMENT,
                       .max = 32768,
                       .help = "blocks up to this size are cached"},
    [PARAM_LIMIT] = {.name = "limit",
                     .kind = PARAM_COUNT,
                     .initial = 64,
                     .min = 1,
                     .max = 65536,
                     .help = "how many blocks of one size a thread keeps"},
    [PARAM_BATCH] = {.name = "batch",
                     .kind = PARAM_COUNT,
                     .initial = 16,
                     .min = 1,
                     .max = 65536,
                     .help = "how many are got or given back at a time; at most `limit`"},
    {.name = NULL},
};

static void thread_cache_destroy(void *self) {
    ThreadCache *tc = self;
    if (tc->model != NULL) {
        tc->over->destroy(tc->model);
    }
    free(tc->caches);
    free(tc);
}

static void *thread_cache_create(const AllocatorEnv *env, const uint64_t *params) {
    ThreadCache *tc = calloc(1, sizeof *tc);
    if (tc == NULL) {
        return NULL;
    }
    tc->env = env;
    tc->over = over_models[params[PARAM_OVER]];
    tc->remote = (Remote)params[PARAM_REMOTE];
    tc->largest = round_up(params[PARAM_LARGEST], ALIGNMENT);
    tc->limit = params[PARAM_LIMIT];
    tc->batch = params[PARAM_BATCH] < tc->limit ? params[PARAM_BATCH] : tc->limit;
    tc->cache_bytes = round_up(16 + tc->largest, env->page_size);
    uint64_t defaults[PARAMS_MAX] = {0};
    for (unsigned i = 0; tc->over->info.params[i].name != NULL; i++) {
        defaults[i] = tc->over->info.params[i].initial;
    }
    tc->model = tc->over->create(env, defaults);
    if (tc->model == NULL) {
        thread_cache_destroy(tc);
        return NULL;
    }
    return tc;
}

/* The threads that did not fork are gone, but their caches wait for the next of their numbers. */
static void *thread_cache_clone(const void *self, const AllocatorEnv *env) {
    const ThreadCache *from = self;
    ThreadCache *tc = model_clone(self, sizeof *tc, env);
    if (tc == NULL) {
        return NULL;
    }
    tc->model = from->over->clone(from->model, env);
    tc->caches = calloc(from->threads + 1, sizeof *tc->caches);
    if (tc->model == NULL || tc->caches == NULL) {
        thread_cache_destroy(tc);
        return NULL;
    }
    if (from->threads > 0) {
        memcpy(tc->caches, from->caches, from->threads * sizeof *tc->caches);
    }
    return tc;
}

/* ---- the model underneath ---- */

/* A block of `size` bytes, a multiple of 16; the words of its header are the caller's. */
static VAddr heap_take(ThreadCache *tc, uint64_t size, uint64_t *shift) {
    uint64_t natural = tc->over->alignment;
    uint64_t slack = natural < ALIGNMENT ? ALIGNMENT - natural : 0;
    VAddr origin = tc->over->malloc(tc->model, HEADER + size + slack);
    VAddr payload = round_up(origin + HEADER, ALIGNMENT);
    *shift = payload - HEADER - origin;
    return origin == 0 ? 0 : payload;
}

static void heap_give(ThreadCache *tc, VAddr payload) {
    uint64_t shift = stored_owner(tc->env, payload) & SHIFTED;
    tc->over->free(tc->model, payload - HEADER - shift);
}

/* ---- caches ---- */

static bool reserve_thread(ThreadCache *tc, uint32_t thread) {
    if (thread >= THREADS_MAX) {
        return false;
    }
    if (thread >= tc->threads) {
        VAddr *caches = realloc(tc->caches, (thread + UINT64_C(1)) * sizeof *caches);
        if (caches == NULL) {
            return false;
        }
        memset(caches + tc->threads, 0, (thread + UINT64_C(1) - tc->threads) * sizeof *caches);
        tc->caches = caches;
        tc->threads = thread + 1;
    }
    return true;
}

static VAddr cache_of(const ThreadCache *tc, uint64_t thread) {
    return thread < tc->threads ? tc->caches[thread] : 0;
}

/* Where the list of a size, 16 ... largest, is in a cache. */
static VAddr list_of(VAddr cache, uint64_t size) { return cache + size; }

/* The calling thread's cache, or 0: no memory for one. */
static VAddr own_cache(ThreadCache *tc) {
    const AllocatorEnv *env = tc->env;
    uint32_t thread = env->thread(env->host);
    VAddr cache = cache_of(tc, thread);
    if (cache != 0 || !reserve_thread(tc, thread)) {
        return cache;
    }
    cache = env->mmap(env->host, tc->cache_bytes);
    if (cache == VADDR_FAIL) {
        return 0;
    }
    env->set(env->host, cache, 0, 16 + tc->largest);
    tc->caches[thread] = cache;
    return cache;
}

static void push(ThreadCache *tc, VAddr list, VAddr payload) {
    const AllocatorEnv *env = tc->env;
    set_block_link(env, payload, list_head(env, list));
    set_list_head(env, list, payload);
    set_list_count(env, list, list_count(env, list) + 1);
}

/* The block that came last; 0: the list is empty. */
static VAddr pop(ThreadCache *tc, VAddr list) {
    const AllocatorEnv *env = tc->env;
    VAddr payload = list_head(env, list);
    if (payload != 0) {
        set_list_head(env, list, block_link(env, payload));
        set_list_count(env, list, list_count(env, list) - 1);
    }
    return payload;
}

/* Give so many blocks of a list back to the model. */
static void flush(ThreadCache *tc, VAddr list, uint64_t count) {
    VAddr payload = 0;
    while (count-- > 0 && (payload = pop(tc, list)) != 0) {
        heap_give(tc, payload);
    }
}

static bool is_cacheable(const ThreadCache *tc, uint64_t size) {
    return size >= ALIGNMENT && size <= tc->largest && size % ALIGNMENT == 0;
}

/* A free block comes to its list; if that is too long, some others leave. */
static void keep(ThreadCache *tc, VAddr cache, VAddr payload, uint64_t size) {
    VAddr list = list_of(cache, size);
    if (list_count(tc->env, list) >= tc->limit) {
        flush(tc, list, tc->batch);
    }
    push(tc, list, payload);
}

/* What others have freed comes to the owner's lists. */
static void drain_remote(ThreadCache *tc, VAddr cache) {
    const AllocatorEnv *env = tc->env;
    VAddr payload = cache_remote(env, cache);
    set_cache_remote(env, cache, 0);
    while (payload != 0) {
        VAddr next = block_link(env, payload);
        uint64_t size = stored_size(env, payload);
        if (is_cacheable(tc, size)) {
            keep(tc, cache, payload, size);
        }
        payload = next;
    }
}

/* `batch` new blocks of a size; false: not even one. */
static bool refill(ThreadCache *tc, VAddr list, uint64_t size) {
    uint64_t got = 0, shift = 0;
    for (VAddr payload = 0; got < tc->batch && (payload = heap_take(tc, size, &shift)) != 0;
         got++) {
        set_stored_size(tc->env, payload, size);
        set_stored_owner(tc->env, payload, shift | CACHED);
        push(tc, list, payload);
    }
    return got > 0;
}

/* ---- malloc and free ---- */

/* A cached block becomes the calling thread's. */
static VAddr hand_out(ThreadCache *tc, VAddr payload) {
    const AllocatorEnv *env = tc->env;
    uint64_t owner = env->thread(env->host);
    uint64_t shift = stored_owner(env, payload) & SHIFTED;
    set_stored_owner(env, payload, owner << 8 | shift);
    return payload;
}

static VAddr malloc_uncached(ThreadCache *tc, uint64_t size) {
    uint64_t shift = 0;
    VAddr payload = heap_take(tc, size, &shift);
    if (payload == 0) {
        return 0;
    }
    set_stored_size(tc->env, payload, size);
    set_stored_owner(tc->env, payload, shift);
    return hand_out(tc, payload);
}

static VAddr thread_cache_malloc(void *self, uint64_t size) {
    ThreadCache *tc = self;
    size = round_up(size, ALIGNMENT);
    VAddr cache = size <= tc->largest ? own_cache(tc) : 0;
    if (cache == 0) {
        return malloc_uncached(tc, size);
    }
    VAddr list = list_of(cache, size);
    if (list_head(tc->env, list) == 0) {
        drain_remote(tc, cache);
    }
    if (list_head(tc->env, list) == 0 && !refill(tc, list, size)) {
        return 0;
    }
    return hand_out(tc, pop(tc, list));
}

/* The cache that keeps a block of this owner which the calling thread frees; 0: none. */
static VAddr keeper(ThreadCache *tc, uint64_t owner, bool *is_remote) {
    *is_remote = owner != tc->env->thread(tc->env->host);
    if (!*is_remote || tc->remote == REMOTE_OWN) {
        *is_remote = false;
        return own_cache(tc);
    }
    return tc->remote == REMOTE_QUEUE ? cache_of(tc, owner) : 0;
}

static void thread_cache_free(void *self, VAddr payload) {
    ThreadCache *tc = self;
    const AllocatorEnv *env = tc->env;
    uint64_t size = stored_size(env, payload), word = stored_owner(env, payload);
    bool is_remote = false;
    VAddr cache = is_cacheable(tc, size) ? keeper(tc, word >> 8, &is_remote) : 0;
    if (cache == 0) {
        heap_give(tc, payload);
        return;
    }
    set_stored_owner(env, payload, word | CACHED);
    if (is_remote) {
        set_block_link(env, payload, cache_remote(env, cache));
        set_cache_remote(env, cache, payload);
    } else {
        keep(tc, cache, payload, size);
    }
}

static uint64_t thread_cache_usable_size(void *self, VAddr payload) {
    const ThreadCache *tc = self;
    return stored_size(tc->env, payload);
}

/* ---- giving back ---- */

static void empty_cache(ThreadCache *tc, VAddr cache) {
    drain_remote(tc, cache);
    for (uint64_t size = ALIGNMENT; size <= tc->largest; size += ALIGNMENT) {
        flush(tc, list_of(cache, size), tc->limit);
    }
}

static void thread_cache_thread_exit(void *self) {
    ThreadCache *tc = self;
    const AllocatorEnv *env = tc->env;
    uint32_t thread = env->thread(env->host);
    VAddr cache = cache_of(tc, thread);
    if (cache != 0) {
        empty_cache(tc, cache);
        if (env->munmap(env->host, cache, tc->cache_bytes)) {
            tc->caches[thread] = 0;
        }
    }
    if (tc->over->thread_exit != NULL) {
        tc->over->thread_exit(tc->model);
    }
}

static bool thread_cache_trim(void *self, uint64_t pad) {
    ThreadCache *tc = self;
    for (uint32_t i = 0; i < tc->threads; i++) {
        if (tc->caches[i] != 0) {
            empty_cache(tc, tc->caches[i]);
        }
    }
    return tc->over->trim != NULL && tc->over->trim(tc->model, pad);
}

/* ---- walk and check ---- */

typedef struct Translation {
    const AllocatorEnv *peek;
    HeapVisit visit;
    void *host;
} Translation;

/* A used block of the model's has our header in it, which tells whether the program uses it. */
static void translate(void *host, const HeapBlock *block) {
    const Translation *to = host;
    HeapBlock report = *block;
    if (block->kind == BLOCK_USED) {
        VAddr payload = round_up(block->payload + HEADER, ALIGNMENT);
        bool is_cached = (stored_owner(to->peek, payload) & CACHED) != 0;
        report.payload = payload;
        report.payload_length = block->payload + block->payload_length - payload;
        report.kind = is_cached ? BLOCK_FREE : BLOCK_USED;
    }
    to->visit(to->host, &report);
}

static void thread_cache_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host) {
    const ThreadCache *tc = self;
    Translation to = {peek, visit, host};
    tc->over->walk(tc->model, peek, translate, &to);
    for (uint32_t i = 0; i < tc->threads; i++) {
        if (tc->caches[i] != 0) {
            visit_overhead(tc->caches[i], tc->cache_bytes, visit, host);
        }
    }
}

/* One chain of free blocks: how many, if all are as they should be; size 0: of any. */
static const char *check_chain(const AllocatorEnv *peek, VAddr payload, uint64_t size,
                               uint64_t *count) {
    for (*count = 0; payload != 0; payload = block_link(peek, payload)) {
        if ((stored_owner(peek, payload) & CACHED) == 0) {
            return "thread cache: a block in use is on a list";
        }
        if (size != 0 && stored_size(peek, payload) != size) {
            return "thread cache: a block is on the list of another size";
        }
        *count += 1;
    }
    return NULL;
}

static const char *check_cache(const ThreadCache *tc, const AllocatorEnv *peek, VAddr cache) {
    uint64_t count = 0;
    const char *wrong = check_chain(peek, cache_remote(peek, cache), 0, &count);
    for (uint64_t size = ALIGNMENT; wrong == NULL && size <= tc->largest; size += ALIGNMENT) {
        VAddr list = list_of(cache, size);
        wrong = check_chain(peek, list_head(peek, list), size, &count);
        if (wrong == NULL && (count != list_count(peek, list) || count > tc->limit)) {
            wrong = "thread cache: a list's count is wrong";
        }
    }
    return wrong;
}

static const char *thread_cache_check(void *self, const AllocatorEnv *peek) {
    const ThreadCache *tc = self;
    const char *wrong = tc->over->check(tc->model, peek);
    for (uint32_t i = 0; wrong == NULL && i < tc->threads; i++) {
        wrong = tc->caches[i] == 0 ? NULL : check_cache(tc, peek, tc->caches[i]);
    }
    return wrong;
}

const AllocatorOps allocator_thread_cache = {
    .info = {.name = "thread-cache",
             .summary = "each thread keeps free blocks for itself, over another model",
             .source = "tcmalloc (caches); mimalloc, snmalloc (remote queues)",
             .params = thread_cache_params},
    .alignment = ALIGNMENT,
    .create = thread_cache_create,
    .destroy = thread_cache_destroy,
    .clone = thread_cache_clone,
    .malloc = thread_cache_malloc,
    .free = thread_cache_free,
    .usable_size = thread_cache_usable_size,
    .walk = thread_cache_walk,
    .check = thread_cache_check,
    .thread_exit = thread_cache_thread_exit,
    .trim = thread_cache_trim,
};
