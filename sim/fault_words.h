/* fault_words.h - how a page fault was served, in words: the one list for explain, quiz, traces and
 * report.
 *
 * A kind that has no words here is still told, as one served "in another way".
 */
#ifndef FAULTLINE_FAULT_WORDS_H
#define FAULTLINE_FAULT_WORDS_H

#include "faultline/event.h"

/* "read from swap", for tables. */
const char *fault_name(FaultKind kind);
/* "it is read from swap: major", for sentences. */
const char *fault_served(FaultKind kind);
/* "P=0, the page is in swap": what the walk of the page table found. */
const char *fault_found(FaultKind kind);

#endif
