/* run_json.h - run.json: enough to repeat a run: version, seed, inputs, resolved workload. */
#ifndef FAULTLINE_RUN_JSON_H
#define FAULTLINE_RUN_JSON_H

#include "workload.h"

#define RUN_SCHEMA "faultline-run/1"

/* The whole document, as a new string.  `digest`: the SHA-256 of the workload's text in hex, or
 * NULL if it was no file, but a trace by itself; trace files are read.  NULL and `error` if an
 * input cannot be read (any more). */
char *run_json(const Workload *workload, const char *digest, GError **error);

#endif
