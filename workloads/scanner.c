/* scanner.c - the tokens of JSON: strings, numbers, and the words true, false and null. */
#include "scanner.h"

#include <string.h>

#include "workload.h"

static char *where_text(const Source *source, uint32_t line, uint32_t column) {
    return source->positions ? g_strdup_printf("%s:%u:%u", source->name, line, column)
                             : g_strdup(source->name);
}

bool scan_fail_at(Scanner *s, uint32_t line, uint32_t column, const char *message) {
    g_autofree char *where = where_text(s->source, line, column);
    g_set_error(s->error, WORKLOAD_ERROR, WORKLOAD_ERROR_SYNTAX, "%s: %s", where, message);
    return false;
}

bool scan_fail(Scanner *s, const char *message) {
    return scan_fail_at(s, s->line, s->column, message);
}

void scan_advance(Scanner *s, size_t bytes) {
    for (; bytes > 0; bytes--, s->at++) {
        if (*s->at == '\n') {
            s->line++;
            s->column = 1;
        } else if (((unsigned char)s->at[1] & 0xC0) != 0x80) {
            s->column++;
        }
    }
}

/* The character at the cursor, as a message shows it. */
static char *found_text(const Scanner *s) {
    if (scan_at_end(s)) {
        return g_strdup("the end of the text");
    }
    if (g_ascii_isprint(*s->at)) {
        return g_strdup_printf("'%c'", *s->at);
    }
    return g_strdup_printf("the character U+%04X", g_utf8_get_char(s->at));
}

bool scan_fail_expected(Scanner *s, const char *expected) {
    g_autofree char *found = found_text(s);
    g_autofree char *message = g_strdup_printf("expected %s, found %s", expected, found);
    return scan_fail(s, message);
}

/* Four hexadecimal digits behind "\u"; -1 if they are not there. */
static int hex4(const Scanner *s, const char *at) {
    int value = 0;
    for (int i = 0; i < 4; i++, at++) {
        int digit = at < s->end ? g_ascii_xdigit_value(*at) : -1;
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* The cursor is on the 'u' of "\uXXXX". */
static bool scan_unicode_escape(Scanner *s) {
    int code = hex4(s, s->at + 1);
    if (code < 0) {
        return scan_fail(s, "\\u takes four hexadecimal digits");
    }
    if (code == 0) {
        return scan_fail(s, "a string cannot hold the character \\u0000");
    }
    bool pair = false;
    if (code >= 0xD800 && code <= 0xDFFF) {
        int low =
            s->end - s->at >= 11 && s->at[5] == '\\' && s->at[6] == 'u' ? hex4(s, s->at + 7) : -1;
        pair = code <= 0xDBFF && low >= 0xDC00 && low <= 0xDFFF;
        if (!pair) {
            return scan_fail(s, "half of a surrogate pair is no character");
        }
    }
    scan_advance(s, pair ? 11 : 5);
    return true;
}

static bool scan_escape(Scanner *s) {
    scan_advance(s, 1);
    if (scan_peek(s) == 'u') {
        return scan_unicode_escape(s);
    }
    if (scan_at_end(s) || strchr("\"\\/bfnrt", *s->at) == NULL) {
        return scan_fail_expected(s, "one of \" \\ / b f n r t u behind a backslash");
    }
    scan_advance(s, 1);
    return true;
}

/* The cursor is on the opening quote. */
bool scan_string(Scanner *s) {
    uint32_t line = s->line, column = s->column;
    scan_advance(s, 1);
    while (!scan_at_end(s) && *s->at != '"') {
        unsigned char c = (unsigned char)*s->at;
        if (c == '\n' || c == '\r') {
            return scan_fail_at(s, line, column, "this string does not end on its line");
        }
        if (c < 0x20) {
            g_autofree char *message = g_strdup_printf(
                "a control character (0x%02x) inside a string must be written \\u%04x", c, c);
            return scan_fail(s, message);
        }
        if (c != '\\') {
            scan_advance(s, 1);
        } else if (!scan_escape(s)) {
            return false;
        }
    }
    if (scan_at_end(s)) {
        return scan_fail_at(s, line, column, "this string never ends");
    }
    scan_advance(s, 1);
    return true;
}

static size_t scan_digits(Scanner *s) {
    size_t count = 0;
    for (; g_ascii_isdigit(scan_peek(s)); count++) {
        scan_advance(s, 1);
    }
    return count;
}

/* number = [-] (0 | 1..9 digits) [. digits] [e [+-] digits] */
bool scan_number(Scanner *s) {
    uint32_t line = s->line, column = s->column;
    char *start = s->at;
    if (*s->at == '-') {
        scan_advance(s, 1);
    }
    bool zero = scan_peek(s) == '0';
    size_t digits = scan_digits(s);
    if (digits == 0) {
        return scan_fail_expected(s, "a digit");
    }
    if (zero && (scan_peek(s) == 'x' || scan_peek(s) == 'X')) {
        return scan_fail_at(s, line, column,
                            "hexadecimal numbers are written as strings: \"0x10\"");
    }
    if (zero && digits > 1) {
        return scan_fail_at(s, line, column, "a number may not begin with 0");
    }
    if (scan_peek(s) == '.') {
        scan_advance(s, 1);
        if (scan_digits(s) == 0) {
            return scan_fail_expected(s, "a digit behind the decimal point");
        }
    }
    if (scan_peek(s) == 'e' || scan_peek(s) == 'E') {
        scan_advance(s, 1);
        scan_advance(s, scan_peek(s) == '+' || scan_peek(s) == '-' ? 1 : 0);
        if (scan_digits(s) == 0) {
            return scan_fail_expected(s, "a digit of the exponent");
        }
    }
    if (s->at - start > SOURCE_NUMBER_MAX) {
        return scan_fail_at(s, line, column, "this number has more than 60 characters");
    }
    return true;
}

/* true, false or null. */
bool scan_literal(Scanner *s) {
    uint32_t line = s->line, column = s->column;
    const char *start = s->at;
    while (g_ascii_isalnum(scan_peek(s)) || scan_peek(s) == '_') {
        scan_advance(s, 1);
    }
    g_autofree char *word = g_strndup(start, (gsize)MIN(s->at - start, 40));
    if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0 || strcmp(word, "null") == 0) {
        return true;
    }
    g_autofree char *message =
        g_strdup_printf("%s is no JSON value; strings take double quotes: \"%s\"", word, word);
    return scan_fail_at(s, line, column, message);
}
