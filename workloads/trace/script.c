/* script.c - reading a script: lines into operations, by the tables of script_ops.c and
 * script_heap.c.
 *
 * Idea: a row tells the operands of its operation one after the other; a line is read along its
 * row.  What hangs together over lines (fork and endfork) is remembered in the script.
 */
#include "script.h"

#include <inttypes.h>
#include <string.h>

#include "script_table.h"
#include "trace_file.h"

/* An operation takes some 200 bytes of the host. */
#define SCRIPT_LINES_MAX (UINT32_C(1) << 22)

const char *const script_languages[] = {[SCRIPT_OPS] = "ops", [SCRIPT_HEAP] = "heap", NULL};

static const ScriptTable *const tables[] = {
    [SCRIPT_OPS] = &script_ops_table, [SCRIPT_HEAP] = &script_heap_table};

ScriptLanguage script_language_of(const char *path) {
    for (unsigned i = 0; i < SCRIPT_LANGUAGES; i++) {
        g_autofree char *plain = g_strconcat(".", script_languages[i], NULL);
        g_autofree char *packed = g_strconcat(plain, ".gz", NULL);
        if (g_str_has_suffix(path, plain) || g_str_has_suffix(path, packed)) {
            return (ScriptLanguage)i;
        }
    }
    return SCRIPT_LANGUAGES;
}

/* ---- life ---------------------------------------------------------------------------------- */

static void op_clear(gpointer data) { g_free(((ScriptOp *)data)->text); }

static void file_clear(gpointer data) { g_free(((ScriptFile *)data)->name); }

Script *script_new(ScriptLanguage language) {
    Script *script = g_new0(Script, 1);
    script->language = language;
    script->ops = g_array_new(FALSE, FALSE, sizeof(ScriptOp));
    g_array_set_clear_func(script->ops, op_clear);
    script->files = g_array_new(FALSE, FALSE, sizeof(ScriptFile));
    g_array_set_clear_func(script->files, file_clear);
    script->open = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    script->made = g_new0(uint8_t, SCRIPT_BLOCKS_MAX / 8);
    return script;
}

void script_free(Script *script) {
    if (script != NULL) {
        g_array_unref(script->ops);
        g_array_unref(script->files);
        g_array_unref(script->open);
        g_free(script->made);
        g_free(script->path);
        g_free(script);
    }
}

/* ---- one line ------------------------------------------------------------------------------ */

static char *shape_of(const ScriptRow *row) {
    GString *shape = g_string_new(row->word);
    for (const ScriptOperand *operand = row->operands; operand->name != NULL; operand++) {
        g_string_append_printf(shape, operand->optional ? " [%s%s]" : " %s%s", operand->name,
                               operand->repeated ? "..." : "");
    }
    return g_string_free(shape, FALSE);
}

static const ScriptRow *find_row(ScriptLine *line) {
    const ScriptTable *table = tables[line->script->language];
    for (unsigned i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].word, line->word) == 0) {
            return &table->rows[i];
        }
    }
    const char **known = g_newa(const char *, table->count + 1);
    for (unsigned i = 0; i < table->count; i++) {
        known[i] = table->rows[i].word;
    }
    known[table->count] = NULL;
    script_unknown(line, "operation", line->word, known);
    return NULL;
}

static bool read_operands(ScriptLine *line, const ScriptRow *row) {
    g_autofree char *shape = shape_of(row);
    for (const ScriptOperand *operand = row->operands; operand->name != NULL; operand++) {
        bool any = script_next_word(line);
        if (!any && !operand->optional) {
            return script_fail(line, "%s is missing; \"%s\" was expected", operand->name, shape);
        }
        if (any && !operand->read(line, operand)) {
            return false;
        }
        while (any && operand->repeated && script_next_word(line)) {
            if (!operand->read(line, operand)) {
                return false;
            }
        }
    }
    return !script_next_word(line) ||
           script_fail(line, "too many words; \"%s\" was expected", shape);
}

/* fork ... endfork are brackets, and each reap is of a forkhold before it. */
static bool match_forks(ScriptLine *line) {
    Script *script = line->script;
    ScriptOp *op = &line->op;
    uint32_t index = script->ops->len;
    if (op->kind == SCRIPT_FORK || op->kind == SCRIPT_FORKHOLD) {
        g_array_append_val(script->open, index);
        script->held += op->kind == SCRIPT_FORKHOLD;
    } else if (op->kind == SCRIPT_ENDFORK) {
        if (script->open->len == 0) {
            return script_fail(line, "an endfork without a fork above");
        }
        op->jump = g_array_index(script->open, uint32_t, script->open->len - 1);
        g_array_index(script->ops, ScriptOp, op->jump).jump = index;
        g_array_set_size(script->open, script->open->len - 1);
    } else if (op->kind == SCRIPT_REAP) {
        if (script->held == 0) {
            return script_fail(line, "a reap without a forkhold above");
        }
        script->held--;
    }
    return true;
}

static char *text_of_line(const char *text) {
    return g_strstrip(g_strndup(text, strcspn(text, "#\r\n")));
}

bool script_add_line(Script *script, const char *text, uint32_t number, ScriptProblem *problem) {
    ScriptLine line = {.script = script,
                       .text = text,
                       .at = text,
                       .problem = problem,
                       .op = {.line = number, .file = SCRIPT_NO_FILE}};
    if (!script_next_word(&line)) {
        return true;
    }
    const ScriptRow *row = find_row(&line);
    if (row == NULL) {
        return false;
    }
    line.op.kind = row->kind;
    unsigned column = line.column;
    if (!read_operands(&line, row)) {
        return false;
    }
    line.column = column;
    if ((row->check != NULL && !row->check(&line)) || !match_forks(&line)) {
        return false;
    }
    if (script->ops->len == SCRIPT_LINES_MAX) {
        return script_fail(&line, "more than %u operations", SCRIPT_LINES_MAX);
    }
    line.op.text = text_of_line(text);
    g_array_append_val(script->ops, line.op);
    return true;
}

bool script_end(Script *script, ScriptProblem *problem) {
    if (script->open->len == 0) {
        return true;
    }
    uint32_t fork = g_array_index(script->open, uint32_t, script->open->len - 1);
    *problem = (ScriptProblem){.line = script_op(script, fork)->line,
                               .column = 1,
                               .message = g_strdup("this fork has no endfork")};
    return false;
}

/* ---- a file -------------------------------------------------------------------------------- */

static bool report(const TraceFile *file, const ScriptProblem *problem, GError **error) {
    g_autofree char *message = problem->message;
    g_set_error(error, TRACE_ERROR, TRACE_ERROR_SYNTAX, "%s:%" PRIu32 ":%u: %s", file->path,
                problem->line, problem->column, message);
    return false;
}

static bool take_line(Script *script, TraceFile *file, GError **error) {
    const char *end = trace_file_line_end(file, error);
    if (end == NULL) {
        return false;
    }
    ScriptProblem problem;
    if (memchr(file->at, '\0', (size_t)(end - file->at)) != NULL) {
        return trace_file_fail(file, error, "a zero byte; this is no script");
    }
    if (!script_add_line(script, file->at, (uint32_t)MIN(file->line, UINT32_MAX), &problem)) {
        return report(file, &problem, error);
    }
    file->at = end + 1;
    file->line++;
    return true;
}

static bool read_lines(Script *script, TraceFile *file, GError **error) {
    for (;;) {
        TraceFill fill = trace_file_fill(file, error);
        if (fill == TRACE_FILL_END) {
            ScriptProblem problem;
            return script_end(script, &problem) || report(file, &problem, error);
        }
        if (fill == TRACE_FILL_ERROR || !take_line(script, file, error)) {
            return false;
        }
    }
}

Script *script_load(const char *path, ScriptLanguage language, GError **error) {
    TraceFile *file = trace_file_open(path, error);
    if (file == NULL) {
        return NULL;
    }
    g_autoptr(Script) script = script_new(language);
    script->path = g_strdup(path);
    bool good = read_lines(script, file, error);
    trace_file_close(file);
    return good ? g_steal_pointer(&script) : NULL;
}

/* ---- help ---------------------------------------------------------------------------------- */

bool script_help(ScriptLanguage language, unsigned index, char **shape, const char **help) {
    const ScriptTable *table = tables[language];
    if (index >= table->count) {
        return false;
    }
    *shape = shape_of(&table->rows[index]);
    *help = table->rows[index].help;
    return true;
}
