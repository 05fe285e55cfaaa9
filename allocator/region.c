/* region.c - blocks of one region are made one after the other, and go all at once.
 *
 *     region: | header | block | block | block |  <- next
 *              live = 3: blocks that were given and not freed
 *
 * Idea: as bump, but with an end.  malloc moves a pointer; free only counts, and never looks at
 * the block.  When the last live block of a region is freed, the whole region is free again: that is
 * the bulk free.  Programs whose blocks die together (a request, a frame, a compiler's pass) get
 * malloc at the price of an addition; one block that lives on keeps its whole region.
 *
 * Invariants (region_check): a region has live blocks, or is the current one, or a spare one;
 * start <= next <= end of the current one; there are no more than `keep` spare ones.
 *
 * Header, in simulated memory, behind the chunk's own: live 32, next_spare 40.  Like bump the model
 * cannot tell how large a block is, and has no usable_size and no walk.
 */
#include "allocators.h"
#include "chunk.h"

#include <stdlib.h>

#define ALIGNMENT 16
#define HEADER    48

HEADER_FIELD(region_live, 32)
HEADER_FIELD(region_next_spare, 40)

typedef struct Region {
    const AllocatorEnv *env;
    ChunkList chunks;
    uint64_t keep;
    VAddr current, next; /* region, and where its next block begins; 0: none yet */
    VAddr spare;         /* regions without blocks, chained                     */
    uint64_t spares;
} Region;

enum { PARAM_REGION, PARAM_KEEP };
static const Param region_params[] = {
    [PARAM_REGION] = {.name = "region",
                      .kind = PARAM_SIZE,
                      .initial = 1 << 16,
                      .min = 1 << 12,
                      .max = 1 << 30,
                      .help = "bytes of a region, rounded up to a power of two of at least 16 "
                              "pages; what does not fit is a mapping of its own"},
    [PARAM_KEEP] = {.name = "keep",
                    .kind = PARAM_COUNT,
                    .initial = 1,
                    .min = 0,
                    .max = 1 << 20,
                    .help = "how many empty regions are kept; others go back to the system"},
    {.name = NULL},
};

static void *region_create(const AllocatorEnv *env, const uint64_t *params) {
    Region *region = calloc(1, sizeof *region);
    if (region != NULL) {
        region->env = env;
        chunk_list_init(&region->chunks, env, params[PARAM_REGION]);
        region->keep = params[PARAM_KEEP];
    }
    return region;
}

/* ---- empty regions ---- */

static VAddr take_spare(Region *region) {
    VAddr chunk = region->spare;
    if (chunk != 0) {
        region->spare = region_next_spare(region->env, chunk);
        region->spares--;
    }
    return chunk;
}

static void retire(Region *region, VAddr chunk) {
    if (region->spares == region->keep) {
        chunk_remove(&region->chunks, region->env, chunk);
        return;
    }
    set_region_next_spare(region->env, chunk, region->spare);
    region->spare = chunk;
    region->spares++;
}

/* The old current region has blocks, or one more would have found room in it. */
static bool begin_region(Region *region) {
    VAddr chunk = take_spare(region);
    chunk = chunk != 0 ? chunk : chunk_add(&region->chunks, region->env);
    if (chunk == 0) {
        return false;
    }
    set_region_live(region->env, chunk, 0);
    region->current = chunk;
    region->next = chunk + HEADER;
    return true;
}

/* ---- malloc and free ---- */

static bool fits(const Region *region, VAddr chunk, VAddr from, uint64_t alignment, uint64_t size) {
    return round_up(from, alignment) + size <= chunk + region->chunks.bytes;
}

static VAddr region_aligned_alloc(void *self, uint64_t alignment, uint64_t size) {
    Region *region = self;
    const AllocatorEnv *env = region->env;
    size = round_up(size, ALIGNMENT);
    if (!fits(region, 0, HEADER, alignment, size)) {
        return chunk_add_lone(&region->chunks, env, alignment, size);
    }
    bool has_room =
        region->current != 0 && fits(region, region->current, region->next, alignment, size);
    if (!has_room && !begin_region(region)) {
        return 0;
    }
    VAddr block = round_up(region->next, alignment);
    region->next = block + size;
    set_region_live(env, region->current, region_live(env, region->current) + 1);
    return block;
}

static VAddr region_malloc(void *self, uint64_t size) {
    return region_aligned_alloc(self, ALIGNMENT, size);
}

static void region_free(void *self, VAddr payload) {
    Region *region = self;
    const AllocatorEnv *env = region->env;
    VAddr chunk = chunk_of(&region->chunks, payload);
    if (chunk_lone(env, chunk) != 0) {
        chunk_remove(&region->chunks, env, chunk);
        return;
    }
    uint64_t live = region_live(env, chunk) - 1;
    set_region_live(env, chunk, live);
    if (live == 0 && chunk == region->current) {
        region->next = chunk + HEADER;
    } else if (live == 0) {
        retire(region, chunk);
    }
}

/* The spare regions go back to the system. */
static bool region_trim(void *self, uint64_t pad) {
    Region *region = self;
    (void)pad;
    bool has_some = region->spare != 0;
    for (VAddr chunk = 0; (chunk = take_spare(region)) != 0;) {
        chunk_remove(&region->chunks, region->env, chunk);
    }
    return has_some;
}

/* ---- check ---- */

static const char *region_check(void *self, const AllocatorEnv *peek) {
    const Region *region = self;
    const char *wrong = chunk_list_check(&region->chunks, peek);
    if (wrong != NULL) {
        return wrong;
    }
    uint64_t empty = 0, spares = 0;
    for (VAddr chunk = region->chunks.first; chunk != 0; chunk = chunk_next(peek, chunk)) {
        bool counts = chunk_lone(peek, chunk) == 0 && chunk != region->current;
        empty += counts && region_live(peek, chunk) == 0;
    }
    for (VAddr chunk = region->spare; chunk != 0; chunk = region_next_spare(peek, chunk)) {
        spares++;
    }
    if (spares != region->spares || empty != spares || spares > region->keep) {
        return "region: the empty regions are not the spare ones";
    }
    uint64_t offset = region->next - region->current;
    bool inside = offset >= HEADER && offset <= region->chunks.bytes;
    return region->current == 0 || inside ? NULL : "region: the next block is outside";
}

static void *region_clone(const void *self, const AllocatorEnv *env) {
    return model_clone(self, sizeof(Region), env);
}

const AllocatorOps allocator_region = {
    .info = {.name = "region",
             .summary = "moves a pointer for every block; a region goes with its last block",
             .source = "Hanson, Fast allocation and deallocation of memory based on object "
                       "lifetimes, Software - Practice and Experience 1990",
             .params = region_params},
    .alignment = ALIGNMENT,
    .create = region_create,
    .destroy = free,
    .clone = region_clone,
    .malloc = region_malloc,
    .free = region_free,
    .aligned_alloc = region_aligned_alloc,
    .check = region_check,
    .trim = region_trim,
};
