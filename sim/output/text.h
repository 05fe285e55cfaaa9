/* text.h - the summary of a run: one screen high, 80 columns wide, for people. */
#ifndef FAULTLINE_TEXT_H
#define FAULTLINE_TEXT_H

#include "expect.h"
#include "output/style.h"
#include "recorder.h"

#define TEXT_WIDTH 80

/* A new string.  `results` as expect_evaluate() gave them. */
char *text_summary(const Stats *stats, const Recorder *recorder, const GArray *results,
                   const Style *style);

/* "lab.json:12: /expect/processes.app.minflt: expected 9, got 12": one line for each
 * expectation that failed, for stderr.  A new string, without the last line feed. */
char *text_failures(const Workload *workload, const GArray *results);

#endif
