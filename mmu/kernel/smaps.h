/* smaps.h - what a mapping's pages add up to, as Linux shows it in /proc/PID/smaps; and the same for
 * all of memory, as in /proc/meminfo.
 *
 * Idea: a page that several entries lead to is shared out among them: each mapping is charged for
 * the page's size divided by the entries (its proportional set size), so that the sum over all
 * mappings of all processes is the memory that they really take.  How many entries there are
 * the reverse map knows.
 *
 * Invariant: rss = shared_clean + shared_dirty + private_clean + private_dirty; pss <= rss.
 * A survey: it changes nothing.  Units: pages; proportional sums in bytes << PSS_SHIFT.
 * Source: smaps_account() of fs/proc/task_mmu.c in Linux.
 */
#ifndef FAULTLINE_SMAPS_H
#define FAULTLINE_SMAPS_H

#include "kernel/address_space.h"

#define PSS_SHIFT 12 /* bits of a byte's fractions */

typedef struct MappingSums {
    uint64_t rss, shared_clean, shared_dirty, private_clean, private_dirty;
    uint64_t referenced, anonymous, lazy_free, huge, swap; /* huge: mapped by huge entries */
    uint64_t pss, pss_locked, swap_pss;
} MappingSums;

/* Add what the pages of a mapping come to. */
void space_sum_mapping(const Memory *m, const AddressSpace *space, const Vma *vma,
                       MappingSums *sums);

typedef struct MemorySums {
    uint64_t anon, mapped; /* pages of processes; mapped: of files and shared memory */
    uint64_t huge;         /* of them, those that huge entries map */
    uint64_t file, shmem;  /* in the page cache, mapped or not */
    uint64_t locked;       /* pages in memory that must stay there */
    uint64_t page_tables;  /* below the roots, of all processes */
} MemorySums;

/* The pages of all processes and of the page cache, as /proc/meminfo adds them up.  O(mapped pages). */
MemorySums memory_sum_pages(Memory *m);

#endif
