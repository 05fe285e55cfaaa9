/* scanner.h - a cursor over a JSON text, and the tokens it can read; for source.c alone.
 *
 * Invariant: line and column are those of `at`; the text ends with a NUL byte at `end`.
 * Every scan_ function leaves the cursor behind what it read, or notes an error and says false.
 */
#ifndef FAULTLINE_SCANNER_H
#define FAULTLINE_SCANNER_H

#include "source.h"

typedef struct Container {
    bool is_object;
    bool empty;
    uint32_t line; /* where it was opened, for messages */
} Container;

typedef struct Scanner {
    Source *source;
    char *at, *end;
    uint32_t line, column;
    uint32_t key_line, key_column; /* of the key just read; 0: none */
    Container stack[SOURCE_DEPTH_MAX];
    unsigned depth;
    GArray *nodes; /* SourceNode */
    GError **error;
} Scanner;

/* Note an error at the cursor, or elsewhere; always false. */
bool scan_fail(Scanner *s, const char *message);
bool scan_fail_at(Scanner *s, uint32_t line, uint32_t column, const char *message);
/* "expected EXPECTED, found ..." */
bool scan_fail_expected(Scanner *s, const char *expected);

static inline bool scan_at_end(const Scanner *s) { return s->at == s->end; }
static inline char scan_peek(const Scanner *s) { return *s->at; }
void scan_advance(Scanner *s, size_t bytes);

/* Each with the cursor on its first character. */
bool scan_string(Scanner *s);
bool scan_number(Scanner *s);
bool scan_literal(Scanner *s);

#endif
