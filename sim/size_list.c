/* size_list.c - see size_list.h. */
#include "size_list.h"

#include <stdbool.h>
#include <string.h>

#include "options.h"
#include "units.h"

#define FRAMES_MAX (UINT64_C(1) << 28)

static bool refuse(GError **error, const char *part, const char *why) {
    g_set_error(error, OPTIONS_ERROR, 0,
                "--memory wants sizes like 3,4,16KiB or 1..64 or 8..64:8, not \"%s\"%s", part, why);
    return false;
}

static bool parse_frames(const char *text, uint64_t page_size, uint64_t *frames, GError **error) {
    Quantity quantity = {0};
    g_autofree char *hint = NULL;
    if (!unit_parse(text, UNIT_SIZE, &quantity, &hint) || quantity.negative) {
        g_autofree char *why = hint == NULL ? g_strdup("") : g_strconcat(" (", hint, ")", NULL);
        return refuse(error, text, why);
    }
    bool bare = strspn(text, "0123456789") == strlen(text);
    *frames = bare ? quantity.value : quantity.value / page_size;
    return (*frames >= 1 && *frames <= FRAMES_MAX) ||
           refuse(error, text, " (a machine has 1 to 2^28 frames)");
}

/* a, b and s of "a..b:s"; a lone "a" is a..a. */
typedef struct Range {
    uint64_t from, to, step;
} Range;

static bool parse_range(const char *part, uint64_t page_size, Range *range, GError **error) {
    const char *dots = strstr(part, "..");
    if (dots == NULL) {
        range->step = 1;
        bool good = parse_frames(part, page_size, &range->from, error);
        range->to = range->from;
        return good;
    }
    const char *colon = strchr(dots, ':');
    g_autofree char *from = g_strndup(part, (gsize)(dots - part));
    g_autofree char *to =
        colon == NULL ? g_strdup(dots + 2) : g_strndup(dots + 2, (gsize)(colon - dots - 2));
    if (!parse_frames(from, page_size, &range->from, error) ||
        !parse_frames(to, page_size, &range->to, error) ||
        !parse_frames(colon == NULL ? "1" : colon + 1, page_size, &range->step, error)) {
        return false;
    }
    return range->from <= range->to || refuse(error, part, " (the smaller size comes first)");
}

static int compare_sizes(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

void size_list_sort(GArray *sizes) {
    g_array_sort(sizes, compare_sizes);
    for (unsigned i = sizes->len; i-- > 1;) {
        if (size_at(sizes, i) == size_at(sizes, i - 1)) {
            g_array_remove_index(sizes, i);
        }
    }
}

GArray *size_list_parse(const char *text, uint64_t page_size, GError **error) {
    g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    if (parts[0] == NULL) {
        refuse(error, text, "");
        return NULL;
    }
    for (char **part = parts; *part != NULL; part++) {
        Range range = {0};
        if (!parse_range(*part, page_size, &range, error)) {
            return NULL;
        }
        for (uint64_t size = range.from; size <= range.to; size += range.step) {
            if (sizes->len == SIZES_MAX) {
                g_set_error(error, OPTIONS_ERROR, 0, "--memory %s: more than %d sizes", text,
                            SIZES_MAX);
                return NULL;
            }
            g_array_append_val(sizes, size);
        }
    }
    size_list_sort(sizes);
    return g_steal_pointer(&sizes);
}
