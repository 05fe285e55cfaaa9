/* page_words.c - see page_words.h. */
#include "page_words.h"

#include <inttypes.h>

#include "kernel/survey.h"
#include "machine.h"

/* The mapping around a page; NULL: there is none (any more). */
static const Vma *page_area(const Process *process, Vpn page) {
    if (process == NULL || process->space == NULL) {
        return NULL;
    }
    const VmaList *vmas = &process->space->vmas;
    uint32_t at = vma_lower_bound(vmas, page);
    return at < vmas->count && page >= vmas->list[at].first ? &vmas->list[at] : NULL;
}

/* The heap begins where brk does; what is mapped below belongs to the program's image. */
static bool area_is_heap(const Process *process, const Vma *area) {
    unsigned shift = process->machine->config.geometry.page_shift;
    const AddressSpace *space = process->space;
    return area->first >= space->layout.brk_start >> shift && area->first << shift < space->brk;
}

static const char *object_word(const Process *process, const Vma *area) {
    return vma_is_shared_memory(process->machine->memory, area) ? "shared memory" : "file";
}

const char *page_area_word(const Process *process, Vpn page) {
    const Vma *area = page_area(process, page);
    return area == NULL                     ? "not mapped"
           : area->kind == VMA_FILE         ? object_word(process, area)
           : area_is_heap(process, area)    ? "heap"
           : (area->flags & VMA_GROWS_DOWN) ? "stack"
                                            : "mmap";
}

char *page_name(const Process *process, Vpn page) {
    const Vma *area = page_area(process, page);
    if (area == NULL || area->kind != VMA_FILE) {
        return g_strdup_printf("page 0x%" PRIx64, page);
    }
    uint64_t index = area->file_page + (page - area->first);
    const char *file = machine_file_name(process->machine, area->file);
    return file == NULL ? g_strdup_printf("page %" PRIu64, index)
                        : g_strdup_printf("page %" PRIu64 " of %s", index, file);
}

Pte page_entry(const Process *process, Vpn page) {
    PageView view = {0};
    bool there =
        process != NULL && process->space != NULL && space_view_page(process->space, page, &view);
    return there && view.vpn == page ? view.pte : PTE_NONE;
}

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
    return g_strdup_printf("%s, P=1 W=%u U=%u A=%u D=%u NX=%u%s", place, bit(pte, PTE_WRITABLE),
                           bit(pte, PTE_USER), bit(pte, PTE_ACCESSED), bit(pte, PTE_DIRTY),
                           bit(pte, PTE_NO_EXECUTE),
                           bit(pte, PTE_HUGE) ? ", in the entry of a huge page" : "");
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
