/* kr.c - Kernighan and Ritchie's malloc: a circular list of holes in address order.
 *
 *      base              hole                    hole
 *     +---+   +----------+------+    +-----------+------+
 *     | 0 |-->| ptr size | .... |--> | ptr  size | .... |--> base     units of 16 bytes
 *     +---+   +----------+------+    +-----------+------+
 *
 * Idea: blocks are counted in units of the size of a header.  malloc goes round the list from
 * where the last call left off (`freep`) and takes the first hole that is big enough, from its
 * tail: then only the hole's size changes, no link.  free goes round to the place where the hole
 * belongs by its address, and there sees both neighbours, so merging is free of charge.  The list
 * is never empty: it has a hole of size 0, `base`, a global variable, here the address 0.
 *
 * Invariants (kr_check): from base around to base the links ascend; no two holes touch; freep is
 * base or a hole;  the sum of all blocks' sizes = the bytes of the stretches.
 *
 * Header, in simulated memory: ptr (next hole; of no meaning in a used block) at 0, size in units,
 * the header's own included, at 8.
 */
#include "allocators.h"
#include "stretch.h"

#include <stdlib.h>

#define UNIT 16
#define BASE 0 /* the address of the hole in the global variable `base` */

HEADER_FIELD(stored_ptr, 0)
HEADER_FIELD(stored_size, 8)

typedef struct Kr {
    const AllocatorEnv *env;
    Fit fit;
    uint64_t growth; /* units                        */
    VAddr base_ptr;  /* base.ptr; base.size is 0      */
    VAddr freep;     /* where the next search starts  */
    Stretch stretch;
} Kr;

enum { PARAM_FIT, PARAM_GROWTH };
static const Param kr_params[] = {
    [PARAM_FIT] = {.name = "fit",
                   .kind = PARAM_CHOICE,
                   .initial = 0,
                   .choices = "next|first",
                   .help = "searches start where the last one ended, or at the lowest address"},
    [PARAM_GROWTH] = {.name = "growth",
                      .kind = PARAM_SIZE,
                      .initial = 65536,
                      .min = 1,
                      .max = UINT64_C(1) << 40,
                      .help = "the least that is asked of the system, rounded up to 16 (in the "
                              "book 1024 units)"},
    {.name = NULL},
};

static void *kr_create(const AllocatorEnv *env, const uint64_t *params) {
    Kr *kr = calloc(1, sizeof *kr);
    if (kr != NULL) {
        kr->env = env;
        kr->fit = params[PARAM_FIT] == 0 ? FIT_NEXT : FIT_FIRST;
        kr->growth = round_up(params[PARAM_GROWTH], UNIT) / UNIT;
    }
    return kr;
}

/* ---- the list, in which base is a hole like any other ---- */

static VAddr hole_ptr(const Kr *kr, const AllocatorEnv *env, VAddr hole) {
    return hole == BASE ? kr->base_ptr : stored_ptr(env, hole);
}

static void set_hole_ptr(Kr *kr, VAddr hole, VAddr next) {
    if (hole == BASE) {
        kr->base_ptr = next;
    } else {
        set_stored_ptr(kr->env, hole, next);
    }
}

static uint64_t hole_size(const AllocatorEnv *env, VAddr hole) {
    return hole == BASE ? 0 : stored_size(env, hole);
}

/* The hole behind which `block` belongs: it lies between the hole and the next one, or beyond
 * the end of the list, where the addresses begin again. */
static VAddr find_place(const Kr *kr, VAddr block) {
    VAddr hole = kr->freep;
    for (;;) {
        VAddr next = hole_ptr(kr, kr->env, hole);
        bool between = block > hole && block < next;
        bool beyond = hole >= next && (block > hole || block < next);
        if (between || beyond) {
            return hole;
        }
        hole = next;
    }
}

/* Put a block on the list, merged with the holes that it touches. */
static void insert_block(Kr *kr, VAddr block) {
    const AllocatorEnv *env = kr->env;
    VAddr left = find_place(kr, block), right = hole_ptr(kr, env, left);
    uint64_t units = stored_size(env, block), left_units = hole_size(env, left);
    if (right != BASE && block + units * UNIT == right) {
        set_stored_size(env, block, units + stored_size(env, right));
        right = stored_ptr(env, right);
    }
    set_stored_ptr(env, block, right);
    if (left != BASE && left + left_units * UNIT == block) {
        set_stored_size(env, left, left_units + stored_size(env, block));
        set_stored_ptr(env, left, right);
    } else {
        set_hole_ptr(kr, left, block);
    }
    kr->freep = left;
}

/* ---- malloc and free ---- */

/* Ask the system for at least `units`; they are freed like any block. */
static bool more_core(Kr *kr, uint64_t units) {
    units = units > kr->growth ? units : kr->growth;
    VAddr block = stretch_grow(&kr->stretch, kr->env, units * UNIT, 0);
    if (block == 0) {
        return false;
    }
    set_stored_size(kr->env, block, units);
    insert_block(kr, block);
    return true;
}

/* Take `units` from the tail of a hole of `have`, or all of it. */
static VAddr take(Kr *kr, VAddr previous, VAddr hole, uint64_t have, uint64_t units) {
    kr->freep = previous;
    if (have == units) {
        set_hole_ptr(kr, previous, stored_ptr(kr->env, hole));
        return hole;
    }
    set_stored_size(kr->env, hole, have - units);
    VAddr block = hole + (have - units) * UNIT;
    set_stored_size(kr->env, block, units);
    return block;
}

static VAddr kr_malloc(void *self, uint64_t size) {
    Kr *kr = self;
    uint64_t units = round_up(size, UNIT) / UNIT + 1;
    kr->freep = kr->fit == FIT_FIRST ? BASE : kr->freep;
    VAddr previous = kr->freep;
    for (;;) {
        VAddr hole = hole_ptr(kr, kr->env, previous);
        uint64_t have = hole_size(kr->env, hole);
        if (have >= units) {
            return take(kr, previous, hole, have, units) + UNIT;
        }
        previous = hole;
        if (hole == kr->freep) { /* once around */
            if (!more_core(kr, units)) {
                return 0;
            }
            previous = kr->freep;
        }
    }
}

static void kr_free(void *self, VAddr payload) {
    Kr *kr = self;
    kr->freep = kr->fit == FIT_FIRST ? BASE : kr->freep;
    insert_block(kr, payload - UNIT);
}

static uint64_t kr_usable_size(void *self, VAddr payload) {
    const Kr *kr = self;
    return (stored_size(kr->env, payload - UNIT) - 1) * UNIT;
}

/* ---- walk and check ---- */

/* The first hole at or above `block`, going on from `hole`; BASE if there is none. */
static VAddr advance(const AllocatorEnv *peek, VAddr hole, VAddr block) {
    while (hole != BASE && hole < block) {
        VAddr next = stored_ptr(peek, hole);
        hole = next > hole ? next : BASE;
    }
    return hole;
}

static void walk_stretch(const Kr *kr, const AllocatorEnv *peek, const Stretch *stretch,
                         HeapVisit visit, void *host) {
    VAddr hole = kr->base_ptr, inside = stretch_inside(stretch);
    if (inside != stretch->start) {
        visit_overhead(stretch->start, STRETCH_LINK, visit, host);
    }
    for (VAddr block = inside; block < stretch->end;) {
        uint64_t bytes = stored_size(peek, block) * UNIT;
        hole = advance(peek, hole, block);
        bool is_hole = block == hole;
        visit(host, &(HeapBlock){.va = block,
                                 .length = bytes,
                                 .payload = block + UNIT,
                                 .payload_length = bytes - UNIT,
                                 .kind = is_hole ? BLOCK_FREE : BLOCK_USED,
                                 .link = is_hole ? stored_ptr(peek, hole) : 0});
        block += bytes;
    }
}

static void kr_walk(void *self, const AllocatorEnv *peek, HeapVisit visit, void *host) {
    const Kr *kr = self;
    Stretch stretch = kr->stretch;
    do {
        walk_stretch(kr, peek, &stretch, visit, host);
    } while (stretch_step_back(&stretch, peek));
}

static const char *check_list(const Kr *kr, const AllocatorEnv *peek) {
    VAddr end = 0;
    bool found = kr->freep == BASE;
    for (VAddr hole = kr->base_ptr; hole != BASE; hole = stored_ptr(peek, hole)) {
        uint64_t units = stored_size(peek, hole);
        if (hole < end || hole % UNIT != 0 || units == 0) {
            return "kr: the holes do not ascend or overlap";
        }
        if (hole == end) {
            return "kr: two holes touch and were not merged";
        }
        found = found || hole == kr->freep;
        end = hole + units * UNIT;
    }
    return found ? NULL : "kr: freep is not on the list";
}

/* Blocks lie end to end from the stretch's start to its end; `holes` counts those on the list. */
static const char *check_stretch(const Kr *kr, const AllocatorEnv *peek, const Stretch *stretch,
                                 uint64_t *holes) {
    VAddr block = stretch_inside(stretch), hole = kr->base_ptr;
    while (block < stretch->end) {
        hole = advance(peek, hole, block);
        *holes += hole == block;
        uint64_t units = stored_size(peek, block);
        if (units == 0 || units > (stretch->end - block) / UNIT) {
            return "kr: the blocks do not add up to the heap";
        }
        block += units * UNIT;
    }
    return NULL;
}

static const char *kr_check(void *self, const AllocatorEnv *peek) {
    const Kr *kr = self;
    Stretch stretch = kr->stretch;
    uint64_t holes = 0;
    const char *wrong = check_list(kr, peek);
    do {
        wrong = wrong != NULL ? wrong : check_stretch(kr, peek, &stretch, &holes);
    } while (wrong == NULL && stretch_step_back(&stretch, peek));
    for (VAddr hole = kr->base_ptr; wrong == NULL && hole != BASE; hole = stored_ptr(peek, hole)) {
        holes--;
    }
    return wrong != NULL || holes == 0 ? wrong : "kr: a hole lies inside of a block";
}

static void *kr_clone(const void *self, const AllocatorEnv *env) {
    return model_clone(self, sizeof(Kr), env);
}

const AllocatorOps allocator_kr = {
    .info = {.name = "kr",
             .summary = "a circular list of holes by address, next fit, from the tail",
             .source = "Kernighan and Ritchie, The C Programming Language, 2nd ed., 8.7",
             .params = kr_params},
    .alignment = UNIT,
    .create = kr_create,
    .destroy = free,
    .clone = kr_clone,
    .malloc = kr_malloc,
    .free = kr_free,
    .usable_size = kr_usable_size,
    .walk = kr_walk,
    .check = kr_check,
};
