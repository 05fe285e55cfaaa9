/* csv.h - series.csv: one row a sample, one column a curve, ready for a spreadsheet.
 *
 * The machine's columns come first, then six for each process: NAME.rss, NAME.rss_max,
 * NAME.working_set, NAME.heap_bytes, NAME.live_bytes,
 * NAME.granted_bytes, NAME.pgfault.  RFC 4180, LF lines.
 */
#ifndef FAULTLINE_CSV_H
#define FAULTLINE_CSV_H

#include "recorder.h"

/* The whole document; `names`: one for each process of the recorder. */
char *series_csv(const Recorder *recorder, const char *const *names);

#endif
