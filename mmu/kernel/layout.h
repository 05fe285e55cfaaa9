/* layout.h - where things are in an address space: data, so that a real kernel's can be had.
 *
 *   0 ... | image | heap -> (brk) ......... <- mmap areas | image | guard | <- stack | user end
 *
 * Invariant (layout_check): everything is page-aligned and within user space; the image's ranges
 * are in order and apart from each other and from the stack; the break begins outside of them.
 * Units: bytes, except stack_pages.
 */
#ifndef FAULTLINE_LAYOUT_H
#define FAULTLINE_LAYOUT_H

#include "faultline/types.h"
#include "hardware/geometry.h"

#define LAYOUT_IMAGE_MAX 16

/* A part of the program's image: mapped before the program begins. */
typedef struct LayoutRange {
    VAddr start, end;
    unsigned prot;
    bool present; /* ... and faulted in: its page tables exist */
} LayoutRange;

typedef struct Layout {
    VAddr brk_start;
    VAddr mmap_top;       /* kernel-chosen addresses are taken top-down from here ... */
    VAddr mmap_bottom;    /* ... or bottom-up from here */
    bool bottom_up;       /* which of them is tried first; bottom-up is also the last resort */
    VAddr mmap_min;       /* no mapping below */
    VAddr stack_top;      /* the stack grows down from here; 0: this is no layout */
    uint64_t stack_pages; /* the stack at the start */
    bool stack_present;   /* ... faulted in */
    LayoutRange image[LAYOUT_IMAGE_MAX];
    unsigned image_count;
} Layout;

/* The layout of a geometry, as a small Linux program would have it: no image, one page of stack. */
Layout layout_for(const Geometry *geometry);

/* The layouts that can be had by name, those of x86-64 Linux without address randomisation:
 * linux-x86-64, a small static program; linux-x86-64-dynamic, where one that uses the C library has
 * its heap and its mappings.  False: there is no such name. */
bool layout_find(const char *name, Layout *layout);
/* Their names, ended by NULL. */
extern const char *const layout_names[];

/* NULL if a machine of this geometry can have it, else what is wrong. */
const char *layout_check(const Layout *layout, const Geometry *geometry);

#endif
