/* curve_chart.h - miss ratio by memory size, drawn in letters.
 *
 *   100.0 % ●
 *           │ ●
 *           │  ○ ● ● ●
 *     8.3 % └──────────
 *            1 2   4
 *
 * Curves of one pass have a mark in every column, others at the sizes that were run.  Where marks
 * meet, the curve that comes first in the legend is seen.
 */
#ifndef FAULTLINE_CURVE_CHART_H
#define FAULTLINE_CURVE_CHART_H

#include "curve/curve_set.h"
#include "output/style.h"

/* Append the chart, at most 80 characters wide; nothing for a single page. */
void curve_chart_print(const CurveSet *set, GString *out, const Style *style);

#endif
