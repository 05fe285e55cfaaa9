/* pattern_zipf.c - pages drawn by popularity: a few hot ones, a long cold tail.
 *
 * Idea: rank k (0 is the hottest) has the integer weight 2^32 / (k+1).  A number r below the sum
 * of all weights belongs to the first rank whose cumulative weight exceeds it:
 *
 *     cumulative:   |------- rank 0 -------|--- rank 1 ---|- rank 2 -|-...-|
 *                   0                 r ------^                            total
 *     guide:        |  ^  |  ^  |  ^  |  ^  |  ^  |  ^  |    equal slices of 2^shift
 *
 * The guide holds, for the start of each slice, the rank that it falls into; so the binary search
 * looks at the few ranks of one slice and not at all of them.  It changes no result.
 *
 * Invariants: cumulative[] strictly increases up to total; page_of_rank[] is a permutation;
 *     guide[s] = the first k with cumulative[k] > s * 2^shift (the last rank if there is none).
 * Used by pattern.c.
 */
#include "pattern_parts.h"

struct Zipf {
    uint64_t count, total;
    uint64_t *cumulative;
    uint32_t *page_of_rank;
    uint32_t *guide; /* (total >> shift) + 2 entries */
    unsigned shift;
};

static unsigned log2_floor(uint64_t x) { return 63u - (unsigned)__builtin_clzll(x); }

static void fill_weights(Zipf *zipf) {
    for (uint64_t k = 0; k < zipf->count; k++) {
        zipf->total += (UINT64_C(1) << 32) / (k + 1);
        zipf->cumulative[k] = zipf->total;
    }
}

static void deal_pages(Zipf *zipf, Rng *rng) {
    uint32_t *page = zipf->page_of_rank;
    for (uint64_t i = 0; i < zipf->count; i++) {
        page[i] = (uint32_t)i;
    }
    for (uint64_t i = zipf->count - 1; i >= 1; i--) {
        uint64_t j = rng_below(rng, i + 1);
        uint32_t held = page[i];
        page[i] = page[j];
        page[j] = held;
    }
}

/* About as many slices as ranks, so that a slice of the tail holds a few dozen ranks. */
static bool build_guide(Zipf *zipf) {
    zipf->shift = log2_floor(zipf->total) - log2_floor(zipf->count);
    uint64_t slices = (zipf->total >> zipf->shift) + 2;
    zipf->guide = g_try_new(uint32_t, slices);
    if (zipf->guide == NULL) {
        return false;
    }
    uint64_t k = 0;
    for (uint64_t s = 0; s < slices; s++) {
        while (k + 1 < zipf->count && zipf->cumulative[k] <= s << zipf->shift) {
            k++;
        }
        zipf->guide[s] = (uint32_t)k;
    }
    return true;
}

Zipf *zipf_create(uint64_t count, Rng *rng) {
    g_assert(count >= 1 && count <= PATTERN_TABLE_MAX);
    Zipf *zipf = g_new0(Zipf, 1);
    zipf->count = count;
    zipf->cumulative = g_try_new(uint64_t, count);
    zipf->page_of_rank = g_try_new(uint32_t, count);
    if (zipf->cumulative == NULL || zipf->page_of_rank == NULL) {
        zipf_destroy(zipf);
        return NULL;
    }
    fill_weights(zipf);
    deal_pages(zipf, rng);
    if (!build_guide(zipf)) {
        zipf_destroy(zipf);
        return NULL;
    }
    return zipf;
}

uint64_t zipf_draw(const Zipf *zipf, Rng *rng) {
    uint64_t r = rng_next(rng) % zipf->total;
    uint64_t slice = r >> zipf->shift;
    uint32_t low = zipf->guide[slice], high = zipf->guide[slice + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (r < zipf->cumulative[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return zipf->page_of_rank[low];
}

void zipf_destroy(Zipf *zipf) {
    if (zipf != NULL) {
        g_free(zipf->cumulative);
        g_free(zipf->page_of_rank);
        g_free(zipf->guide);
        g_free(zipf);
    }
}
