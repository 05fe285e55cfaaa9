/* process_script.c - the op "script": the loop over its operations, and those of .ops.
 *
 * Idea: one function an operation.  Each answers as a system call does: a value, or the negative
 * of an errno.  An access that ends in a SIGSEGV is left out and counted, whatever the workload
 * says about SIGSEGV.
 * The operations of .heap are in process_heap_script.c.
 * Units: pages of the machine, from the start of a region; region B begins at the initial break.
 */
#include "process_script.h"

#include "op_log.h"
#include "proc_log.h"
#include "syscall.h"
#include "trace/script_pattern.h"

enum { BATCH_RUNS = 256 };

/* The negative of the errno that the process's last system call left, or 0. */
static int64_t script_errno(const Process *process) {
    static const int8_t numbers[] = {
        [OUTCOME_OK] = 0,      [OUTCOME_SEGV_MAPERR] = 14,   [OUTCOME_SEGV_ACCERR] = 14,
        [OUTCOME_SIGBUS] = 14, [OUTCOME_OUT_OF_MEMORY] = 12, [OUTCOME_ENOMEM] = 12,
        [OUTCOME_EINVAL] = 22, [OUTCOME_EEXIST] = 17,        [OUTCOME_EPERM] = 1,
        [OUTCOME_EAGAIN] = 11, [OUTCOME_EFAULT] = 14};
    return -numbers[process->outcome];
}

/* ---- where -------------------------------------------------------------------------------- */

static VAddr *region_of(Process *process, const ScriptOp *op) {
    return &process->task->work.script->regions[op->region];
}

static VAddr address_of(Process *process, const ScriptOp *op) {
    VAddr start =
        op->region == SCRIPT_BREAK ? process->space->layout.brk_start : *region_of(process, op);
    return start + op->first * process_page_size(process);
}

static uint64_t bytes_of(const Process *process, uint64_t pages) {
    return pages * process_page_size(process);
}

/* ---- system calls -------------------------------------------------------------------------- */

static unsigned map_flags_of(const ScriptOp *op) {
    static const struct {
        unsigned script, kernel;
    } same[] = {{SCRIPT_MAP_FIXED, MAP_FLAG_FIXED},
                {SCRIPT_MAP_NOREPLACE, MAP_FLAG_NOREPLACE},
                {SCRIPT_MAP_POPULATE, MAP_FLAG_POPULATE},
                {SCRIPT_MAP_SHARED, MAP_FLAG_SHARED},
                {SCRIPT_MAP_NORESERVE, MAP_FLAG_NORESERVE}};
    unsigned flags = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(same); i++) {
        flags |= (op->map_flags & same[i].script) != 0 ? same[i].kernel : 0;
    }
    return flags;
}

/* The file that an operation names, as long as its name says; made when it is first named. */
static uint32_t file_of(Process *process, const ScriptOp *op) {
    const Script *script = process->task->work.script->script;
    const ScriptFile *named = &g_array_index(script->files, ScriptFile, op->file);
    return machine_file(process->machine, named->name, named->pages);
}

static VAddr mmap_as_told(Process *process, const ScriptOp *op) {
    uint64_t length = bytes_of(process, op->pages);
    if (op->file == SCRIPT_NO_FILE) {
        return sys_mmap(process, op->address, length, op->prot, map_flags_of(op));
    }
    uint32_t file = file_of(process, op);
    return file == UINT32_MAX
               ? VADDR_FAIL
               : sys_mmap_file(process, op->address, length, op->prot, map_flags_of(op),
                               (FileOffset){file, bytes_of(process, op->file_page)});
}

static int64_t do_mmap(Process *process, const ScriptOp *op) {
    VAddr va = mmap_as_told(process, op);
    if (va == VADDR_FAIL) {
        return script_errno(process);
    }
    *region_of(process, op) = va;
    return (int64_t)va;
}

static int64_t do_munmap(Process *process, const ScriptOp *op) {
    sys_munmap(process, address_of(process, op), bytes_of(process, op->pages));
    return script_errno(process);
}

static int64_t do_mprotect(Process *process, const ScriptOp *op) {
    sys_mprotect(process, address_of(process, op), bytes_of(process, op->pages), op->prot);
    return script_errno(process);
}

static int64_t do_madvise(Process *process, const ScriptOp *op) {
    static const Advice advice[] = {[SCRIPT_ADVICE_NORMAL] = ADVICE_NORMAL,
                                    [SCRIPT_ADVICE_RANDOM] = ADVICE_RANDOM,
                                    [SCRIPT_ADVICE_SEQUENTIAL] = ADVICE_SEQUENTIAL,
                                    [SCRIPT_ADVICE_WILLNEED] = ADVICE_WILLNEED,
                                    [SCRIPT_ADVICE_DONTNEED] = ADVICE_DONTNEED,
                                    [SCRIPT_ADVICE_FREE] = ADVICE_FREE,
                                    [SCRIPT_ADVICE_COLD] = ADVICE_COLD,
                                    [SCRIPT_ADVICE_PAGEOUT] = ADVICE_PAGEOUT,
                                    [SCRIPT_ADVICE_POPULATE_READ] = ADVICE_POPULATE_READ,
                                    [SCRIPT_ADVICE_POPULATE_WRITE] = ADVICE_POPULATE_WRITE,
                                    [SCRIPT_ADVICE_DONTFORK] = ADVICE_DONTFORK,
                                    [SCRIPT_ADVICE_DOFORK] = ADVICE_DOFORK,
                                    [SCRIPT_ADVICE_WIPEONFORK] = ADVICE_WIPEONFORK,
                                    [SCRIPT_ADVICE_KEEPONFORK] = ADVICE_KEEPONFORK,
                                    [SCRIPT_ADVICE_HUGEPAGE] = ADVICE_HUGEPAGE,
                                    [SCRIPT_ADVICE_NOHUGEPAGE] = ADVICE_NOHUGEPAGE};
    sys_madvise(process, address_of(process, op), bytes_of(process, op->pages), advice[op->advice]);
    return script_errno(process);
}

static int64_t do_mremap(Process *process, const ScriptOp *op) {
    VAddr va = sys_mremap(process, address_of(process, op), bytes_of(process, op->pages),
                          bytes_of(process, op->new_pages), (unsigned)op->remap_flags, op->address);
    if (va == VADDR_FAIL) {
        return script_errno(process);
    }
    if (op->region != SCRIPT_BREAK) {
        *region_of(process, op) = va;
    }
    return (int64_t)va;
}

/* The break relative to where it began. */
static int64_t do_brk(Process *process, const ScriptOp *op) {
    VAddr end = sys_brk(process, process->space->brk + (uint64_t)op->change);
    return (int64_t)(end - process->space->layout.brk_start);
}

/* ---- accesses ------------------------------------------------------------------------------ */

static int64_t do_touch(Process *process, const ScriptOp *op) {
    process_touch(process, (AccessRun){.va = address_of(process, op),
                                       .count = op->count,
                                       .stride = op->stride * (int64_t)process_page_size(process),
                                       .access = op->access});
    return 0;
}

static int64_t do_poke(Process *process, const ScriptOp *op) {
    process_touch(process, (AccessRun){.va = op->address, .count = 1, .access = op->access});
    return 0;
}

/* The stack pointer is in the second page: above it are the program's arguments. */
static int64_t do_stack(Process *process, const ScriptOp *op) {
    uint64_t page = process_page_size(process);
    process_touch(process,
                  (AccessRun){.va = process->space->layout.stack_top - (op->first + 2) * page,
                              .count = op->pages,
                              .stride = -(int64_t)page,
                              .access = op->access});
    return 0;
}

static int64_t do_pattern(Process *process, const ScriptOp *op) {
    VAddr start = address_of(process, op);
    uint64_t page_size = process_page_size(process), page;
    ScriptPattern *pattern = process->task->work.script->pattern = script_pattern_start(op);
    AccessRun runs[BATCH_RUNS];
    unsigned count = 0;
    for (Access access; script_pattern_next(pattern, &page, &access);) {
        runs[count++] = (AccessRun){.va = start + page * page_size, .count = 1, .access = access};
        if (count == BATCH_RUNS) {
            process_touch_all(process, runs, count);
            count = 0;
        }
    }
    process_touch_all(process, runs, count);
    g_clear_pointer(&process->task->work.script->pattern, script_pattern_free);
    return 0;
}

static int64_t do_zread(Process *process, const ScriptOp *op) {
    uint64_t done = sys_read(process, address_of(process, op), bytes_of(process, op->pages));
    return process->outcome == OUTCOME_OK ? (int64_t)done : script_errno(process);
}

static int64_t do_mlock(Process *process, const ScriptOp *op) {
    sys_mlock(process, address_of(process, op), bytes_of(process, op->pages), false);
    return script_errno(process);
}

static int64_t do_munlock(Process *process, const ScriptOp *op) {
    sys_munlock(process, address_of(process, op), bytes_of(process, op->pages));
    return script_errno(process);
}

static int64_t do_mlockall(Process *process, const ScriptOp *op) {
    sys_mlockall(process, (unsigned)op->count);
    return script_errno(process);
}

static int64_t do_munlockall(Process *process, const ScriptOp *op G_GNUC_UNUSED) {
    sys_munlockall(process);
    return script_errno(process);
}

static int64_t do_mincore(Process *process, const ScriptOp *op) {
    uint64_t resident = sys_mincore(process, address_of(process, op), bytes_of(process, op->pages));
    return process->outcome == OUTCOME_OK ? (int64_t)resident : script_errno(process);
}

static int64_t do_warmfile(Process *process, const ScriptOp *op) {
    const Script *script = process->task->work.script->script;
    uint32_t file = file_of(process, op);
    if (file != UINT32_MAX) {
        memory_file_warm(process->machine->memory, process->space, file);
    }
    return (int64_t)g_array_index(script->files, ScriptFile, op->file).pages;
}

static int64_t do_coldfile(Process *process, const ScriptOp *op) {
    const Script *script = process->task->work.script->script;
    uint32_t file = file_of(process, op);
    if (file != UINT32_MAX) {
        memory_file_cool(process->machine->memory, file);
    }
    return (int64_t)g_array_index(script->files, ScriptFile, op->file).pages;
}

static int64_t do_truncate(Process *process, const ScriptOp *op) {
    uint32_t file = file_of(process, op);
    if (file != UINT32_MAX) {
        memory_file_truncate(process->machine->memory, file, op->pages);
    }
    return 0;
}

static int64_t do_nop(Process *process G_GNUC_UNUSED, const ScriptOp *op G_GNUC_UNUSED) {
    return 0;
}

static int64_t do_proc(Process *process, const ScriptOp *op) {
    ProcLog *log = process->machine->proc_log;
    if (log != NULL) {
        proc_log_add_op(log, process, op->line);
    }
    return 0;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static ScriptFunction *const functions[SCRIPT_KINDS] = {
    [SCRIPT_MMAP] = do_mmap,
    [SCRIPT_MUNMAP] = do_munmap,
    [SCRIPT_MPROTECT] = do_mprotect,
    [SCRIPT_MADVISE] = do_madvise,
    [SCRIPT_MREMAP] = do_mremap,
    [SCRIPT_BRK] = do_brk,
    [SCRIPT_TOUCH] = do_touch,
    [SCRIPT_POKE] = do_poke,
    [SCRIPT_STACK] = do_stack,
    [SCRIPT_PATTERN] = do_pattern,
    [SCRIPT_ZREAD] = do_zread,
    [SCRIPT_NOP] = do_nop,
    [SCRIPT_PROC] = do_proc,
    [SCRIPT_MLOCK] = do_mlock,
    [SCRIPT_MUNLOCK] = do_munlock,
    [SCRIPT_MLOCKALL] = do_mlockall,
    [SCRIPT_MUNLOCKALL] = do_munlockall,
    [SCRIPT_MINCORE] = do_mincore,
    [SCRIPT_WARMFILE] = do_warmfile,
    [SCRIPT_COLDFILE] = do_coldfile,
    [SCRIPT_TRUNCATE] = do_truncate,
    [SCRIPT_FORK] = script_fork,
    [SCRIPT_FORKHOLD] = script_forkhold,
    [SCRIPT_REAP] = script_reap,
};

/* ---- the loop ------------------------------------------------------------------------------ */

void process_drop_script(OpWork *work) {
    ScriptRun *run = work->script;
    if (run != NULL) {
        script_pattern_free(run->pattern);
        g_free(run->regions);
        g_slist_free(run->held);
        heap_script_drop(run);
        g_free(run);
    }
    work->script = NULL;
}

void script_tell(Process *process, const ScriptOp *op, int64_t answer) {
    if (process->machine->op_log != NULL) {
        op_log_add(process->machine->op_log, process, op, answer);
    }
}

/* A parent goes on at the endfork, whose row bears the number of its fork. */
static void step(Process *process, ScriptRun *run, const ScriptOp *op) {
    bool forks = op->kind == SCRIPT_FORK || op->kind == SCRIPT_FORKHOLD;
    int64_t answer = functions[op->kind](process, op);
    script_tell(process, forks ? script_op(run->script, op->jump) : op, answer);
    run->at = forks ? op->jump : run->at;
}

void script_go_on(Process *process, ScriptRun *run) {
    for (; run->at < run->script->ops->len; run->at++) {
        const ScriptOp *op = script_op(run->script, run->at);
        if (op->kind == SCRIPT_ENDFORK) {
            return;
        }
        process_breathe(process);
        machine_emit(process->machine, process, (Event){.kind = EVENT_line, .a = run->at});
        if (run->script->language == SCRIPT_OPS) {
            step(process, run, op);
        } else {
            heap_script_step(process, op);
        }
    }
}

static ScriptRun *begin(Process *process, const Script *script) {
    ScriptRun *run = g_new0(ScriptRun, 1);
    *run = (ScriptRun){.script = script,
                       .thread = process->task->number,
                       .begun = process_counters(process),
                       .base = process_gauges(process)};
    if (script->language == SCRIPT_OPS) {
        run->regions = g_new0(VAddr, script->region_count);
    } else {
        heap_script_begin(run);
    }
    return run;
}

void op_script(Process *process, const Op *op) {
    const Script *script = process_program(process)->scripts[op->script];
    ScriptRun *run = process->task->work.script = begin(process, script);
    script_go_on(process, run);
    while (run->held != NULL) {
        script_reap(process, NULL);
    }
    task_drop_work(process->task);
}
