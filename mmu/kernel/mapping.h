/* mapping.h - ranges of pages: what mmap, mprotect, mremap and madvise have in common. */
#ifndef FAULTLINE_MAPPING_H
#define FAULTLINE_MAPPING_H

#include "kernel/kernel.h"

typedef struct PageRange {
    Vpn first, end;
} PageRange;

/* User page numbers are below this. */
Vpn user_end(const Memory *m);
/* The pages of va..va+length-1.  False: va is not page-aligned or the range leaves user space. */
bool range_of(const Memory *m, VAddr va, uint64_t length, PageRange *range);
bool range_is_free(const AddressSpace *space, PageRange range);
/* The part of the range from its start to the first hole. */
PageRange range_without_hole(const AddressSpace *space, PageRange range);
/* A free place for `pages` pages: at the hint if that is free, else top-down. */
bool range_choose(const Memory *m, const AddressSpace *space, VAddr hint, uint64_t pages,
                  PageRange *range);

/* May `pages` more pages like `vma` be mapped?  (limits, commit) */
bool space_may_grow(const Memory *m, const AddressSpace *space, const Vma *vma, uint64_t pages);
/* Map a free range; unmap whatever the range holds. */
Outcome range_map(Memory *m, AddressSpace *space, Vma vma);
Outcome range_unmap(Memory *m, AddressSpace *space, PageRange range);
/* Fault every page in that is not there; stops quietly where that fails, as Linux does. */
void range_populate(Memory *m, AddressSpace *space, PageRange range, unsigned prot);

#endif
