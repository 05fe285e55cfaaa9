/* program.c - compiles the JSON array "program" into flat ops with loop counters.
 *
 *   {"op":"repeat","times":3,"do":[A,B]}   ->   REPEAT 3, jump 4 | A | B | AGAIN, jump 1 | ...
 *                                               0                  1   2   3
 *   {"op":"fork","child":[A,B]}            ->   FORK, jump 3 | A | B | ...
 * Invariant: each REPEAT's jump is one behind its AGAIN, each AGAIN's jump one behind its REPEAT.
 */
#include "op_spec.h"

static void compile_ops(Compiler *c, const cJSON *items);

static Op *op_at(Compiler *c, uint32_t index) { return &g_array_index(c->ops, Op, index); }

static bool loop_name_taken(const LoopScope *scope, const char *name) {
    for (unsigned i = 0; i < scope->depth; i++) {
        if (g_strcmp0(scope->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The loop variable: a word of letters, digits and '_', not used by a loop around. */
static const char *read_loop_name(Compiler *c, const cJSON *item) {
    static const char expected[] = "a loop variable of letters, digits and '_'";
    const char *name = item == NULL ? NULL : json_string_value(c->reader, item, expected);
    if (name == NULL) {
        return NULL;
    }
    bool good = name[0] != '\0';
    for (const char *at = name; *at != '\0'; at++) {
        good = good && (g_ascii_isalnum(*at) || *at == '_');
    }
    if (!good) {
        json_expected(c->reader, item, expected);
    } else if (loop_name_taken(&c->scope, name)) {
        json_error(c->reader, item, "\"%s\" is the variable of a loop around this one", name);
    }
    return name;
}

/* The body of a repeat whose op is at `repeat`. */
static void compile_body(Compiler *c, const cJSON *body, const char *name, uint32_t repeat) {
    Op again = {.kind = OP_AGAIN, .line = op_at(c, repeat)->line, .jump = repeat + 1};
    again.target = again.source = slot_none();
    c->scope.names[c->scope.depth] = name;
    c->scope.times[c->scope.depth] = op_at(c, repeat)->count;
    c->scope.depth++;
    compile_ops(c, body);
    c->scope.depth--;
    g_array_append_val(c->ops, again);
    op_at(c, repeat)->jump = c->ops->len;
}

static void compile_repeat(Compiler *c, JsonObject *o, Op *op) {
    op->count = json_need_number(o, "times", &ANY_COUNT);
    const char *name = read_loop_name(c, json_member(o, "as"));
    const cJSON *body = json_need(o, "do");
    json_end(o);
    if (c->scope.depth == LOOP_DEPTH_MAX) {
        json_error(c->reader, o->item, "more than %d repeats in each other", LOOP_DEPTH_MAX);
    }
    if (c->reader->error == NULL && json_array(c->reader, body, 1, SOURCE_VALUES_MAX) > 0) {
        uint32_t repeat = c->ops->len;
        g_array_append_val(c->ops, *op);
        compile_body(c, body, name, repeat);
    }
}

/* What a child or a thread does stands behind the op that makes it, which jumps over it. */
static void compile_branch(Compiler *c, JsonObject *o, Op *op) {
    bool fork = op->kind == OP_FORK;
    op->name = fork ? op_read_name(c, o) : OP_NAME_NONE;
    const cJSON *body = json_need(o, fork ? "child" : "program");
    json_end(o);
    uint32_t at = c->ops->len;
    g_array_append_val(c->ops, *op);
    if (c->reader->error == NULL && json_array(c->reader, body, 0, SOURCE_VALUES_MAX) > 0) {
        compile_ops(c, body);
    }
    op_at(c, at)->jump = c->ops->len;
}

static void compile_op(Compiler *c, const cJSON *item) {
    static const char *const words[] = {
#define OP(name, word) [OP_##name] = word,
        OP_LIST(OP)
#undef OP
            [OP_KINDS] = NULL};
    JsonObject o = json_object(c->reader, item);
    const cJSON *word = json_need(&o, "op");
    if (word == NULL) {
        json_error(c->reader, item, "missing key \"op\"");
        return;
    }
    Op op = {.kind = (uint8_t)json_word_value(c->reader, word, "op", words),
             .line = document_node(c->reader->document, item)->line,
             .target = slot_none(),
             .source = slot_none()};
    if (c->reader->error != NULL) {
        return;
    }
    if (op.kind == OP_REPEAT) {
        compile_repeat(c, &o, &op);
        return;
    }
    if (op.kind == OP_FORK || op.kind == OP_THREAD) {
        compile_branch(c, &o, &op);
        return;
    }
    op_spec_read(c, &o, &op);
    json_end(&o);
    g_array_append_val(c->ops, op);
}

static void compile_ops(Compiler *c, const cJSON *items) {
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, items) {
        if (c->reader->error != NULL) {
            return;
        }
        compile_op(c, item);
    }
}

/* Hand everything over to the program, whether or not there were mistakes. */
static void finish(Compiler *c, Program *program) {
    slot_table_layout(c->slots, c->reader, program);
    if (c->reader->error == NULL) {
        for (uint32_t i = 0; i < c->ops->len; i++) {
            slot_table_resolve(c->slots, &op_at(c, i)->target);
            slot_table_resolve(c->slots, &op_at(c, i)->source);
        }
    }
    program->op_count = c->ops->len;
    program->ops = (Op *)(void *)g_array_free(c->ops, FALSE);
    program->pattern_count = c->patterns->len;
    program->patterns = (PatternSpec **)(void *)g_ptr_array_free(c->patterns, FALSE);
    program->churns = (ChurnSpec *)(void *)g_array_free(c->churns, FALSE);
    program->trace_count = c->traces->len;
    program->traces = (TraceSpec *)(void *)g_array_free(c->traces, FALSE);
    program->spec_count = c->specs->len;
    program->specs = (ProcessSpec **)(void *)g_ptr_array_free(c->specs, FALSE);
    program->script_count = c->scripts->len;
    program->scripts = (Script **)(void *)g_ptr_array_free(c->scripts, FALSE);
    program->string_count = c->strings->len;
    program->strings = (char **)(void *)g_ptr_array_free(c->strings, FALSE);
    slot_table_free(c->slots);
}

void program_read(Reader *reader, const cJSON *item, const ProgramContext *context,
                  ProcessSpec *spec) {
    Compiler compiler = {.reader = reader,
                         .context = context,
                         .spec = spec,
                         .slots = slot_table_create(),
                         .ops = g_array_new(FALSE, FALSE, sizeof(Op)),
                         .patterns = g_ptr_array_new(),
                         .churns = g_array_new(FALSE, FALSE, sizeof(ChurnSpec)),
                         .traces = g_array_new(FALSE, FALSE, sizeof(TraceSpec)),
                         .strings = g_ptr_array_new(),
                         .specs = g_ptr_array_new(),
                         .scripts = g_ptr_array_new()};
    if (json_array(reader, item, 0, SOURCE_VALUES_MAX) > 0) {
        compile_ops(&compiler, item);
    }
    finish(&compiler, &spec->program);
}
