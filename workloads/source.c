/* source.c - the strict scanner behind source.h.
 *
 * Idea: one cursor that never goes back, and an explicit stack of open containers instead of
 * recursion, so a file nested 5,000 deep is refused and not a crash.
 */
#include "source.h"

#include <string.h>

#include "scanner.h"
#include "workload.h"

/* Blank one comment out; lines stay lines. */
static bool skip_comment(Scanner *s) {
    uint32_t line = s->line, column = s->column;
    bool block = s->at[1] == '*';
    char *start = s->at;
    scan_advance(s, 2);
    while (!scan_at_end(s) &&
           !(block ? *s->at == '*' && s->end - s->at > 1 && s->at[1] == '/' : *s->at == '\n')) {
        scan_advance(s, 1);
    }
    if (block && scan_at_end(s)) {
        return scan_fail_at(s, line, column, "this comment never ends");
    }
    scan_advance(s, block ? 2 : 0);
    for (char *c = start; c < s->at; c++) {
        *c = *c == '\n' ? '\n' : ' ';
    }
    return true;
}

static bool skip_space(Scanner *s) {
    while (!scan_at_end(s)) {
        if (strchr(" \t\r\n", *s->at) != NULL && *s->at != '\0') {
            scan_advance(s, 1);
        } else if (*s->at == '/' && s->end - s->at > 1 && (s->at[1] == '/' || s->at[1] == '*')) {
            if (!skip_comment(s)) {
                return false;
            }
        } else {
            break;
        }
    }
    return true;
}

static bool scan_open(Scanner *s) {
    if (s->depth == SOURCE_DEPTH_MAX) {
        return scan_fail(s, "nested more than 64 deep");
    }
    s->stack[s->depth++] = (Container){.is_object = *s->at == '{', .empty = true, .line = s->line};
    scan_advance(s, 1);
    return true;
}

static bool scan_token(Scanner *s) {
    char c = scan_peek(s);
    if (c == '{' || c == '[') {
        return scan_open(s);
    }
    if (c == '"') {
        return scan_string(s);
    }
    if (c == '-' || g_ascii_isdigit(c)) {
        return scan_number(s);
    }
    if (g_ascii_isalpha(c)) {
        return scan_literal(s);
    }
    if (c == '\'') {
        return scan_fail(s, "strings take double quotes");
    }
    return scan_fail_expected(s, "a value");
}

/* One value; of a container only its opening bracket. */
static bool scan_value(Scanner *s) {
    if (!skip_space(s)) {
        return false;
    }
    SourceNode node = {.source = s->source,
                       .offset = (uint32_t)(s->at - s->source->text),
                       .line = s->line,
                       .column = s->column,
                       .key_line = s->key_line,
                       .key_column = s->key_column};
    s->key_line = s->key_column = 0;
    if (s->nodes->len == SOURCE_VALUES_MAX) {
        return scan_fail(s, "more than 4194304 values; put long programs into a trace file");
    }
    if (!scan_token(s)) {
        return false;
    }
    node.length = (uint32_t)(s->at - s->source->text) - node.offset;
    g_array_append_val(s->nodes, node);
    return true;
}

static bool scan_key(Scanner *s) {
    if (!skip_space(s)) {
        return false;
    }
    if (scan_peek(s) == '\'') {
        return scan_fail(s, "keys take double quotes");
    }
    if (scan_peek(s) != '"') {
        return scan_fail_expected(s, "a key in double quotes");
    }
    s->key_line = s->line;
    s->key_column = s->column;
    if (!scan_string(s) || !skip_space(s)) {
        return false;
    }
    if (scan_peek(s) != ':') {
        return scan_fail_expected(s, "':' behind the key");
    }
    scan_advance(s, 1);
    return true;
}

static bool fail_unclosed(Scanner *s, const Container *top) {
    if (scan_at_end(s)) {
        g_autofree char *message = g_strdup_printf("the text ends inside the %s opened in line %u",
                                                   top->is_object ? "object" : "array", top->line);
        return scan_fail(s, message);
    }
    return scan_fail_expected(s, top->is_object ? "',' or '}'" : "',' or ']'");
}

/* In an open container: its end, or its next member up to the value's first token. */
static bool scan_member(Scanner *s) {
    Container *top = &s->stack[s->depth - 1];
    if (!skip_space(s)) {
        return false;
    }
    char closing = top->is_object ? '}' : ']';
    if (scan_peek(s) == closing) {
        scan_advance(s, 1);
        s->depth--;
        return true;
    }
    if (!top->empty) {
        if (scan_peek(s) != ',') {
            return fail_unclosed(s, top);
        }
        scan_advance(s, 1);
        if (!skip_space(s)) {
            return false;
        }
        if (scan_peek(s) == closing) {
            return scan_fail(s, "a comma must not stand before the closing bracket");
        }
    }
    if (scan_at_end(s)) {
        return fail_unclosed(s, top);
    }
    top->empty = false;
    return (!top->is_object || scan_key(s)) && scan_value(s);
}

static bool scan_document(Scanner *s) {
    if (!skip_space(s)) {
        return false;
    }
    if (scan_at_end(s)) {
        return scan_fail_at(s, 1, 1, "there is nothing in it");
    }
    if (!scan_value(s)) {
        return false;
    }
    while (s->depth > 0) {
        if (!scan_member(s)) {
            return false;
        }
    }
    return skip_space(s) && (scan_at_end(s) || scan_fail_expected(s, "the end of the text"));
}

/* All of it must be UTF-8 without NUL bytes; a byte-order mark is blanked. */
static bool scan_encoding(Scanner *s) {
    const char *bad = NULL;
    if (s->end - s->at >= 3 && memcmp(s->at, "\xEF\xBB\xBF", 3) == 0) {
        memset(s->at, ' ', 3);
    }
    if (g_utf8_validate_len(s->at, (gsize)(s->end - s->at), &bad)) {
        return true;
    }
    Scanner probe = *s;
    scan_advance(&probe, (size_t)(bad - s->at));
    unsigned byte = (unsigned char)*bad;
    g_autofree char *message = g_strdup_printf(
        "the byte 0x%02x is not UTF-8 text%s", byte,
        byte >= 0xFE && bad == s->source->text ? "; save the file as UTF-8, not UTF-16" : "");
    return scan_fail_at(s, probe.line, probe.column, message);
}

void source_free(Source *source) {
    if (source != NULL) {
        g_free(source->name);
        g_free(source->text);
        g_free(source->nodes);
        g_free(source);
    }
}

Source *source_scan(const char *name, bool positions, const char *text, size_t length,
                    GError **error) {
    g_autoptr(Source) source = g_new0(Source, 1);
    source->name = g_strdup(name);
    source->positions = positions;
    source->length = length;
    if (length > SOURCE_BYTES_MAX) {
        g_set_error(error, WORKLOAD_ERROR, WORKLOAD_ERROR_READ,
                    "%s: larger than 64 MiB; put long programs into a trace file", name);
        return NULL;
    }
    source->text = g_malloc(length + 1);
    if (length > 0) {
        memcpy(source->text, text, length);
    }
    source->text[length] = '\0';
    Scanner scanner = {.source = source,
                       .at = source->text,
                       .end = source->text + length,
                       .line = 1,
                       .column = 1,
                       .nodes = g_array_new(FALSE, FALSE, sizeof(SourceNode)),
                       .error = error};
    bool good = scan_encoding(&scanner) && scan_document(&scanner);
    source->node_count = scanner.nodes->len;
    source->nodes = (SourceNode *)(void *)g_array_free(scanner.nodes, FALSE);
    return good ? g_steal_pointer(&source) : NULL;
}
