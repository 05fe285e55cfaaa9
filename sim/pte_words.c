/* pte_words.c - see pte_words.h. */
#include "pte_words.h"

#include <inttypes.h>

static unsigned bit(Pte pte, Pte mask) { return (pte & mask) != 0; }

char *pte_words(Pte pte) {
    if (pte == PTE_NONE) {
        return g_strdup("empty, P=0");
    }
    if (pte_swapped(pte)) {
        return g_strdup_printf("P=0, the page is in swap slot %" PRIu32, pte_number(pte));
    }
    if (!pte_present(pte)) {
        return g_strdup_printf("P=0, the page is on its way out of frame %" PRIu32,
                               pte_number(pte));
    }
    g_autofree char *place = pte_zero_page(pte)
                                 ? g_strdup("the shared page of zeros")
                                 : g_strdup_printf("frame %" PRIu32, pte_number(pte));
    return g_strdup_printf("%s, P=1 W=%u U=%u A=%u D=%u NX=%u", place, bit(pte, PTE_WRITABLE),
                           bit(pte, PTE_USER), bit(pte, PTE_ACCESSED), bit(pte, PTE_DIRTY),
                           bit(pte, PTE_NO_EXECUTE));
}

const char *level_word(const Geometry *geometry, unsigned level) {
    static const char *const words[GEOMETRY_LEVELS_MAX] = {"PML5", "PML4", "PDPT", "PD", "PT"};
    return words[GEOMETRY_LEVELS_MAX - geometry->levels + level];
}

char *binary_words(uint64_t value, unsigned bits) {
    GString *out = g_string_new(NULL);
    for (unsigned i = bits; i-- > 0;) {
        g_string_append_c(out, (value >> i & 1) != 0 ? '1' : '0');
    }
    return g_string_free(out, FALSE);
}
