/* reference_answers.h - reference strings for tests: read from text, or generated from a seed, bit for bit
 * the same as by the program that made the reference answers (README.md).
 */
#ifndef FAULTLINE_TEST_STRINGS_H
#define FAULTLINE_TEST_STRINGS_H

#include "faultline/rng.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- text -------------------------------------------------------------------------------- */

typedef struct Reference {
    uint32_t page;
    bool write;
} Reference;

static inline void string_add(GArray *string, uint64_t page, bool write) {
    Reference reference = {(uint32_t)page, write};
    g_array_append_val(string, reference);
}

/* "1 2w 3" */
static inline GArray *string_parse(char **words) {
    GArray *string = g_array_new(FALSE, FALSE, sizeof(Reference));
    for (; *words != NULL; words++) {
        char *end;
        uint64_t page = g_ascii_strtoull(*words, &end, 10);
        string_add(string, page, *end == 'w');
    }
    return string;
}

/* The lines of a table that are not comments, as words; `file` is below tests/. */
static inline GPtrArray *read_table(const char *file) {
    g_autofree char *path = g_build_filename(SOURCE_DIR, "tests", file, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GPtrArray *table = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    for (char **line = lines; *line != NULL; line++) {
        if (**line != '\0' && **line != '#') {
            g_ptr_array_add(table, g_strsplit(*line, " ", -1));
        }
    }
    return table;
}

static inline uint64_t number(const char *word) {
    char *end;
    uint64_t value = g_ascii_strtoull(word, &end, 10);
    g_assert_true(end > word && *end == '\0');
    return value;
}

/* Each run of steps.txt or textbook.txt with the string above it; how many there were. */
static inline unsigned each_run(const GPtrArray *table,
                                void (*check)(char **words, const GArray *string)) {
    g_autoptr(GArray) string = NULL;
    unsigned runs = 0;
    for (guint i = 0; i < table->len; i++) {
        char **words = g_ptr_array_index(table, i);
        if (strcmp(words[0], "string") == 0) {
            g_clear_pointer(&string, g_array_unref);
            string = string_parse(words + 2);
        } else {
            g_test_message("%s %s with %s frames", words[1], words[2], words[3]);
            check(words, string);
            runs++;
        }
    }
    return runs;
}

static inline int compare_pages(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* "+7", ".2,5": what a reference did, in the words of steps.txt.  Sorts the pages that left. */
static inline char *step_word(bool faulted, uint64_t *left, unsigned count) {
    GString *word = g_string_new(faulted ? "+" : ".");
    if (count > 0) {
        qsort(left, count, sizeof *left, compare_pages);
    }
    for (unsigned i = 0; i < count; i++) {
        g_string_append_printf(word, "%s%" G_GUINT64_FORMAT, i == 0 ? "" : ",", left[i]);
    }
    return g_string_free(word, FALSE);
}

/* ---- seeded strings -------------------------------------------------------------------- */

/* Zipf's law over n ranks in integers: rank k has weight 2^32 / (k + 1). */
typedef struct Zipf {
    uint64_t cumulative[64];
    uint64_t n;
} Zipf;

static inline Zipf zipf_make(uint64_t n) {
    Zipf zipf = {.n = n};
    g_assert_cmpuint(n, <=, G_N_ELEMENTS(zipf.cumulative));
    for (uint64_t k = 0, total = 0; k < n; k++) {
        total += (UINT64_C(1) << 32) / (k + 1);
        zipf.cumulative[k] = total;
    }
    return zipf;
}

static inline uint64_t zipf_draw(const Zipf *zipf, Rng *rng) {
    uint64_t r = rng_next(rng) % zipf->cumulative[zipf->n - 1], k = 0;
    while (r >= zipf->cumulative[k]) {
        k++;
    }
    return k;
}

static inline bool percent(Rng *rng, unsigned chance) { return rng_below(rng, 100) < chance; }

/* Up to `pages` pages and `length` references.  Half of these strings wander between neighbours,
 * the others jump. */
static inline GArray *string_random(Rng *rng, uint64_t pages, uint64_t length) {
    GArray *string = g_array_new(FALSE, FALSE, sizeof(Reference));
    uint64_t used = 2 + rng_below(rng, pages - 1), count = 1 + rng_below(rng, length);
    uint64_t reach = rng_below(rng, 2) == 0 ? used : 3, page = 0;
    for (uint64_t t = 0; t < count; t++) {
        page = (page + rng_below(rng, reach)) % used;
        string_add(string, page, percent(rng, 30));
    }
    return string;
}

static inline void shuffle(Rng *rng, uint64_t *pages, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        pages[i] = i;
    }
    for (uint64_t i = n - 1; i > 0; i--) {
        uint64_t j = rng_below(rng, i + 1), swap = pages[i];
        pages[i] = pages[j];
        pages[j] = swap;
    }
}

static inline void make_zipf_1k(GArray *string) {
    Rng rng = {1};
    uint64_t pages[64];
    Zipf zipf = zipf_make(64);
    shuffle(&rng, pages, 64);
    while (string->len < 1000) {
        uint64_t page = pages[zipf_draw(&zipf, &rng)];
        string_add(string, page, percent(&rng, 30));
    }
}

/* Nine tenths: a cyclic sweep over pages 0..99; one tenth: one of 20 hot pages. */
static inline void make_loop_5k(GArray *string) {
    Rng rng = {2};
    for (uint64_t sweep = 0; string->len < 5000;) {
        uint64_t page = rng_below(&rng, 10) == 0 ? 100 + rng_below(&rng, 20) : sweep++ % 100;
        string_add(string, page, percent(&rng, 20));
    }
}

/* Localities of 8..48 pages out of 400, held for 200..1999 references, 5 % noise. */
static inline void make_phases_20k(GArray *string) {
    Rng rng = {3};
    uint64_t pages[400];
    while (string->len < 20000) {
        shuffle(&rng, pages, 400);
        Zipf zipf = zipf_make(8 + rng_below(&rng, 41));
        uint64_t hold = 200 + rng_below(&rng, 1800);
        for (; hold > 0 && string->len < 20000; hold--) {
            uint64_t page = percent(&rng, 5) ? rng_below(&rng, 400) : pages[zipf_draw(&zipf, &rng)];
            string_add(string, page, percent(&rng, 30));
        }
    }
}

static const struct {
    const char *name;
    void (*make)(GArray *string);
    const char *sha256; /* of its lines "page,write" */
} seeded[] = {
    {"zipf_1k", make_zipf_1k, "cdc0a9671766da376b06e8a50d1b3e4503160ed46ff454a4c37886490a31f430"},
    {"loop_5k", make_loop_5k, "a064b6c645c9931f141b7386f50a308c4fbe6cabf97e655b16052059969e36a3"},
    {"phases_20k", make_phases_20k,
     "d7f4e3202942dd104e257a253c7201bec185867e1eb0250aa5bb1e64773e945a"},
};

static inline void assert_digest(const GArray *string, const char *sha256) {
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (guint i = 0; i < string->len; i++) {
        const Reference *r = &g_array_index(string, Reference, i);
        g_autofree char *line = g_strdup_printf("%u,%d\n", r->page, r->write);
        g_checksum_update(sum, (const guchar *)line, -1);
    }
    g_assert_cmpstr(g_checksum_get_string(sum), ==, sha256);
}

/* The seeded string of that name; it must be one. */
static inline GArray *string_seeded(const char *name) {
    unsigned s = 0;
    while (strcmp(seeded[s].name, name) != 0) {
        g_assert_cmpuint(++s, <, G_N_ELEMENTS(seeded));
    }
    GArray *string = g_array_new(FALSE, FALSE, sizeof(Reference));
    seeded[s].make(string);
    assert_digest(string, seeded[s].sha256);
    return string;
}

/* Each case of cases.txt on the seeded string `name`; how many there were. */
static inline unsigned each_case(const char *name,
                                 void (*check)(char **words, const GArray *string)) {
    g_autoptr(GPtrArray) table = read_table("reference/cases.txt");
    g_autoptr(GArray) string = string_seeded(name);
    unsigned cases = 0;
    for (guint i = 0; i < table->len; i++) {
        char **words = g_ptr_array_index(table, i);
        if (strcmp(words[0], "case") == 0 && strcmp(words[1], name) == 0) {
            g_test_message("%s %s with %s frames", words[2], words[3], words[4]);
            check(words, string);
            cases++;
        }
    }
    return cases;
}

#endif
