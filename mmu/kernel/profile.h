/* profile.h - rules by which Linux kernels differ, as data: one flag a rule.
 *
 * Idea: the code asks for a rule, never for a version, so each difference has one name and one
 * place.  The first profile is the default.
 */
#ifndef FAULTLINE_PROFILE_H
#define FAULTLINE_PROFILE_H

#include "faultline/types.h"

typedef struct KernelProfile {
    const char *name;
    /* mmap: a private anonymous mapping whose length is a multiple of a huge page's begins at
     * one, if the kernel chooses the place; and the highest place is taken, also for files, which
     * were aligned before (6.7). */
    bool aligns_large_mappings;
    /* madvise(dontneed): a table all of whose pages the call covers is freed (6.14). */
    bool dontneed_frees_tables;
    /* madvise(populate_*): ends at the first hole; older kernels go on behind it, mapping by
     * mapping, and say so afterwards (6.8). */
    bool populate_stops_at_hole;
    /* mprotect: a mapping that loses its write right gives its commit charge back, if it never
     * had a page (6.5). */
    bool mprotect_uncharges_untouched;
    /* mremap: tables move whole even if the range begins inside one, when nothing is mapped
     * before it there (6.7). */
    bool remap_realigns;
    /* mremap: with FIXED and no change of length the range may span several mappings (6.17). */
    bool remap_moves_several;
    /* mremap with a target: whether it can be done is found out before anything is changed; else
     * when what was at the target, and a tail that is too long, have gone already (6.17). */
    bool remap_checks_first;
    /* A read of an untouched huge page maps the huge zero page.  The older kernels were observed on
     * machines of less than 512 MiB, where Linux does without. */
    bool huge_zero_page;
    /* The first write to the huge zero page gets a huge page (6.13); else it is split first. */
    bool huge_zero_becomes_huge;
    /* When a folio is split, pages of it that hold zeros give way to the shared zero page (6.12). */
    bool split_frees_zero_pages;
    /* A page that a read brings back from swap and that nobody shares is mapped writable (6.12);
     * else the first write to it is another fault. */
    bool swap_in_maps_writable;
    /* A write that brings a page back from swap frees its slot, so that the page gets another place
     * when it leaves again (seen on 6.18); else it keeps the slot, and neighbours in swap stay
     * neighbours (the read-ahead of 6.1 and 6.12 shows it). */
    bool write_frees_slot;
    /* Files are read ahead in folios that grow, whose ends are aligned; all pages of one bear its mark
     * (ext4 since 6.16). */
    bool reads_ahead_in_folios;
} KernelProfile;

/* Ended by a NULL name. */
extern const KernelProfile kernel_profiles[];

/* The profile of that name, or NULL. */
const KernelProfile *kernel_profile_find(const char *name);

#endif
