/* wrap.h - words broken into lines, for whatever is printed for people to read. */
#ifndef FAULTLINE_WRAP_H
#define FAULTLINE_WRAP_H

#include <glib.h>

/* Append `text` with lines of at most `width` characters.  The first line goes on where `out`
 * is, at column `column`; further ones are indented by `indent`.  A word that is longer than a line
 * is broken too, where a list of blocks has its commas and bars, and else left as it is.  Ends with
 * a line feed. */
void wrap_append(GString *out, const char *text, unsigned column, unsigned indent, unsigned width);

#endif
