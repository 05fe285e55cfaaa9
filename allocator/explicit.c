/* explicit.c - blocks with a 32-byte header, holes on a list: the workhorse of textbooks.
 *
 *     | size next prev is_free | payload ......... | size next prev is_free | payload ... |
 *       0    8    16   24        32                  ^-- block + 32 + size
 *
 * Idea: malloc looks for a hole by `fit`, cuts off what it does not need (`split`), else asks the
 * system for at least `growth` bytes.  free makes the block a hole and merges it with the holes
 * to its left and right (`coalesce`).  There are two readings of "the list", three values:
 *   all      next and prev link all blocks, in address order; malloc passes over the used ones,
 *            and a block's neighbours are its neighbours on the list.
 *   lifo     next and prev link the holes only; a new hole goes to the front.
 *   address  next and prev link the holes only, in address order; free walks to the place.
 * With a list of holes only, the right neighbour is found by size: block + 32 + size.  The left
 * one by a trick: a used block needs neither next nor prev, so its prev says where the hole to
 * its left begins (0: no hole there).  No two holes touch, so each hole's right neighbour is used
 * and has that place; at the end of the heap stands an epilogue, a used block of size 0, which
 * also leads (next) to where the heap goes on if the program itself moved the break in between.
 *
 * Invariants (explicit_check): sizes are multiples of 8; is_free is 0 or 1; next and prev agree;
 * the list holds all blocks, or exactly the holes; in address order unless lifo;  with coalesce
 * no two holes touch, and (holes only) used.prev = the hole to its left;
 * the sum of 32 + size = held = what sbrk gave.
 *
 * The C struct holds what a real one keeps in globals: where the heap starts and ends, the list's
 * ends, the rover of next fit.
 */
#include "allocators.h"
#include "model.h"

#include <stdlib.h>

#define ALIGNMENT 8
#define HEADER    32

HEADER_FIELD(block_size, 0) /* of the payload */
HEADER_FIELD(block_next, 8)
HEADER_FIELD(block_prev, 16)
HEADER_FIELD(block_is_free, 24)

typedef enum ListKind { LIST_LIFO, LIST_ADDRESS, LIST_ALL } ListKind;

typedef struct Explicit {
    const AllocatorEnv *env;
    Fit fit;
    ListKind list;
    bool coalesce;
    uint64_t split, growth;
    VAddr start, end; /* of the heap; end is where the next growth is expected; 0: no heap */
    VAddr head, tail; /* of the list                                                        */
    VAddr rover;      /* next fit: where the next search begins; 0: at the head             */
    uint64_t held;    /* bytes got from sbrk, padding aside                                 */
} Explicit;

enum { PARAM_FIT, PARAM_LIST, PARAM_SPLIT, PARAM_COALESCE, PARAM_GROWTH };
static const Param explicit_params[] = {
    [PARAM_FIT] = {.name = "fit",
                   .kind = PARAM_CHOICE,
                   .initial = FIT_FIRST,
                   .choices = FIT_CHOICES,
                   .help = "which hole: the first big enough, the smallest, the largest, or the "
                           "first from where the last search ended"},
    [PARAM_LIST] = {.name = "list",
                    .kind = PARAM_CHOICE,
                    .initial = LIST_LIFO,
                    .choices = "lifo|address|all",
                    .help = "holes only, newest first; holes only, by address; or all blocks"},
    [PARAM_SPLIT] = {.name = "split",
                     .kind = PARAM_SIZE,
                     .initial = HEADER + ALIGNMENT,
                     .min = HEADER + ALIGNMENT,
                     .max = ALLOCATOR_SIZE_MAX,
                     .help =
                         "a hole is split if at least this much, header included, is left over"},
    [PARAM_COALESCE] = {.name = "coalesce",
                        .kind = PARAM_BOOL,
                        .initial = 1,
                        .help = "merge a new hole with the holes to its left and right"},
    [PARAM_GROWTH] = {.name = "growth",
                      .kind = PARAM_SIZE,
                      .initial = 4096,
                      .min = 1,
                      .max = UINT64_C(1) << 40,
                      .help = "the least that is asked of the system, rounded up to 8"},
    {.name = NULL},
};

static void *explicit_create(const AllocatorEnv *env, const uint64_t *params) {
    Explicit *heap = calloc(1, sizeof *heap);
    if (heap != NULL) {
        heap->env = env;
        heap->fit = (Fit)params[PARAM_FIT];
        heap->list = (ListKind)params[PARAM_LIST];
        heap->split = params[PARAM_SPLIT];
        heap->coalesce = params[PARAM_COALESCE] != 0;
        heap->growth = round_up(params[PARAM_GROWTH], ALIGNMENT);
    }
    return heap;
}

static VAddr block_end(const AllocatorEnv *env, VAddr block) {
    return block + HEADER + block_size(env, block);
}

/* ---- the list ---- */

/* Put the block between two neighbours of the list; 0 is the end of it. */
static void list_link(Explicit *heap, VAddr previous, VAddr block, VAddr next) {
    set_block_prev(heap->env, block, previous);
    set_block_next(heap->env, block, next);
    if (previous != 0) {
        set_block_next(heap->env, previous, block);
    } else {
        heap->head = block;
    }
    if (next != 0) {
        set_block_prev(heap->env, next, block);
    } else {
        heap->tail = block;
    }
}

static void list_remove(Explicit *heap, VAddr block) {
    VAddr previous = block_prev(heap->env, block);
    VAddr next = block_next(heap->env, block);
    if (previous != 0) {
        set_block_next(heap->env, previous, next);
    } else {
        heap->head = next;
    }
    if (next != 0) {
        set_block_prev(heap->env, next, previous);
    } else {
        heap->tail = previous;
    }
    if (heap->rover == block) {
        heap->rover = next;
    }
}

/* A new hole finds its place on the list of holes. */
static void list_insert(Explicit *heap, VAddr hole) {
    VAddr previous = 0, next = heap->head;
    while (heap->list == LIST_ADDRESS && next != 0 && next < hole) {
        previous = next;
        next = block_next(heap->env, next);
    }
    list_link(heap, previous, hole, next);
}

/* The best hole by `fit` on the list from `from` up to `stop`, or 0. */
static VAddr search(const Explicit *heap, VAddr from, VAddr stop, uint64_t size) {
    const AllocatorEnv *env = heap->env;
    VAddr best = 0;
    uint64_t best_size = 0;
    for (VAddr block = from; block != stop && block != 0; block = block_next(env, block)) {
        uint64_t have = block_size(env, block);
        if (have < size || (heap->list == LIST_ALL && !block_is_free(env, block))) {
            continue;
        }
        if (fit_is_greedy(heap->fit)) {
            return block;
        }
        if (best == 0 || fit_prefers(heap->fit, have, best_size)) {
            best = block;
            best_size = have;
        }
    }
    return best;
}

static VAddr find_hole(Explicit *heap, uint64_t size) {
    if (heap->fit != FIT_NEXT || heap->rover == 0) {
        return search(heap, heap->head, 0, size);
    }
    VAddr hole = search(heap, heap->rover, 0, size);
    return hole != 0 ? hole : search(heap, heap->head, heap->rover, size);
}

/* ---- neighbours ---- */

/* The holes that touch a used block, or 0. */
static VAddr left_hole(const Explicit *heap, VAddr block) {
    const AllocatorEnv *env = heap->env;
    VAddr left = block_prev(env, block);
    if (heap->list != LIST_ALL || left == 0) {
        return left;
    }
    return block_is_free(env, left) && block_end(env, left) == block ? left : 0;
}

static VAddr right_hole(const Explicit *heap, VAddr block) {
    const AllocatorEnv *env = heap->env;
    VAddr right = block_end(env, block);
    if (heap->list == LIST_ALL && block_next(env, block) != right) {
        return 0;
    }
    return block_is_free(env, right) ? right : 0;
}

/* Holes only: the block behind `block` learns which hole (0: none) is to its left. */
static void tell_right(Explicit *heap, VAddr block, VAddr hole) {
    if (heap->list != LIST_ALL && heap->coalesce) {
        set_block_prev(heap->env, block_end(heap->env, block), hole);
    }
}

/* Merge a used block with the holes around it; where the whole begins. */
static VAddr merge(Explicit *heap, VAddr block) {
    const AllocatorEnv *env = heap->env;
    VAddr left = left_hole(heap, block), right = right_hole(heap, block);
    if (right != 0) {
        list_remove(heap, right);
        set_block_size(env, block, block_size(env, block) + HEADER + block_size(env, right));
    }
    if (left != 0) {
        list_remove(heap, heap->list == LIST_ALL ? block : left);
        set_block_size(env, left, block_size(env, left) + HEADER + block_size(env, block));
        block = left;
    }
    return block;
}

/* A used block becomes (part of) a hole, which is returned. */
static VAddr release(Explicit *heap, VAddr block) {
    VAddr hole = heap->coalesce ? merge(heap, block) : block;
    set_block_is_free(heap->env, hole, 1);
    if (heap->list != LIST_ALL) {
        list_insert(heap, hole);
        tell_right(heap, hole, hole);
    }
    return hole;
}

/* ---- growing ---- */

static void make_block(Explicit *heap, VAddr block, uint64_t bytes) {
    set_block_size(heap->env, block, bytes - HEADER);
    set_block_is_free(heap->env, block, 0);
    heap->held += bytes;
}

/* All blocks: the new bytes are a block at the list's tail. */
static VAddr extend_list(Explicit *heap, uint64_t bytes) {
    VAddr block = grow_break(heap->env, bytes, ALIGNMENT);
    if (block != 0) {
        make_block(heap, block, bytes);
        list_link(heap, heap->tail, block, 0);
        heap->start = heap->start == 0 ? block : heap->start;
    }
    return block;
}

/* Holes only, and the heap cannot go on where it ended: the region of `bytes` at `base` begins
 * anew.  One more header is needed for its epilogue, unless it is the very first. */
static bool begin_region(Explicit *heap, VAddr base, uint64_t bytes) {
    const AllocatorEnv *env = heap->env;
    if (heap->end == 0) {
        heap->start = base;
    } else {
        if (grow_break(env, HEADER, ALIGNMENT) == 0) {
            env->sbrk(env->host, -(int64_t)bytes);
            return false;
        }
        set_block_next(env, heap->end - HEADER, base);
    }
    heap->held += HEADER;
    set_block_prev(env, base, 0);
    return true;
}

/* Holes only: the old epilogue becomes the header of the new block, behind which stands a new
 * epilogue. */
static VAddr extend_region(Explicit *heap, uint64_t bytes) {
    const AllocatorEnv *env = heap->env;
    uint64_t first = heap->end == 0 ? HEADER : 0;
    VAddr base = grow_break(env, bytes + first, ALIGNMENT);
    if (base == 0 || (base != heap->end && !begin_region(heap, base, bytes))) {
        return 0;
    }
    VAddr block = base == heap->end ? base - HEADER : base;
    make_block(heap, block, bytes);
    VAddr epilogue = block + bytes;
    set_block_size(env, epilogue, 0);
    set_block_next(env, epilogue, 0);
    set_block_prev(env, epilogue, 0);
    set_block_is_free(env, epilogue, 0);
    heap->end = epilogue + HEADER;
    return block;
}

/* Ask the system for a hole of at least `size` bytes; the hole, or 0. */
static VAddr extend(Explicit *heap, uint64_t size) {
    uint64_t bytes = HEADER + size;
    if (heap->list == LIST_ALL) {
        bytes = bytes > heap->growth ? bytes : heap->growth;
    } else {
        uint64_t growth = heap->growth;
        if (heap->end == 0) { /* the first epilogue is part of the first growth */
            growth = growth > HEADER ? growth - HEADER : 0;
        }
        bytes = bytes > growth ? bytes : growth;
    }
    VAddr block = heap->list == LIST_ALL ? extend_list(heap, bytes) : extend_region(heap, bytes);
    return block == 0 ? 0 : release(heap, block);
}

/* ---- malloc and free ---- */

/* Cut the hole down to `size` bytes, if what is left over is enough for a hole; that follows it
 * on the list.  The new hole, or 0. */
static VAddr split(Explicit *heap, VAddr hole, uint64_t size) {
    const AllocatorEnv *env = heap->env;
    uint64_t rest_bytes = block_size(env, hole) - size;
    if (rest_bytes < heap->split) {
        return 0;
    }
    VAddr rest = hole + HEADER + size;
    set_block_size(env, hole, size);
    set_block_size(env, rest, rest_bytes - HEADER);
    set_block_is_free(env, rest, 1);
    list_link(heap, hole, rest, block_next(env, hole));
    return rest;
}

/* Turn a hole into a used block of `size` bytes. */
static void take(Explicit *heap, VAddr hole, uint64_t size) {
    heap->rover = hole;
    VAddr rest = split(heap, hole, size);
    tell_right(heap, rest != 0 ? rest : hole, rest);
    if (heap->list == LIST_ALL) {
        heap->rover = block_next(heap->env, hole);
    } else {
        list_remove(heap, hole);
        set_block_next(heap->env, hole, 0);
        set_block_prev(heap->env, hole, 0);
    }
    set_block_is_free(heap->env, hole, 0);
}

static VAddr explicit_malloc(void *self, uint64_t size) {
    Explicit *heap = self;
    size = round_up(size, ALIGNMENT);
    VAddr hole = find_hole(heap, size);
    hole = hole != 0 ? hole : extend(heap, size);
    if (hole == 0) {
        return 0;
    }
    take(heap, hole, size);
    return hole + HEADER;
}

static void explicit_free(void *self, VAddr payload) { release(self, payload - HEADER); }

static uint64_t explicit_usable_size(void *self, VAddr payload) {
    const Explicit *heap = self;
    return block_size(heap->env, payload - HEADER);
}

/* ---- walk and check ---- */

static bool is_epilogue(const Explicit *heap, const AllocatorEnv *peek, VAddr block) {
    return heap->list != LIST_ALL && block_size(peek, block) == 0;
}

/* The next block in address order, or 0. */
static VAddr next_in_memory(const Explicit *heap, const AllocatorEnv *peek, VAddr block) {
    bool linked = heap->list == LIST_ALL || is_epilogue(heap, peek, block);
    return linked ? block_next(peek, block) : block_end(peek, block);
}

static void explicit_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host) {
    const Explicit *heap = self;
    for (VAddr block = heap->start; block != 0; block = next_in_memory(heap, peek, block)) {
        uint64_t size = block_size(peek, block);
        bool is_free = block_is_free(peek, block) != 0;
        HeapBlock report = {.va = block, .length = HEADER + size, .kind = BLOCK_OVERHEAD};
        if (!is_epilogue(heap, peek, block)) {
            report.kind = is_free ? BLOCK_FREE : BLOCK_USED;
            report.payload = block + HEADER;
            report.payload_length = size;
            report.link = heap->list == LIST_ALL || is_free ? block_next(peek, block) : 0;
        }
        visit(host, &report);
    }
}

/* What one pass over memory adds up. */
typedef struct Sums {
    uint64_t bytes, listed;
    VAddr hole_end; /* of the last block seen, if it is a hole */
    VAddr hole;
} Sums;

static const char *check_block(const Explicit *heap, const AllocatorEnv *peek, VAddr block,
                               Sums *sums) {
    uint64_t size = block_size(peek, block), is_free = block_is_free(peek, block);
    if (size % ALIGNMENT != 0 || (heap->list == LIST_ALL && size == 0)) {
        return "explicit: a block's size is 0 or no multiple of 8";
    }
    if (is_free > 1 || (is_free == 1 && is_epilogue(heap, peek, block))) {
        return "explicit: is_free is neither 0 nor 1";
    }
    VAddr left = sums->hole_end == block ? sums->hole : 0;
    if (heap->coalesce && left != 0 && is_free) {
        return "explicit: two holes touch and were not merged";
    }
    if (heap->coalesce && heap->list != LIST_ALL && !is_free && block_prev(peek, block) != left) {
        return "explicit: a used block does not know the hole to its left";
    }
    sums->bytes += HEADER + size;
    sums->listed += heap->list == LIST_ALL || is_free;
    sums->hole = block;
    sums->hole_end = is_free ? block + HEADER + size : 0;
    return NULL;
}

static const char *check_list(const Explicit *heap, const AllocatorEnv *peek, uint64_t listed) {
    VAddr previous = 0;
    for (VAddr block = heap->head; block != 0; block = block_next(peek, block)) {
        if (block_prev(peek, block) != previous) {
            return "explicit: next and prev do not agree";
        }
        if (heap->list != LIST_ALL && block_is_free(peek, block) != 1) {
            return "explicit: a used block is on the list of holes";
        }
        if (heap->list != LIST_LIFO && block <= previous) {
            return "explicit: the list is not in address order";
        }
        previous = block;
        listed--;
    }
    if (previous != heap->tail || listed != 0) {
        return "explicit: the list has lost or gained blocks";
    }
    return NULL;
}

static const char *explicit_check(void *self, const AllocatorEnv *peek) {
    const Explicit *heap = self;
    Sums sums = {0};
    for (VAddr block = heap->start; block != 0; block = next_in_memory(heap, peek, block)) {
        const char *wrong = check_block(heap, peek, block, &sums);
        if (wrong != NULL) {
            return wrong;
        }
    }
    if (sums.bytes != heap->held) {
        return "explicit: the blocks do not add up to the heap";
    }
    return check_list(heap, peek, sums.listed);
}

static void *explicit_clone(const void *self, const AllocatorEnv *env) {
    return model_clone(self, sizeof(Explicit), env);
}

const AllocatorOps allocator_explicit = {
    .info = {.name = "explicit",
             .summary = "32-byte headers, a list of holes (or of all blocks), four fits",
             .source = "Bryant and O'Hallaron, Computer Systems, 9.9; Knuth, TAOCP 1, 2.5",
             .params = explicit_params},
    .alignment = ALIGNMENT,
    .create = explicit_create,
    .destroy = free,
    .clone = explicit_clone,
    .malloc = explicit_malloc,
    .free = explicit_free,
    .usable_size = explicit_usable_size,
    .walk = explicit_walk,
    .check = explicit_check,
};
