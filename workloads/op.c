/* op.c - the words of the operations, and the end of a program. */
#include "op.h"

#include <glib.h>

const char *op_word(OpKind kind) {
    static const char *const words[] = {
#define OP(name, word) [OP_##name] = word,
        OP_LIST(OP)
#undef OP
    };
    return words[kind];
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
    g_free(program->slot_names);
    g_free(program->ops);
    g_free(program->patterns);
    g_free(program->churns);
    g_free(program->traces);
    g_free(program->scripts);
    g_free(program->strings);
    *program = (Program){0};
}
