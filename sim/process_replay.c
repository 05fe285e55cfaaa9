/* process_replay.c - the op "trace": a recorded program carried out again.
 *
 * Heap traces.  The ids of a trace are variables of a program in C, at first null:
 *   - a free of an id that never had a block, or whose malloc failed, is free(NULL);
 *   - a free of an id that was freed already passes its stale address on: a double free, or, if
 *     the address is another block's by now, the end of that one, as it would be in reality;
 *   - a realloc of an id without a live block is a malloc, and one to size 0 is a free.
 *   With "touch" each word of a new payload is written once, of a grown one the new part.
 * Reference traces.  They tell no mmap, so a page is mapped when it is first named; that is
 *   neither counted nor charged as a call of the program.
 * Threads of a heap trace.  The one task makes all calls, in the order of the trace; the allocator is
 *   told who called: the first thread is the task itself, those that come later have the numbers
 *   behind it.  Of their stacks and their ends a trace tells nothing.
 */
#include "process_internal.h"

#include "faultline/lazy.h"
#include "trace/trace.h"

enum { BATCH_ITEMS = 256 };

/* A variable of the recorded program. */
typedef struct TraceBlock {
    VAddr va;      /* 0: null */
    uint64_t size; /* bytes asked for */
    bool freed;    /* va is stale */
} TraceBlock;

/* ---- allocations -------------------------------------------------------------------------- */

static const TraceSpec *spec_of(const Process *process) {
    const Program *program = process_program(process);
    return &program->traces[program->ops[process->task->op].trace];
}

static TraceBlock *block_of(Process *process, const TraceItem *item) {
    g_assert(item->id < TRACE_ID_MAX);
    return &process->task->work.trace_blocks[item->id];
}

/* Write words from..to-1 of a payload. */
static void write_words(Process *process, VAddr va, uint64_t from, uint64_t to) {
    if (va != 0 && to > from && spec_of(process)->touch) {
        process_touch(process,
                      (AccessRun){va + from * WORD_BYTES, to - from, WORD_BYTES, ACCESS_WRITE});
    }
}

static uint64_t words(uint64_t bytes) { return bytes / WORD_BYTES + (bytes % WORD_BYTES != 0); }

static void block_is(Process *process, const TraceItem *item, VAddr va) {
    *block_of(process, item) = (TraceBlock){.va = va, .size = item->size};
}

static void replay_malloc(Process *process, const TraceItem *item) {
    VAddr va = process_malloc(process, item->size);
    block_is(process, item, va);
    write_words(process, va, 0, words(item->size));
}

static void replay_calloc(Process *process, const TraceItem *item) {
    VAddr va = process_calloc(process, 1, item->size);
    block_is(process, item, va);
    write_words(process, va, 0, words(item->size));
}

static void replay_aligned(Process *process, const TraceItem *item) {
    VAddr va = process_aligned_alloc(process, item->alignment, item->size);
    block_is(process, item, va);
    write_words(process, va, 0, words(item->size));
}

static void replay_free(Process *process, const TraceItem *item) {
    TraceBlock *block = block_of(process, item);
    process_free(process, block->va);
    block->freed = true;
}

static void replay_realloc(Process *process, const TraceItem *item) {
    TraceBlock *block = block_of(process, item);
    bool live = block->va != 0 && !block->freed;
    if (item->size == 0 && live) {
        replay_free(process, item);
        return;
    }
    uint64_t old_size = live ? block->size : 0;
    VAddr va = process_realloc(process, live ? block->va : 0, item->size);
    if (va != 0) {
        block_is(process, item, va);
        write_words(process, va, words(old_size), words(item->size));
    }
}

static void replay_free_null(Process *process, const TraceItem *item G_GNUC_UNUSED) {
    process_free(process, 0);
}

/* Threads are told apart in the order of their first calls. */
static void thread_is(Process *process, uint32_t thread) {
    OpWork *work = &process->task->work;
    gpointer key = GUINT_TO_POINTER(thread), place;
    if (!g_hash_table_lookup_extended(work->trace_threads, key, NULL, &place)) {
        place = GUINT_TO_POINTER(g_hash_table_size(work->trace_threads));
        g_hash_table_insert(work->trace_threads, key, place);
    }
    work->trace_thread = GPOINTER_TO_UINT(place);
}

static void replay_thread(Process *process, const TraceItem *item) { thread_is(process, item->id); }

/* ---- references --------------------------------------------------------------------------- */

/* How many accesses from run->va on lie in one page. */
static uint64_t accesses_in_page(const AccessRun *run, uint64_t page) {
    uint64_t before = run->va % page, behind = page - 1 - before;
    uint64_t more = run->count - 1;
    if (run->stride > 0) {
        more = MIN(more, behind / (uint64_t)run->stride);
    } else if (run->stride < 0) {
        more = MIN(more, before / -(uint64_t)run->stride);
    }
    return more + 1;
}

static void map_page(Process *process, VAddr va, uint64_t page) {
    VAddr result;
    process_lock_space(process);
    if (vma_find(&process->space->vmas, va / page) == NULL) {
        space_mmap(process->machine->memory, process->space, va - va % page, page,
                   VM_READ | VM_WRITE, MAP_FLAG_FIXED | MAP_FLAG_NORESERVE, &result);
    }
}

/* An address at which nothing can be mapped stays without mapping: a SIGSEGV. */
static void replay_access(Process *process, const TraceItem *item) {
    uint64_t page = process_page_size(process);
    AccessRun rest = item->run;
    while (rest.count > 0) {
        AccessRun part = rest;
        part.count = accesses_in_page(&rest, page);
        map_page(process, part.va, page);
        process_touch(process, part);
        rest.va += part.count * (uint64_t)rest.stride;
        rest.count -= part.count;
    }
}

/* ---- the replay --------------------------------------------------------------------------- */

/* Until the trace names a thread, it is thread 0. */
static void replay_item(Process *process, const TraceItem *item) {
    typedef void ReplayFunction(Process *, const TraceItem *);
    static ReplayFunction *const functions[] = {
        [TRACE_ACCESS] = replay_access,       [TRACE_MALLOC] = replay_malloc,
        [TRACE_CALLOC] = replay_calloc,       [TRACE_ALIGNED] = replay_aligned,
        [TRACE_REALLOC] = replay_realloc,     [TRACE_FREE] = replay_free,
        [TRACE_FREE_NULL] = replay_free_null, [TRACE_THREAD] = replay_thread,
    };
    if (item->kind != TRACE_THREAD && g_hash_table_size(process->task->work.trace_threads) == 0) {
        thread_is(process, 0);
    }
    functions[item->kind](process, item);
}

G_NORETURN static void fail(Process *process, MachineError code, GError *error) {
    /* The reader has said where: file and line of the trace. */
    machine_fail(process->machine, NULL, code, "%s", error->message);
    g_error_free(error);
    process_stop_run(process);
}

static void replay_open(Process *process, const TraceSpec *spec) {
    GError *error = NULL;
    OpWork *work = &process->task->work;
    work->trace = trace_open(spec->path, spec->format, process_page_size(process), &error);
    if (work->trace == NULL) {
        fail(process, MACHINE_ERROR_INPUT, error);
    }
    work->trace_blocks = lazy_alloc(TRACE_ID_MAX, sizeof(TraceBlock));
    if (work->trace_blocks == NULL) {
        error = g_error_new_literal(MACHINE_ERROR, MACHINE_ERROR_HOST,
                                    "the host has no address space for the blocks of a trace");
        fail(process, MACHINE_ERROR_HOST, error);
    }
    work->trace_threads = g_hash_table_new(NULL, NULL);
}

void process_drop_trace(OpWork *work) {
    g_clear_pointer(&work->trace, trace_close);
    lazy_free(work->trace_blocks, TRACE_ID_MAX, sizeof(TraceBlock));
    work->trace_blocks = NULL;
    g_clear_pointer(&work->trace_threads, g_hash_table_unref);
    work->trace_thread = 0;
}

void op_trace(Process *process, const Op *op) {
    GError *error = NULL;
    replay_open(process, &process_program(process)->traces[op->trace]);
    TraceItem items[BATCH_ITEMS];
    gssize count;
    while ((count = trace_next(process->task->work.trace, items, BATCH_ITEMS, &error)) > 0) {
        for (gssize i = 0; i < count; i++) {
            process_breathe(process);
            replay_item(process, &items[i]);
        }
    }
    if (count < 0) {
        fail(process, MACHINE_ERROR_INPUT, error);
    }
    task_drop_work(process->task);
}
