/* gnuplot.h - scripts for gnuplot: the data are in the script or beside it, the picture is an SVG.
 *
 * Used by run -o (series.gp beside series.csv), and by curve and compare (--format gnuplot).
 */
#ifndef FAULTLINE_GNUPLOT_H
#define FAULTLINE_GNUPLOT_H

#include "comparison.h"
#include "curve/curve_set.h"
#include "recorder.h"

/* New strings. */
char *gnuplot_series(const char *title, uint64_t page_size);
char *gnuplot_curves(const CurveSet *set);
char *gnuplot_comparison(const Comparison *comparison);

#endif
