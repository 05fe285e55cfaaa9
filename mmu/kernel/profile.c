/* profile.c - the kernels that can be had by name; see profile.h. */
#include "kernel/profile.h"

#include <string.h>

const KernelProfile kernel_profiles[] = {
    {.name = "6.18",
     .aligns_large_mappings = true,
     .dontneed_frees_tables = true,
     .populate_stops_at_hole = true,
     .mprotect_uncharges_untouched = true,
     .remap_realigns = true,
     .remap_moves_several = true,
     .remap_checks_first = true,
     .huge_zero_page = true,
     .huge_zero_becomes_huge = true,
     .split_frees_zero_pages = true,
     .swap_in_maps_writable = true,
     .write_frees_slot = true,
     .reads_ahead_in_folios = true},
    {.name = "6.12",
     .aligns_large_mappings = true,
     .populate_stops_at_hole = true,
     .mprotect_uncharges_untouched = true,
     .remap_realigns = true,
     .split_frees_zero_pages = true,
     .swap_in_maps_writable = true},
    {.name = "6.1"},
    {.name = NULL},
};

const KernelProfile *kernel_profile_find(const char *name) {
    for (const KernelProfile *profile = kernel_profiles; profile->name != NULL; profile++) {
        if (strcmp(profile->name, name) == 0) {
            return profile;
        }
    }
    return NULL;
}
