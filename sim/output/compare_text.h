/* compare_text.h - a comparison as tables for people, 80 columns wide. */
#ifndef FAULTLINE_COMPARE_TEXT_H
#define FAULTLINE_COMPARE_TEXT_H

#include "comparison.h"
#include "output/style.h"

/* A new string. */
char *compare_text(const Comparison *comparison, const Style *style);

#endif
