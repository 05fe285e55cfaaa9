/* lackey.c - the memory accesses of a real program, as valgrind's lackey writes them.
 *
 *   ==7422== Lackey, an example Valgrind tool      valgrind's own words: skipped
 *   I  04001000,3                                  instruction fetch:  a read
 *    L 1ffeffe7e0,8                                load:               a read
 *    S 1ffeffff50,8                                store:              a write
 *    M 0421a5b8,4                                  modify:             a read, then a write
 *      address (hexadecimal), bytes (decimal)
 *
 * Idea: these files have hundreds of millions of lines, so the line is parsed by hand where it
 * lies.  The window's last byte is a newline, which belongs to no field: no loop passes it.
 *
 * Invariant: the items of one line are handed down together, at most TRACE_ROOM_MIN of them.
 * Used by trace.c.
 */
#include "trace_reader.h"

typedef struct Lackey {
    TraceFile *file;
    uint64_t page_size;
} Lackey;

/* What one line says. */
typedef struct LackeyLine {
    char kind; /* I, L, S or M */
    VAddr va;
    uint64_t bytes;
} LackeyLine;

#define BYTES_DIGITS 4 /* real accesses have 1 to 512 bytes */

/* A hexadecimal digit's value + 1; 0: no such digit. */
static const uint8_t hex_digit[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* "I  " or " L ", " S ", " M "; NULL if it is none of them. */
static const char *parse_kind(const char *at, char *kind) {
    at += *at == ' ';
    *kind = *at;
    if ((*kind != 'I' && *kind != 'L' && *kind != 'S' && *kind != 'M') || at[1] != ' ') {
        return NULL;
    }
    do {
        at++;
    } while (*at == ' ');
    return at;
}

/* Parse the line at `at`; the start of the next one, or NULL if it is not of the form above. */
static const char *parse_line(const char *at, LackeyLine *line) {
    at = parse_kind(at, &line->kind);
    if (at == NULL) {
        return NULL;
    }
    const char *field = at;
    unsigned digit;
    for (line->va = 0; (digit = hex_digit[(uint8_t)*at]) != 0; at++) {
        line->va = line->va << 4 | (digit - 1);
    }
    if (at == field || at - field > 16 || *at != ',') {
        return NULL;
    }
    field = ++at;
    for (line->bytes = 0; (digit = (unsigned)(uint8_t)*at - '0') <= 9; at++) {
        line->bytes = line->bytes * 10 + digit;
    }
    if (at == field || at - field > BYTES_DIGITS || line->bytes == 0) {
        return NULL;
    }
    at += *at == '\r';
    return *at == '\n' ? at + 1 : NULL;
}

/* One access, or two: what lies beyond the first page touches each further page once. */
static size_t put_access(TraceItem *items, const LackeyLine *line, uint64_t page_size,
                         Access access) {
    items[0] =
        (TraceItem){.kind = TRACE_ACCESS, .run = {.va = line->va, .count = 1, .access = access}};
    uint64_t offset = line->va & (page_size - 1);
    if (offset + line->bytes <= page_size) {
        return 1;
    }
    items[1] = (TraceItem){.kind = TRACE_ACCESS,
                           .run = {.va = line->va - offset + page_size,
                                   .count = (offset + line->bytes - 1) / page_size,
                                   .stride = (int64_t)page_size,
                                   .access = access}};
    return 2;
}

static size_t put_line(TraceItem *items, const LackeyLine *line, uint64_t page_size) {
    size_t n = 0;
    if (line->kind != 'S') {
        n += put_access(items, line, page_size, ACCESS_READ);
    }
    if (line->kind == 'S' || line->kind == 'M') {
        n += put_access(items + n, line, page_size, ACCESS_WRITE);
    }
    return n;
}

/* Valgrind's own lines, comments and empty lines. */
static bool is_remark(const char *at) {
    bool valgrind = (at[0] == '=' || at[0] == '-' || at[0] == '*') && at[1] == at[0];
    at += *at == '\r';
    return valgrind || *at == '#' || *at == '\n';
}

/* The line at the window's start is no access: skip it if it may be skipped. */
static bool skip_line(TraceFile *file, GError **error) {
    const char *end = trace_file_line_end(file, error);
    if (end == NULL) {
        return false;
    }
    if (!is_remark(file->at)) {
        g_autofree char *quote = trace_quote_line(file->at);
        return trace_file_fail(
            file, error,
            "%s is no line of lackey's; lines like \" L 1ffe0008,8\" were expected "
            "(valgrind's --log-file=FILE keeps the program's own output apart)",
            quote);
    }
    file->at = end + 1;
    file->line++;
    return true;
}

static bool check_range(const TraceFile *file, const LackeyLine *line, GError **error) {
    uint64_t end = 0;
    if (__builtin_add_overflow(line->va, line->bytes, &end)) {
        return trace_file_fail(file, error,
                               "an access beyond the last address; use addresses that leave room "
                               "for its bytes");
    }
    return true;
}

/* Take as many lines of the window as there is room for; false if the one at `at` is wrong. */
static bool take_lines(Lackey *lackey, TraceItem *items, size_t room, size_t *n, GError **error) {
    TraceFile *file = lackey->file;
    while (file->at < file->end && *n + TRACE_ROOM_MIN <= room) {
        GError **report = *n == 0 ? error : NULL;
        LackeyLine line;
        const char *next = parse_line(file->at, &line);
        if (next == NULL) {
            if (!skip_line(file, report)) {
                return false;
            }
            continue;
        }
        if (!check_range(file, &line, report)) {
            return false;
        }
        *n += put_line(items + *n, &line, lackey->page_size);
        file->at = next;
        file->line++;
    }
    return true;
}

static gssize lackey_next(void *self, TraceItem *items, size_t room, GError **error) {
    Lackey *lackey = self;
    size_t n = 0;
    while (n + TRACE_ROOM_MIN <= room) {
        /* Good items go first; the next call meets the damage again and reports it. */
        GError **report = n == 0 ? error : NULL;
        TraceFill fill = trace_file_fill(lackey->file, report);
        if (fill == TRACE_FILL_END) {
            break;
        }
        if (fill == TRACE_FILL_ERROR || !take_lines(lackey, items, room, &n, report)) {
            return n > 0 ? (gssize)n : -1;
        }
    }
    return (gssize)n;
}

static bool lackey_looks_like(const char *line) {
    LackeyLine parsed;
    return parse_line(line, &parsed) != NULL || (line[0] == '=' && line[1] == '=');
}

static void *lackey_start(TraceFile *file, uint64_t page_size, GError **error) {
    (void)error;
    Lackey *lackey = g_new0(Lackey, 1);
    *lackey = (Lackey){file, page_size};
    return lackey;
}

const TraceReader lackey_reader = {"lackey", lackey_looks_like, lackey_start, lackey_next};
