/* frame_set.c - see frame_set.h. */
#include "frame_set.h"

#include "faultline/lazy.h"

#include <assert.h>

bool frame_set_init(FrameSet *set, uint32_t frame_count) {
    *set = (FrameSet){
        .sums = lazy_alloc(frame_count, sizeof(uint32_t)),
        .frame_count = frame_count,
        .half = 1,
    };
    while (set->half <= frame_count / 2) {
        set->half *= 2;
    }
    return set->sums != NULL;
}

void frame_set_clear(FrameSet *set) {
    lazy_free(set->sums, set->frame_count, sizeof(uint32_t));
    *set = (FrameSet){0};
}

/* `change` is 1 or, modulo 2^32, -1. */
static void sums_change(FrameSet *set, Pfn frame, uint32_t change) {
    assert(frame < set->frame_count);
    for (uint64_t i = UINT64_C(1) + frame; i <= set->frame_count; i += i & -i) {
        set->sums[i - 1] += change;
    }
    set->count += change;
}

void frame_set_add(FrameSet *set, Pfn frame) { sums_change(set, frame, 1); }

void frame_set_remove(FrameSet *set, Pfn frame) { sums_change(set, frame, UINT32_MAX); }

Pfn frame_set_at(const FrameSet *set, uint32_t rank) {
    assert(rank < set->count);
    uint64_t skipped = 0;
    for (uint64_t half = set->half; half > 0; half /= 2) {
        if (skipped + half <= set->frame_count && set->sums[skipped + half - 1] <= rank) {
            skipped += half;
            rank -= set->sums[skipped - 1];
        }
    }
    return (Pfn)skipped;
}

const char *frame_set_check(const FrameSet *set) {
    uint64_t above = 0; /* the last member + 1 */
    for (uint32_t rank = 0; rank < set->count; rank++) {
        Pfn frame = frame_set_at(set, rank);
        if (frame < above || frame >= set->frame_count) {
            return "frame set: members do not rise with their ranks";
        }
        above = UINT64_C(1) + frame;
    }
    return NULL;
}
