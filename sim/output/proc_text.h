/* proc_text.h - views of processes in the words and the shape of proc(5) and getrusage(2).
 *
 *   ==> /proc/1/status <== app, when it exited
 *   VmPeak:      412 kB
 *   ...
 *
 * Idea: a script that reads the real files can read these.  A line is there if the number is
 * counted; what is not is left out rather than shown as 0.
 */
#ifndef FAULTLINE_PROC_TEXT_H
#define FAULTLINE_PROC_TEXT_H

#include "proc_log.h"

/* PROC_PART(name, word): the parts that --proc can show. */
#define PROC_PARTS(PROC_PART)                                                                      \
    PROC_PART(STATUS, "status")                                                                    \
    PROC_PART(SMAPS, "smaps")                                                                      \
    PROC_PART(ROLLUP, "smaps_rollup")                                                              \
    PROC_PART(RUSAGE, "rusage")                                                                    \
    PROC_PART(MEMINFO, "meminfo")                                                                  \
    PROC_PART(VMSTAT, "vmstat")

typedef enum ProcPart {
#define PROC_PART(name, word) PROC_##name,
    PROC_PARTS(PROC_PART)
#undef PROC_PART
        PROC_PART_COUNT
} ProcPart;

/* "status,smaps", or "all": a bit each; 0 and `error` (of OPTIONS_ERROR): an unknown word. */
unsigned proc_parts_parse(const char *list, GError **error);

/* Those parts of all views, and of the machine at the end.  A new string. */
char *proc_text(const ProcLog *log, unsigned parts);

#endif
