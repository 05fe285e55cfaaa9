/* human.c - see human.h.
 *
 * Rounding is half up, on tenths: tenths = (value * 10 + unit / 2) / unit in 128 bits, so no
 * value overflows.  A value that rounds up to one of the next unit is written in that unit; what
 * is exact in the first unit stays there ("1,023 B").
 */
#include "output/human.h"

#include <inttypes.h>
#include <string.h>

typedef unsigned __int128 Wide;

typedef struct Unit {
    const char *name;
    uint64_t size;
} Unit;

static uint64_t tenths_of(Wide value, uint64_t unit) {
    return (uint64_t)((value * 10 + unit / 2) / unit);
}

/* The largest unit of which there is at least one; units ascend and the first has size 1. */
static char *in_units(Wide value, const Unit *units, unsigned count) {
    unsigned best = 0;
    while (best + 1 < count &&
           (best == 0 ? value >= units[1].size : tenths_of(value, units[best + 1].size) >= 10)) {
        best++;
    }
    uint64_t tenths = tenths_of(value, units[best].size);
    if (tenths % 10 == 0 || tenths >= 1000) {
        g_autofree char *whole = human_count((tenths + (tenths >= 1000 ? 5 : 0)) / 10);
        return g_strconcat(whole, units[best].name, NULL);
    }
    return g_strdup_printf("%" PRIu64 ".%" PRIu64 "%s", tenths / 10, tenths % 10, units[best].name);
}

char *human_count(uint64_t value) {
    char digits[32];
    g_snprintf(digits, sizeof digits, "%" PRIu64, value);
    GString *out = g_string_new(NULL);
    for (const char *left = digits; *left != '\0'; left++) {
        size_t rest = strlen(left);
        if (left != digits && rest % 3 == 0) {
            g_string_append_c(out, ',');
        }
        g_string_append_c(out, *left);
    }
    return g_string_free(out, FALSE);
}

char *human_count_short(uint64_t value) {
    static const Unit units[] = {{"", 1},
                                 {"k", 1000},
                                 {"M", 1000000},
                                 {"G", 1000000000},
                                 {"T", UINT64_C(1000000000000)},
                                 {"P", UINT64_C(1000000000000000)},
                                 {"E", UINT64_C(1000000000000000000)}};
    return value < 10000 ? g_strdup_printf("%" PRIu64, value)
                         : in_units(value, units, G_N_ELEMENTS(units));
}

static const Unit byte_units[] = {{" B", 1},
                                  {" KiB", UINT64_C(1) << 10},
                                  {" MiB", UINT64_C(1) << 20},
                                  {" GiB", UINT64_C(1) << 30},
                                  {" TiB", UINT64_C(1) << 40},
                                  {" PiB", UINT64_C(1) << 50},
                                  {" EiB", UINT64_C(1) << 60}};

char *human_bytes(uint64_t bytes) { return in_units(bytes, byte_units, G_N_ELEMENTS(byte_units)); }

char *human_pages(uint64_t pages, uint64_t page_size) {
    return in_units((Wide)pages * page_size, byte_units, G_N_ELEMENTS(byte_units));
}

char *human_time(uint64_t ns) {
    static const Unit units[] = {{" ns", 1},
                                 {" us", 1000},
                                 {" ms", 1000000},
                                 {" s", 1000000000},
                                 {" h", UINT64_C(3600) * 1000000000},
                                 {" d", UINT64_C(86400) * 1000000000}};
    return in_units(ns, units, G_N_ELEMENTS(units));
}

char *human_percent(uint64_t part, uint64_t whole) {
    if (whole == 0) {
        return g_strdup("-");
    }
    uint64_t permille = (uint64_t)(((Wide)part * 1000 + whole / 2) / whole);
    return g_strdup_printf("%" PRIu64 ".%" PRIu64 " %%", permille / 10, permille % 10);
}
