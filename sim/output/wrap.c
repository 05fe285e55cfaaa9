/* wrap.c - see wrap.h. */
#include "output/wrap.h"

#include <stdbool.h>

/* The part of a word, in bytes, that ends where it may be broken and has at most `room` characters:
 * behind a "|", or behind what follows a "]", as in "[A,32],[A+32,16]".  0: there is none. */
static size_t part_that_fits(const char *word, unsigned room) {
    size_t part = 0;
    for (const char *at = word; *at != '\0' && room > 0; at = g_utf8_next_char(at), room--) {
        if (*at == '|' || (at > word && at[-1] == ']' && (*at == ',' || *at == '>'))) {
            part = (size_t)(at - word) + 1;
        }
    }
    return part;
}

static void next_line(GString *out, unsigned *column, unsigned indent) {
    while (out->len > 0 && out->str[out->len - 1] == ' ') {
        g_string_truncate(out, out->len - 1);
    }
    g_string_append_printf(out, "\n%*s", (int)indent, "");
    *column = indent;
}

/* Of a word that no line has room for, append what fits, line by line; what is left is returned. */
static const char *append_parts(GString *out, const char *word, unsigned *column, unsigned indent,
                                unsigned width) {
    size_t part;
    while (*column + g_utf8_strlen(word, -1) > width &&
           (part = part_that_fits(word, width - MIN(*column, width))) > 0) {
        g_string_append_len(out, word, (gssize)part);
        next_line(out, column, indent);
        word += part;
    }
    return word;
}

void wrap_append(GString *out, const char *text, unsigned column, unsigned indent, unsigned width) {
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    bool at_start = true; /* of a line */
    for (unsigned i = 0; words[i] != NULL; i++) {
        const char *word = words[i];
        glong length = g_utf8_strlen(word, -1);
        bool too_long = indent + length > width;
        bool begins_here =
            too_long && column + 1 < width && part_that_fits(word, width - column - 1) > 0;
        if (!at_start && column + 1 + length > width && !begins_here) {
            next_line(out, &column, indent);
            at_start = true;
        }
        if (!at_start) {
            g_string_append_c(out, ' ');
            column++;
        }
        word = too_long ? append_parts(out, word, &column, indent, width) : word;
        g_string_append(out, word);
        column += (unsigned)g_utf8_strlen(word, -1);
        at_start = at_start && i > 0 && *word == '\0';
    }
    g_string_append_c(out, '\n');
}
