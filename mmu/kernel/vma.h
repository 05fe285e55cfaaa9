/* vma.h - mappings: which pages of an address space exist, with what rights and backing.
 *
 * Idea: a sorted array of half-open page ranges, found by binary search through a one-entry
 * cache.  Neighbours that are alike are one mapping; a change in the middle splits.
 *
 *   mprotect(B..C):   [A........D)  ->  [A.B)[B.C)[C.D)     and back, when equal again
 *
 * Invariant (vma_list_check): first < end; list[i].end <= list[i+1].first; neighbours that
 * could merge are merged.
 */
#ifndef FAULTLINE_VMA_H
#define FAULTLINE_VMA_H

#include "faultline/types.h"

typedef enum VmaKind { VMA_ANONYMOUS, VMA_FILE } VmaKind;

typedef enum VmaFlags {
    VMA_GROWS_DOWN = 1, /* a stack: grows on touch just below                              */
    VMA_HEAP = 2,       /* the brk area                                                    */
    VMA_NORESERVE = 4,
    VMA_SHARED = 8,
    VMA_LOCKED = 16,
    VMA_LOCK_ON_FAULT = 32,
    VMA_DONT_FORK = 64,
    VMA_WIPE_ON_FORK = 128,
} VmaFlags;
#define VMA_LOCK_FLAGS (VMA_LOCKED | VMA_LOCK_ON_FAULT)

typedef struct Vma {
    Vpn first, end; /* pages first..end-1 */
    VmaKind kind;
    unsigned prot;      /* Prot bits */
    unsigned flags;     /* VmaFlags bits */
    uint32_t file;      /* VMA_FILE: which (index into the memory's files) */
    uint64_t file_page; /* VMA_FILE: the page of the file at `first` */
    uint32_t anon_vma;
    bool inherited;
} Vma;

typedef struct VmaList {
    Vma *list;
    uint32_t count, capacity;
    uint32_t last;        /* the cache: where the last find hit */
    uint32_t anon_vmas;
    uint64_t guard_pages; /* kept free below a mapping that grows down */
} VmaList;

void vma_list_clear(VmaList *vmas);

/* The mapping that contains `vpn`, or NULL. */
Vma *vma_find(VmaList *vmas, Vpn vpn);
/* Index of the first mapping with end > vpn; count if there is none. */
uint32_t vma_lower_bound(const VmaList *vmas, Vpn vpn);

/* Make room for `more` further mappings, so that what follows cannot fail half-way.  An
 * insert needs 1, a remove or a protect 2.  False: out of host memory. */
bool vma_reserve(VmaList *vmas, uint32_t more);

/* Insert a mapping into a gap and merge it with equal neighbours. False: no host memory. */
bool vma_insert(VmaList *vmas, Vma vma);
bool vma_add(VmaList *vmas, Vma vma);
void vma_prepare_anon(VmaList *vmas, Vma *vma);
/* Cut first..end out of the list, splitting what sticks out.  False: no host memory. */
bool vma_remove(VmaList *vmas, Vpn first, Vpn end);
/* Give first..end the protection `prot`; all of it must be mapped.  Splits and merges. */
bool vma_protect(VmaList *vmas, Vpn first, Vpn end, unsigned prot);

/* The highest gap of `pages` pages below `ceiling` and not below `floor`: where in it the
 * `pages` begin when they are put at its top, or UINT64_MAX.  (Linux's top-down placement.) */
Vpn vma_find_gap(const VmaList *vmas, uint64_t pages, Vpn floor, Vpn ceiling);

const char *vma_list_check(const VmaList *vmas);

#endif
