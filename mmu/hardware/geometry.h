/* geometry.h - the shape of an address: page size and index bits of each table level.
 *
 *   x86-64:   | 16 sign | 9 PML4 | 9 PDPT | 9 PD | 9 PT | 12 offset |
 *
 * Idea: geometry is a value, so one page-table walker serves every machine.
 * Units: bits.  bits[0] is the root's level, bits[levels-1] the leaf's.  An entry is 8 bytes
 * on every machine, so a table at level l takes 8 << bits[l] bytes.
 */
#ifndef FAULTLINE_GEOMETRY_H
#define FAULTLINE_GEOMETRY_H

#include "faultline/types.h"

#define GEOMETRY_LEVELS_MAX     5
#define GEOMETRY_LEVEL_BITS_MAX 16
#define GEOMETRY_PAGE_SHIFT_MIN 6
#define GEOMETRY_PAGE_SHIFT_MAX 30

typedef struct Geometry {
    const char *name;
    unsigned page_shift;
    unsigned levels;
    unsigned bits[GEOMETRY_LEVELS_MAX];
    unsigned user_bits; /* user addresses are below 2^user_bits */
} Geometry;

/* The presets, ended by a NULL name: x86-64, la57, x86-32, sv39, sv48, arm64-16k,
 * arm64-64k, tiny.  The first is the default. */
extern const Geometry geometry_presets[];

/* The preset of that name, or NULL. */
const Geometry *geometry_find(const char *name);

/* NULL if such a machine can be built, else what is wrong.  For geometries out of a file;
 * everything else in this room relies on it. */
const char *geometry_check(const Geometry *g);

static inline uint64_t geometry_page_size(const Geometry *g) {
    return UINT64_C(1) << g->page_shift;
}

/* How many page numbers one entry of a table at `level` covers, as a power of two. */
static inline unsigned geometry_span_shift(const Geometry *g, unsigned level) {
    unsigned shift = 0;
    for (unsigned below = level + 1; below < g->levels; below++) {
        shift += g->bits[below];
    }
    return shift;
}

/* The bits of a page number: what the root's table covers. */
static inline unsigned geometry_vpn_bits(const Geometry *g) {
    return geometry_span_shift(g, 0) + g->bits[0];
}

/* Which entry of a table at `level` leads to `vpn`. */
static inline uint64_t geometry_index(const Geometry *g, unsigned level, Vpn vpn) {
    return vpn >> geometry_span_shift(g, level) & ((UINT64_C(1) << g->bits[level]) - 1);
}

#endif
