/* buddy.c - blocks are powers of two; two halves of one block are buddies.
 *
 *     chunk:  | header, map |  32 K  |       64 K       |             128 K            | ...
 *     map:    one byte for each smallest block: where a block begins, its order (log2 of its
 *             size), FREE | order if it is a hole; of no meaning inside of a block
 *
 * Idea: a block of 2^k bytes lies at a multiple of 2^k, so the buddy with which it makes up the
 * block of 2^(k+1) is at offset ^ 2^k: no search, no tags.  malloc takes a hole of the smallest
 * order that has one and halves it until it fits; free merges with the buddy as long as that is a
 * hole of the same order.  The price is internal fragmentation: a size just above a power of two
 * wastes nearly half.  Blocks have no headers and are aligned to their size; the orders are in a
 * map at the start of each chunk, which is a block itself, never freed.  Holes of one order are on
 * a list, links in the holes.
 *
 * Invariants (buddy_check): blocks fill each chunk, each at a multiple of its size; no two buddies
 * are both holes of one order; each hole is on the list of its order, once.
 *
 * The list heads, one an order, are globals.
 */
#include "allocators.h"
#include "chunk.h"

#include <stdlib.h>

#define ALIGNMENT 16
#define ORDERS    64
#define FREE      0x80

HEADER_FIELD(hole_next, 0)
HEADER_FIELD(hole_prev, 8)

typedef struct Buddy {
    const AllocatorEnv *env;
    ChunkList chunks;
    unsigned smallest, chunk_order, map_order; /* log2 of bytes       */
    VAddr heads[ORDERS];                       /* of the lists of holes */
} Buddy;

enum { PARAM_SMALLEST, PARAM_CHUNK };
static const Param buddy_params[] = {
    [PARAM_SMALLEST] = {.name = "smallest",
                        .kind = PARAM_SIZE,
                        .initial = 32,
                        .min = ALIGNMENT,
                        .max = 4096,
                        .help = "the smallest block, rounded up to a power of two"},
    [PARAM_CHUNK] = {.name = "chunk",
                     .kind = PARAM_SIZE,
                     .initial = 1 << 20,
                     .min = 1 << 16,
                     .max = 1 << 30,
                     .help = "what is asked of the system, rounded up to a power of two of at "
                             "least 16 pages; more than half of it is a mapping of its own"},
    {.name = NULL},
};

static void *buddy_create(const AllocatorEnv *env, const uint64_t *params) {
    Buddy *buddy = calloc(1, sizeof *buddy);
    if (buddy != NULL) {
        buddy->env = env;
        chunk_list_init(&buddy->chunks, env, params[PARAM_CHUNK]);
        buddy->smallest = log2_up(params[PARAM_SMALLEST]);
        buddy->chunk_order = log2_up(buddy->chunks.bytes);
        unsigned map_order = log2_up(CHUNK_HEADER + (buddy->chunks.bytes >> buddy->smallest));
        buddy->map_order = map_order > buddy->smallest ? map_order : buddy->smallest;
    }
    return buddy;
}

static uint64_t order_size(unsigned order) { return UINT64_C(1) << order; }

/* ---- the map ---- */

static VAddr tag_address(const Buddy *buddy, VAddr block) {
    VAddr chunk = block & ~(buddy->chunks.bytes - 1);
    return chunk + CHUNK_HEADER + ((block - chunk) >> buddy->smallest);
}

static unsigned tag(const Buddy *buddy, const AllocatorEnv *env, VAddr block) {
    return (unsigned)env->load(env->host, tag_address(buddy, block), 1);
}

static void set_tag(const Buddy *buddy, VAddr block, unsigned value) {
    buddy->env->store(buddy->env->host, tag_address(buddy, block), 1, value);
}

/* Is this the tag of a block that a program may have got? */
static bool is_used_tag(const Buddy *buddy, unsigned value) {
    return value >= buddy->smallest && value < buddy->chunk_order;
}

/* ---- holes ---- */

static void push_hole(Buddy *buddy, VAddr hole, unsigned order) {
    VAddr next = buddy->heads[order];
    set_tag(buddy, hole, FREE | order);
    set_hole_next(buddy->env, hole, next);
    set_hole_prev(buddy->env, hole, 0);
    if (next != 0) {
        set_hole_prev(buddy->env, next, hole);
    }
    buddy->heads[order] = hole;
}

static void remove_hole(Buddy *buddy, VAddr hole, unsigned order) {
    VAddr next = hole_next(buddy->env, hole), previous = hole_prev(buddy->env, hole);
    if (next != 0) {
        set_hole_prev(buddy->env, next, previous);
    }
    if (previous != 0) {
        set_hole_next(buddy->env, previous, next);
    } else {
        buddy->heads[order] = next;
    }
}

/* A new chunk: the map takes the block at its start; what remains of each halving is a hole. */
static bool add_chunk(Buddy *buddy) {
    VAddr chunk = chunk_add(&buddy->chunks, buddy->env);
    if (chunk == 0) {
        return false;
    }
    set_tag(buddy, chunk, buddy->map_order);
    for (unsigned order = buddy->chunk_order; order-- > buddy->map_order;) {
        push_hole(buddy, chunk + order_size(order), order);
    }
    return true;
}

/* ---- malloc and free ---- */

/* The smallest order from `order` on that has a hole; chunk_order if none has. */
static unsigned find_order(const Buddy *buddy, unsigned order) {
    while (order < buddy->chunk_order && buddy->heads[order] == 0) {
        order++;
    }
    return order;
}

/* A used block of 2^order bytes, or 0. */
static VAddr take_block(Buddy *buddy, unsigned order) {
    unsigned from = find_order(buddy, order);
    if (from == buddy->chunk_order) {
        if (!add_chunk(buddy)) {
            return 0;
        }
        from = find_order(buddy, order);
    }
    VAddr block = buddy->heads[from];
    remove_hole(buddy, block, from);
    while (from-- > order) {
        push_hole(buddy, block + order_size(from), from);
    }
    set_tag(buddy, block, order);
    return block;
}

static VAddr buddy_aligned_alloc(void *self, uint64_t alignment, uint64_t size) {
    Buddy *buddy = self;
    unsigned order = log2_up(size > alignment ? size : alignment);
    if (order >= buddy->chunk_order) {
        return chunk_add_lone(&buddy->chunks, buddy->env, alignment, size);
    }
    return take_block(buddy, order > buddy->smallest ? order : buddy->smallest);
}

static VAddr buddy_malloc(void *self, uint64_t size) {
    return buddy_aligned_alloc(self, ALIGNMENT, size);
}

/* Merge the block with its buddy as long as that is a hole as large as the block. */
static void free_block(Buddy *buddy, VAddr block, unsigned order) {
    for (; order + 1 < buddy->chunk_order; order++) {
        VAddr other = block ^ order_size(order);
        if (tag(buddy, buddy->env, other) != (FREE | order)) {
            break;
        }
        remove_hole(buddy, other, order);
        block = block < other ? block : other;
    }
    push_hole(buddy, block, order);
}

static void buddy_free(void *self, VAddr payload) {
    Buddy *buddy = self;
    VAddr chunk = chunk_of(&buddy->chunks, payload);
    if (chunk_lone(buddy->env, chunk) != 0) {
        chunk_remove(&buddy->chunks, buddy->env, chunk);
        return;
    }
    unsigned order = tag(buddy, buddy->env, payload);
    if (is_used_tag(buddy, order)) { /* or the program has written over the map */
        free_block(buddy, payload, order);
    }
}

static uint64_t buddy_usable_size(void *self, VAddr payload) {
    const Buddy *buddy = self;
    VAddr chunk = chunk_of(&buddy->chunks, payload);
    if (chunk_lone(buddy->env, chunk) != 0) {
        return chunk_lone_size(buddy->env, chunk);
    }
    unsigned order = tag(buddy, buddy->env, payload);
    return is_used_tag(buddy, order) ? order_size(order) : 0;
}

/* ---- walk and check ---- */

/* The map's block, and then what has been given or is free. */
static void walk_chunk(const Buddy *buddy, const AllocatorEnv *peek, VAddr chunk, HeapVisit visit,
                       void *host) {
    VAddr block = chunk + order_size(buddy->map_order), end = chunk + buddy->chunks.bytes;
    visit_overhead(chunk, block - chunk, visit, host);
    while (block < end) {
        unsigned value = tag(buddy, peek, block), order = value & ~(unsigned)FREE;
        bool is_free = (value & FREE) != 0;
        uint64_t size = order_size(is_used_tag(buddy, order) ? order : buddy->smallest);
        visit(host, &(HeapBlock){.va = block,
                                 .length = size,
                                 .payload = block,
                                 .payload_length = size,
                                 .kind = is_free ? BLOCK_FREE : BLOCK_USED,
                                 .link = is_free ? hole_next(peek, block) : 0,
                                 .list = is_free ? "order" : NULL,
                                 .list_size = is_free ? size : 0});
        block += size;
    }
}

static void buddy_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host) {
    const Buddy *buddy = self;
    for (VAddr chunk = buddy->chunks.first; chunk != 0; chunk = chunk_next(peek, chunk)) {
        if (!chunk_walk_lone(peek, chunk, visit, host)) {
            walk_chunk(buddy, peek, chunk, visit, host);
        }
    }
}

static const char *check_block(const Buddy *buddy, const AllocatorEnv *peek, VAddr block) {
    unsigned value = tag(buddy, peek, block), order = value & ~(unsigned)FREE;
    if (!is_used_tag(buddy, order) || block % order_size(order) != 0) {
        return "buddy: a block's order is wrong";
    }
    bool can_merge = order + 1 < buddy->chunk_order;
    if ((value & FREE) != 0 && can_merge && tag(buddy, peek, block ^ order_size(order)) == value) {
        return "buddy: two buddies are holes and were not merged";
    }
    return NULL;
}

static const char *check_chunk(const Buddy *buddy, const AllocatorEnv *peek, VAddr chunk,
                               uint64_t *holes) {
    VAddr end = chunk + buddy->chunks.bytes;
    if (tag(buddy, peek, chunk) != buddy->map_order) {
        return "buddy: the map's own order is wrong";
    }
    for (VAddr block = chunk; block < end;) {
        const char *wrong = check_block(buddy, peek, block);
        if (wrong != NULL) {
            return wrong;
        }
        unsigned value = tag(buddy, peek, block);
        *holes += (value & FREE) != 0;
        block += order_size(value & ~(unsigned)FREE);
    }
    return NULL;
}

static const char *check_list(const Buddy *buddy, const AllocatorEnv *peek, unsigned order,
                              uint64_t *holes) {
    VAddr previous = 0;
    for (VAddr hole = buddy->heads[order]; hole != 0; hole = hole_next(peek, hole)) {
        if (tag(buddy, peek, hole) != (FREE | order)) {
            return "buddy: a block is on a list where it does not belong";
        }
        if (hole_prev(peek, hole) != previous) {
            return "buddy: next and prev do not agree";
        }
        previous = hole;
        *holes -= 1;
    }
    return NULL;
}

static const char *buddy_check(void *self, const AllocatorEnv *peek) {
    const Buddy *buddy = self;
    uint64_t holes = 0;
    const char *wrong = chunk_list_check(&buddy->chunks, peek);
    for (VAddr chunk = buddy->chunks.first; wrong == NULL && chunk != 0;
         chunk = chunk_next(peek, chunk)) {
        wrong = chunk_lone(peek, chunk) != 0 ? NULL : check_chunk(buddy, peek, chunk, &holes);
    }
    for (unsigned order = 0; wrong == NULL && order < buddy->chunk_order; order++) {
        wrong = check_list(buddy, peek, order, &holes);
    }
    return wrong != NULL || holes == 0 ? wrong : "buddy: a hole is on no list";
}

static void *buddy_clone(const void *self, const AllocatorEnv *env) {
    return model_clone(self, sizeof(Buddy), env);
}

const AllocatorOps allocator_buddy = {
    .info = {.name = "buddy",
             .summary = "blocks of powers of two, halved and merged with their buddies",
             .source = "Knowlton, A fast storage allocator, CACM 1965; Knuth, TAOCP 1, 2.5",
             .params = buddy_params},
    .alignment = ALIGNMENT,
    .create = buddy_create,
    .destroy = free,
    .clone = buddy_clone,
    .malloc = buddy_malloc,
    .free = buddy_free,
    .usable_size = buddy_usable_size,
    .aligned_alloc = buddy_aligned_alloc,
    .walk = buddy_walk,
    .check = buddy_check,
};
