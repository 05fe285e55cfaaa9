/* page_words.h - pages and page-table entries in words; entries bit by bit, as mmu/hardware/pte.h
 * draws them.
 *
 * Units: pages, frames and slots by number.  Used by explain and quiz.
 */
#ifndef FAULTLINE_PAGE_WORDS_H
#define FAULTLINE_PAGE_WORDS_H

#include <glib.h>

#include "hardware/geometry.h"
#include "hardware/pte.h"
#include "process.h"

/* What is mapped there: "heap", "stack", "mmap", "file", "shared memory", "not mapped". */
const char *page_area_word(const Process *process, Vpn page);

/* A file's pages are known by their place in it (a reference string's by their numbers), others by
 * their page number: "page 7", "page 7 of data", "page 0x7fffeffff".  A new string; `process` may be
 * NULL. */
char *page_name(const Process *process, Vpn page);

/* The entry of a page; PTE_NONE if there is none, or no such process. */
Pte page_entry(const Process *process, Vpn page);

/* "frame 2, P=1 W=1 U=1 A=1 D=0 NX=1", "P=0, the page is in swap slot 3", "empty, P=0".  A new string. */
char *pte_words(Pte pte);

/* What a table of that level is called: "PML4", "PDPT", "PD", "PT" on a machine with four. */
const char *level_word(const Geometry *geometry, unsigned level);

/* `bits` binary digits.  A new string. */
char *binary_words(uint64_t value, unsigned bits);

#endif
