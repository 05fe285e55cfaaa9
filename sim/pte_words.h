/* pte_words.h - a page-table entry in words, bit by bit, as mmu/hardware/pte.h draws it.
 *
 * Units: pages, frames and slots by number.  Used by explain and quiz.
 */
#ifndef FAULTLINE_PTE_WORDS_H
#define FAULTLINE_PTE_WORDS_H

#include <glib.h>

#include "hardware/geometry.h"
#include "hardware/pte.h"

/* "frame 2, P=1 W=1 U=1 A=1 D=0 NX=1", "P=0, the page is in swap slot 3", "empty, P=0".  A new string. */
char *pte_words(Pte pte);

/* What a table of that level is called: "PML4", "PDPT", "PD", "PT" on a machine with four. */
const char *level_word(const Geometry *geometry, unsigned level);

/* `bits` binary digits.  A new string. */
char *binary_words(uint64_t value, unsigned bits);

#endif
