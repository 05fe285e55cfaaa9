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

static inline uint64_t last_use_of(const uint32_t *pages, uint64_t now, uint32_t page) {
    do {
        now--;
    } while (pages[now] != page);
    return now;
}

/* Faults in a memory of `frames` pages; OPT if `future`, else LRU. */
static inline uint64_t brute_faults(const uint32_t *pages, uint64_t count, uint32_t frames,
                                    bool future) {
    g_autoptr(GArray) memory = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uint64_t faults = 0;
    for (uint64_t t = 0; t < count; t++) {
        bool hit = false;
        guint victim = 0;
        uint64_t best = 0;
        for (guint i = 0; i < memory->len; i++) {
            uint32_t page = g_array_index(memory, uint32_t, i);
            uint64_t age = future ? next_use_of(pages, count, t + 1, page)
                                  : count - last_use_of(pages, t, page);
            hit = hit || page == pages[t];
            victim = age > best ? i : victim;
            best = MAX(best, age);
        }
        if (!hit && memory->len == frames) {
            g_array_remove_index_fast(memory, victim);
        }
        if (!hit) {
            g_array_append_val(memory, pages[t]);
            faults++;
        }
    }
    return faults;
}

#endif
