/* json.c - see json.h. */
#include "output/json.h"

#include <inttypes.h>

static void new_line(JsonWriter *w) {
    g_string_append_printf(w->out, "\n%*s", (int)(2 * w->depth), "");
}

static void append_quoted(GString *out, const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_string_append_c(out, '"');
    for (const char *c = valid; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            g_string_append_printf(out, "\\%c", *c);
        } else if ((unsigned char)*c < 0x20) {
            g_string_append_printf(out, "\\u%04x", (unsigned char)*c);
        } else {
            g_string_append_c(out, *c);
        }
    }
    g_string_append_c(out, '"');
}

/* The comma, the line and the key in front of any value. */
static void begin_value(JsonWriter *w, const char *key) {
    if (!w->empty) {
        g_string_append_c(w->out, ',');
    }
    if (w->depth > 0) {
        new_line(w);
    }
    w->empty = FALSE;
    if (key != NULL) {
        append_quoted(w->out, key);
        g_string_append(w->out, ": ");
    }
}

void json_writer_open(JsonWriter *w, const char *key, char bracket) {
    begin_value(w, key);
    g_string_append_c(w->out, bracket);
    w->depth++;
    w->empty = TRUE;
}

void json_writer_close(JsonWriter *w, char bracket) {
    w->depth--;
    if (!w->empty) {
        new_line(w);
    }
    g_string_append_c(w->out, bracket);
    w->empty = FALSE;
    if (w->depth == 0) {
        g_string_append_c(w->out, '\n');
    }
}

void json_writer_number(JsonWriter *w, const char *key, uint64_t value) {
    begin_value(w, key);
    g_string_append_printf(w->out, "%" PRIu64, value);
}

void json_writer_signed(JsonWriter *w, const char *key, int64_t value) {
    begin_value(w, key);
    g_string_append_printf(w->out, "%" PRId64, value);
}

void json_writer_string(JsonWriter *w, const char *key, const char *text) {
    begin_value(w, key);
    append_quoted(w->out, text);
}

/* A string of JSON text, quotes included: how many bytes it has. */
static size_t string_length(const char *json) {
    size_t length = 1;
    while (json[length] != '\0' && json[length] != '"') {
        length += json[length] == '\\' && json[length + 1] != '\0' ? 2 : 1;
    }
    return json[length] == '"' ? length + 1 : length;
}

/* One mark of compact JSON outside of strings. */
static void raw_mark(JsonWriter *w, const char *at) {
    gboolean opens = *at == '{' || *at == '[';
    gboolean closes = *at == '}' || *at == ']';
    gboolean empty = opens && (at[1] == '}' || at[1] == ']');
    w->depth += opens ? 1 : 0;
    w->depth -= closes ? 1 : 0;
    if (closes && at[-1] != '{' && at[-1] != '[') {
        new_line(w);
    }
    g_string_append_c(w->out, *at);
    if ((opens && !empty) || *at == ',') {
        new_line(w);
    }
    if (*at == ':') {
        g_string_append_c(w->out, ' ');
    }
}

void json_writer_raw(JsonWriter *w, const char *key, const char *json) {
    begin_value(w, key);
    for (const char *at = json; *at != '\0';) {
        size_t length = *at == '"' ? string_length(at) : 1;
        if (*at == '"') {
            g_string_append_len(w->out, at, (gssize)length);
        } else if (!g_ascii_isspace(*at)) {
            raw_mark(w, at);
        }
        at += length;
    }
}
