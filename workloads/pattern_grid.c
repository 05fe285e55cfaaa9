/* pattern_grid.c - patterns that follow a rule: sequential, stride, loop and matrix.
 *
 * Idea: each of them visits equally spaced places on equally spaced lines, so they differ only
 * in how the grid is laid out:
 *
 *                 lines     places a line    step between places   step between lines
 *   sequential    1         elements         element
 *   stride        1         length/|stride|  stride
 *   loop          1         pages            page size
 *   matrix, rows  rows      columns          element               columns x element
 *   matrix, cols  columns   rows             columns x element     element
 *
 * Invariant (Grid): every place lies in the part.  Used by pattern.c.
 */
#include <inttypes.h>

#include "pattern_parts.h"

/* As many as needed to cover the length.  No overflow, unlike (length + size - 1) / size. */
static uint64_t divide_up(uint64_t length, uint64_t size) {
    return length / size + (length % size != 0);
}

static bool plan_sequential(Grid *grid, const PatternSpec *spec, Part part, GError **error) {
    if (spec->element > part.length) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_FIT,
                    "an \"element\" of %" PRIu64 " bytes does not fit into %" PRIu64
                    " bytes; use a smaller element or a larger region",
                    spec->element, part.length);
        return false;
    }
    *grid = (Grid){.base = part.base,
                   .lines = 1,
                   .per_line = part.length / spec->element,
                   .step = (int64_t)spec->element};
    return true;
}

static bool plan_stride(Grid *grid, const PatternSpec *spec, Part part, GError **error) {
    if (spec->stride == 0) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_VALUE,
                    "a \"stride\" of 0 never moves; use at least 1 byte, or a negative number to "
                    "go backwards");
        return false;
    }
    bool backwards = spec->stride < 0;
    uint64_t size = backwards ? -(uint64_t)spec->stride : (uint64_t)spec->stride;
    uint64_t places = divide_up(part.length, size);
    *grid = (Grid){.base = part.base + (backwards ? (places - 1) * size : 0),
                   .lines = 1,
                   .per_line = places,
                   .step = spec->stride};
    return true;
}

static bool plan_loop(Grid *grid, Part part, uint64_t page_size) {
    *grid = (Grid){.base = part.base,
                   .lines = 1,
                   .per_line = divide_up(part.length, page_size),
                   .step = (int64_t)page_size};
    return true;
}

static bool plan_matrix(Grid *grid, const PatternSpec *spec, Part part, GError **error) {
    if (spec->rows == 0 || spec->columns == 0) {
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_VALUE,
                    "a matrix of %" PRIu64 " rows and %" PRIu64 " columns has no elements; use at "
                    "least 1 of each",
                    spec->rows, spec->columns);
        return false;
    }
    uint64_t row_bytes = 0, bytes = 0;
    bool huge = __builtin_mul_overflow(spec->columns, spec->element, &row_bytes) ||
                __builtin_mul_overflow(spec->rows, row_bytes, &bytes);
    if (huge || bytes > part.length) {
        g_autofree char *need =
            huge ? g_strdup("more than 2^64 bytes") : g_strdup_printf("%" PRIu64 " bytes", bytes);
        g_set_error(error, PATTERN_ERROR, PATTERN_ERROR_FIT,
                    "a matrix of %" PRIu64 " x %" PRIu64 " elements of %" PRIu64
                    " bytes needs %s, but there are %" PRIu64
                    "; use fewer rows or columns, or a larger region",
                    spec->rows, spec->columns, spec->element, need, part.length);
        return false;
    }
    *grid = spec->by_column ? (Grid){.base = part.base,
                                     .lines = spec->columns,
                                     .per_line = spec->rows,
                                     .line_step = spec->element,
                                     .step = (int64_t)row_bytes}
                            : (Grid){.base = part.base,
                                     .lines = spec->rows,
                                     .per_line = spec->columns,
                                     .line_step = row_bytes,
                                     .step = (int64_t)spec->element};
    return true;
}

static bool plan_kind(Grid *grid, const PatternSpec *spec, Part part, uint64_t page_size,
                      GError **error) {
    switch (spec->kind) {
    case PATTERN_SEQUENTIAL:
        return plan_sequential(grid, spec, part, error);
    case PATTERN_STRIDE:
        return plan_stride(grid, spec, part, error);
    case PATTERN_LOOP:
        return plan_loop(grid, part, page_size);
    default:
        g_assert(spec->kind == PATTERN_MATRIX);
        return plan_matrix(grid, spec, part, error);
    }
}

bool grid_plan(Grid *grid, const PatternSpec *spec, Part part, uint64_t page_size, GError **error) {
    if (!plan_kind(grid, spec, part, page_size, error)) {
        return false;
    }
    if (grid_places(grid) == 1 && spec->count > 1) {
        /* The only place, again and again, is a line that does not move. */
        grid->per_line = spec->count;
        grid->step = 0;
    }
    return true;
}

uint64_t grid_places(const Grid *grid) { return grid->lines * grid->per_line; }

AccessRun grid_take(Grid *grid, uint64_t most) {
    AccessRun run = {.va =
                         grid->base + grid->line * grid->line_step + grid->k * (uint64_t)grid->step,
                     .count = MIN(most, grid->per_line - grid->k),
                     .stride = grid->step};
    grid->k += run.count;
    if (grid->k == grid->per_line) {
        grid->k = 0;
        grid->line = grid->line + 1 == grid->lines ? 0 : grid->line + 1;
    }
    return run;
}
