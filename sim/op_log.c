/* op_log.c - see op_log.h. */
#include "op_log.h"

#include "process_script.h"

static void heap_row_clear(gpointer row) { g_free(((HeapRow *)row)->answer); }

OpLog *op_log_new(void) {
    OpLog *log = g_new0(OpLog, 1);
    log->rows = g_array_new(FALSE, FALSE, sizeof(OpRow));
    log->heap_rows = g_array_new(FALSE, FALSE, sizeof(HeapRow));
    g_array_set_clear_func(log->heap_rows, heap_row_clear);
    log->calls = g_array_new(FALSE, FALSE, sizeof(CallRecord));
    return log;
}

void op_log_free(OpLog *log) {
    if (log != NULL) {
        g_array_unref(log->rows);
        g_array_unref(log->heap_rows);
        g_array_unref(log->calls);
        g_free(log);
    }
}

/* False: the run has to stop. */
static bool has_room(const OpLog *log, const Process *process) {
    if (log->rows->len + log->heap_rows->len + log->calls->len < OP_LOG_MAX) {
        return true;
    }
    machine_fail(process->machine, process, MACHINE_ERROR_INPUT,
                 "more than %u rows and calls: too many for --per-op", OP_LOG_MAX);
    scheduler_attention(process->machine->scheduler);
    return false;
}

void op_log_add(OpLog *log, const Process *process, const ScriptOp *op, int64_t answer) {
    if (!has_room(log, process)) {
        return;
    }
    const ScriptRun *run = process->task->work.script;
    Counters now = process_counters(process);
    Gauges gauges = process_gauges(process);
    OpRow row = {
        .index = run->at,
        .depth = run->depth,
        .text = op->text,
        .answer = answer,
        .minflt = now.minflt - run->begun.minflt,
        .majflt = now.majflt - run->begun.majflt,
        .sigsegv = now.sigsegv - run->begun.sigsegv,
        .sigbus = now.sigbus - run->begun.sigbus,
        .rss = (int64_t)(gauges.rss - run->base.rss),
        .anon = (int64_t)(gauges.anon - run->base.anon),
        .huge = (int64_t)(gauges.huge - run->base.huge),
        .swap =
            (int64_t)(memory_swapped(process->machine->memory, process->space) - run->base.swap),
        .page_tables = (int64_t)(gauges.page_table_pages - run->base.page_table_pages),
        .vm_size = (int64_t)(gauges.vm_size - run->base.vm_size),
        .locked = (int64_t)(gauges.locked - run->base.locked),
    };
    g_array_append_val(log->rows, row);
}

/* Heaps of threads are regions that were reserved before they were used. */
static bool was_reserved(Process *process, VAddr va) {
    const Vma *vma = vma_find(&process->space->vmas, va / process_page_size(process));
    return vma != NULL && (vma->flags & VMA_NORESERVE) != 0;
}

void op_log_add_heap(OpLog *log, Process *process, const HeapRow *row) {
    if (!has_room(log, process)) {
        return;
    }
    HeapRow full = *row;
    full.thread = process->task->work.script->thread;
    full.minflt = process_counters(process).minflt - row->minflt;
    full.heap = process->space->layout.brk_start;
    full.heap_end = process->space->brk;
    full.answer = g_strdup(row->answer);
    if (row->allocates && row->pointer != 0) {
        full.in_thread_heap = was_reserved(process, row->pointer);
        full.usable = process_usable_size(process, row->pointer);
    }
    full.calls = log->told;
    full.call_count = log->calls->len - log->told;
    log->told = log->calls->len;
    g_array_append_val(log->heap_rows, full);
}
