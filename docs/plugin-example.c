/* plugin-example.c - a policy and an allocator in a shared object of their own.
 *
 *     cc -shared -fPIC $(pkg-config --cflags faultline) -o example.so plugin-example.c
 *     faultline run lab.json --plugin ./example.so --policy oldest-clean --allocator last-freed
 *
 * oldest-clean: the page that was loaded first among those that need not be written; if all must
 * be, the one that was loaded first.  It looks at every frame: the plainest way, and slow.
 *
 * last-freed: uses the block that was freed last, if it is large enough; else the break moves.
 * A header of 16 bytes before each payload: size 0, next 8.
 */
#include <faultline/plugin.h>

#include <faultline/lazy.h>

#include <stdlib.h>

/* ---- the policy ------------------------------------------------------------------------------ */

typedef struct OldestClean {
    const PolicyEnv *env;
    uint64_t loads;      /* so far                                       */
    uint64_t *loaded_at; /* of each frame: which load that was; 0: empty */
} OldestClean;

static void *oldest_clean_create(const PolicyEnv *env, const uint64_t *params) {
    (void)params;
    OldestClean *policy = calloc(1, sizeof *policy);
    if (policy == NULL) {
        return NULL;
    }
    policy->env = env;
    policy->loaded_at = lazy_alloc(env->frame_count, sizeof *policy->loaded_at);
    if (policy->loaded_at == NULL) {
        free(policy);
        return NULL;
    }
    return policy;
}

static void oldest_clean_destroy(void *self) {
    OldestClean *policy = self;
    lazy_free(policy->loaded_at, policy->env->frame_count, sizeof *policy->loaded_at);
    free(policy);
}

static void oldest_clean_loaded(void *self, Pfn frame, PageKey page) {
    (void)page;
    OldestClean *policy = self;
    policy->loaded_at[frame] = ++policy->loads;
}

/* Would `frame` rather go than `other`? */
static bool goes_before(const OldestClean *policy, Pfn frame, Pfn other) {
    const PolicyEnv *env = policy->env;
    bool dirty = env->dirty(env->host, frame), other_dirty = env->dirty(env->host, other);
    return dirty != other_dirty ? other_dirty : policy->loaded_at[frame] < policy->loaded_at[other];
}

static Pfn oldest_clean_victim(void *self, PageKey incoming) {
    (void)incoming;
    const OldestClean *policy = self;
    Pfn victim = PFN_NONE;
    for (Pfn frame = 0; frame < policy->env->frame_count; frame++) {
        if (policy->loaded_at[frame] != 0 && policy->env->evictable(policy->env->host, frame) &&
            (victim == PFN_NONE || goes_before(policy, frame, victim))) {
            victim = frame;
        }
    }
    return victim;
}

static void oldest_clean_unloaded(void *self, Pfn frame, PageKey page, UnloadReason reason) {
    (void)page, (void)reason;
    ((OldestClean *)self)->loaded_at[frame] = 0;
}

static bool oldest_clean_holds(const void *self, Pfn frame) {
    return ((const OldestClean *)self)->loaded_at[frame] != 0;
}

static const char *oldest_clean_check(const void *self) {
    const OldestClean *policy = self;
    for (Pfn frame = 0; frame < policy->env->frame_count; frame++) {
        if (policy->loaded_at[frame] > policy->loads) {
            return "oldest-clean: a page was loaded later than the last one";
        }
    }
    return NULL;
}

static const PolicyOps oldest_clean = {
    .info = {.name = "oldest-clean",
             .summary = "the oldest page that need not be written; the oldest if all must be",
             .source = "docs/plugins.md",
             .params = PARAMS_NONE},
    .create = oldest_clean_create,
    .destroy = oldest_clean_destroy,
    .loaded = oldest_clean_loaded,
    .victim = oldest_clean_victim,
    .unloaded = oldest_clean_unloaded,
    .holds = oldest_clean_holds,
    .check = oldest_clean_check,
};

/* ---- the allocator --------------------------------------------------------------------------- */

#define ALIGNMENT 16
#define HEADER    16

typedef struct LastFreed {
    const AllocatorEnv *env;
    VAddr head; /* the block that was freed last; 0: none */
} LastFreed;

static void *last_freed_create(const AllocatorEnv *env, const uint64_t *params) {
    (void)params;
    LastFreed *heap = calloc(1, sizeof *heap);
    if (heap != NULL) {
        heap->env = env;
    }
    return heap;
}

/* The break moves by at most ALIGNMENT - 1 bytes more than needed: others may have moved it. */
static VAddr grow(const AllocatorEnv *env, uint64_t bytes) {
    VAddr old = env->sbrk(env->host, 0);
    uint64_t gap = -old % ALIGNMENT;
    return old == VADDR_FAIL || env->sbrk(env->host, (int64_t)(gap + bytes)) == VADDR_FAIL
               ? 0
               : old + gap;
}

static VAddr last_freed_malloc(void *self, uint64_t size) {
    LastFreed *heap = self;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    VAddr block = heap->head;
    if (block != 0 && env_load64(heap->env, block) >= size) {
        heap->head = env_load64(heap->env, block + 8);
        return block + HEADER;
    }
    block = grow(heap->env, HEADER + size);
    if (block == 0) {
        return 0;
    }
    env_store64(heap->env, block, size);
    return block + HEADER;
}

static void last_freed_free(void *self, VAddr payload) {
    LastFreed *heap = self;
    env_store64(heap->env, payload - HEADER + 8, heap->head);
    heap->head = payload - HEADER;
}

static const AllocatorOps last_freed = {
    .info = {.name = "last-freed",
             .summary = "uses the block freed last, if it is large enough",
             .source = "docs/plugins.md",
             .params = PARAMS_NONE},
    .alignment = ALIGNMENT,
    .create = last_freed_create,
    .destroy = free,
    .malloc = last_freed_malloc,
    .free = last_freed_free,
};

/* ---- what faultline looks for ---------------------------------------------------------------- */

static const PolicyOps *const policies[] = {&oldest_clean, NULL};
static const AllocatorOps *const allocators[] = {&last_freed, NULL};
FAULTLINE_PLUGIN(policies, allocators);
