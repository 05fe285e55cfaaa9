/* process_heap_script.c - the operations of .heap: what a C program asks of malloc.
 *
 * Ids are variables of a program in C, as in recorded traces (process_replay.c): a free of an id
 * that was freed already is a double free, a realloc of one is a malloc.
 *
 * Threads are played by the one task: the allocator is told another thread number.  What the C
 * library does for each is done as it does it (nptl of glibc 2.36):
 *   create   mmap a stack of 8 MiB and a guard page, without rights; mprotect all but the guard;
 *            calloc the vector of thread-local storage; write the two pages at the stack's top
 *   end      the allocator's part, then madvise(DONTNEED) all of the stack but what is in use
 *   again    the stack that an ended thread has left last is taken as it is; of more than four that
 *            are left, the oldest is unmapped and its vector freed
 */
#include "op_log.h"
#include "process_script.h"
#include "syscall.h"

enum {
    GUARD_BYTES = 4096,
    STACK_BYTES = 8 << 20,
    STACK_IN_USE = 2 * 4096, /* at its top */
    STACK_KEPT = 16384,      /* PTHREAD_STACK_MIN, below that */
    STACKS_KEPT = 4,         /* of ended threads: 40 MiB are too much */
    DTV_ENTRIES = 17,
    DTV_ENTRY_BYTES = 16,
};

/* A variable of the program. */
typedef struct ScriptBlock {
    VAddr va; /* 0: null */
    uint64_t size;
    bool freed; /* va is stale */
} ScriptBlock;

typedef struct ScriptStack {
    VAddr start; /* 0: none */
    VAddr dtv;   /* the vector of thread-local storage: a block of the heap */
} ScriptStack;

typedef struct ScriptThread {
    bool alive;
    ScriptStack stack;
} ScriptThread;

void heap_script_begin(ScriptRun *run) {
    run->blocks = g_new0(ScriptBlock, run->script->region_count);
    run->threads = g_new0(ScriptThread, SCRIPT_THREADS_MAX);
    run->threads[0].alive = true;
    run->stacks = g_array_new(FALSE, FALSE, sizeof(ScriptStack));
}

void heap_script_drop(ScriptRun *run) {
    g_free(run->blocks);
    g_free(run->threads);
    g_clear_pointer(&run->stacks, g_array_unref);
}

static ScriptRun *run_of(Process *process) { return process->task->work.script; }

static ScriptBlock *block_of(Process *process, uint32_t id) { return &run_of(process)->blocks[id]; }

/* ---- blocks -------------------------------------------------------------------------------- */

/* The block that the row tells about. */
static void block_is(Process *process, uint32_t id, VAddr va, uint64_t size, HeapRow *row) {
    *block_of(process, id) = (ScriptBlock){.va = va, .size = size};
    row->allocates = true;
    row->pointer = va;
}

static void do_malloc(Process *process, const ScriptOp *op, HeapRow *row) {
    block_is(process, op->region, process_malloc(process, op->size), op->size, row);
}

static void do_calloc(Process *process, const ScriptOp *op, HeapRow *row) {
    uint64_t bytes;
    if (__builtin_mul_overflow(op->count, op->size, &bytes)) {
        bytes = UINT64_MAX;
    }
    block_is(process, op->region, process_calloc(process, op->count, op->size), bytes, row);
}

static void do_memalign(Process *process, const ScriptOp *op, HeapRow *row) {
    VAddr va = process_aligned_alloc(process, op->alignment, op->size);
    block_is(process, op->region, va, op->size, row);
}

static void free_block(Process *process, uint32_t id) {
    ScriptBlock *block = block_of(process, id);
    process_free(process, block->va);
    block->freed = true;
}

static void do_free(Process *process, const ScriptOp *op, HeapRow *row G_GNUC_UNUSED) {
    free_block(process, op->region);
}

static void do_realloc(Process *process, const ScriptOp *op, HeapRow *row) {
    ScriptBlock *block = block_of(process, op->region);
    bool live = block->va != 0 && !block->freed;
    VAddr va = process_realloc(process, live ? block->va : 0, op->size);
    bool frees = live && op->size == 0;
    row->allocates = !frees;
    row->pointer = va;
    if (va != 0) {
        *block = (ScriptBlock){.va = va, .size = op->size};
    } else if (frees) {
        block->freed = true;
    }
}

/* The first byte, the first one of each later page, the last one. */
static void touch_block(Process *process, uint32_t id, Access access) {
    const ScriptBlock *block = block_of(process, id);
    uint64_t page = process_page_size(process);
    if (block->va == 0 || block->size == 0) {
        return;
    }
    VAddr last = block->va + block->size - 1, second = (block->va / page + 1) * page;
    AccessRun runs[] = {
        {.va = block->va, .count = 1, .access = access},
        {.va = second,
         .count = last >= second ? (last - second) / page + 1 : 0,
         .stride = (int64_t)page,
         .access = access},
        {.va = last, .count = 1, .access = access},
    };
    process_touch_all(process, runs, G_N_ELEMENTS(runs));
}

static void do_write(Process *process, const ScriptOp *op, HeapRow *row G_GNUC_UNUSED) {
    touch_block(process, op->region, ACCESS_WRITE);
}

static void do_read(Process *process, const ScriptOp *op, HeapRow *row G_GNUC_UNUSED) {
    touch_block(process, op->region, ACCESS_READ);
}

static uint32_t id_of(const ScriptOp *op, uint64_t index) {
    return (uint32_t)(op->region + (int64_t)index * op->stride);
}

static void do_malloc_many(Process *process, const ScriptOp *op, HeapRow *row) {
    for (uint64_t i = 0; i < op->count; i++) {
        process_breathe(process);
        uint32_t id = id_of(op, i);
        block_is(process, id, process_malloc(process, op->size), op->size, row);
        touch_block(process, id, ACCESS_WRITE);
    }
}

static void do_free_many(Process *process, const ScriptOp *op, HeapRow *row G_GNUC_UNUSED) {
    for (uint64_t i = 0; i < op->count; i++) {
        process_breathe(process);
        free_block(process, id_of(op, i));
    }
}

/* ---- the heap ------------------------------------------------------------------------------ */

static void do_trim(Process *process, const ScriptOp *op, HeapRow *row) {
    row->answer = g_strdup(process_trim(process, op->size) ? "1" : "0");
}

static void do_tune(Process *process, const ScriptOp *op, HeapRow *row) {
    row->answer =
        g_strdup(process_tune(process, (int)op->option, (uint64_t)op->change) ? "1" : "0");
}

static void do_sbrk(Process *process, const ScriptOp *op, HeapRow *row) {
    VAddr va = sys_sbrk(process, op->change);
    row->answers_address = true;
    row->answer =
        va == VADDR_FAIL ? g_strdup("-1") : g_strdup_printf("0x%" G_GINT64_MODIFIER "x", va);
}

static void do_block(Process *process, const ScriptOp *op G_GNUC_UNUSED,
                     HeapRow *row G_GNUC_UNUSED) {
    uint64_t page = process_page_size(process);
    VAddr above = (process->space->brk + page - 1) / page * page;
    sys_mmap(process, above, page, VM_NONE, MAP_FLAG_FIXED);
}

/* ---- threads ------------------------------------------------------------------------------- */

static ScriptStack new_stack(Process *process) {
    ScriptStack stack = {
        .start = sys_mmap(process, 0, STACK_BYTES + GUARD_BYTES, VM_NONE, MAP_FLAG_STACK)};
    if (stack.start == VADDR_FAIL) {
        return (ScriptStack){0};
    }
    sys_mprotect(process, stack.start + GUARD_BYTES, STACK_BYTES, VM_READ | VM_WRITE);
    stack.dtv = process_calloc(process, DTV_ENTRIES, DTV_ENTRY_BYTES);
    return stack;
}

/* The one left last, else a new one. */
static ScriptStack take_stack(Process *process) {
    GArray *stacks = run_of(process)->stacks;
    if (stacks->len == 0) {
        return new_stack(process);
    }
    ScriptStack stack = g_array_index(stacks, ScriptStack, stacks->len - 1);
    g_array_set_size(stacks, stacks->len - 1);
    return stack;
}

/* It is kept; if there are too many, the oldest goes. */
static void leave_stack(Process *process, ScriptStack stack) {
    GArray *stacks = run_of(process)->stacks;
    g_array_append_val(stacks, stack);
    if (stacks->len > STACKS_KEPT) {
        ScriptStack oldest = g_array_index(stacks, ScriptStack, 0);
        g_array_remove_index(stacks, 0);
        process_free(process, oldest.dtv);
        sys_munmap(process, oldest.start, STACK_BYTES + GUARD_BYTES);
    }
}

static void create_thread(Process *process, ScriptThread *thread) {
    ScriptStack stack = take_stack(process);
    *thread = (ScriptThread){.alive = true, .stack = stack};
    if (stack.start != 0) {
        process_touch(process, (AccessRun){.va = stack.start + GUARD_BYTES + STACK_BYTES - 4096,
                                           .count = STACK_IN_USE / 4096,
                                           .stride = -4096,
                                           .access = ACCESS_WRITE});
    }
}

/* Thread 0 creates, joins, and owns what that takes of the heap. */
static void do_thread(Process *process, const ScriptOp *op, HeapRow *row G_GNUC_UNUSED) {
    ScriptRun *run = run_of(process);
    if (!run->threads[op->region].alive) {
        run->thread = 0;
        create_thread(process, &run->threads[op->region]);
    }
    run->thread = op->region;
}

static void do_join(Process *process, const ScriptOp *op, HeapRow *row G_GNUC_UNUSED) {
    ScriptRun *run = run_of(process);
    ScriptThread *thread = &run->threads[op->region];
    bool ends = thread->alive && op->region != 0;
    if (ends) {
        run->thread = op->region;
        process_heap_forget_thread(process);
        thread->alive = false;
    }
    run->thread = 0;
    if (ends && thread->stack.start != 0) {
        sys_madvise(process, thread->stack.start,
                    GUARD_BYTES + STACK_BYTES - STACK_IN_USE - STACK_KEPT, ADVICE_DONTNEED);
        leave_stack(process, thread->stack);
    }
}

/* ---- a step -------------------------------------------------------------------------------- */

void heap_script_step(Process *process, const ScriptOp *op) {
    typedef void HeapFunction(Process *, const ScriptOp *, HeapRow *);
    static HeapFunction *const functions[SCRIPT_KINDS] = {
        [SCRIPT_MALLOC] = do_malloc,       [SCRIPT_FREE] = do_free,
        [SCRIPT_REALLOC] = do_realloc,     [SCRIPT_CALLOC] = do_calloc,
        [SCRIPT_MEMALIGN] = do_memalign,   [SCRIPT_WRITE] = do_write,
        [SCRIPT_READ] = do_read,           [SCRIPT_MALLOC_MANY] = do_malloc_many,
        [SCRIPT_FREE_MANY] = do_free_many, [SCRIPT_TRIM] = do_trim,
        [SCRIPT_TUNE] = do_tune,           [SCRIPT_SBRK] = do_sbrk,
        [SCRIPT_BLOCK] = do_block,         [SCRIPT_THREAD] = do_thread,
        [SCRIPT_JOIN] = do_join,
    };
    OpLog *log = process->machine->op_log;
    HeapRow row = {.text = op->text, .minflt = process_counters(process).minflt};
    functions[op->kind](process, op, &row);
    if (log != NULL) {
        op_log_add_heap(log, process, &row);
    }
    g_free(row.answer);
}
