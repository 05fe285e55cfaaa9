/* stats_path.h - a value of the results by its name: "processes.app.minflt".
 *
 * A path names a value of stats.json; the groups in it may be left out:
 *
 *   machine.pswpout             = machine.counters.pswpout
 *   machine.time_ns   machine.frames.free   machine.swap.used
 *   machine.cpus.1.idle_ns      (of several processors)
 *   processes.app.minflt        = processes.app.counters.minflt
 *   processes.app.peak_rss      = processes.app.memory.peak_rss
 *   processes.app.bookkeeping.stores
 *   processes.app.status   .exit_code   .start_ns   .end_ns   .time_ns   .pid
 *   processes.app.phases.warm-up.minflt     .end_ns     .now.rss
 *
 * Names of processes and phases may have dots: the longest one that fits is meant.  Of several
 * phases of one name, the first.
 */
#ifndef FAULTLINE_STATS_PATH_H
#define FAULTLINE_STATS_PATH_H

#include "stats.h"

typedef struct StatsValue {
    const char *text; /* NULL: it is a number */
    uint64_t number;
} StatsValue;

typedef enum PathFound {
    PATH_FOUND,
    PATH_UNKNOWN,     /* there can be no such value                             */
    PATH_NOT_REACHED, /* of a phase that the program has but did not come to; its type is right */
} PathFound;

/* If the path is unknown, *problem (may be NULL) says in words what was probably meant: a new
 * string.  `stats` may be of a machine that has not run: the names are known by then. */
PathFound stats_path_find(const Stats *stats, const char *path, StatsValue *value, char **problem);

#endif
