/* style.h - what the reader's terminal can show: colours, and letters beyond ASCII.
 *
 * Idea: whoever writes text asks paint() for emphasis and never thinks about terminals.  The
 * escapes have no width: pad first, paint afterwards.
 */
#ifndef FAULTLINE_STYLE_H
#define FAULTLINE_STYLE_H

#include <glib.h>

typedef struct Style {
    gboolean color;
    gboolean unicode;
} Style;

typedef enum Paint { PAINT_PLAIN, PAINT_TITLE, PAINT_LABEL, PAINT_GOOD, PAINT_BAD } Paint;

typedef enum ColorMode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } ColorMode;

/* What suits the file descriptor.  AUTO: colours on a terminal that is not dumb, unless the
 * environment says NO_COLOR.  Unicode if the locale has UTF-8 and the terminal is not dumb. */
Style style_for(int fd, ColorMode mode);

/* Append `text` in a paint. */
void style_paint(GString *out, const Style *style, Paint paint, const char *text);

/* `text` with bytes that are not UTF-8, and characters that would steer a terminal, replaced: a
 * name out of a file can neither move the cursor nor break a line.  A new string. */
char *style_printable(const char *text);

#endif
