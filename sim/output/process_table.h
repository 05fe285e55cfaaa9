/* process_table.h - the summary's table of processes. */
#ifndef FAULTLINE_PROCESS_TABLE_H
#define FAULTLINE_PROCESS_TABLE_H

#include "output/style.h"
#include "stats.h"

/* Append the table, at most `width` characters wide: the first processes, and a total if there
 * are several.  Columns in which nothing happened (soft faults, swap) are left out; so are
 * some if numbers are too large for all of them. */
void process_table_print(const Stats *stats, GString *out, unsigned width, const Style *style);

#endif
