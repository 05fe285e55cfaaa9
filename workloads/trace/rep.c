/* rep.c - malloc-lab traces: a header of numbers, then one allocator call a line.
 *
 *   20000          suggested heap size (not used)       or only the two numbers
 *   3              number of ids (not used)             in the middle
 *   5              number of operations
 *   1              weight (not used)
 *   a 0 512        malloc       | of our own:  c id size          calloc
 *   r 0 640        realloc      |              m id size align    aligned_alloc
 *   f 0            free         |              t n                thread n goes on
 *
 * Idea: the text only is checked here.  What depends on which blocks live (realloc of an id that
 * has none ...) is the business of whoever replays it (trace.h).
 *
 * Invariant: seen = operations handed down; a file may end only if seen >= declared.
 * Used by trace.c.  Source of the classic form: Bryant and O'Hallaron's malloc lab.
 */
#include <inttypes.h>

#include "trace_reader.h"

typedef struct Rep {
    TraceFile *file;
    uint64_t declared, seen; /* operations */
    uint64_t last_size;      /* of the last line that had one, for a line that has none */
    bool any_size;
} Rep;

typedef struct RepOp {
    char letter;
    TraceItemKind kind;
    const char *shape; /* for messages */
} RepOp;

static const RepOp rep_ops[] = {
    {'a', TRACE_MALLOC, "a id size"},
    {'c', TRACE_CALLOC, "c id size"},
    {'m', TRACE_ALIGNED, "m id size align"},
    {'r', TRACE_REALLOC, "r id size"},
    {'f', TRACE_FREE, "f id"},
    {'t', TRACE_THREAD, "t thread"},
};

static const RepOp *find_op(char letter) {
    for (size_t i = 0; i < G_N_ELEMENTS(rep_ops); i++) {
        if (rep_ops[i].letter == letter) {
            return &rep_ops[i];
        }
    }
    return NULL;
}

/* ---- words and numbers of a line --------------------------------------------------------- */

static const char *skip_blanks(const char *at) {
    while (*at == ' ' || *at == '\t' || *at == '\r') {
        at++;
    }
    return at;
}

static bool at_end(const char *at) { return *at == '\n' || *at == '#'; }

/* Read digits; what exceeds 64 bits becomes UINT64_MAX.  False if there are none. */
static bool read_digits(const char **at, uint64_t *value) {
    const char *digit = *at;
    for (*value = 0; g_ascii_isdigit(*digit); digit++) {
        if (__builtin_mul_overflow(*value, UINT64_C(10), value) ||
            __builtin_add_overflow(*value, (uint64_t)(*digit - '0'), value)) {
            *value = UINT64_MAX;
        }
    }
    bool any = digit != *at;
    *at = digit;
    return any;
}

/* Read the field called `name`, a number below `limit`. */
static bool read_field(const Rep *rep, const RepOp *op, const char **at, const char *name,
                       uint64_t limit, uint64_t *value, GError **error) {
    const char *field = *at = skip_blanks(*at);
    if (at_end(field)) {
        return trace_file_fail(rep->file, error, "the %s is missing; \"%s\" was expected", name,
                               op->shape);
    }
    bool number = read_digits(at, value) && (at_end(*at) || skip_blanks(*at) != *at);
    if (!number || *value >= limit) {
        g_autofree char *quote = trace_quote_word(field);
        return trace_file_fail(rep->file, error,
                               "%s is no %s; a number from 0 to %" PRIu64 " was expected", quote,
                               name, limit - 1);
    }
    return true;
}

/* The size, or none: then that of the last line that had one, as scanf() leaves it. */
static bool read_size(Rep *rep, const RepOp *op, const char **at, uint64_t *size, GError **error) {
    bool may_lack = op->kind == TRACE_MALLOC || op->kind == TRACE_REALLOC;
    if (may_lack && rep->any_size && at_end(skip_blanks(*at))) {
        *size = rep->last_size;
        return true;
    }
    if (!read_field(rep, op, at, "size", TRACE_SIZE_MAX, size, error)) {
        return false;
    }
    rep->last_size = *size;
    rep->any_size = true;
    return true;
}

static bool read_alignment(Rep *rep, const RepOp *op, const char **at, uint64_t *alignment,
                           GError **error) {
    if (!read_field(rep, op, at, "alignment", TRACE_SIZE_MAX, alignment, error)) {
        return false;
    }
    if (*alignment == 0 || (*alignment & (*alignment - 1)) != 0) {
        return trace_file_fail(rep->file, error,
                               "alignment %" PRIu64 " is no power of two; use 16, 64, 4096 ...",
                               *alignment);
    }
    return true;
}

/* ---- one line ---------------------------------------------------------------------------- */

/* "-1", the id of no block: free(NULL). */
static bool read_no_id(const char **at) {
    const char *word = skip_blanks(*at);
    if (word[0] != '-' || word[1] != '1' ||
        (!at_end(word + 2) && skip_blanks(word + 2) == word + 2)) {
        return false;
    }
    *at = word + 2;
    return true;
}

static bool read_fields(Rep *rep, const RepOp *op, const char **at, TraceItem *item,
                        GError **error) {
    if (op->kind == TRACE_FREE && read_no_id(at)) {
        item->kind = TRACE_FREE_NULL;
        return true;
    }
    uint64_t id = 0;
    const char *name = op->kind == TRACE_THREAD ? "thread" : "id";
    if (!read_field(rep, op, at, name, TRACE_ID_MAX, &id, error)) {
        return false;
    }
    item->id = (uint32_t)id;
    if (op->kind == TRACE_FREE || op->kind == TRACE_THREAD) {
        return true;
    }
    return read_size(rep, op, at, &item->size, error) &&
           (op->kind != TRACE_ALIGNED || read_alignment(rep, op, at, &item->alignment, error));
}

static bool read_op(Rep *rep, const char *at, TraceItem *item, GError **error) {
    const RepOp *op = find_op(*at);
    if (op == NULL || (!at_end(at + 1) && skip_blanks(at + 1) == at + 1)) {
        g_autofree char *quote = trace_quote_line(at);
        return trace_file_fail(rep->file, error,
                               "unknown operation %s; a, c, f, m, r or t was expected", quote);
    }
    *item = (TraceItem){.kind = op->kind};
    at++;
    if (!read_fields(rep, op, &at, item, error)) {
        return false;
    }
    at = skip_blanks(at);
    if (!at_end(at)) {
        g_autofree char *quote = trace_quote_line(at);
        return trace_file_fail(rep->file, error, "%s is too much; \"%s\" was expected", quote,
                               op->shape);
    }
    return true;
}

/* ---- header -------------------------------------------------------------------------------- */

#define HEADER_NUMBERS 4

/* Add the numbers of the line at `at` to the header; `at` is left where they end. */
static bool read_header_line(const TraceFile *file, const char **at, uint64_t *numbers,
                             unsigned *count, GError **error) {
    *at = skip_blanks(*at);
    while (!at_end(*at) && !g_ascii_isalpha(**at)) {
        g_autofree char *quote = trace_quote_word(*at);
        if (*count == HEADER_NUMBERS) {
            return trace_file_fail(file, error,
                                   "%s is a fifth number in the header; 2 or 4 were "
                                   "expected, then operations",
                                   quote);
        }
        if (!read_digits(at, &numbers[*count])) {
            return trace_file_fail(file, error,
                                   "%s in the header; whole numbers were expected, then "
                                   "operations",
                                   quote);
        }
        *count += 1;
        *at = skip_blanks(*at);
    }
    return true;
}

/* Read numbers up to the first letter, where `at` is left, or the end of the file. */
static bool read_header_numbers(TraceFile *file, uint64_t *numbers, unsigned *count,
                                GError **error) {
    for (;;) {
        TraceFill fill = trace_file_fill(file, error);
        if (fill != TRACE_FILL_LINE) {
            return fill == TRACE_FILL_END;
        }
        const char *end = trace_file_line_end(file, error);
        if (end == NULL || !read_header_line(file, &file->at, numbers, count, error)) {
            return false;
        }
        if (g_ascii_isalpha(*file->at)) {
            return true;
        }
        file->at = end + 1;
        file->line++;
    }
}

static void *rep_start(TraceFile *file, uint64_t page_size, GError **error) {
    (void)page_size;
    uint64_t numbers[HEADER_NUMBERS] = {0};
    unsigned count = 0;
    if (!read_header_numbers(file, numbers, &count, error)) {
        return NULL;
    }
    if (count != 2 && count != HEADER_NUMBERS) {
        trace_file_fail(file, error,
                        "the header has %u numbers; 4 (heap size, ids, operations, weight) or 2 "
                        "(ids, operations) were expected",
                        count);
        return NULL;
    }
    Rep *rep = g_new0(Rep, 1);
    rep->file = file;
    rep->declared = numbers[count == 2 ? 1 : 2];
    return rep;
}

/* ---- the stream ---------------------------------------------------------------------------- */

/* Read the line at `at` into an item.  An empty line or a comment leaves `*found` false. */
static bool take_line(Rep *rep, TraceItem *item, bool *found, GError **error) {
    TraceFile *file = rep->file;
    const char *end = trace_file_line_end(file, error);
    if (end == NULL) {
        return false;
    }
    const char *at = skip_blanks(file->at);
    *found = !at_end(at);
    if (*found && !read_op(rep, at, item, error)) {
        return false;
    }
    rep->seen += *found;
    file->at = end + 1;
    file->line++;
    return true;
}

static bool check_whole(const Rep *rep, GError **error) {
    if (rep->seen < rep->declared) {
        return trace_file_fail(rep->file, error,
                               "the file ends after %" PRIu64
                               " operations, but its header says %" PRIu64
                               "; get a whole copy, or correct the header",
                               rep->seen, rep->declared);
    }
    return true;
}

static gssize rep_next(void *self, TraceItem *items, size_t room, GError **error) {
    Rep *rep = self;
    size_t n = 0;
    while (n < room) {
        /* Good items go first; the next call meets the damage again and reports it. */
        GError **report = n == 0 ? error : NULL;
        TraceFill fill = trace_file_fill(rep->file, report);
        bool found = false;
        bool good = fill == TRACE_FILL_LINE  ? take_line(rep, &items[n], &found, report)
                    : fill == TRACE_FILL_END ? n > 0 || check_whole(rep, report)
                                             : false;
        n += found && good;
        if (!good) {
            return n > 0 ? (gssize)n : -1;
        }
        if (fill == TRACE_FILL_END) {
            break;
        }
    }
    return (gssize)n;
}

static bool rep_looks_like(const char *line) {
    return g_ascii_isdigit(*line) ||
           (find_op(*line) != NULL && (line[1] == ' ' || line[1] == '\t'));
}

const TraceReader rep_reader = {"rep", rep_looks_like, rep_start, rep_next};
