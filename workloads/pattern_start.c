/* pattern_start.c - from a description to a running pattern: check that it fits, lay it out.
 *
 * Idea: everything that can be wrong with a pattern is found here, before its first access, so
 * that pattern_next() has nothing to refuse: numbers that no region satisfies, places outside the
 * region, tables too large for the host.  Phases are started together with their parent.
 *
 * Invariant: a pattern that was started visits only places within its part, and its tables have
 * at most PATTERN_TABLE_MAX entries together.  Used by sim for the op "access".
 */
#include <inttypes.h>

#include "pattern_parts.h"

/* What starting a pattern needs to know, passed down to its phases. */
typedef struct Start {
    uint64_t page_size;
    Rng *rng;
    uint64_t table_room; /* table entries that may still be taken */
    unsigned depth;
} Start;

static bool find_part(const PatternSpec *spec, Part whole, Part *part, GError **error) {
    if (spec->offset >= whole.length) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_FIT,
                    "\"offset\" %" PRIu64 " leaves nothing of a region of %" PRIu64
                    " bytes; use a smaller offset or a larger region",
                    spec->offset, whole.length);
        return false;
    }
    uint64_t rest = whole.length - spec->offset;
    if (spec->length == 0 || (spec->length != UINT64_MAX && spec->length > rest)) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_FIT,
                    "\"length\" %" PRIu64 " must be 1 to %" PRIu64 " here: the region has %" PRIu64
                    " bytes and \"offset\" is %" PRIu64,
                    spec->length, rest, whole.length, spec->offset);
        return false;
    }
    *part = (Part){whole.base + spec->offset, MIN(spec->length, rest)};
    return true;
}

/* What every kind needs; `part` is set on success. */
static bool check_common(const PatternSpec *spec, Part whole, Part *part, GError **error) {
    bool has_elements = spec->kind == PATTERN_SEQUENTIAL || spec->kind == PATTERN_RANDOM ||
                        spec->kind == PATTERN_MATRIX || spec->kind == PATTERN_CHASE;
    if (has_elements && spec->element == 0) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_VALUE,
                    "an \"element\" of 0 bytes; use at least 1");
        return false;
    }
    if (spec->write_ppm > PATTERN_PPM) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_VALUE,
                    "a \"write\" share of %" PRIu32
                    " millionths; use 0 to 1 (1,000,000 millionths)",
                    spec->write_ppm);
        return false;
    }
    if (whole.length == 0 || whole.length > INT64_MAX) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_FIT,
                    "a region of %" PRIu64 " bytes; a pattern needs 1 to 2^63-1", whole.length);
        return false;
    }
    return find_part(spec, whole, part, error);
}

/* Take `entries` from what tables may use together. */
static bool take_table_room(Start *start, uint64_t entries, const char *what, const char *instead,
                            GError **error) {
    if (entries > start->table_room) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_HOST,
                    "a table of %" PRIu64 " %s is too large: a pattern may have %" PRIu64
                    " in all its phases; use %s",
                    entries, what, (uint64_t)PATTERN_TABLE_MAX, instead);
        return false;
    }
    start->table_room -= entries;
    return true;
}

static bool table_made(const void *table, uint64_t entries, GError **error) {
    if (table == NULL) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_HOST,
                    "no memory on this computer for a table of %" PRIu64
                    " entries; use a smaller region",
                    entries);
    }
    return table != NULL;
}

static bool start_elements(Pattern *p, Start *start, Part part, GError **error) {
    Grid grid; /* the same elements that "sequential" would visit */
    PatternSpec once = *p->spec;
    once.kind = PATTERN_SEQUENTIAL;
    once.count = 0;
    if (!grid_plan(&grid, &once, part, start->page_size, error)) {
        return false;
    }
    p->size = p->spec->element;
    p->places = grid_places(&grid);
    if (p->spec->kind == PATTERN_RANDOM) {
        return true;
    }
    if (!take_table_room(start, p->places, "elements",
                         "a larger \"element\" or a smaller \"length\"", error)) {
        return false;
    }
    p->links = cycle_create(p->places, start->rng);
    return table_made(p->links, p->places, error);
}

static bool start_zipf(Pattern *p, Start *start, Part part, GError **error) {
    p->size = start->page_size;
    p->places = part.length / p->size + (part.length % p->size != 0);
    if (!take_table_room(start, p->places, "pages", "a smaller \"length\"", error)) {
        return false;
    }
    p->zipf = zipf_create(p->places, start->rng);
    return table_made(p->zipf, p->places, error);
}

static bool start_pages(Pattern *p, const Start *start, Part part, GError **error) {
    if (p->spec->page_count == 0) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_VALUE,
                    "\"pages\" is empty; give at least one page number");
        return false;
    }
    uint64_t largest = pattern_largest_page(p->spec);
    if (largest > PATTERN_PAGE_MAX) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_VALUE,
                    "page %" PRIu64 " is out of range; use 0 to 2^36", largest);
        return false;
    }
    p->size = start->page_size;
    p->places = part.length / p->size + (part.length % p->size != 0);
    if (largest >= p->places) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_FIT,
                    "page %" PRIu64 " lies outside: there are %" PRIu64
                    " pages, from 0; use a larger region, or none, so that one is made to measure",
                    largest, p->places);
        return false;
    }
    return true;
}

static Pattern *start_within(const PatternSpec *spec, Part whole, Start *start, GError **error);

static bool start_phases(Pattern *p, Start *start, Part part, uint64_t *natural, GError **error) {
    if (p->spec->phase_count == 0) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_VALUE,
                    "\"phases\" is empty; give at least one pattern");
        return false;
    }
    if (start->depth == PATTERN_DEPTH_MAX) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_VALUE,
                    "phases lie more than %d deep in each other; use fewer levels",
                    PATTERN_DEPTH_MAX);
        return false;
    }
    p->phases = g_new0(Pattern *, p->spec->phase_count);
    for (uint32_t i = 0; i < p->spec->phase_count; i++) {
        start->depth++;
        p->phases[i] = start_within(p->spec->phases[i], part, start, error);
        start->depth--;
        if (p->phases[i] == NULL) {
            g_prefix_error(error, "phase %" PRIu32 ": ", i);
            return false;
        }
        if (__builtin_add_overflow(*natural, p->phases[i]->count, natural)) {
            g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_VALUE,
                        "the phases make more than 2^64 accesses together; use smaller counts");
            return false;
        }
    }
    return true;
}

/* Lay out by kind; `natural`: the accesses that it makes unless told. */
static bool start_kind(Pattern *p, Start *start, Part part, uint64_t *natural, GError **error) {
    bool good = false;
    p->base = part.base;
    switch (p->spec->kind) {
    case PATTERN_SEQUENTIAL:
    case PATTERN_STRIDE:
    case PATTERN_LOOP:
    case PATTERN_MATRIX:
        good = grid_plan(&p->grid, p->spec, part, start->page_size, error);
        *natural = good ? grid_places(&p->grid) : 0;
        return good;
    case PATTERN_RANDOM:
    case PATTERN_CHASE:
        good = start_elements(p, start, part, error);
        *natural = p->places;
        return good;
    case PATTERN_ZIPF:
        good = start_zipf(p, start, part, error);
        *natural = p->places;
        return good;
    case PATTERN_PAGES:
        *natural = p->spec->page_count;
        return start_pages(p, start, part, error);
    case PATTERN_PHASES:
        return start_phases(p, start, part, natural, error);
    }
    g_assert_not_reached();
}

static Pattern *start_within(const PatternSpec *spec, Part whole, Start *start, GError **error) {
    Part part;
    if (!check_common(spec, whole, &part, error)) {
        return NULL;
    }
    g_autoptr(Pattern) pattern = g_new0(Pattern, 1);
    pattern->spec = spec;
    pattern->rng = start->rng;
    uint64_t natural = 0;
    if (!start_kind(pattern, start, part, &natural, error)) {
        return NULL;
    }
    pattern->count = pattern->left = spec->count != 0 ? spec->count : natural;
    return g_steal_pointer(&pattern);
}

Pattern *pattern_start(const PatternSpec *spec, uint64_t length, uint64_t page_size, Rng *rng,
                       GError **error) {
    g_assert(page_size > 0);
    Start start = {.page_size = page_size, .rng = rng, .table_room = PATTERN_TABLE_MAX};
    return start_within(spec, (Part){0, length}, &start, error);
}
