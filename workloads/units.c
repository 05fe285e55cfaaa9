/* units.c - sizes, times, addresses and counts: text to integers and back.
 *
 * Everything is integer arithmetic with overflow checks; a value that does not fit into 64 bits
 * is refused, never wrapped.
 */
#include "units.h"

#include <glib.h>
#include <string.h>

typedef struct Suffix {
    Unit unit;
    const char *word;
    uint64_t factor;
} Suffix;

/* In ascending order within a unit: unit_format() takes the last that divides. */
static const Suffix suffixes[] = {
    {UNIT_SIZE, "KiB", UINT64_C(1) << 10},
    {UNIT_SIZE, "MiB", UINT64_C(1) << 20},
    {UNIT_SIZE, "GiB", UINT64_C(1) << 30},
    {UNIT_SIZE, "TiB", UINT64_C(1) << 40},
    {UNIT_TIME, "ns", 1},
    {UNIT_TIME, "us", 1000},
    {UNIT_TIME, "ms", 1000000},
    {UNIT_TIME, "s", 1000000000},
};

const char *unit_noun(Unit unit) {
    static const char *const nouns[] = {
        [UNIT_COUNT] = "an integer",
        [UNIT_SIZE] = "a size (bytes, or like \"64KiB\")",
        [UNIT_TIME] = "a time (ns, or like \"10us\")",
        [UNIT_ADDRESS] = "an address (like \"0x7fff0000\")",
    };
    return nouns[unit];
}

const char *unit_short_noun(Unit unit) {
    static const char *const nouns[] = {
        [UNIT_COUNT] = "an integer",
        [UNIT_SIZE] = "a size",
        [UNIT_TIME] = "a time",
        [UNIT_ADDRESS] = "an address",
    };
    return nouns[unit];
}

/* Read digits; false on none or on overflow. */
static bool read_digits(const char **at, unsigned base, uint64_t *value, char **hint) {
    const char *start = *at;
    bool overflow = false;
    *value = 0;
    for (;; (*at)++) {
        int digit = base == 16 ? g_ascii_xdigit_value(**at) : g_ascii_digit_value(**at);
        if (digit < 0) {
            break;
        }
        overflow |= __builtin_mul_overflow(*value, base, value) ||
                    __builtin_add_overflow(*value, (uint64_t)digit, value);
    }
    if (overflow) {
        *hint = g_strdup("64 bits hold at most 18446744073709551615");
    }
    return *at > start && !overflow;
}

/* What a suffix that we do not take may have meant. */
static char *suffix_hint(const char *number, int digits, const char *suffix, Unit unit) {
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        const Suffix *known = &suffixes[i];
        if (known->unit != unit) {
            continue;
        }
        /* K, KB, kb ... of KiB */
        const char letter[] = {known->word[0], '\0'};
        const char decimal[] = {known->word[0], 'B', '\0'};
        bool loose = unit == UNIT_SIZE && (g_ascii_strcasecmp(suffix, letter) == 0 ||
                                           g_ascii_strcasecmp(suffix, decimal) == 0);
        if (loose || g_ascii_strcasecmp(suffix, known->word) == 0) {
            return g_strdup_printf("write \"%.*s%s\"%s", digits, number, known->word,
                                   unit == UNIT_SIZE ? " (binary)" : "");
        }
    }
    return NULL;
}

static bool apply_suffix(const char *suffix, Unit unit, uint64_t *value, char **hint) {
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (suffixes[i].unit == unit && strcmp(suffix, suffixes[i].word) == 0) {
            if (__builtin_mul_overflow(*value, suffixes[i].factor, value)) {
                *hint = g_strdup("64 bits hold at most 18446744073709551615");
                return false;
            }
            return true;
        }
    }
    return false;
}

bool unit_parse(const char *text, Unit unit, Quantity *quantity, char **hint) {
    *hint = NULL;
    const char *at = text;
    bool minus = *at == '-';
    at += minus ? 1 : 0;
    bool hexadecimal = at[0] == '0' && at[1] == 'x';
    at += hexadecimal ? 2 : 0;
    if (!read_digits(&at, hexadecimal ? 16 : 10, &quantity->value, hint)) {
        return false;
    }
    if (*at != '\0' && (hexadecimal || !apply_suffix(at, unit, &quantity->value, hint))) {
        if (*hint == NULL && !hexadecimal) {
            *hint = suffix_hint(text, (int)(at - text), at[0] == ' ' ? at + 1 : at, unit);
        }
        return false;
    }
    quantity->negative = minus && quantity->value != 0;
    return true;
}

char *unit_format(Unit unit, uint64_t value) {
    if (unit == UNIT_ADDRESS) {
        return g_strdup_printf("0x%" G_GINT64_MODIFIER "x", value);
    }
    const Suffix *best = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (suffixes[i].unit == unit && value != 0 && value % suffixes[i].factor == 0) {
            best = &suffixes[i];
        }
    }
    return best == NULL
               ? g_strdup_printf("%" G_GUINT64_FORMAT, value)
               : g_strdup_printf("%" G_GUINT64_FORMAT "%s", value / best->factor, best->word);
}
