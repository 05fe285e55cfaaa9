/* size_list.h - memory sizes on the command line: "4,8,16KiB", "1..64", "8..64:8".
 *
 * A plain integer is a number of frames; a size with a unit is divided by the page size.  a..b is
 * every size from a to b, a..b:s every s-th of them.
 */
#ifndef FAULTLINE_SIZE_LIST_H
#define FAULTLINE_SIZE_LIST_H

#include <glib.h>
#include <stdint.h>

/* So many sizes at most. */
#define SIZES_MAX 4096

/* uint64_t, in frames, ascending, each once.  NULL and `error` (of OPTIONS_ERROR). */
GArray *size_list_parse(const char *text, uint64_t page_size, GError **error);
/* Make a list of sizes ascending, each once. */
void size_list_sort(GArray *sizes);

static inline uint64_t size_at(const GArray *sizes, unsigned index) {
    return g_array_index(sizes, uint64_t, index);
}

#endif
