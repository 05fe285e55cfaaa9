/* op.c - the words of the operations. */
#include "op.h"

const char *op_word(OpKind kind) {
    static const char *const words[] = {
#define OP(name, word) [OP_##name] = word,
        OP_LIST(OP)
#undef OP
    };
    return words[kind];
}
