/* op_process.c - the arguments of the ops that make processes and wait for them.
 *
 * A spawned process and an executed program are ProcessSpecs, with names of blocks of their own;
 * fork and thread share the names of the program that they stand in, so program.c has them.
 */
#include "op_spec.h"

uint32_t op_read_name(Compiler *c, JsonObject *o) {
    char *name = process_name_read(o, NULL);
    if (name == NULL) {
        return OP_NAME_NONE;
    }
    g_ptr_array_add(c->strings, name);
    return c->strings->len - 1;
}

static void read_spec(Compiler *c, JsonObject *o, Op *op, bool named) {
    ProcessSpec *spec = g_new0(ProcessSpec, 1);
    op->spec = c->specs->len;
    g_ptr_array_add(c->specs, spec);
    process_spec_read_child(o, c->spec, named, c->context, spec);
}

void op_read_spawn(Compiler *c, JsonObject *o, Op *op) { read_spec(c, o, op, true); }

void op_read_exec(Compiler *c, JsonObject *o, Op *op) { read_spec(c, o, op, false); }

void op_read_wait(Compiler *c, JsonObject *o, Op *op) {
    static const char *const words[] = {[OP_WAIT_CHILD] = "child",
                                        [OP_WAIT_CHILDREN] = "children",
                                        [OP_WAIT_THREAD] = "thread",
                                        [OP_WAIT_THREADS] = "threads",
                                        NULL};
    const cJSON *wait_for = json_member(o, "for");
    const cJSON *name = json_member(o, "name");
    op->wait_for = OP_WAIT_CHILD;
    if (wait_for != NULL) {
        op->wait_for = (uint8_t)json_word_value(c->reader, wait_for, "word", words);
    }
    op->name = op_read_name(c, o);
    if (name != NULL && wait_for != NULL) {
        json_key_error(c->reader, name, "\"name\" and \"for\" exclude each other");
    }
}
