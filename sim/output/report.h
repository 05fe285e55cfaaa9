/* report.h - the report: one HTML file with page and data, that opens from disk.
 *
 * Idea: the page (viewer/dist/report.html, built once and compiled into the program) has a place
 * for data, a script element of type application/json.  The data goes in as JSON in which every
 * "<" is written \u003c: then no text in it, whatever a workload calls its processes, can end the
 * element; and the page's own policy lets only the page's own script run.
 */
#ifndef FAULTLINE_REPORT_H
#define FAULTLINE_REPORT_H

#include <glib.h>

#define REPORT_SCHEMA "faultline-report/1"

/* `parts`: JSON documents (recordings, a comparison or curves), ended by NULL.  A new string. */
char *report_html(const char *const *parts);
/* Write it to `path`, whole or not at all ("-" is not special).  FALSE and `error`. */
gboolean report_write(const char *path, const char *const *parts, GError **error);

/* report_page.c, made from viewer/dist/report.html by the build. */
extern const char report_page[];

#endif
