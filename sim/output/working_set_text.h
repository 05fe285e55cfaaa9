/* working_set_text.h - the working set over time, a line a window.
 *
 *   window   mean  most  least when full
 *        3  2.083     3                1  ▃▆█▆...
 *
 * A letter shows the most of its stretch of references, and is full at the most of its line.
 */
#ifndef FAULTLINE_WORKING_SET_TEXT_H
#define FAULTLINE_WORKING_SET_TEXT_H

#include "curve/curve_set.h"
#include "output/style.h"

/* Append the lines; nothing if no window was asked for. */
void working_set_print(const CurveSet *set, GString *out, const Style *style);

#endif
