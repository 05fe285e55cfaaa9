/* curve_strings.h - reference strings for the tests of curves, and curves by brute force. */
#ifndef FAULTLINE_CURVE_STRINGS_H
#define FAULTLINE_CURVE_STRINGS_H

#include "reference_string.h"

#include "reference_answers.h"

/* From any page numbers below 2^32; they are renumbered as a recording would. */
static inline ReferenceString *string_of(const uint32_t *pages, uint64_t count) {
    ReferenceString *string = g_new0(ReferenceString, 1);
    string->runs = g_array_new(FALSE, FALSE, sizeof(ReferenceRun));
    g_autoptr(GHashTable) numbers = g_hash_table_new(NULL, NULL);
    for (uint64_t i = 0; i < count; i++) {
        gpointer number = g_hash_table_lookup(numbers, GUINT_TO_POINTER(pages[i]));
        if (number == NULL) {
            number = GUINT_TO_POINTER(++string->page_count);
            g_hash_table_insert(numbers, GUINT_TO_POINTER(pages[i]), number);
        }
        ReferenceRun run = {GPOINTER_TO_UINT(number) - 1, 1};
        ReferenceRun *last = string->runs->len == 0 ? NULL
                                                    : &g_array_index(string->runs, ReferenceRun,
                                                                     string->runs->len - 1);
        if (last != NULL && last->page == run.page) {
            last->count++;
        } else {
            g_array_append_val(string->runs, run);
        }
    }
    string->count = count;
    return string;
}

static inline ReferenceString *string_recorded(const char *name) {
    g_autoptr(GArray) references = string_seeded(name);
    g_autofree uint32_t *pages = g_new(uint32_t, references->len);
    for (guint i = 0; i < references->len; i++) {
        pages[i] = g_array_index(references, Reference, i).page;
    }
    return string_of(pages, references->len);
}

/* Random: uniform, or a walk with jumps, or loops of changing length. */
static inline void fill_random(Rng *rng, uint32_t *pages, uint64_t count, uint32_t page_count) {
    uint32_t at = 0, loop = 1, kind = (uint32_t)rng_below(rng, 3);
    for (uint64_t i = 0; i < count; i++) {
        if (rng_below(rng, 16) == 0) {
            loop = 1 + (uint32_t)rng_below(rng, page_count);
        }
        at = kind == 0                ? (uint32_t)rng_below(rng, page_count)
             : kind == 1              ? (at + 1) % loop
             : rng_below(rng, 4) == 0 ? (uint32_t)rng_below(rng, page_count)
             : rng_below(rng, 2) == 0 ? (at + 1) % page_count
                                      : (at + page_count - 1) % page_count;
        pages[i] = at;
    }
}

/* ---- by brute force ----------------------------------------------------------------------- */

static inline uint64_t next_use_of(const uint32_t *pages, uint64_t count, uint64_t from,
                                   uint32_t page) {
    while (from < count && pages[from] != page) {
        from++;
    }
    return from;
}

/* Of each reference, the next one to its page; `count` if there is none.  To be freed. */
static inline uint64_t *next_uses_of(const uint32_t *pages, uint64_t count) {
    uint64_t *next = g_new(uint64_t, MAX(count, 1));
    for (uint64_t t = 0; t < count; t++) {
        next[t] = next_use_of(pages, count, t + 1, pages[t]);
    }
    return next;
}

/* Faults in a memory of `frames` pages.  The page goes whose next use is farthest (`next`: OPT), or
 * whose last use is longest ago (NULL: LRU). */
static inline uint64_t brute_faults(const uint32_t *pages, uint64_t count, uint32_t frames,
                                    const uint64_t *next) {
    g_autofree uint64_t *used = g_new(uint64_t, frames); /* when last: pages[used[i]] is there */
    uint32_t held = 0;
    uint64_t faults = 0;
    for (uint64_t t = 0; t < count; t++) {
        uint32_t at = 0, victim = 0;
        for (; at < held && pages[used[at]] != pages[t]; at++) {
            bool goes =
                next != NULL ? next[used[at]] > next[used[victim]] : used[at] < used[victim];
            victim = goes ? at : victim;
        }
        faults += at == held;
        if (at == held) {
            at = held < frames ? held++ : victim;
        }
        used[at] = t;
    }
    return faults;
}

#endif
