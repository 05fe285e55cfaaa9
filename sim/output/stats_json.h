/* stats_json.h - stats.json: every number of a run, the same bytes from run to run.
 *
 * Holds nothing that the host, the clock on the wall or a path could change.
 */
#ifndef FAULTLINE_STATS_JSON_H
#define FAULTLINE_STATS_JSON_H

#include "stats.h"

#define STATS_SCHEMA "faultline-stats/1"

/* The whole document, as a new string that ends with a line feed. */
char *stats_json(const Stats *stats);
/* The same with no more than so many processes, and so many phases of each. */
char *stats_json_limited(const Stats *stats, unsigned processes_max, unsigned phases_max);

#endif
