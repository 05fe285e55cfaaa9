/* page_table_check.c - the invariant of a tree, by a walk over all its tables. */
#include "page_table_private.h"

#include <stdlib.h>

/* A check under way: which tables were met so far, one bit each. */
typedef struct Survey {
    const PageTable *pt;
    uint8_t *met;
    uint64_t count, huge;
} Survey;

static const char *check_leaf_entry(Pte pte) {
    if (pte_present(pte)) {
        return NULL;
    }
    if ((pte & (PTE_ACCESSED | PTE_DIRTY)) != 0) {
        return "page table: accessed or dirty stands in an entry that is not present";
    }
    if (pte != PTE_NONE && !pte_swapped(pte) && !pte_transit(pte)) {
        return "page table: an entry is neither none, present, swapped nor in transit";
    }
    return NULL;
}

static const char *check_table(Survey *survey, uint32_t index, unsigned level);

/* The entries beneath a huge one say of each of its pages what it says of all. */
static const char *check_huge_entry(Survey *survey, const Table *table, uint64_t i,
                                    unsigned level) {
    const TableArena *arena = survey->pt->arena;
    Pte huge = table->entries[i], seen = PTE_ACCESSED | PTE_DIRTY;
    if (level + 2 != arena->geometry->levels || table->deposits == NULL) {
        return "page table: a huge entry stands at the wrong level, or has no table beneath it";
    }
    const char *wrong = check_table(survey, table->deposits[i], level + 1);
    survey->huge++;
    for (uint64_t j = 0; wrong == NULL && j < level_entries(arena, level + 1); j++) {
        Pte entry = arena->tables[table->deposits[i]].entries[j];
        uint64_t step = pte_zero_page(huge) ? 0 : j;
        if ((entry & ~seen) != ((huge & ~(seen | PTE_HUGE)) + (step << PTE_FRAME_SHIFT))) {
            wrong = "page table: an entry beneath a huge one says something else";
        }
    }
    return wrong;
}

static const char *check_upper_entry(Survey *survey, const Table *table, uint64_t i,
                                     unsigned level) {
    Pte pte = table->entries[i];
    if (pte == PTE_NONE) {
        return NULL;
    }
    if ((pte & PTE_HUGE) != 0) {
        return check_huge_entry(survey, table, i, level);
    }
    return (pte & ~PTE_FRAME_MASK) == UPPER_BITS ? check_table(survey, pte_number(pte), level + 1)
                                                 : "page table: an upper entry has strange bits";
}

static const char *check_table(Survey *survey, uint32_t index, unsigned level) {
    const TableArena *arena = survey->pt->arena;
    if (index == 0 || index > arena->made) {
        return "page table: an upper entry leads to no table";
    }
    if ((survey->met[index / 8] >> index % 8 & 1) != 0) {
        return "page table: two upper entries lead to the same table";
    }
    survey->met[index / 8] |= (uint8_t)(1U << index % 8);
    survey->count++;
    const Table *table = &arena->tables[index];
    if (is_leaf(arena, level) && table->stamps == NULL) {
        return "page table: a table stands at the wrong level";
    }
    const char *wrong = NULL;
    for (uint64_t i = 0; i < level_entries(arena, level) && wrong == NULL; i++) {
        wrong = is_leaf(arena, level) ? check_leaf_entry(table->entries[i])
                                      : check_upper_entry(survey, table, i, level);
    }
    return wrong;
}

const char *page_table_check(const PageTable *pt) {
    Survey survey = {.pt = pt, .met = calloc(pt->arena->made / 8 + 1, 1)};
    if (survey.met == NULL) {
        return "page table: no host memory left for the check";
    }
    const char *wrong = check_table(&survey, pt->root, 0);
    free(survey.met);
    if (wrong == NULL && (survey.count != pt->tables + 1 || survey.huge != pt->huge)) {
        wrong = "page table: tables or huge != those that can be reached";
    }
    return wrong;
}
