/* op_spec.h - from the JSON of one op to an Op, for program.c. */
#ifndef FAULTLINE_OP_SPEC_H
#define FAULTLINE_OP_SPEC_H

#include "loader.h"
#include "slots.h"

/* A program being compiled. */
typedef struct Compiler {
    Reader *reader;
    const ProgramContext *context;
    const ProcessSpec *spec; /* of whoever runs the program */
    SlotTable *slots;
    LoopScope scope;
    GArray *ops;         /* Op */
    GPtrArray *patterns; /* PatternSpec */
    GArray *churns;      /* ChurnSpec */
    GArray *traces;      /* TraceSpec */
    GPtrArray *scripts;  /* Script * */
    GPtrArray *strings;  /* char * */
    GPtrArray *specs;    /* ProcessSpec */
} Compiler;

/* Read the arguments of any op but repeat, fork and thread.  op->kind is set; json_end() is the caller's. */
void op_spec_read(Compiler *compiler, JsonObject *object, Op *op);

/* op_place.c: how ops say where. */

#define OP_LENGTH_RANGE ((NumberRange){UNIT_SIZE, 0, UINT64_MAX - 1})

/* The block that `id` names; slot_none() for NULL.  `defines`: the op makes it. */
SlotRef op_refer(Compiler *c, const cJSON *id, bool defines);
/* "id" of an op that makes a block or region. */
void op_read_target(Compiler *c, JsonObject *o, Op *op);
/* "id" and "offset", or "address"; then "length". */
void op_read_where(Compiler *c, JsonObject *o, Op *op);
void op_read_length(Compiler *c, JsonObject *o, Op *op);
/* "from" and "from_offset", or "from_address". */
void op_read_source(Compiler *c, JsonObject *o, Op *op);
/* Refuse what reaches beyond 64 bits. */
void op_check_reach(Compiler *c, const JsonObject *o, uint64_t address, uint64_t length);

/* "file", as a path from the workload's folder, to be freed; NULL and a mistake if it is not given
 * or cannot be read. */
char *op_read_path(Compiler *c, JsonObject *o);

/* op_script.c */
void op_read_script(Compiler *c, JsonObject *o, Op *op);

/* op_syscall.c: one reader a system call. */
void op_read_brk(Compiler *c, JsonObject *o, Op *op);
void op_read_sbrk(Compiler *c, JsonObject *o, Op *op);
void op_read_mmap(Compiler *c, JsonObject *o, Op *op);
void op_read_munmap(Compiler *c, JsonObject *o, Op *op);
void op_read_mprotect(Compiler *c, JsonObject *o, Op *op);
void op_read_madvise(Compiler *c, JsonObject *o, Op *op);
void op_read_mremap(Compiler *c, JsonObject *o, Op *op);
void op_read_mlock(Compiler *c, JsonObject *o, Op *op);
void op_read_mlockall(Compiler *c, JsonObject *o, Op *op);
void op_read_fadvise(Compiler *c, JsonObject *o, Op *op);
void op_read_truncate(Compiler *c, JsonObject *o, Op *op);

/* op_process.c: processes that come and go. */
void op_read_spawn(Compiler *c, JsonObject *o, Op *op);
void op_read_exec(Compiler *c, JsonObject *o, Op *op);
void op_read_wait(Compiler *c, JsonObject *o, Op *op);
/* The optional key "name" of a process: an index of the program's strings. */
uint32_t op_read_name(Compiler *c, JsonObject *o);

#endif
