/* op_words.c - see op_words.h. */
#include "op_words.h"

#include "machine.h"

#include <inttypes.h>

static char *slot_words(const Process *process, const SlotRef *ref) {
    uint64_t slot = ref->base;
    for (unsigned k = 0; k < SLOT_INDICES_MAX; k++) {
        slot += ref->loop[k] < 0 ? 0 : ref->stride[k] * process->task->loop_count[ref->loop[k]];
    }
    return program_slot_name(&process->spec->program, slot);
}

static char *place_words(const Process *process, PlaceKind kind, const SlotRef *ref,
                         uint64_t address) {
    if (kind != PLACE_SLOT) {
        return g_strdup_printf("0x%" PRIx64, address);
    }
    g_autofree char *slot = slot_words(process, ref);
    return address == 0 ? g_strdup(slot) : g_strdup_printf("%s+%" PRIu64, slot, address);
}

/* "64 bytes at a+128", "all of a", "a from 128 on" */
static char *extent_words(const Process *process, const Op *op) {
    g_autofree char *place = place_words(process, op->place, &op->target, op->address);
    if (op->length != OP_LENGTH_REST) {
        return g_strdup_printf("%" PRIu64 " byte%s at %s", op->length, op->length == 1 ? "" : "s",
                               place);
    }
    if (op->place != PLACE_SLOT || op->address == 0) {
        return g_strdup_printf("all of %s", place);
    }
    g_autofree char *slot = slot_words(process, &op->target);
    return g_strdup_printf("%s from %" PRIu64 " on", slot, op->address);
}

static char *span_words(const Process *process, const Op *op) {
    g_autofree char *extent = extent_words(process, op);
    return g_strdup_printf("%s %s", op_word(op->kind), extent);
}

static char *copy_words(const Process *process, const Op *op) {
    g_autofree char *to = place_words(process, op->place, &op->target, op->address);
    g_autofree char *from = place_words(process, op->source_place, &op->source, op->source_address);
    g_autofree char *length = op->length == OP_LENGTH_REST
                                  ? g_strdup("the rest")
                                  : g_strdup_printf("%" PRIu64 " bytes", op->length);
    return g_strdup_printf("copy %s from %s to %s", length, from, to);
}

static const char *file_name(const Process *process, const Op *op) {
    return process->machine->workload->machine.files.items[op->file].name;
}

/* "a = mmap(4096)", "a = mmap(4096) of data" */
static char *mmap_words(const Process *process, const Op *op) {
    g_autofree char *slot = slot_words(process, &op->target);
    bool named = op->file != OP_FILE_NONE;
    return g_strdup_printf("%s = mmap(%" PRIu64 ")%s%s", slot, op->length, named ? " of " : "",
                           named ? file_name(process, op) : "");
}

static char *allocation_words(const Process *process, const Op *op) {
    g_autofree char *slot = slot_words(process, &op->target);
    switch ((OpKind)op->kind) {
    case OP_CALLOC:
        return g_strdup_printf("%s = calloc(%" PRIu64 ", %" PRIu64 ")", slot, op->count, op->size);
    case OP_REALLOC:
        return g_strdup_printf("%s = realloc(%s, %" PRIu64 ")", slot, slot, op->size);
    case OP_ALIGNED_ALLOC:
        return g_strdup_printf("%s = aligned_alloc(%" PRIu64 ", %" PRIu64 ")", slot, op->alignment,
                               op->size);
    case OP_FREE:
        return g_strdup_printf("free(%s)", slot);
    default:
        return g_strdup_printf("%s = malloc(%" PRIu64 ")", slot, op->size);
    }
}

static char *access_words(const Process *process, const Op *op) {
    static const char *const words[] = {"sequential", "stride", "random", "zipf", "loop",
                                        "matrix",     "chase",  "phases", "pages"};
    const char *pattern = words[process->spec->program.patterns[op->pattern]->kind];
    if (op->place == PLACE_NONE) {
        return g_strdup_printf("access a region of its own: %s", pattern);
    }
    g_autofree char *place = place_words(process, op->place, &op->target, op->address);
    return g_strdup_printf("access %s: %s", place, pattern);
}

static char *wait_words(const Program *program, const Op *op) {
    static const char *const whom[] = {[OP_WAIT_CHILD] = "a child",
                                       [OP_WAIT_CHILDREN] = "all children",
                                       [OP_WAIT_THREAD] = "a thread",
                                       [OP_WAIT_THREADS] = "all threads"};
    const char *name = op->name == OP_NAME_NONE ? NULL : program->strings[op->name];
    return g_strdup_printf("wait for %s", name == NULL ? whom[op->wait_for] : name);
}

char *op_describe(const Process *process, const Op *op) {
    const Program *program = &process->spec->program;
    switch ((OpKind)op->kind) {
    case OP_MALLOC:
    case OP_CALLOC:
    case OP_REALLOC:
    case OP_ALIGNED_ALLOC:
    case OP_FREE:
        return allocation_words(process, op);
    case OP_MMAP:
        return mmap_words(process, op);
    case OP_FADVISE:
        return g_strdup_printf("fadvise %s %s", file_name(process, op),
                               op->advice == OP_FILE_WILLNEED ? "willneed" : "dontneed");
    case OP_TRUNCATE:
        return g_strdup_printf("truncate %s to %" PRIu64 " bytes", file_name(process, op),
                               op->size);
    case OP_SBRK:
        return g_strdup_printf("sbrk(%" PRId64 ")", op->increment);
    case OP_COPY:
        return copy_words(process, op);
    case OP_ACCESS:
        return access_words(process, op);
    case OP_COMPUTE:
    case OP_SLEEP:
        return g_strdup_printf("%s %" PRIu64 " ns", op_word(op->kind), op->time);
    case OP_EXIT:
        return g_strdup_printf("exit(%" PRIu64 ")", op->value);
    case OP_REPEAT:
        return g_strdup_printf("repeat %" PRIu64 " times", op->count);
    case OP_WAIT:
        return wait_words(program, op);
    case OP_TRACE:
        return g_strdup_printf("trace %s", program->traces[op->trace].path);
    case OP_SCRIPT: {
        const Script *script = program->scripts[op->script];
        return g_strdup_printf("script %s", script->path == NULL ? "" : script->path);
    }
    case OP_CHURN:
    case OP_BRK:
    case OP_YIELD:
    case OP_FORK:
    case OP_THREAD:
    case OP_SPAWN:
    case OP_EXEC:
        return g_strdup(op_word(op->kind));
    case OP_AGAIN:
    case OP_PHASE: /* phases and notes have events of their own */
    case OP_NOTE:
        return NULL;
    default:
        return span_words(process, op);
    }
}
