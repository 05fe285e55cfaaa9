/* wrap.c - see wrap.h. */
#include "output/wrap.h"

void wrap_append(GString *out, const char *text, unsigned column, unsigned indent, unsigned width) {
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    gboolean first = TRUE;
    for (unsigned i = 0; words[i] != NULL; i++) {
        unsigned length = (unsigned)g_utf8_strlen(words[i], -1);
        if (!first && column + 1 + length > width) {
            g_string_append_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            g_string_append_c(out, ' ');
            column++;
        }
        g_string_append(out, words[i]);
        column += length;
        first = FALSE;
    }
    g_string_append_c(out, '\n');
}
