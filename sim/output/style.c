/* style.c - see style.h. */
#include "output/style.h"

#include <unistd.h>

Style style_for(int fd, ColorMode mode) {
    const char *no_color = g_getenv("NO_COLOR");
    gboolean dumb = g_strcmp0(g_getenv("TERM"), "dumb") == 0;
    gboolean wanted = isatty(fd) && !dumb && (no_color == NULL || no_color[0] == '\0');
    return (Style){
        .color = mode == COLOR_ALWAYS || (mode == COLOR_AUTO && wanted),
        .unicode = g_get_charset(NULL) && !dumb,
    };
}

void style_paint(GString *out, const Style *style, Paint paint, const char *text) {
    static const char *const escapes[] = {[PAINT_PLAIN] = "",
                                          [PAINT_TITLE] = "\033[1m",
                                          [PAINT_LABEL] = "\033[2m",
                                          [PAINT_GOOD] = "\033[32m",
                                          [PAINT_BAD] = "\033[31m"};
    gboolean painted = style->color && paint != PAINT_PLAIN;
    g_string_append(out, painted ? escapes[paint] : "");
    g_string_append(out, text);
    g_string_append(out, painted ? "\033[0m" : "");
}

char *style_printable(const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);
        g_string_append_unichar(out, g_unichar_iscntrl(letter) ? '?' : letter);
    }
    return g_string_free(out, FALSE);
}
