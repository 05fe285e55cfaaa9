/* human.h - numbers as people read them.
 *
 * Idea: counts are exact ("1,234,567"); sizes and times are rounded to one decimal in the unit
 * that leaves one to four digits ("1.5 MiB", "12.3 us").  Integers only: the same digits on
 * every machine.  Each function returns a new string.
 */
#ifndef FAULTLINE_HUMAN_H
#define FAULTLINE_HUMAN_H

#include <glib.h>
#include <stdint.h>

/* 1234567 -> "1,234,567" */
char *human_count(uint64_t value);
/* The same with at most five characters: 1234567 -> "1.2M".  For tables that grow too wide. */
char *human_count_short(uint64_t value);
/* 1536 -> "1.5 KiB" */
char *human_bytes(uint64_t bytes);
/* `pages` of `page_size` bytes, as bytes; never overflows. */
char *human_pages(uint64_t pages, uint64_t page_size);
/* 12345 -> "12.3 us" */
char *human_time(uint64_t ns);
/* 1 of 8 -> "12.5 %"; of nothing: "-" */
char *human_percent(uint64_t part, uint64_t whole);

#endif
