/* pattern.c - running a pattern: draw places, decide on reads and writes, count down.
 *
 * Idea: a pattern follows a grid (pattern_grid.c), chooses each place on its own, or hands over
 * to its phases.  Everything else is common to all.
 *
 * Invariant: the counts of all runs handed down, plus `left`, add up to `count`.
 * Used by sim for the op "access".
 */
#include "pattern_parts.h"

GQuark pattern_error_quark(void) { return g_quark_from_static_string("faultline-pattern"); }

void pattern_spec_free(PatternSpec *spec) {
    if (spec == NULL) {
        return;
    }
    for (uint32_t i = 0; i < spec->phase_count; i++) {
        pattern_spec_free(spec->phases[i]);
    }
    g_free(spec->phases);
    g_free(spec->pages);
    g_free(spec);
}

/* ---- how much room a pattern needs ------------------------------------------------------- */

static uint64_t multiply_capped(uint64_t a, uint64_t b) {
    uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

uint64_t pattern_largest_page(const PatternSpec *spec) {
    uint64_t largest = 0;
    for (uint64_t i = 0; i < spec->page_count; i++) {
        largest = MAX(largest, spec->pages[i] >> 1);
    }
    return largest;
}

/* The bytes behind `offset` that the pattern uses; 0: it does not say. */
static uint64_t extent_of_part(const PatternSpec *spec, uint64_t page_size) {
    if (spec->length != UINT64_MAX) {
        return spec->length;
    }
    uint64_t largest = 0;
    switch (spec->kind) {
    case PATTERN_MATRIX:
        return multiply_capped(multiply_capped(spec->rows, spec->columns), spec->element);
    case PATTERN_PAGES:
        return spec->page_count == 0 ? 0
                                     : multiply_capped(pattern_largest_page(spec) + 1, page_size);
    case PATTERN_PHASES:
        for (uint32_t i = 0; i < spec->phase_count; i++) {
            largest = MAX(largest, pattern_extent(spec->phases[i], page_size));
        }
        return largest;
    default:
        return 0;
    }
}

uint64_t pattern_extent(const PatternSpec *spec, uint64_t page_size) {
    uint64_t part = extent_of_part(spec, page_size), sum = 0;
    if (part == 0) {
        return 0;
    }
    return __builtin_add_overflow(part, spec->offset, &sum) ? UINT64_MAX : sum;
}

/* ---- running --------------------------------------------------------------------------- */

static Access draw_access(const Pattern *p) {
    if (p->spec->write_ppm == 0) {
        return ACCESS_READ;
    }
    if (p->spec->write_ppm == PATTERN_PPM) {
        return ACCESS_WRITE;
    }
    return rng_below(p->rng, PATTERN_PPM) < p->spec->write_ppm ? ACCESS_WRITE : ACCESS_READ;
}

/* Make `last` longer by `run` if that goes on where it ends. */
static bool extend_run(AccessRun *last, const AccessRun *run) {
    if (last->access != run->access || last->stride != run->stride ||
        last->va + last->count * (uint64_t)last->stride != run->va) {
        return false;
    }
    last->count += run->count;
    return true;
}

/* Each of the three ways to go on makes at most `most` accesses, so that a parent that ends in the
 * middle of a phase draws no number too many. */
static size_t next_runs(Pattern *p, AccessRun *runs, size_t room, uint64_t most);

/* Whole lines at a time, unless each access decides for itself whether it writes. */
static size_t next_on_grid(Pattern *p, AccessRun *runs, size_t room, uint64_t most) {
    bool mixed = p->spec->write_ppm != 0 && p->spec->write_ppm != PATTERN_PPM;
    size_t n = 0;
    while (n < room && most > 0) {
        AccessRun run = grid_take(&p->grid, mixed ? 1 : most);
        run.access = draw_access(p);
        most -= run.count;
        p->left -= run.count;
        if (!mixed || n == 0 || !extend_run(&runs[n - 1], &run)) {
            runs[n++] = run;
        }
    }
    return n;
}

/* The next place of a pattern that chooses each on its own, and whether its string marks it
 * as a write. */
static uint64_t draw_place(Pattern *p, bool *marked) {
    uint64_t place = p->at;
    switch (p->spec->kind) {
    case PATTERN_RANDOM:
        return rng_below_wide(p->rng, p->places);
    case PATTERN_ZIPF:
        return zipf_draw(p->zipf, p->rng);
    case PATTERN_CHASE:
        p->at = p->links[place];
        return place;
    default:
        p->at = place + 1 == p->spec->page_count ? 0 : place + 1;
        *marked = (p->spec->pages[place] & 1) != 0;
        return p->spec->pages[place] >> 1;
    }
}

static size_t next_of_places(Pattern *p, AccessRun *runs, size_t room, uint64_t most) {
    size_t n = MIN(room, most);
    for (size_t i = 0; i < n; i++) {
        bool marked = false;
        runs[i].va = p->base + draw_place(p, &marked) * p->size;
        runs[i].count = 1;
        runs[i].stride = 0;
        runs[i].access = marked ? ACCESS_WRITE : draw_access(p);
    }
    p->left -= n;
    return n;
}

/* Back to the first access.  Draws already made stay made. */
static void rewind_pattern(Pattern *p) {
    p->left = p->count;
    p->grid.line = p->grid.k = 0;
    p->at = 0;
    p->phase = 0;
    for (uint32_t i = 0; p->phases != NULL && i < p->spec->phase_count; i++) {
        rewind_pattern(p->phases[i]);
    }
}

/* The runs of the phase that goes on; a phase that is over is made ready for the next round. */
static size_t next_of_phases(Pattern *p, AccessRun *runs, size_t room, uint64_t most) {
    Pattern *phase = p->phases[p->phase];
    uint64_t before = phase->left;
    size_t n = next_runs(phase, runs, room, most);
    p->left -= before - phase->left;
    if (phase->left == 0) {
        rewind_pattern(phase);
        p->phase = p->phase + 1 == p->spec->phase_count ? 0 : p->phase + 1;
    }
    return n;
}

static size_t next_runs(Pattern *p, AccessRun *runs, size_t room, uint64_t most) {
    most = MIN(most, p->left);
    if (most == 0) {
        return 0;
    }
    switch (p->spec->kind) {
    case PATTERN_SEQUENTIAL:
    case PATTERN_STRIDE:
    case PATTERN_LOOP:
    case PATTERN_MATRIX:
        return next_on_grid(p, runs, room, most);
    case PATTERN_PHASES:
        return next_of_phases(p, runs, room, most);
    default:
        return next_of_places(p, runs, room, most);
    }
}

size_t pattern_next(Pattern *pattern, AccessRun *runs, size_t room) {
    return next_runs(pattern, runs, room, pattern->left);
}

void pattern_free(Pattern *pattern) {
    if (pattern == NULL) {
        return;
    }
    for (uint32_t i = 0; pattern->phases != NULL && i < pattern->spec->phase_count; i++) {
        pattern_free(pattern->phases[i]);
    }
    g_free(pattern->phases);
    zipf_destroy(pattern->zipf);
    g_free(pattern->links);
    g_free(pattern);
}
