/* curve_text.h - curves for people: tables and a drawing, 80 columns wide. */
#ifndef FAULTLINE_CURVE_TEXT_H
#define FAULTLINE_CURVE_TEXT_H

#include "curve/curve_set.h"
#include "output/style.h"

/* A new string. */
char *curve_text(const CurveSet *set, const Style *style);

#endif
