/* script_table.h - the tables of the script languages, and what their rows are made of.
 *
 * One row is one operation: its word, how each operand is read and where in ScriptOp it goes.
 * Used by script.c; the tables are in script_ops.c and script_heap.c, the readers of operands in
 * script_operand.c.
 */
#ifndef FAULTLINE_SCRIPT_TABLE_H
#define FAULTLINE_SCRIPT_TABLE_H

#include "script.h"

#define SCRIPT_OPERANDS_MAX 7
#define SCRIPT_WORD_MAX     127

/* The line being read, a word at a time. */
typedef struct ScriptLine {
    Script *script;
    const char *text, *at; /* the whole line; what is behind the word */
    char word[SCRIPT_WORD_MAX + 1];
    unsigned column; /* of the word */
    ScriptProblem *problem;
    ScriptOp op;
} ScriptLine;

typedef struct ScriptOperand ScriptOperand;
/* Take `line->word` as the operand; false and a problem if it is none. */
typedef bool ScriptRead(ScriptLine *line, const ScriptOperand *operand);

struct ScriptOperand {
    const char *name; /* as in help: "PAGES", "[SKIP]"; NULL: there are no more */
    ScriptRead *read;
    size_t offset; /* where in ScriptOp it goes */
    uint64_t min, max;
    const char *const *words; /* of script_read_word, ended by NULL */
    bool optional, repeated;
};

typedef struct ScriptRow {
    const char *word;
    uint8_t kind; /* ScriptKind */
    const char *help;
    ScriptOperand operands[SCRIPT_OPERANDS_MAX + 1];
    bool (*check)(ScriptLine *line); /* of all operands together; NULL: nothing to check */
} ScriptRow;

typedef struct ScriptTable {
    const ScriptRow *rows;
    unsigned count;
} ScriptTable;

extern const ScriptTable script_ops_table, script_heap_table;

/* ---- script_operand.c ---------------------------------------------------------------------- */

/* The next word of the line; false at its end (column then is just behind). */
bool script_next_word(ScriptLine *line);
/* Note what is wrong with the word; always false. */
bool script_fail(ScriptLine *line, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "unknown WHAT "word"; did you mean ..." */
bool script_unknown(ScriptLine *line, const char *what, const char *word, const char *const *known);
/* A number in decimal or, with 0x, hexadecimal; false: `text` is none, or beyond 64 bits. */
bool script_number(const char *text, uint64_t *value);

/* From here on the id, below SCRIPT_BLOCKS_MAX, exists. */
void script_make_id(Script *script, uint32_t id);
bool script_has_id(const Script *script, uint32_t id);

ScriptRead script_read_number; /* uint64_t, min..max */
ScriptRead script_read_signed; /* int64_t: +5, -5 or 5; its absolute value at most max */
ScriptRead script_read_id;     /* uint32_t, an id that exists from here on; below max */
ScriptRead script_read_old_id; /* uint32_t, an id that a line above has made */
ScriptRead script_read_index;  /* uint32_t, a number below max */
ScriptRead script_read_word;   /* uint8_t: index in `words` */

#endif
