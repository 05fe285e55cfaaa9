/* process_pattern.c - the op "access": a pattern of accesses over a block or a region.
 *
 * Idea: a pattern hands down batches of runs relative to its region; this adds where the region
 * is.  A pattern that is not told "over" what runs over a file-backed region of its own, which
 * stays mapped until the process ends: executed again in a loop, the op finds its pages again.
 */
#include "process_internal.h"

enum { BATCH_RUNS = 256 };

G_NORETURN static void pattern_impossible(Process *process, const char *why) {
    machine_fail(process->machine, process, MACHINE_ERROR_INPUT, "%s", why);
    process_stop_run(process);
}

/* The file-backed region of an access op that names none.  The loader of the program made it,
 * so to speak: it is neither counted nor charged as a call of the program. */
static Extent private_region(Process *process, uint32_t pattern) {
    uint64_t page = process_page_size(process);
    uint64_t length = pattern_extent(process_program(process)->patterns[pattern], page);
    VAddr *va = &process->regions[pattern];
    if (length == 0 || length > UINT64_MAX - page) {
        pattern_impossible(process, "this pattern does not say how large a region it needs; give "
                                    "it \"over\" or \"length\"");
    }
    length = (length + page - 1) / page * page;
    process_lock_space(process);
    if (*va == 0 && space_mmap(process->machine->memory, process->space, 0, length,
                               VM_READ | VM_WRITE, MAP_FLAG_FILE, va) != OUTCOME_OK) {
        pattern_impossible(process, "the pages of this pattern do not fit into the address space");
    }
    return (Extent){.va = *va, .length = length};
}

/* Where there is no block, as after a malloc that failed, the pattern runs over addresses
 * from 0 on, and into a SIGSEGV. */
static Extent pattern_region(Process *process, const Op *op) {
    if (op->place == PLACE_NONE) {
        return private_region(process, op->pattern);
    }
    Extent region = process_extent(process, op);
    if (op->place == PLACE_SLOT && process_slot(process, &op->target)->va == 0) {
        uint64_t page = process_page_size(process);
        region.length =
            MAX(page, pattern_extent(process_program(process)->patterns[op->pattern], page));
    }
    return region;
}

void op_access(Process *process, const Op *op) {
    g_autoptr(GError) error = NULL;
    Extent region = pattern_region(process, op);
    const PatternSpec *spec = process_program(process)->patterns[op->pattern];
    process->task->work.pattern =
        pattern_start(spec, region.length, process_page_size(process), &process->task->rng, &error);
    if (process->task->work.pattern == NULL) {
        machine_fail(process->machine, process, MACHINE_ERROR_INPUT, "%s", error->message);
        g_clear_error(&error);
        process_stop_run(process);
    }
    AccessRun runs[BATCH_RUNS];
    for (size_t count; (count = pattern_next(process->task->work.pattern, runs, BATCH_RUNS)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            runs[i].va += region.va;
        }
        process_touch_all(process, runs, count);
    }
    task_drop_work(process->task);
}
