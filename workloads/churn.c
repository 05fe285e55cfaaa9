/* churn.c - malloc and free, again and again, near a bound on live bytes.
 *
 * Idea: the next size is drawn and kept until it fits.  While it does not, blocks are freed, one a
 * step; so the live bytes climb to the bound and then hover just below it, which is where heaps
 * fragment.
 *
 * Invariants: live_bytes = sum of the sizes of live blocks <= spec->live_bytes;
 *     every number below `numbers` is either live or on the stack of free numbers, so numbers
 *     stay below the most blocks ever live at once.
 * Used by sim for the op "churn".
 */
#include "churn.h"

#include <glib.h>

/* More blocks than these never live at once: one is freed instead. */
#define BLOCKS_MAX (UINT32_C(1) << 26)

typedef struct LiveBlock {
    uint32_t block;
    uint64_t size;
} LiveBlock;

struct Churn {
    const ChurnSpec *spec;
    Rng *rng;
    uint64_t left; /* operations still to be made */
    uint64_t live_bytes;
    uint64_t size;        /* of the next block, drawn already; 0: not yet              */
    GArray *live;         /* LiveBlock; fifo and lifo: from `oldest` on in order of age */
    guint oldest;         /* fifo: index of the oldest block; those before it are gone  */
    GArray *free_numbers; /* uint32_t */
    uint32_t numbers;     /* block numbers ever used: 0..numbers-1 */
};

Churn *churn_start(const ChurnSpec *spec, Rng *rng) {
    g_assert(spec->size_min >= 1 && spec->size_min <= spec->size_max &&
             spec->size_max <= spec->live_bytes);
    Churn *churn = g_new0(Churn, 1);
    churn->spec = spec;
    churn->rng = rng;
    churn->left = spec->operations;
    churn->live = g_array_new(FALSE, FALSE, sizeof(LiveBlock));
    churn->free_numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return churn;
}

void churn_free(Churn *churn) {
    if (churn != NULL) {
        g_array_unref(churn->live);
        g_array_unref(churn->free_numbers);
        g_free(churn);
    }
}

/* ---- sizes ------------------------------------------------------------------------------ */

static uint64_t draw_between(Rng *rng, uint64_t low, uint64_t high) {
    return low + rng_below_wide(rng, high - low + 1);
}

/* Toss a coin for each doubling: half the blocks are below 2 x min, a quarter below 4 x min ... */
static uint64_t draw_geometric(Rng *rng, uint64_t min, uint64_t max) {
    uint64_t low = min;
    while (low <= max / 2 && rng_below(rng, 2) == 1) {
        low *= 2;
    }
    uint64_t high = low <= max / 2 ? 2 * low - 1 : max;
    return draw_between(rng, low, high);
}

/* A power of two, each as likely as the others; `max` if none lies in min..max. */
static uint64_t draw_power(Rng *rng, uint64_t min, uint64_t max) {
    unsigned lowest = min == 1 ? 0 : 64u - (unsigned)__builtin_clzll(min - 1);
    unsigned highest = 63u - (unsigned)__builtin_clzll(max);
    return lowest > highest ? max : UINT64_C(1) << draw_between(rng, lowest, highest);
}

static uint64_t draw_size(const ChurnSpec *spec, Rng *rng) {
    switch (spec->sizes) {
    case CHURN_GEOMETRIC:
        return draw_geometric(rng, spec->size_min, spec->size_max);
    case CHURN_POWERS:
        return draw_power(rng, spec->size_min, spec->size_max);
    case CHURN_UNIFORM:
    default:
        return draw_between(rng, spec->size_min, spec->size_max);
    }
}

/* ---- blocks ----------------------------------------------------------------------------- */

static uint32_t take_number(Churn *churn) {
    guint spare = churn->free_numbers->len;
    if (spare == 0) {
        return churn->numbers++;
    }
    uint32_t number = g_array_index(churn->free_numbers, uint32_t, spare - 1);
    g_array_set_size(churn->free_numbers, spare - 1);
    return number;
}

/* The oldest leave from the front; the gap is closed when it is half of the array, so that each
 * block is moved once on average. */
static LiveBlock take_oldest(Churn *churn) {
    LiveBlock taken = g_array_index(churn->live, LiveBlock, churn->oldest++);
    if (churn->oldest * 2 >= churn->live->len) {
        g_array_remove_range(churn->live, 0, churn->oldest);
        churn->oldest = 0;
    }
    return taken;
}

static LiveBlock take_victim(Churn *churn) {
    guint live = churn->live->len;
    if (churn->spec->lifetime == CHURN_FIFO) {
        return take_oldest(churn);
    }
    guint index =
        churn->spec->lifetime == CHURN_LIFO ? live - 1 : (guint)rng_below(churn->rng, live);
    LiveBlock taken = g_array_index(churn->live, LiveBlock, index);
    g_array_remove_index_fast(churn->live, index);
    return taken;
}

static ChurnStep step_malloc(Churn *churn) {
    LiveBlock block = {take_number(churn), churn->size};
    churn->live_bytes += block.size;
    churn->size = 0;
    g_array_append_val(churn->live, block);
    return (ChurnStep){.is_free = false, .block = block.block, .size = block.size};
}

static ChurnStep step_free(Churn *churn) {
    LiveBlock block = take_victim(churn);
    churn->live_bytes -= block.size;
    g_array_append_val(churn->free_numbers, block.block);
    return (ChurnStep){.is_free = true, .block = block.block, .size = block.size};
}

bool churn_next(Churn *churn, ChurnStep *step) {
    if (churn->left == 0) {
        return false;
    }
    churn->left--;
    if (churn->size == 0) {
        churn->size = draw_size(churn->spec, churn->rng);
    }
    bool fits = churn->size <= churn->spec->live_bytes - churn->live_bytes &&
                churn->live->len - churn->oldest < BLOCKS_MAX;
    *step = fits ? step_malloc(churn) : step_free(churn);
    return true;
}
