/* proc_log.c - see proc_log.h. */
#include "proc_log.h"

#include <inttypes.h>

#include "kernel/survey.h"

static void mapping_clear(gpointer mapping) { g_free(((ProcMapping *)mapping)->name); }

static void view_clear(gpointer data) {
    ProcView *view = data;
    g_free(view->name);
    g_free(view->when);
    g_array_unref(view->mappings);
    g_free(view->machine);
}

ProcLog *proc_log_new(void) {
    ProcLog *log = g_new0(ProcLog, 1);
    log->views = g_array_new(FALSE, FALSE, sizeof(ProcView));
    g_array_set_clear_func(log->views, view_clear);
    return log;
}

void proc_log_free(ProcLog *log) {
    if (log != NULL) {
        g_array_unref(log->views);
        g_free(log);
    }
}

/* ---- mappings ------------------------------------------------------------------------------- */

/* What programs call the file; else what kind of object it is. */
static char *file_name(const Process *process, const Vma *vma) {
    const char *name = machine_file_name(process->machine, vma->file);
    bool shared = vma_is_shared_memory(process->machine->memory, vma);
    return g_strdup(name != NULL ? name : shared ? "(shared memory)" : "(file)");
}

static char *mapping_name(const Process *process, const Vma *vma) {
    const AddressSpace *space = process->space;
    unsigned shift = space->page_table.arena->geometry->page_shift;
    if (vma->kind == VMA_FILE) {
        return file_name(process, vma);
    }
    if (vma->flags & VMA_GROWS_DOWN) {
        return vma->end == space->layout.stack_top >> shift ? g_strdup("[stack]") : NULL;
    }
    bool heap = vma->first << shift < space->brk && vma->end << shift > space->layout.brk_start;
    return heap ? g_strdup("[heap]") : NULL;
}

static void add_mappings(ProcView *view, const Process *process) {
    const AddressSpace *space = process->space;
    for (uint32_t i = 0; i < space->vmas.count; i++) {
        ProcMapping mapping = {.vma = space->vmas.list[i]};
        mapping.name = mapping_name(process, &mapping.vma);
        space_sum_mapping(process->machine->memory, space, &mapping.vma, &mapping.sums);
        view->stack += mapping.vma.flags & VMA_GROWS_DOWN ? mapping.vma.end - mapping.vma.first : 0;
        g_array_append_val(view->mappings, mapping);
    }
}

/* ---- processes ------------------------------------------------------------------------------ */

static uint32_t threads_alive(const Process *process) {
    uint32_t alive = 0;
    for (guint i = 0; i < process->tasks->len; i++) {
        alive += g_ptr_array_index(process->tasks, i) != NULL;
    }
    return alive;
}

void proc_log_add(ProcLog *log, const Process *process, char *when) {
    const AddressSpace *space = process->space;
    const MemoryConfig *config = &process->machine->config;
    ProcView view = {.name = g_strdup(process->name),
                     .when = when,
                     .pid = process->pid,
                     .parent = process->parent == NULL ? 0 : process->parent->pid,
                     .threads = threads_alive(process),
                     .page_size = geometry_page_size(&config->geometry),
                     .gauges = process_gauges(process),
                     .shmem = space->shmem,
                     .data = space->data_pages,
                     .swap = space->swap,
                     .counters = process_counters(process)};
    view.user_ns = counters_user_ns(&view.counters, config);
    view.system_ns = counters_system_ns(&view.counters);
    view.mappings = g_array_new(FALSE, FALSE, sizeof(ProcMapping));
    g_array_set_clear_func(view.mappings, mapping_clear);
    add_mappings(&view, process);
    g_array_append_val(log->views, view);
}

static MachineView machine_look(const Machine *machine) {
    return (MachineView){.frames = memory_census(machine->memory),
                         .sums = memory_sum_pages(machine->memory),
                         .commit = memory_commit_charge(machine->memory),
                         .counters = machine_counters(machine)};
}

void proc_log_add_op(ProcLog *log, const Process *process, uint32_t line) {
    proc_log_add(log, process, g_strdup_printf("at line %" PRIu32, line));
    MachineView now = machine_look(process->machine);
    g_array_index(log->views, ProcView, log->views->len - 1).machine = g_memdup2(&now, sizeof now);
}

static gint by_pid(gconstpointer a, gconstpointer b) {
    uint32_t first = ((const ProcView *)a)->pid, second = ((const ProcView *)b)->pid;
    return first < second ? -1 : first > second;
}

void proc_log_finish(ProcLog *log, const Machine *machine) {
    for (uint32_t i = 0; i < machine->process_count; i++) {
        const Process *process = machine->processes[i];
        if (!process_over(process) && process->space != NULL) {
            proc_log_add(log, process, g_strdup("when the run stopped"));
        }
    }
    g_array_sort(log->views, by_pid); /* is stable */
    log->end = machine_look(machine);
    log->page_size = geometry_page_size(&machine->config.geometry);
}
