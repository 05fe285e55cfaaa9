/* script_operand.c - words of a script's line, and how common operands are read from them.
 *
 * Strict: a number is all digits, an id is one that exists, a word is one of its list; whatever
 * else stands there is answered with its column and what was expected.
 */
#include <inttypes.h>
#include <string.h>

#include "script_table.h"
#include "workload.h"

/* ---- words --------------------------------------------------------------------------------- */

static bool ends_line(char c) { return c == '\0' || c == '\n' || c == '\r' || c == '#'; }

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool script_next_word(ScriptLine *line) {
    const char *at = line->at;
    while (is_blank(*at)) {
        at++;
    }
    size_t length = 0;
    while (!ends_line(at[length]) && !is_blank(at[length])) {
        length++;
    }
    line->column = (unsigned)(at - line->text) + 1;
    line->at = at + length;
    size_t kept = MIN(length, SCRIPT_WORD_MAX);
    memcpy(line->word, at, kept);
    line->word[kept] = '\0';
    if (kept < length) { /* no number, word or name is that long: let it look like none */
        memcpy(line->word + kept - 3, "...", 3);
    }
    return length > 0;
}

/* ---- problems ------------------------------------------------------------------------------ */

bool script_fail(ScriptLine *line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    *line->problem = (ScriptProblem){.line = line->op.line,
                                     .column = line->column,
                                     .message = g_strdup_vprintf(format, arguments)};
    va_end(arguments);
    return false;
}

/* A word fit to be printed. */
static char *printable(const char *word) {
    g_autofree char *cut = g_strndup(word, 40);
    for (char *c = cut; *c != '\0'; c++) {
        *c = g_ascii_isprint(*c) ? *c : '?';
    }
    return g_strconcat(cut, strlen(word) > 40 ? "..." : "", NULL);
}

bool script_unknown(ScriptLine *line, const char *what, const char *word,
                    const char *const *known) {
    g_autofree char *shown = printable(word);
    const char *near = nearest_word(word, known);
    if (near != NULL) {
        return script_fail(line, "unknown %s \"%s\"; did you mean \"%s\"?", what, shown, near);
    }
    g_autofree char *all = g_strjoinv(", ", (char **)(uintptr_t)known);
    return script_fail(line, "unknown %s \"%s\"; one of %s was expected", what, shown, all);
}

static bool fail_number(ScriptLine *line, const ScriptOperand *operand, uint64_t min,
                        uint64_t max) {
    g_autofree char *shown = printable(line->word);
    return script_fail(line, "expected %s, a number from %" PRIu64 " to %" PRIu64 ", found \"%s\"",
                       operand->name, min, max, shown);
}

/* ---- operands ------------------------------------------------------------------------------ */

bool script_number(const char *text, uint64_t *value) {
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digit = hex ? text + 2 : text;
    bool good = *digit != '\0';
    for (*value = 0; good && *digit != '\0'; digit++) {
        int number = hex ? g_ascii_xdigit_value(*digit) : g_ascii_digit_value(*digit);
        good = number >= 0 &&
               !__builtin_mul_overflow(*value, hex ? UINT64_C(16) : UINT64_C(10), value) &&
               !__builtin_add_overflow(*value, (uint64_t)number, value);
    }
    return good;
}

static void *place_of(ScriptLine *line, const ScriptOperand *operand) {
    return (char *)&line->op + operand->offset;
}

bool script_read_number(ScriptLine *line, const ScriptOperand *operand) {
    uint64_t value;
    if (!script_number(line->word, &value) || value < operand->min || value > operand->max) {
        return fail_number(line, operand, operand->min, operand->max);
    }
    *(uint64_t *)place_of(line, operand) = value;
    return true;
}

bool script_read_signed(ScriptLine *line, const ScriptOperand *operand) {
    bool sign = line->word[0] == '+' || line->word[0] == '-';
    uint64_t value;
    if (!script_number(line->word + sign, &value) || value > operand->max) {
        g_autofree char *shown = printable(line->word);
        return script_fail(line,
                           "expected %s, a number from -%" PRIu64 " to +%" PRIu64 ", found \"%s\"",
                           operand->name, operand->max, operand->max, shown);
    }
    *(int64_t *)place_of(line, operand) = line->word[0] == '-' ? -(int64_t)value : (int64_t)value;
    return true;
}

bool script_read_index(ScriptLine *line, const ScriptOperand *operand) {
    uint64_t value;
    if (!script_number(line->word, &value) || value >= operand->max) {
        return fail_number(line, operand, 0, operand->max - 1);
    }
    *(uint32_t *)place_of(line, operand) = (uint32_t)value;
    return true;
}

void script_make_id(Script *script, uint32_t id) {
    script->made[id / 8] |= (uint8_t)(1u << id % 8);
    script->region_count = MAX(script->region_count, id + 1);
}

bool script_has_id(const Script *script, uint32_t id) {
    return (script->made[id / 8] & 1u << id % 8) != 0;
}

bool script_read_id(ScriptLine *line, const ScriptOperand *operand) {
    if (!script_read_index(line, operand)) {
        return false;
    }
    uint32_t id = *(uint32_t *)place_of(line, operand);
    script_make_id(line->script, id);
    return true;
}

bool script_read_old_id(ScriptLine *line, const ScriptOperand *operand) {
    if (!script_read_index(line, operand)) {
        return false;
    }
    uint32_t id = *(uint32_t *)place_of(line, operand);
    if (!script_has_id(line->script, id)) {
        return script_fail(line, "%s %" PRIu32 " is made by no line above", operand->name, id);
    }
    return true;
}

bool script_read_word(ScriptLine *line, const ScriptOperand *operand) {
    for (unsigned i = 0; operand->words[i] != NULL; i++) {
        if (strcmp(operand->words[i], line->word) == 0) {
            *(uint8_t *)place_of(line, operand) = (uint8_t)i;
            return true;
        }
    }
    return script_unknown(line, operand->name, line->word, operand->words);
}
