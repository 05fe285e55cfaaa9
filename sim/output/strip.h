/* strip.h - a curve one line high: resident memory over time in block letters. */
#ifndef FAULTLINE_STRIP_H
#define FAULTLINE_STRIP_H

#include "recorder.h"

/* `width` letters, each as high as its value; `scale` fills a letter.  A new string. */
char *strip_of(const uint64_t *values, uint64_t scale, unsigned width, gboolean unicode);

/* `width` letters from time 0 to `end`; each shows the greatest rss of its stretch of time,
 * scaled so that `scale` pages fill a letter.  A new string. */
char *strip_draw(const Recorder *recorder, Tick end, uint64_t scale, unsigned width,
                 gboolean unicode);

/* The greatest rss of all samples. */
uint64_t strip_peak(const Recorder *recorder);

#endif
