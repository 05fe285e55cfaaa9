/* layout.c - where things are in an address space: from the geometry, or by name.
 *
 * From the geometry alone, for 47-bit x86-64 addresses:
 *
 *   0x10000       0x555555555000                     0x7ffff0000000     0x7ffffffff000
 *   | unmapped ... | heap ->         <- mmap areas    | <- stack          |
 *
 * The heap begins at two thirds, as Linux places it for position-independent programs; the
 * stack has an eighth of the space, but at most 256 MiB; small machines scale down.
 */
#include "kernel/layout.h"

#include <string.h>

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
                    .mmap_bottom = page_floor(geometry, size / 3),
                    .stack_top = stack_top,
                    .stack_pages = 1,
                    .mmap_min = lowest < page ? page : page_floor(geometry, lowest)};
}

/* ---- by name ------------------------------------------------------------------------------ */

#define R  VM_READ
#define RW (VM_READ | VM_WRITE)

/* A static program linked at 4 MiB.  Below the gap that Linux keeps for the stack (128 MiB from
 * the top) lies what a runtime has mapped without rights, so that places are chosen below.  Of its
 * data those pages are present whose tables hold all the others; the others have no rights, since the
 * program's own data is not the script's, nor is it to be locked with mlockall. */
static const Layout linux_x86_64 = {
    .brk_start = 0x6f3000,
    .mmap_top = 0x7ffff7fff000,
    .mmap_bottom = 0x2aaaaaaab000,
    .mmap_min = 0x10000,
    .stack_top = 0x7ffffffff000,
    .stack_pages = 33,
    .stack_present = true,
    .image = {{0x400000, 0x401000, R, true},
              {0x401000, 0x405000, R | VM_EXEC, true},
              {0x405000, 0x406000, R, true},
              {0x406000, 0x407000, RW, true},
              {0x407000, 0x6f2000, VM_NONE, false},
              {0x6f2000, 0x6f3000, RW, true},
              {0x7ffff7e00000, 0x7ffff7fff000, VM_NONE, false}},
    .image_count = 7,
};

/* Where a program that uses the C library has its break and its mappings; of the program itself
 * nothing is mapped but what lies above them, without rights. */
static const Layout linux_x86_64_dynamic = {
    .brk_start = 0x555555cdb000,
    .mmap_top = 0x7ffff7dce000,
    .mmap_bottom = 0x2aaaaaaab000,
    .mmap_min = 0x10000,
    .stack_top = 0x7ffffffff000,
    .stack_pages = 1,
    .image = {{0x7ffff7dce000, 0x7ffff7fff000, VM_NONE, false}},
    .image_count = 1,
};

const char *const layout_names[] = {"linux-x86-64", "linux-x86-64-dynamic", NULL};

bool layout_find(const char *name, Layout *layout) {
    static const Layout *const layouts[] = {&linux_x86_64, &linux_x86_64_dynamic};
    for (unsigned i = 0; layout_names[i] != NULL; i++) {
        if (strcmp(name, layout_names[i]) == 0) {
            *layout = *layouts[i];
            return true;
        }
    }
    return false;
}

/* ---- the invariant ------------------------------------------------------------------------ */

static const char *image_check(const Layout *layout, const Geometry *geometry, VAddr stack_start) {
    VAddr reached = layout->mmap_min;
    for (unsigned i = 0; i < layout->image_count; i++) {
        const LayoutRange *range = &layout->image[i];
        if (range->start < reached || range->end <= range->start || range->end > stack_start) {
            return "the ranges of the image must be in order, apart, above mmap_min and below the "
                   "stack";
        }
        if (((range->start | range->end) & (geometry_page_size(geometry) - 1)) != 0) {
            return "the ranges of the image must begin and end at a page";
        }
        if (layout->brk_start >= range->start && layout->brk_start < range->end) {
            return "brk_start lies in the image";
        }
        reached = range->end;
    }
    return NULL;
}

const char *layout_check(const Layout *layout, const Geometry *geometry) {
    uint64_t size = UINT64_C(1) << geometry->user_bits, page = geometry_page_size(geometry);
    VAddr all = layout->brk_start | layout->mmap_top | layout->mmap_bottom | layout->mmap_min |
                layout->stack_top;
    if ((all & (page - 1)) != 0) {
        return "every address must be that of a page";
    }
    VAddr end = size - page; /* user_end() */
    if (layout->stack_top == 0 || layout->stack_top > end || layout->brk_start >= end ||
        layout->mmap_top > end || layout->mmap_bottom >= end) {
        return "every address must be within user space, whose last page is nobody's";
    }
    if (layout->stack_pages < 1 || layout->stack_pages > (layout->stack_top - 1) / page ||
        layout->mmap_min >= layout->mmap_top || layout->brk_start < layout->mmap_min) {
        return "the stack needs a page, and brk_start and mmap_top lie above mmap_min";
    }
    return image_check(layout, geometry, layout->stack_top - layout->stack_pages * page);
}
