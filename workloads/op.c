/* op.c - the words of the operations, and the end of a program. */
#include "op.h"

#include <glib.h>
#include <inttypes.h>

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

char *program_slot_name(const Program *program, uint64_t slot) {
    uint32_t low = 0, high = program->name_count; /* the last that begins at or before the slot */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        *(program->names[middle].base <= slot ? &low : &high) = middle;
    }
    const SlotName *name = &program->names[low];
    uint64_t i = (slot - name->base) / name->width, j = (slot - name->base) % name->width;
    switch (name->indices) {
    case 0:
        return g_strdup(name->text);
    case 1:
        return g_strdup_printf("%s[%" PRIu64 "]", name->text, i);
    default:
        return g_strdup_printf("%s[%" PRIu64 "][%" PRIu64 "]", name->text, i, j);
    }
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
    for (uint32_t i = 0; i < program->name_count; i++) {
        g_free(program->names[i].text);
    }
    for (uint32_t i = 0; i < program->spec_count; i++) {
        process_spec_clear(program->specs[i]);
        g_free(program->specs[i]);
    }
    g_free(program->specs);
    g_free(program->names);
    g_free(program->ops);
    g_free(program->patterns);
    g_free(program->churns);
    g_free(program->traces);
    g_free(program->scripts);
    g_free(program->strings);
    *program = (Program){0};
}
