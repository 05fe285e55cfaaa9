/* script_heap.c - the table of the language .heap: calls of malloc and its family, one a line.
 *
 * Sizes are bytes.  A block's id may be used again once it was freed.  Used by script.c.
 */
#include <inttypes.h>

#include "script_table.h"

#define SIZE_MAX_ASKED (UINT64_C(1) << 62)

/* START, START + STEP ...: none beyond the highest id, and what is freed was made. */
static bool check_many(ScriptLine *line) {
    const ScriptOp *op = &line->op;
    __int128 last = op->count == 0 ? 0 : op->region + (__int128)(op->count - 1) * op->stride;
    if (last < 0 || last >= SCRIPT_BLOCKS_MAX) {
        return script_fail(line, "the last of these ids is not below 2^24");
    }
    for (uint64_t i = 0; i < op->count; i++) {
        uint32_t id = (uint32_t)(op->region + (int64_t)i * op->stride);
        if (op->kind == SCRIPT_MALLOC_MANY) {
            script_make_id(line->script, id);
        } else if (!script_has_id(line->script, id)) {
            return script_fail(line, "ID %" PRIu32 " is made by no line above", id);
        }
    }
    return true;
}

static bool check_alignment(ScriptLine *line) {
    uint64_t alignment = line->op.alignment;
    return (alignment & (alignment - 1)) == 0 || script_fail(line, "ALIGN is to be a power of two");
}

/* What is read by `reader` into `field`, and in which range. */
#define OPERAND(title, reader, field, ...)                                                         \
    { .name = title, .read = reader, .offset = offsetof(ScriptOp, field), __VA_ARGS__ }
#define NEW_ID OPERAND("ID", script_read_id, region, .max = SCRIPT_BLOCKS_MAX)
#define ID     OPERAND("ID", script_read_old_id, region, .max = SCRIPT_BLOCKS_MAX)
#define START  OPERAND("START", script_read_index, region, .max = SCRIPT_BLOCKS_MAX)
#define SIZE   OPERAND("SIZE", script_read_number, size, .max = SIZE_MAX_ASKED)
#define COUNT  OPERAND("COUNT", script_read_number, count, .max = SCRIPT_BLOCKS_MAX)
#define STEP   OPERAND("STEP", script_read_signed, stride, .max = SCRIPT_BLOCKS_MAX)
#define BYTES  OPERAND("BYTES", script_read_signed, change, .max = UINT64_C(1) << 57)
#define THREAD OPERAND("THREAD", script_read_index, region, .max = SCRIPT_THREADS_MAX)

#define NONE                                                                                       \
    { .name = NULL }

static const ScriptRow rows[] = {
    {"a", SCRIPT_MALLOC, "malloc", {NEW_ID, SIZE}, NULL},
    {"f", SCRIPT_FREE, "free", {ID}, NULL},
    {"r", SCRIPT_REALLOC, "realloc; of an id without a block: malloc", {NEW_ID, SIZE}, NULL},
    {"c",
     SCRIPT_CALLOC,
     "calloc of N times SIZE bytes",
     {NEW_ID, OPERAND("N", script_read_number, count, .max = SIZE_MAX_ASKED), SIZE},
     NULL},
    {"m",
     SCRIPT_MEMALIGN,
     "memalign",
     {NEW_ID, OPERAND("ALIGN", script_read_number, alignment, .min = 1, .max = UINT64_C(1) << 47),
      SIZE},
     check_alignment},
    {"t",
     SCRIPT_WRITE,
     "write the first byte of the block, of each later page, and the last",
     {ID},
     NULL},
    {"rd", SCRIPT_READ, "read them", {ID}, NULL},
    {"at",
     SCRIPT_MALLOC_MANY,
     "malloc COUNT blocks START, START+STEP ... and write each as t does",
     {START, SIZE, COUNT, STEP},
     check_many},
    {"ft",
     SCRIPT_FREE_MANY,
     "free COUNT blocks START, START+STEP ...",
     {START, COUNT, STEP},
     check_many},
    {"trim",
     SCRIPT_TRIM,
     "malloc_trim, leaving PAD bytes",
     {OPERAND("PAD", script_read_number, size, .max = SIZE_MAX_ASKED)},
     NULL},
    {"opt",
     SCRIPT_TUNE,
     "mallopt: OPTION by its number (-1 M_TRIM_THRESHOLD ... -8 M_ARENA_MAX)",
     {OPERAND("OPTION", script_read_signed, option, .max = 1000),
      OPERAND("VALUE", script_read_signed, change, .max = SIZE_MAX_ASKED)},
     NULL},
    {"sbrk", SCRIPT_SBRK, "the program itself moves the break", {BYTES}, NULL},
    {"block", SCRIPT_BLOCK, "map a page directly above the break", {NONE}, NULL},
    {"th", SCRIPT_THREAD, "THREAD goes on; at first use it is created", {THREAD}, NULL},
    {"join", SCRIPT_JOIN, "THREAD ends, and thread 0 goes on", {THREAD}, NULL},
};

const ScriptTable script_heap_table = {rows, G_N_ELEMENTS(rows)};
