/* vma.h - mappings: which pages of an address space exist, with what rights and backing.
 *
 * Idea: a sorted array of half-open page ranges, found by binary search through a one-entry
 * cache.  Neighbours that are alike become one mapping when one of them is made or changed; a
 * change in the middle splits.
 *
 *   mprotect(B..C):   [A........D)  ->  [A.B)[B.C)[C.D)     and back, when equal again
 *
 * Alike is what Linux (mm/vma.c, is_mergeable_vma and friends) calls so: the same rights, flags and
 * file, offsets that continue, and anonymous pages that may be kept together.  The last two are
 * why a mapping that mremap moved, or one that fork copied, stays apart from its neighbour:
 *
 *   offset    an anonymous mapping remembers the page number where it was made (vm_pgoff)
 *   anon_vma  names the group of mappings that its anonymous pages are known by; 0 until the
 *             first is made.  Two groups do not become one; a group and none do, unless it was
 *             inherited from a parent.
 *
 * Invariant (vma_list_check): first < end; list[i].end <= list[i+1].first; anon_vma <=
 * anon_vmas; inherited only with an anon_vma.
 */
#ifndef FAULTLINE_VMA_H
#define FAULTLINE_VMA_H

#include "faultline/types.h"

typedef enum VmaKind { VMA_ANONYMOUS, VMA_FILE } VmaKind;

typedef enum VmaFlags {
    VMA_GROWS_DOWN = 1 << 0,    /* a stack: grows on touch just below                      */
    VMA_SHARED = 1 << 1,        /* writes are everybody's                                  */
    VMA_NORESERVE = 1 << 2,     /* never charged                                           */
    VMA_ACCOUNT = 1 << 3,       /* its pages are charged against the commit limit          */
    VMA_LOCKED = 1 << 4,        /* its pages must stay in memory (mlock)                   */
    VMA_LOCK_ON_FAULT = 1 << 5, /* with LOCKED: those that have been touched               */
    VMA_DONT_FORK = 1 << 6,     /* a child does not get it                                 */
    VMA_WIPE_ON_FORK = 1 << 7,  /* a child gets it empty                                   */
    VMA_HUGE_PAGE = 1 << 8,     /* madvise(hugepage), (nohugepage)                         */
    VMA_NO_HUGE_PAGE = 1 << 9,
    VMA_RANDOM = 1 << 10, /* madvise(random), (sequential): no neighbour is read ahead */
    VMA_SEQUENTIAL = 1 << 11,
} VmaFlags;
#define VMA_LOCK_FLAGS (VMA_LOCKED | VMA_LOCK_ON_FAULT)

typedef struct Vma {
    Vpn first, end; /* pages first..end-1 */
    VmaKind kind;
    unsigned prot;      /* Prot bits */
    unsigned flags;     /* VmaFlags bits */
    uint32_t file;      /* VMA_FILE: which (index into the memory's files) */
    uint64_t file_page; /* VMA_FILE: the page of the file at `first`; anonymous: the page number
                           that `first` had where the mapping was made */
    uint32_t anon_vma;  /* the group of its anonymous pages; 0: it never had any */
    bool inherited;     /* the group came from the parent of a fork */
} Vma;

typedef struct VmaList {
    Vma *list;
    uint32_t count, capacity;
    uint32_t last;        /* the cache: where the last find hit */
    uint64_t guard_pages; /* kept free below a mapping that grows down */
    uint32_t anon_vmas;   /* groups made so far; their numbers are 1..anon_vmas */
} VmaList;

void vma_list_clear(VmaList *vmas);

/* The mapping that contains `vpn`, or NULL. */
Vma *vma_find(VmaList *vmas, Vpn vpn);
/* Index of the first mapping with end > vpn; count if there is none. */
uint32_t vma_lower_bound(const VmaList *vmas, Vpn vpn);

/* Make room for `more` further mappings, so that what follows cannot fail half-way.  An
 * insert needs 1, a remove or a protect 2.  False: out of host memory. */
bool vma_reserve(VmaList *vmas, uint32_t more);

/* Insert a mapping into a gap and merge it with neighbours that are alike (vma_insert), or leave
 * it apart (vma_add).  False: no host memory. */
bool vma_insert(VmaList *vmas, Vma vma);
bool vma_add(VmaList *vmas, Vma vma);
/* Cut first..end out of the list, splitting what sticks out.  False: no host memory. */
bool vma_remove(VmaList *vmas, Vpn first, Vpn end);
/* Give first..end, a part of one mapping, other rights and flags.  Splits and merges. */
bool vma_change(VmaList *vmas, Vpn first, Vpn end, unsigned prot, unsigned flags);

/* A private mapping is about to get its first anonymous page: it joins the group of a neighbour
 * that could be one with it but for its rights, or founds one (Linux's anon_vma_prepare). */
void vma_prepare_anon(VmaList *vmas, Vma *vma);

/* The highest gap of `pages` pages below `ceiling` and not below `floor`: where in it the
 * `pages` begin when they are put at its top, or UINT64_MAX.  (Linux's top-down placement.) */
Vpn vma_find_gap(const VmaList *vmas, uint64_t pages, Vpn floor, Vpn ceiling);
/* The lowest such gap: where it begins, or UINT64_MAX.  (Bottom-up placement.) */
Vpn vma_find_gap_up(const VmaList *vmas, uint64_t pages, Vpn floor, Vpn ceiling);
/* Where the room below a mapping ends: its first page, or the guard gap's below a stack. */
Vpn vma_room_end(const VmaList *vmas, const Vma *vma);

const char *vma_list_check(const VmaList *vmas);

#endif
