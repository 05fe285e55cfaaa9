/* generations.h - frames by age, counted in generations: the lists of linux-mglru.
 *
 *     min_seq                                max_seq
 *   [ oldest ]     [  ...  ]    [  ...  ]   [ youngest ]  <- new pages, used ones
 *      ^ next to be looked at
 *                                    aside: taken out to be judged, or judged and kept
 *
 * Idea: a page becomes younger by changing a number.  It stays linked where it is, and is moved to
 * the list of its generation only when the oldest list is worked through and it turns up there.
 *
 * Generations are numbered for ever; there are 2 to 4, so a list serves every fourth number.  All
 * lists share one array of links, as a frame is on one list at a time.
 *
 * Invariant (generations_check): min_seq + 1 <= max_seq <= min_seq + 3; each frame's generation is
 * within these; count[g] = frames of generation g; a frame is linked in the list of its generation or
 * an older one; one that is aside is of no generation.
 * Source: Linux, include/linux/mm_inline.h (lru_gen_*) and mm/vmscan.c (Yu Zhao, 2022).
 */
#ifndef FAULTLINE_GENERATIONS_H
#define FAULTLINE_GENERATIONS_H

#include "frame_list.h"

#define GENERATIONS_MIN 2u /* MIN_NR_GENS */
#define GENERATIONS_MAX 4u /* MAX_NR_GENS */

/* Numbers of lists: those of generations come first. */
typedef enum AsideList {
    ASIDE_ISOLATED = GENERATIONS_MAX, /* the batch that is being judged */
    ASIDE_KEPT,                       /* of that, those that stay */
    FRAME_LISTS,
} AsideList;

typedef struct FrameAge {
    uint32_t generation;
    uint8_t list; /* the number of the list that it is on */
    bool wanted;  /* seen used while it was isolated */
} FrameAge;

typedef struct Generations {
    FrameList lists[FRAME_LISTS]; /* first: the oldest */
    FrameAge *ages;               /* lazy, of each frame */
    uint32_t min_seq, max_seq;
    uint32_t count[GENERATIONS_MAX]; /* by number modulo GENERATIONS_MAX */
} Generations;

bool generations_init(Generations *g, uint32_t frame_count);
void generations_clear(Generations *g);

static inline uint32_t generations_alive(const Generations *g) {
    return g->max_seq - g->min_seq + 1;
}
static inline uint32_t generation_count(const Generations *g, uint32_t generation) {
    return g->count[generation % GENERATIONS_MAX];
}
static inline FrameList *generation_oldest(Generations *g) {
    return &g->lists[g->min_seq % GENERATIONS_MAX];
}

/* A new frame, as the youngest. */
void generations_add(Generations *g, Pfn frame);
void generations_remove(Generations *g, Pfn frame);
/* The frame was seen used: it belongs to the youngest generation. */
void generation_promote(Generations *g, Pfn frame);
/* A frame of the oldest list that belongs elsewhere is linked there.  False: it is where it belongs. */
bool generation_sort(Generations *g, Pfn frame);
/* A frame of the oldest generation goes to the next one, as its youngest. */
void generation_postpone(Generations *g, Pfn frame);
/* Link the frame in a list aside. */
void generation_put_aside(Generations *g, Pfn frame, AsideList list);
/* All frames that are aside there are the youngest. */
void generation_put_back(Generations *g, AsideList list);

/* A new youngest generation, empty.  If there would be too many, the oldest two become one. */
void generations_advance(Generations *g);
/* Oldest generations without frames are over, as long as two are left.  True: one was. */
bool generations_retire(Generations *g);

const char *generations_check(const Generations *g);

#endif
