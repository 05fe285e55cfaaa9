/* process_script_fork.c - fork, forkhold and reap of .ops.
 *
 *   parent   fork ------------- waits -------------> endfork, and on
 *   child          fork, ... its operations ..., end
 *
 * Idea: the child has a script run of its own, a copy of its parent's, and goes on behind the
 * fork; at the endfork it ends, or, made by forkhold, waits in its parent's queue until that
 * reaps it or is over.
 * Invariant: a held child waits only while its parent is there.
 */
#include "op_log.h"
#include "process_script.h"

enum { ERRNO_AGAIN = 11, ERRNO_CHILD = 10 };

static ScriptRun *copy_run(const ScriptRun *run, bool held) {
    ScriptRun *copy = g_new0(ScriptRun, 1);
    *copy = (ScriptRun){.script = run->script,
                        .at = run->at,
                        .depth = run->depth + 1,
                        .thread = run->thread,
                        .base = run->base,
                        .hold = held ? SCRIPT_HOLD_ASKED : SCRIPT_HOLD_NONE};
    copy->regions = g_memdup2(run->regions, run->script->region_count * sizeof *run->regions);
    return copy;
}

/* At its endfork, a child of forkhold stays. */
static void wait_for_reap(Process *process, ScriptRun *run) {
    if (run->hold == SCRIPT_HOLD_ASKED) {
        run->hold = SCRIPT_HOLD_REACHED;
        process_tell_end(process->parent);
    }
    while (run->hold == SCRIPT_HOLD_REACHED && !process_over(process->parent)) {
        scheduler_block(process->machine->scheduler, &process->parent->end_queue);
    }
}

/* The body of a child's task; its run is in place. */
static void child_main(Process *process, void *data G_GNUC_UNUSED) {
    ScriptRun *run = process->task->work.script;
    run->begun = process_counters(process);
    script_tell(process, script_op(run->script, run->at), 0);
    run->at++;
    script_go_on(process, run);
    wait_for_reap(process, run);
}

static Process *make_child(Process *process, bool held) {
    Task *task = process->task;
    TaskBody body = {.op = task->op, .end = task->op + 1, .run = child_main};
    if (!heap_can_clone(process->heap)) {
        machine_fail(process->machine, process, MACHINE_ERROR_INPUT,
                     "the allocator \"%s\" cannot be forked", process->spec->allocator.info->name);
        process_stop_run(process);
    }
    Process *child = process_fork(process, NULL, &body);
    if (child != NULL) {
        child->main->work.script = copy_run(task->work.script, held);
    }
    return child;
}

int64_t script_fork(Process *process, const ScriptOp *op G_GNUC_UNUSED) {
    const Process *child = make_child(process, false);
    if (child == NULL) {
        return -ERRNO_AGAIN;
    }
    process_wait_child(process, child->name);
    return 0;
}

/* Has it come to its endfork, or is it over? */
static bool is_held(const Process *child) {
    return process_over(child) || child->main->work.script->hold == SCRIPT_HOLD_REACHED;
}

int64_t script_forkhold(Process *process, const ScriptOp *op G_GNUC_UNUSED) {
    Process *child = make_child(process, true);
    if (child == NULL) {
        return -ERRNO_AGAIN;
    }
    while (!is_held(child)) {
        scheduler_block(process->machine->scheduler, &process->end_queue);
    }
    ScriptRun *run = process->task->work.script;
    run->held = g_slist_prepend(run->held, child);
    return 0;
}

int64_t script_reap(Process *process, const ScriptOp *op G_GNUC_UNUSED) {
    ScriptRun *run = process->task->work.script;
    if (run->held == NULL) {
        return -ERRNO_CHILD;
    }
    Process *child = run->held->data;
    run->held = g_slist_delete_link(run->held, run->held);
    if (!process_over(child)) {
        child->main->work.script->hold = SCRIPT_HOLD_NONE;
        process_tell_end(process);
    }
    process_wait_child(process, child->name);
    return 0;
}
