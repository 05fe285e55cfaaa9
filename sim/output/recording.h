/* recording.h - recording.json: all that the report's page shows of one run.
 *
 * Idea: what is few is written as JSON, what is many as columns (column.h): the samples, the film,
 * the faults.  Everything that could grow with the run or the workload has a limit, so the page
 * of a long run is as small as that of a short one; what was left out is counted and said.
 */
#ifndef FAULTLINE_RECORDING_H
#define FAULTLINE_RECORDING_H

#include "fault_log.h"
#include "film.h"
#include "recorder.h"
#include "stats.h"

#define RECORDING_SCHEMA "faultline-recording/1"

typedef struct Recording {
    const Stats *stats;
    const Recorder *series;
    const Film *film;
    const FaultLog *faults;
} Recording;

/* The whole document, as a new string. */
char *recording_json(const Recording *recording);

#endif
