/* process_ops.c - running a program: the loop over its ops, and those that only steer it.
 *
 *   OP_REPEAT (count, jump) ... body ... OP_AGAIN (jump)
 *
 * Loops are counters on a small stack: REPEAT pushes a 0, AGAIN adds 1 and goes back to the
 * body until the REPEAT's count is reached; an id like "node[$i]" reads the counter.
 */
#include "process_internal.h"

/* ---- control ------------------------------------------------------------------------------ */

static void op_repeat(Process *process, const Op *op) {
    if (op->count == 0) {
        process->task->next_op = op->jump;
        return;
    }
    g_assert(process->task->loop_depth < LOOP_DEPTH_MAX);
    process->task->loop_count[process->task->loop_depth++] = 0;
}

static void op_again(Process *process, const Op *op) {
    const Op *repeat = &process_program(process)->ops[op->jump - 1];
    if (++process->task->loop_count[process->task->loop_depth - 1] < repeat->count) {
        process->task->next_op = op->jump;
    } else {
        process->task->loop_depth--;
    }
}

static void op_exit(Process *process, const Op *op) {
    process->exit_code = op->value;
    process_end(process, PROCESS_EXITED);
}

/* ---- time --------------------------------------------------------------------------------- */

/* The CPU is used in pieces, each up to the next appointment. */
static void op_compute(Process *process, const Op *op) {
    for (Tick left = op->time; left > 0;) {
        process_breathe(process);
        scheduler_set_quiet(process->machine->scheduler, true);
        left -= scheduler_compute(process->machine->scheduler, left);
    }
    scheduler_set_quiet(process->machine->scheduler, false);
}

static void op_sleep(Process *process, const Op *op) {
    scheduler_sleep(process->machine->scheduler, op->time);
}

static void op_yield(Process *process, const Op *op G_GNUC_UNUSED) {
    scheduler_yield(process->machine->scheduler);
}

/* ---- marks -------------------------------------------------------------------------------- */

static Counters counters_since(const Counters *mark, const Counters *now) {
    Counters difference = *now;
    for (uint64_t i = 0; i < COUNTERS_COUNT; i++) {
        ((uint64_t *)&difference)[i] -= ((const uint64_t *)mark)[i];
    }
    return difference;
}

static void op_phase(Process *process, const Op *op) {
    if (process->machine->phases++ == PHASES_MAX) {
        machine_fail(process->machine, process, MACHINE_ERROR_INPUT,
                     "more than %u phases: a run keeps figures for no more", PHASES_MAX);
        process_stop_run(process);
    }
    Counters now = process_counters(process);
    PhaseRecord record = {
        .name = process_program(process)->strings[op->string],
        .end = process->machine->clock.now,
        .counters = counters_since(&process->at_mark, &now),
        .now = process_gauges(process),
        .free = memory_free_blocks(process->machine->memory),
    };
    g_array_append_val(process->phases, record);
    process->at_mark = now;
    machine_emit(process->machine, process, (Event){.kind = EVENT_phase, .a = op->string});
}

static void op_note(Process *process, const Op *op) {
    machine_emit(process->machine, process, (Event){.kind = EVENT_note, .a = op->string});
}

/* ---- the loop ----------------------------------------------------------------------------- */

static OpFunction *const op_functions[OP_KINDS] = {
    [OP_MALLOC] = op_malloc,
    [OP_CALLOC] = op_calloc,
    [OP_REALLOC] = op_realloc,
    [OP_ALIGNED_ALLOC] = op_aligned_alloc,
    [OP_FREE] = op_free,
    [OP_READ] = op_read,
    [OP_WRITE] = op_write,
    [OP_TOUCH] = op_touch,
    [OP_FILL] = op_fill,
    [OP_VERIFY] = op_verify,
    [OP_COPY] = op_copy,
    [OP_ACCESS] = op_access,
    [OP_CHURN] = op_churn,
    [OP_BRK] = op_brk,
    [OP_SBRK] = op_sbrk,
    [OP_MMAP] = op_mmap,
    [OP_MUNMAP] = op_munmap,
    [OP_MPROTECT] = op_mprotect,
    [OP_MADVISE] = op_madvise,
    [OP_MREMAP] = op_mremap,
    [OP_MLOCK] = op_mlock,
    [OP_MUNLOCK] = op_munlock,
    [OP_MLOCKALL] = op_mlockall,
    [OP_MUNLOCKALL] = op_munlockall,
    [OP_MINCORE] = op_mincore,
    [OP_READ_INTO] = op_read_into,
    [OP_WRITE_FROM] = op_write_from,
    [OP_FADVISE] = op_fadvise,
    [OP_TRUNCATE] = op_truncate,
    [OP_COMPUTE] = op_compute,
    [OP_SLEEP] = op_sleep,
    [OP_YIELD] = op_yield,
    [OP_EXIT] = op_exit,
    [OP_REPEAT] = op_repeat,
    [OP_AGAIN] = op_again,
    [OP_FORK] = op_fork,
    [OP_THREAD] = op_thread,
    [OP_SPAWN] = op_spawn,
    [OP_EXEC] = op_exec,
    [OP_WAIT] = op_wait,
    [OP_PHASE] = op_phase,
    [OP_NOTE] = op_note,
    [OP_TRACE] = op_trace,
    [OP_SCRIPT] = op_script,
};

static void run_ops(Process *process, Task *task) {
    while (task->op < task->end) {
        const Op *op = &process_program(process)->ops[task->op];
        process_breathe(process);
        task->next_op = task->op + 1;
        if (op->kind != OP_AGAIN) {
            machine_emit(process->machine, process, (Event){.kind = EVENT_op, .a = task->op});
        }
        op_functions[op->kind](process, op);
        task->op = task->next_op;
    }
}

void process_main(void *data) {
    Task *task = data;
    Process *process = task->process;
    if (task->body.run != NULL) {
        task->body.run(process, task->body.data);
    } else {
        if (task == process->main && task->op == 0) { /* not a fork's child: it has one */
            process_load_image(process);
            process->at_mark = process_counters(process);
        }
        run_ops(process, task);
    }
    if (task != process->main) {
        process_end_thread(process);
    }
    process_end(process, PROCESS_EXITED);
}
