/* segregated.c - boundary tags, and a list of holes for each range of sizes.
 *
 *     | used: size+flags | payload ............. |
 *     | hole: size+flags | next prev ... | size |     the size again at the end: the boundary tag
 *       0                  8    16        size-8
 *
 * Idea: a block's header says whether the block to its left is used (LEFT_USED); if it is not, the
 * 8 bytes before the header are that hole's tag.  So free finds both neighbours at once, and a used
 * block has 8 bytes of header only.  Holes of about one size are on a list of their own, so malloc
 * looks at few that are too small (size_lists.h).
 *   powers  a list for each power of two.  malloc searches the size's own list, where only some are
 *           big enough, then takes from the next list that has a hole.
 *   tlsf    two-level segregated fit, 2^sli lists for each power of two: malloc first rounds the
 *           size up to where a list begins.  Every hole from there on is big enough: no search, two
 *           looks at bitmaps.
 *
 * Invariants (segregated_check): sizes are multiples of 16 and >= 32; LEFT_USED tells the truth; a
 * hole's tag = its size; no two holes touch; each hole is on the list of its size, next and prev
 * agree, bitmap and lists agree;  the sum of sizes + what opens and ends a stretch = the stretch.
 *
 * Each stretch of the heap opens with 8 bytes of padding, so that payloads are aligned, and ends
 * with an epilogue, the header of a used block of size 0.  List heads and bitmaps are globals.
 */
#include "allocators.h"
#include "size_lists.h"
#include "stretch.h"

#include <stdlib.h>

#define ALIGNMENT 16
#define HEADER    8
#define BLOCK_MIN HOLE_MIN /* header, next, prev, tag */
#define OPENING   16       /* of a stretch: padding and epilogue */
#define USED      UINT64_C(1)
#define LEFT_USED UINT64_C(2)
#define FLAGS     (ALIGNMENT - 1)

HEADER_FIELD(header, 0)

typedef struct Segregated {
    const AllocatorEnv *env;
    Fit fit;
    bool tlsf;
    uint64_t split, growth;
    SizeLists lists;
    Stretch stretch;
} Segregated;

enum { PARAM_LISTS, PARAM_FIT, PARAM_SLI, PARAM_SPLIT, PARAM_GROWTH };
static const Param segregated_params[] = {
    [PARAM_LISTS] = {.name = "lists",
                     .kind = PARAM_CHOICE,
                     .initial = 0,
                     .choices = "powers|tlsf",
                     .help = "a list for each power of two, or two-level segregated fit"},
    [PARAM_FIT] = {.name = "fit",
                   .kind = PARAM_CHOICE,
                   .initial = 0,
                   .choices = "first|best",
                   .help = "which hole of a list (tlsf: always the first)"},
    [PARAM_SLI] = {.name = "sli",
                   .kind = PARAM_COUNT,
                   .initial = 5,
                   .min = 1,
                   .max = SLI_MAX,
                   .help = "tlsf: each power of two is divided into 2^sli lists"},
    [PARAM_SPLIT] = {.name = "split",
                     .kind = PARAM_SIZE,
                     .initial = BLOCK_MIN,
                     .min = BLOCK_MIN,
                     .max = ALLOCATOR_SIZE_MAX,
                     .help = "a hole is split if at least this much is left over"},
    [PARAM_GROWTH] = {.name = "growth",
                      .kind = PARAM_SIZE,
                      .initial = 4096,
                      .min = 1,
                      .max = UINT64_C(1) << 40,
                      .help = "the least that is asked of the system, rounded up to 16"},
    {.name = NULL},
};

static void *segregated_create(const AllocatorEnv *env, const uint64_t *params) {
    Segregated *heap = calloc(1, sizeof *heap);
    if (heap != NULL) {
        heap->env = env;
        heap->tlsf = params[PARAM_LISTS] == 1;
        heap->fit = params[PARAM_FIT] == 1 ? FIT_BEST : FIT_FIRST;
        heap->lists.sli = heap->tlsf ? (unsigned)params[PARAM_SLI] : 0;
        heap->split = params[PARAM_SPLIT];
        heap->growth = round_up(params[PARAM_GROWTH], ALIGNMENT);
    }
    return heap;
}

/* ---- headers ---- */

static uint64_t block_size(const AllocatorEnv *env, VAddr block) {
    return header(env, block) & ~FLAGS;
}

static uint64_t tag_before(const AllocatorEnv *env, VAddr block) {
    return env_load64(env, block - 8);
}

static void set_left_used(const Segregated *heap, VAddr block, bool used) {
    uint64_t word = header(heap->env, block);
    set_header(heap->env, block, used ? word | LEFT_USED : word & ~LEFT_USED);
}

static uint64_t bytes_for(uint64_t size) {
    uint64_t bytes = round_up(HEADER + size, ALIGNMENT);
    return bytes > BLOCK_MIN ? bytes : BLOCK_MIN;
}

/* ---- finding a hole ---- */

/* The hole by `fit` of at least `size` bytes on one list, or 0. */
static VAddr search(const Segregated *heap, ListId id, uint64_t size) {
    const AllocatorEnv *env = heap->env;
    VAddr best = 0;
    uint64_t best_size = 0;
    for (VAddr hole = size_lists_head(&heap->lists, id); hole != 0; hole = hole_next(env, hole)) {
        uint64_t have = block_size(env, hole);
        if (have < size || (best != 0 && !fit_prefers(heap->fit, have, best_size))) {
            continue;
        }
        if (fit_is_greedy(heap->fit)) {
            return hole;
        }
        best = hole;
        best_size = have;
    }
    return best;
}

static VAddr find_hole(const Segregated *heap, uint64_t size) {
    ListId id = size_lists_id(&heap->lists, size);
    if (heap->tlsf) {
        id = size_lists_id(&heap->lists, size_lists_round(&heap->lists, size));
        return size_lists_find(&heap->lists, id, &id) ? size_lists_head(&heap->lists, id) : 0;
    }
    VAddr hole = search(heap, id, size);
    if (hole == 0 && size_lists_find(&heap->lists, (ListId){id.first + 1, 0}, &id)) {
        hole = search(heap, id, size);
    }
    return hole;
}

/* ---- making and taking holes ---- */

/* A used block becomes a hole, merged with the holes that it touches. */
static void release(Segregated *heap, VAddr block) {
    const AllocatorEnv *env = heap->env;
    uint64_t word = header(env, block), size = word & ~FLAGS;
    uint64_t right_word = header(env, block + size), right_size = right_word & ~FLAGS;
    if ((right_word & USED) == 0) {
        size_lists_remove(&heap->lists, heap->env, block + size, right_size);
        size += right_size;
    }
    if ((word & LEFT_USED) == 0) {
        uint64_t left_size = tag_before(env, block);
        block -= left_size;
        size += left_size;
        size_lists_remove(&heap->lists, heap->env, block, left_size);
    }
    set_header(env, block, size | LEFT_USED);
    env_store64(env, block + size - 8, size);
    set_left_used(heap, block + size, false);
    size_lists_insert(&heap->lists, heap->env, block, size);
}

/* A used block of `have` bytes keeps `need`; the rest becomes a hole, if it is enough for one. */
static void cut(Segregated *heap, VAddr block, uint64_t have, uint64_t need) {
    const AllocatorEnv *env = heap->env;
    uint64_t left = header(env, block) & LEFT_USED;
    bool is_split = have - need >= heap->split;
    set_header(env, block, (is_split ? need : have) | USED | left);
    if (is_split) {
        set_header(env, block + need, (have - need) | USED | LEFT_USED);
        release(heap, block + need);
    } else {
        set_left_used(heap, block + have, true);
    }
}

/* Ask the system for a hole of at least `size` bytes.  The old epilogue becomes its header, and a
 * new one stands at the new end. */
static bool extend(Segregated *heap, uint64_t size) {
    const AllocatorEnv *env = heap->env;
    Stretch before = heap->stretch;
    uint64_t growth = heap->growth;
    if (before.end == 0) { /* the opening is part of the first growth */
        growth = growth > OPENING ? growth - OPENING : 0;
    }
    uint64_t bytes = size > growth ? size : growth;
    VAddr at = stretch_grow(&heap->stretch, env, bytes, OPENING);
    if (at == 0) {
        return false;
    }
    bool goes_on = before.end != 0 && heap->stretch.start == before.start;
    VAddr block = goes_on ? at - HEADER : at + HEADER;
    uint64_t left = goes_on ? header(env, block) & LEFT_USED : LEFT_USED;
    set_header(env, block, bytes | USED | left);
    set_header(env, block + bytes, USED | LEFT_USED);
    release(heap, block);
    return true;
}

/* ---- malloc and free ---- */

/* After a growth the hole is there, but tlsf may look for a list beyond it: so that much more is
 * asked for. */
static VAddr find_or_extend(Segregated *heap, uint64_t size) {
    VAddr hole = find_hole(heap, size);
    if (hole == 0 &&
        extend(heap, heap->tlsf ? round_up(size_lists_round(&heap->lists, size), 16) : size)) {
        hole = find_hole(heap, size);
    }
    return hole;
}

static VAddr segregated_malloc(void *self, uint64_t size) {
    Segregated *heap = self;
    uint64_t need = bytes_for(size);
    VAddr hole = find_or_extend(heap, need);
    if (hole == 0) {
        return 0;
    }
    uint64_t have = block_size(heap->env, hole);
    size_lists_remove(&heap->lists, heap->env, hole, have);
    cut(heap, hole, have, need);
    return hole + HEADER;
}

static void segregated_free(void *self, VAddr payload) { release(self, payload - HEADER); }

static uint64_t segregated_usable_size(void *self, VAddr payload) {
    const Segregated *heap = self;
    return block_size(heap->env, payload - HEADER) - HEADER;
}

/* The hole to the right belongs to the block from now on, if that makes the block big enough. */
static uint64_t absorb_right(Segregated *heap, VAddr block, uint64_t have, uint64_t need) {
    uint64_t right_word = header(heap->env, block + have), right_size = right_word & ~FLAGS;
    if ((right_word & USED) != 0 || have + right_size < need) {
        return have;
    }
    size_lists_remove(&heap->lists, heap->env, block + have, right_size);
    return have + right_size;
}

static VAddr segregated_realloc(void *self, VAddr payload, uint64_t size) {
    Segregated *heap = self;
    VAddr block = payload - HEADER;
    uint64_t have = block_size(heap->env, block), need = bytes_for(size), room = have - HEADER;
    if (need > have) {
        have = absorb_right(heap, block, have, need);
    }
    if (need <= have) {
        cut(heap, block, have, need);
        return payload;
    }
    VAddr moved = segregated_malloc(heap, size);
    if (moved != 0) {
        heap->env->copy(heap->env->host, moved, payload, room);
        release(heap, block);
    }
    return moved;
}

/* A block that is large enough to have an aligned one inside, less what is before and behind. */
static VAddr segregated_aligned_alloc(void *self, uint64_t alignment, uint64_t size) {
    Segregated *heap = self;
    const AllocatorEnv *env = heap->env;
    VAddr payload = segregated_malloc(heap, size + alignment + BLOCK_MIN);
    if (payload == 0) {
        return 0;
    }
    VAddr block = payload - HEADER;
    uint64_t word = header(env, block), have = word & ~FLAGS;
    VAddr aligned = round_up(payload, alignment);
    if (aligned != payload) {
        aligned = round_up(payload + BLOCK_MIN, alignment);
        uint64_t before = aligned - payload;
        set_header(env, block, before | (word & FLAGS));
        set_header(env, block + before, (have - before) | USED | LEFT_USED);
        release(heap, block);
        block += before;
        have -= before;
    }
    cut(heap, block, have, bytes_for(size));
    return aligned;
}

/* ---- walk and check ---- */

static void walk_stretch(const Segregated *heap, const AllocatorEnv *peek, const Stretch *stretch,
                         HeapVisit visit, void *host) {
    VAddr block = stretch_inside(stretch) + HEADER, end = stretch->end - HEADER;
    visit_overhead(stretch->start, block - stretch->start, visit, host);
    while (block < end) {
        uint64_t word = header(peek, block), size = word & ~FLAGS;
        bool used = (word & USED) != 0;
        if (size < BLOCK_MIN || size > end - block) {
            break; /* new bytes that have no header yet, or a header that was overwritten */
        }
        visit(host, &(HeapBlock){.va = block,
                                 .length = size,
                                 .payload = block + HEADER,
                                 .payload_length = size - HEADER,
                                 .kind = used ? BLOCK_USED : BLOCK_FREE,
                                 .link = used ? 0 : hole_next(peek, block),
                                 .list = used ? NULL : "list",
                                 .list_size =
                                     used ? 0
                                          : size_lists_least(&heap->lists,
                                                             size_lists_id(&heap->lists, size))});
        block += size;
    }
    visit_overhead(block, end + HEADER - block, visit, host);
}

static void segregated_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host) {
    const Segregated *heap = self;
    Stretch stretch = heap->stretch;
    do {
        if (stretch.end != 0) {
            walk_stretch(heap, peek, &stretch, visit, host);
        }
    } while (stretch_step_back(&stretch, peek));
}

static const char *check_block(const AllocatorEnv *peek, VAddr block, VAddr end, bool left_used) {
    uint64_t word = header(peek, block), size = word & ~FLAGS;
    if (size < BLOCK_MIN || size > end - block) {
        return "segregated: the blocks do not add up to the heap";
    }
    if (((word & LEFT_USED) != 0) != left_used) {
        return "segregated: a block is wrong about the one to its left";
    }
    if ((word & USED) == 0 && !left_used) {
        return "segregated: two holes touch and were not merged";
    }
    if ((word & USED) == 0 && tag_before(peek, block + size) != size) {
        return "segregated: a hole's tag is not its size";
    }
    return NULL;
}

static const char *check_stretch(const AllocatorEnv *peek, const Stretch *stretch,
                                 uint64_t *holes) {
    VAddr block = stretch_inside(stretch) + HEADER, end = stretch->end - HEADER;
    bool left_used = true;
    while (block < end) {
        const char *wrong = check_block(peek, block, end, left_used);
        if (wrong != NULL) {
            return wrong;
        }
        uint64_t word = header(peek, block);
        left_used = (word & USED) != 0;
        *holes += !left_used;
        block += word & ~FLAGS;
    }
    bool ends_well = header(peek, end) == (USED | (left_used ? LEFT_USED : 0));
    return ends_well ? NULL : "segregated: the epilogue is wrong";
}

static const char *check_list(const Segregated *heap, const AllocatorEnv *peek, ListId id,
                              uint64_t *holes) {
    VAddr previous = 0;
    for (VAddr hole = size_lists_head(&heap->lists, id); hole != 0; hole = hole_next(peek, hole)) {
        uint64_t word = header(peek, hole);
        ListId right = size_lists_id(&heap->lists, word & ~FLAGS);
        if ((word & USED) != 0 || right.first != id.first || right.second != id.second) {
            return "segregated: a block is on a list where it does not belong";
        }
        if (hole_prev(peek, hole) != previous) {
            return "segregated: next and prev do not agree";
        }
        previous = hole;
        *holes -= 1;
    }
    return NULL;
}

static const char *check_lists(const Segregated *heap, const AllocatorEnv *peek, uint64_t holes) {
    for (unsigned first = 0; first < 64; first++) {
        for (unsigned second = 0; second < UINT64_C(1) << heap->lists.sli; second++) {
            const char *wrong = check_list(heap, peek, (ListId){first, second}, &holes);
            if (wrong != NULL) {
                return wrong;
            }
        }
    }
    return holes == 0 ? NULL : "segregated: a hole is on no list";
}

static const char *segregated_check(void *self, const AllocatorEnv *peek) {
    const Segregated *heap = self;
    Stretch stretch = heap->stretch;
    uint64_t holes = 0;
    const char *wrong = NULL;
    do {
        wrong = stretch.end == 0 ? NULL : check_stretch(peek, &stretch, &holes);
    } while (wrong == NULL && stretch_step_back(&stretch, peek));
    wrong = wrong != NULL ? wrong : size_lists_check(&heap->lists);
    return wrong != NULL ? wrong : check_lists(heap, peek, holes);
}

static void *segregated_clone(const void *self, const AllocatorEnv *env) {
    return model_clone(self, sizeof(Segregated), env);
}

const AllocatorOps allocator_segregated = {
    .info = {.name = "segregated",
             .summary = "boundary tags and a list of holes for each range of sizes, or TLSF",
             .source =
                 "Knuth, TAOCP 1, 2.5; Bryant and O'Hallaron, 9.9.14; Masmano, Ripoll, Crespo "
                 "and Real, TLSF, ECRTS 2004",
             .params = segregated_params},
    .alignment = ALIGNMENT,
    .create = segregated_create,
    .destroy = free,
    .clone = segregated_clone,
    .malloc = segregated_malloc,
    .free = segregated_free,
    .usable_size = segregated_usable_size,
    .realloc = segregated_realloc,
    .aligned_alloc = segregated_aligned_alloc,
    .walk = segregated_walk,
    .check = segregated_check,
};
