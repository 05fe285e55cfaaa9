/* mapping.h - ranges of pages: what the system calls on mappings have in common. */
#ifndef FAULTLINE_MAPPING_H
#define FAULTLINE_MAPPING_H

#include "kernel/kernel.h"

typedef struct PageRange {
    Vpn first, end;
} PageRange;

/* Linux's vm.max_map_count: a process has no more mappings. */
#define MAPPINGS_MAX 65530u

/* ---- mapping.c: ranges ------------------------------------------------------------------- */

/* User page numbers are below this.  The last page of the address space is nobody's, as on x86-64
 * (TASK_SIZE_MAX in Linux). */
Vpn user_end(const Memory *m);
/* The pages of va..va+length-1.  False: va is not page-aligned or the range leaves user space. */
bool range_of(const Memory *m, VAddr va, uint64_t length, PageRange *range);
bool range_is_free(const AddressSpace *space, PageRange range);
static inline uint64_t range_pages(PageRange range) { return range.end - range.first; }
/* The part of a mapping that lies in the range. */
PageRange range_within(const Vma *vma, PageRange range);
/* The first mapping with pages at or after `from` and below `end`; NULL: none. */
const Vma *mapping_next(const AddressSpace *space, Vpn from, Vpn end);

/* Map a free range (and make it one with its neighbours, if alike); unmap whatever the range holds. */
Outcome range_map(Memory *m, AddressSpace *space, Vma vma, bool may_merge);
Outcome range_unmap(Memory *m, AddressSpace *space, PageRange range);
/* Other rights or flags for a part of one mapping; the sums follow. */
Outcome range_change(Memory *m, AddressSpace *space, PageRange range, unsigned prot,
                     unsigned flags);

/* ---- placement.c ------------------------------------------------------------------------- */

/* A place for `pages` pages (more than none) like those of `vma`, the first being its file_page:
 * at the hint if that is free, else where the layout's direction says.  False: there is no such
 * gap. */
bool range_choose(const Memory *m, const AddressSpace *space, VAddr hint, uint64_t pages,
                  const Vma *vma, PageRange *range);

/* ---- limits.c ---------------------------------------------------------------------------- */

/* Linux's accountable_mapping(): is it charged against the commit limit? */
bool mapping_is_charged(unsigned prot, unsigned flags);
/* Limits of the address space and of data: may `pages` more of such a mapping exist? */
bool space_may_expand(const Memory *m, const AddressSpace *space, const Vma *vma, uint64_t pages);
/* Linux's __vm_enough_memory(): is there a promise left to give? */
bool commit_allowed(const Memory *m, const AddressSpace *space, uint64_t pages);
/* So many pages more (or fewer) are promised. */
void commit_charge(Memory *m, int64_t change);
/* How many pages the space may lock: as limits.locked says, and fewer than it may hold, so that one
 * can always be replaced (as VirtualLock of Windows). */
uint64_t lock_limit(const Memory *m, const AddressSpace *space);
/* RLIMIT_MEMLOCK: may `pages` more of a mapping with these flags be locked? */
bool lock_allowed(const Memory *m, const AddressSpace *space, unsigned flags, uint64_t pages);

/* ---- populate.c -------------------------------------------------------------------------- */

/* Fault in every page of the range, a part of one mapping, that an access could not use as it is.
 * Not OK: as the first fault that failed. */
Outcome range_fault_in(Memory *m, AddressSpace *space, PageRange range, Access access);
/* Linux's mm_populate(): every mapping of the range, with the access that it is for.  A mapping
 * without rights is OUTCOME_EFAULT. */
Outcome range_populate(Memory *m, AddressSpace *space, PageRange range);

/* ---- stack.c, lock.c --------------------------------------------------------------------- */

/* Linux's expand_stack(): an access below a mapping that grows down grows it, within its limit and
 * the guard gap.  NULL: it does not. */
Vma *stack_grow(Memory *m, AddressSpace *space, Vpn vpn);
/* Is the page in this frame, resident or on standby, locked by its owner? */
bool page_is_locked(Memory *m, Pfn pfn);

#endif
