/* op.c - the words of the operations, and the end of a program. */
#include "op.h"

#include <glib.h>

#include "loader.h"

const char *op_word(OpKind kind) {
    static const char *const words[] = {
#define OP(name, word) [OP_##name] = word,
        OP_LIST(OP)
#undef OP
    };
    return words[kind];
}

bool program_multiplies(const Program *program) {
    for (uint32_t i = 0; i < program->op_count; i++) {
        OpKind kind = (OpKind)program->ops[i].kind;
        if (kind == OP_FORK || kind == OP_THREAD || kind == OP_SPAWN) {
            return true;
        }
    }
    for (uint32_t i = 0; i < program->spec_count; i++) {
        if (program_multiplies(&program->specs[i]->program)) {
            return true;
        }
    }
    return false;
}

void program_free(Program *program) {
    for (uint32_t i = 0; i < program->pattern_count; i++) {
        pattern_spec_free(program->patterns[i]);
    }
    for (uint32_t i = 0; i < program->trace_count; i++) {
        g_free(program->traces[i].path);
        g_free(program->traces[i].format);
    }
    for (uint32_t i = 0; i < program->script_count; i++) {
        script_free(program->scripts[i]);
    }
    for (uint32_t i = 0; i < program->string_count; i++) {
        g_free(program->strings[i]);
    }
    for (uint64_t i = 0; program->slot_names != NULL && i < program->slot_count; i++) {
        g_free(program->slot_names[i]);
    }
    for (uint32_t i = 0; i < program->spec_count; i++) {
        process_spec_clear(program->specs[i]);
        g_free(program->specs[i]);
    }
    g_free(program->specs);
    g_free(program->slot_names);
    g_free(program->ops);
    g_free(program->patterns);
    g_free(program->churns);
    g_free(program->traces);
    g_free(program->scripts);
    g_free(program->strings);
    *program = (Program){0};
}
