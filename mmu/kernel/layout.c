/* layout.c - where things are in an address space, from the geometry alone.
 *
 * For 47-bit x86-64 addresses:
 *
 *   0x10000       0x555555555000                     0x7ffff0000000     0x7ffffffff000
 *   | unmapped ... | heap ->         <- mmap areas    | <- stack          |
 *
 * The heap begins at two thirds, as Linux places it for position-independent programs; the
 * stack has an eighth of the space, but at most 256 MiB; small machines scale down.
 */
#include "kernel/address_space.h"

#define STACK_AREA_MAX (UINT64_C(256) << 20)
#define LOWEST_ADDRESS 0x10000u

static uint64_t page_floor(const Geometry *geometry, uint64_t bytes) {
    return bytes & ~(geometry_page_size(geometry) - 1);
}

Layout layout_for(const Geometry *geometry) {
    uint64_t size = UINT64_C(1) << geometry->user_bits;
    uint64_t stack_area = size / 8 < STACK_AREA_MAX ? size / 8 : STACK_AREA_MAX;
    uint64_t lowest = size / 16 < LOWEST_ADDRESS ? size / 16 : LOWEST_ADDRESS;
    VAddr stack_top = size - geometry_page_size(geometry);
    uint64_t page = geometry_page_size(geometry);
    return (Layout){.brk_start = page_floor(geometry, size / 3 * 2),
                    .mmap_top = page_floor(geometry, size - stack_area),
                    .stack_top = stack_top,
                    .mmap_min = lowest < page ? page : page_floor(geometry, lowest)};
}
