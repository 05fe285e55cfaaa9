/* op_log.c - see op_log.h. */
#include "op_log.h"

#include "process_script.h"

OpLog *op_log_new(void) {
    OpLog *log = g_new0(OpLog, 1);
    log->rows = g_array_new(FALSE, FALSE, sizeof(OpRow));
    return log;
}

void op_log_free(OpLog *log) {
    if (log != NULL) {
        g_array_unref(log->rows);
        g_free(log);
    }
}

void op_log_add(OpLog *log, const Process *process, const ScriptOp *op, int64_t answer) {
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
        .rss = (int64_t)(gauges.rss - run->base.rss),
        .anon = (int64_t)(gauges.anon - run->base.anon),
        .swap = (int64_t)(gauges.swap - run->base.swap),
        .page_tables = (int64_t)(gauges.page_table_pages - run->base.page_table_pages),
        .vm_size = (int64_t)(gauges.vm_size - run->base.vm_size),
    };
    g_array_append_val(log->rows, row);
}
