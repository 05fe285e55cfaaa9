/* explain_walk.c - how the address of a page fault is translated, drawn.
 *
 *   TLB    no entry that allows this: the page table is walked
 *   0x7fffefffe000 is
 *     PML4 255   PDPT 511   PD 383     PT 510     offset 0
 *     011111111  111111111  101111111  111111110  000000000000
 *   found  no page of its own yet
 *   now    frame 2, P=1 W=1 U=1 A=1 D=1 NX=1
 *
 * Idea: one column for each level of the machine's tables, its name and index above the bits that
 * are the index.  The entry is looked at when the fault is over; what the hardware found before, the
 * kind of the fault says.
 */
#include "explain_internal.h"

#include <inttypes.h>
#include <string.h>

#include "fault_words.h"
#include "page_words.h"

#define COLUMN_GAP 2

/* A column: both lines as wide as the wider one. */
static void add_column(GString *names, GString *digits, const char *word, uint64_t index,
                       unsigned bits) {
    g_autofree char *name = g_strdup_printf("%s %" PRIu64, word, index);
    g_autofree char *binary = binary_words(index, bits);
    int width = (int)MAX(strlen(name), strlen(binary));
    g_string_append_printf(names, "%*s%-*s", COLUMN_GAP, "", width, name);
    g_string_append_printf(digits, "%*s%-*s", COLUMN_GAP, "", width, binary);
}

/* A huge entry ends the walk: what would be the leaf's index belongs to the offset. */
static void tell_indices(Explainer *e, VAddr va, bool huge) {
    const Geometry *g = &e->machine->config.geometry;
    unsigned levels = g->levels - huge;
    unsigned offset_bits = g->page_shift + (huge ? g->bits[g->levels - 1] : 0);
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GString) digits = g_string_new(NULL);
    for (unsigned level = 0; level < levels; level++) {
        add_column(names, digits, level_word(g, level),
                   geometry_index(g, level, va >> g->page_shift), g->bits[level]);
    }
    add_column(names, digits, "offset", va & ((UINT64_C(1) << offset_bits) - 1), offset_bits);
    explainer_tell(e, NULL, "  0x%" PRIx64 " is", va);
    explainer_draw(e, g_strchomp(names->str) + COLUMN_GAP);
    explainer_draw(e, g_strchomp(digits->str) + COLUMN_GAP);
}

/* What the walk met, so that there was a fault. */
static const char *found_words(const Event *event) {
    bool joined = event->a == FAULT_SOFT && event->frame == PFN_NONE;
    return joined ? "P=0, another thread is bringing the page in"
                  : fault_found((FaultKind)event->a);
}

void explain_walk(Explainer *e, const Event *event) {
    Vpn page = event->va >> e->machine->config.geometry.page_shift;
    Pte entry = page_entry(explainer_process(e, event), page);
    g_autofree char *now = pte_words(entry);
    explainer_tell(e, NULL, "  TLB    %s: the page table is walked",
                   e->machine->config.tlb_levels == 0 ? "none" : "no entry that allows this");
    tell_indices(e, event->va, (entry & PTE_HUGE) != 0);
    explainer_tell(e, NULL, "  found  %s", found_words(event));
    explainer_tell(e, NULL, "  now    %s", now);
}
