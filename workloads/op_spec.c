/* op_spec.c - the arguments of each op: one small reader an op, and a table of them.
 *
 * Used by program.c only.  What the arguments mean is docs/workload-format.md.
 */
#include "op_spec.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "pattern.h"
#include "trace/trace.h"

static const NumberRange TIME = {UNIT_TIME, 0, TIME_MAX_NS};

/* ---- allocator --------------------------------------------------------------------------- */

static void read_malloc(Compiler *c, JsonObject *o, Op *op) {
    op_read_target(c, o, op);
    op->size = json_need_number(o, "size", &ANY_SIZE);
}

static void read_calloc(Compiler *c, JsonObject *o, Op *op) {
    read_malloc(c, o, op);
    op->count = json_number(o, "count", &ANY_COUNT, 1);
}

static void read_aligned_alloc(Compiler *c, JsonObject *o, Op *op) {
    static const NumberRange alignment = {UNIT_SIZE, 1, UINT64_C(1) << 40};
    read_malloc(c, o, op);
    const cJSON *item = json_need(o, "alignment");
    op->alignment = item == NULL ? 1 : json_number_value(c->reader, item, &alignment);
    if ((op->alignment & (op->alignment - 1)) != 0) {
        json_expected(c->reader, item, "a power of two");
    }
}

static void read_free(Compiler *c, JsonObject *o, Op *op) {
    op->target = op_refer(c, json_need(o, "id"), false);
}

/* ---- memory ---------------------------------------------------------------------------- */

static void read_read(Compiler *c, JsonObject *o, Op *op) {
    op_read_where(c, o, op);
    op_read_length(c, o, op);
}

static void read_write(Compiler *c, JsonObject *o, Op *op) {
    static const NumberRange byte = {UNIT_COUNT, 0, 255};
    read_read(c, o, op);
    op->value = json_number(o, "value", &byte, 0);
}

static void read_fill(Compiler *c, JsonObject *o, Op *op) {
    read_write(c, o, op);
    const cJSON *seed = json_member(o, "seed");
    if (seed == NULL) {
        return;
    }
    op->seeded = true;
    op->value = json_number_value(c->reader, seed, &ANY_COUNT);
    if (cJSON_GetObjectItemCaseSensitive(o->item, "value") != NULL) {
        json_key_error(c->reader, seed, "\"value\" and \"seed\" exclude each other");
    }
}

static void read_touch(Compiler *c, JsonObject *o, Op *op) {
    read_read(c, o, op);
    op->access = json_bool(o, "write", true) ? ACCESS_WRITE : ACCESS_READ;
}

static void read_copy(Compiler *c, JsonObject *o, Op *op) {
    op_read_source(c, o, op);
    op_read_where(c, o, op);
    op_read_length(c, o, op);
}

static void read_access(Compiler *c, JsonObject *o, Op *op) {
    const cJSON *over = json_member(o, "over");
    op->place = over == NULL ? PLACE_NONE : PLACE_SLOT;
    op->target = op_refer(c, over, false);
    op->length = OP_LENGTH_REST;
    op->pattern = c->patterns->len;
    g_ptr_array_add(c->patterns, access_spec_read(o, over == NULL));
}

/* ---- churn ----------------------------------------------------------------------------- */

static void read_sizes(Compiler *c, const cJSON *item, ChurnSpec *spec) {
    static const NumberRange size = {UNIT_SIZE, 1, UINT64_C(1) << 40};
    static const char *const distributions[] = {[CHURN_UNIFORM] = "uniform",
                                                [CHURN_GEOMETRIC] = "geometric",
                                                [CHURN_POWERS] = "powers",
                                                NULL};
    JsonObject o = {.reader = c->reader};
    if (item != NULL) {
        o = json_object(c->reader, item);
    }
    spec->size_min = json_number(&o, "min", &size, 16);
    spec->size_max = json_number(&o, "max", &size, MAX(spec->size_min, 1024));
    spec->sizes =
        (ChurnSizes)json_word(&o, "distribution", "distribution", distributions, CHURN_UNIFORM);
    json_end(&o);
    if (spec->size_max < spec->size_min) {
        json_error(c->reader, item, "\"max\" must not be below \"min\"");
    }
}

static void read_live(Compiler *c, JsonObject *o, ChurnSpec *spec) {
    static const NumberRange bytes = {UNIT_SIZE, 1, UINT64_C(1) << 40};
    const cJSON *live = json_member(o, "live_bytes");
    const cJSON *alias = json_member(o, "live");
    if (live != NULL && alias != NULL) {
        json_key_error(c->reader, alias, "\"live\" is short for \"live_bytes\"; keep one");
    }
    live = live != NULL ? live : alias;
    spec->live_bytes =
        live == NULL ? UINT64_C(1) << 20 : json_number_value(c->reader, live, &bytes);
}

static void read_churn(Compiler *c, JsonObject *o, Op *op) {
    static const NumberRange operations = {UNIT_COUNT, 1, UINT64_MAX};
    static const char *const lifetimes[] = {
        [CHURN_RANDOM] = "random", [CHURN_LIFO] = "lifo", [CHURN_FIFO] = "fifo", NULL};
    ChurnSpec spec = {.operations = json_need_number(o, "operations", &operations)};
    read_live(c, o, &spec);
    read_sizes(c, json_member(o, "sizes"), &spec);
    spec.lifetime = (ChurnLifetime)json_word(o, "lifetime", "lifetime", lifetimes, CHURN_RANDOM);
    spec.touch = json_bool(o, "touch", true);
    if (spec.size_max > spec.live_bytes) {
        json_error(c->reader, o->item, "the largest block must fit into \"live_bytes\"");
    }
    op->churn = c->churns->len;
    g_array_append_val(c->churns, spec);
}

/* ---- time and words -------------------------------------------------------------------- */

static void read_compute(Compiler *c, JsonObject *o, Op *op) {
    (void)c;
    op->time = json_need_number(o, "cpu", &TIME);
}

static void read_sleep(Compiler *c, JsonObject *o, Op *op) {
    (void)c;
    op->time = json_need_number(o, "time", &TIME);
}

static void read_yield(Compiler *c, JsonObject *o, Op *op) {
    (void)c;
    (void)o;
    (void)op;
}

static void read_exit(Compiler *c, JsonObject *o, Op *op) {
    static const NumberRange code = {UNIT_COUNT, 0, 255};
    (void)c;
    op->value = json_number(o, "code", &code, 0);
}

static void read_string(Compiler *c, JsonObject *o, Op *op, const char *key) {
    json_need(o, key);
    op->string = c->strings->len;
    g_ptr_array_add(c->strings, json_text(o, key, ""));
}

static void read_phase(Compiler *c, JsonObject *o, Op *op) { read_string(c, o, op, "name"); }

static void read_note(Compiler *c, JsonObject *o, Op *op) { read_string(c, o, op, "text"); }

/* A relative path is meant from the workload's folder. */
char *op_read_path(Compiler *c, JsonObject *o) {
    const cJSON *item = json_need(o, "file");
    g_autofree char *file = json_text(o, "file", "");
    bool as_written =
        file == NULL || g_path_is_absolute(file) || strcmp(c->context->folder, ".") == 0;
    char *path = as_written ? g_strdup(file) : g_build_filename(c->context->folder, file, NULL);
    if (item != NULL && path != NULL && g_access(path, R_OK) != 0) {
        json_error(c->reader, item, "cannot read \"%s\": %s", path, g_strerror(errno));
    }
    return path;
}

static void read_trace(Compiler *c, JsonObject *o, Op *op) {
    TraceSpec spec = {.path = op_read_path(c, o)};
    const cJSON *format = json_member(o, "format");
    if (format != NULL) {
        unsigned index = json_word_value(c->reader, format, "trace format", trace_formats);
        spec.format = g_strdup(trace_formats[index]);
    }
    spec.touch = json_bool(o, "touch", true);
    op->trace = c->traces->len;
    g_array_append_val(c->traces, spec);
}

void op_spec_read(Compiler *compiler, JsonObject *object, Op *op) {
    static void (*const readers[OP_KINDS])(Compiler *, JsonObject *, Op *) = {
        [OP_MALLOC] = read_malloc,
        [OP_CALLOC] = read_calloc,
        [OP_REALLOC] = read_malloc,
        [OP_ALIGNED_ALLOC] = read_aligned_alloc,
        [OP_FREE] = read_free,
        [OP_READ] = read_read,
        [OP_WRITE] = read_write,
        [OP_TOUCH] = read_touch,
        [OP_FILL] = read_fill,
        [OP_VERIFY] = read_fill,
        [OP_COPY] = read_copy,
        [OP_ACCESS] = read_access,
        [OP_CHURN] = read_churn,
        [OP_BRK] = op_read_brk,
        [OP_SBRK] = op_read_sbrk,
        [OP_MMAP] = op_read_mmap,
        [OP_MUNMAP] = op_read_munmap,
        [OP_MPROTECT] = op_read_mprotect,
        [OP_MADVISE] = op_read_madvise,
        [OP_MREMAP] = op_read_mremap,
        [OP_MLOCK] = op_read_mlock,
        [OP_MUNLOCK] = op_read_munmap,
        [OP_MLOCKALL] = op_read_mlockall,
        [OP_MUNLOCKALL] = read_yield,
        [OP_MINCORE] = op_read_munmap,
        [OP_READ_INTO] = op_read_munmap,
        [OP_WRITE_FROM] = op_read_munmap,
        [OP_FADVISE] = op_read_fadvise,
        [OP_TRUNCATE] = op_read_truncate,
        [OP_COMPUTE] = read_compute,
        [OP_SLEEP] = read_sleep,
        [OP_YIELD] = read_yield,
        [OP_EXIT] = read_exit,
        [OP_SPAWN] = op_read_spawn,
        [OP_EXEC] = op_read_exec,
        [OP_WAIT] = op_read_wait,
        [OP_PHASE] = read_phase,
        [OP_NOTE] = read_note,
        [OP_TRACE] = read_trace,
        [OP_SCRIPT] = op_read_script,
    };
    g_assert(readers[op->kind] != NULL);
    readers[op->kind](compiler, object, op);
}
