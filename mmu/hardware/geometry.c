/* geometry.c - the machines whose page tables can be had by name.
 *
 * User addresses are the lower half where the architecture splits the space between programs
 * and kernel; x86-32's usual 3 GiB are no power of two, so programs get 2 GiB there.
 * `tiny` is for the blackboard: 256-byte pages, and a table of 32 entries is just one page.
 */
#include "geometry.h"

#include <string.h>

const Geometry geometry_presets[] = {
    {"x86-64", 12, 4, {9, 9, 9, 9}, 47},
    {"la57", 12, 5, {9, 9, 9, 9, 9}, 56},
    {"x86-32", 12, 2, {10, 10}, 31},
    {"sv39", 12, 3, {9, 9, 9}, 38},
    {"sv48", 12, 4, {9, 9, 9, 9}, 47},
    {"arm64-16k", 14, 3, {11, 11, 11}, 47},
    {"arm64-64k", 16, 3, {6, 13, 13}, 48},
    {"tiny", 8, 2, {5, 5}, 18},
    {.name = NULL},
};

const Geometry *geometry_find(const char *name) {
    for (const Geometry *g = geometry_presets; g->name != NULL; g++) {
        if (strcmp(g->name, name) == 0) {
            return g;
        }
    }
    return NULL;
}

const char *geometry_check(const Geometry *g) {
    if (g->page_shift < GEOMETRY_PAGE_SHIFT_MIN || g->page_shift > GEOMETRY_PAGE_SHIFT_MAX) {
        return "the page size must be from 64 bytes to 1 GiB";
    }
    if (g->levels < 1 || g->levels > GEOMETRY_LEVELS_MAX) {
        return "there must be 1 to 5 levels of page tables";
    }
    for (unsigned level = 0; level < g->levels; level++) {
        if (g->bits[level] < 1 || g->bits[level] > GEOMETRY_LEVEL_BITS_MAX) {
            return "each level must index with 1 to 16 bits";
        }
    }
    unsigned vpn_bits = geometry_vpn_bits(g);
    if (vpn_bits > PAGE_KEY_VPN_BITS || vpn_bits + g->page_shift > 63) {
        return "page numbers must fit in 48 bits, addresses in 63";
    }
    if (g->user_bits <= g->page_shift || g->user_bits > vpn_bits + g->page_shift) {
        return "user addresses must span at least two pages and not more than the tables do";
    }
    return NULL;
}
