/* report.c - see report.h. */
#include "output/report.h"

#include <string.h>

#include "output/atomic.h"

/* Where the page has its place for data. */
#define DATA_MARK "@FAULTLINE_DATA@"

/* JSON has "<" only in strings, where \u003c means the same. */
static void append_harmless(GString *out, const char *json) {
    for (const char *rest = json; *rest != '\0';) {
        size_t plain = strcspn(rest, "<");
        g_string_append_len(out, rest, (gssize)plain);
        rest += plain;
        if (*rest == '<') {
            g_string_append(out, "\\u003c");
            rest++;
        }
    }
}

char *report_html(const char *const *parts) {
    const char *mark = strstr(report_page, DATA_MARK);
    g_assert(mark != NULL);
    GString *out = g_string_new_len(report_page, mark - report_page);
    g_string_append(out, "{\"schema\": \"" REPORT_SCHEMA "\", \"parts\": [");
    for (unsigned i = 0; parts[i] != NULL; i++) {
        g_string_append(out, i == 0 ? "" : ",");
        append_harmless(out, parts[i]);
    }
    g_string_append(out, "]}");
    g_string_append(out, mark + strlen(DATA_MARK));
    return g_string_free(out, FALSE);
}

gboolean report_write(const char *path, const char *const *parts, GError **error) {
    g_autofree char *html = report_html(parts);
    return file_write_whole(path, html, strlen(html), error);
}
