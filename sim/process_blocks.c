/* process_blocks.c - the ops that allocate and free blocks, and the generator of many of them.
 *
 * As in C: an id keeps its address after free, so that a second free or a late access shows
 * what that does; a malloc that failed leaves its id without a block; a realloc that failed
 * leaves the old block.
 */
#include "churn.h"
#include "process_internal.h"

static void name_block(Process *process, const Op *op, VAddr va, uint64_t length) {
    *process_slot(process, &op->target) = (Slot){.va = va, .length = va == 0 ? 0 : length};
}

void op_malloc(Process *process, const Op *op) {
    name_block(process, op, process_malloc(process, op->size), op->size);
}

void op_calloc(Process *process, const Op *op) {
    VAddr va = process_calloc(process, op->count, op->size);
    name_block(process, op, va, op->count * op->size);
}

void op_aligned_alloc(Process *process, const Op *op) {
    name_block(process, op, process_aligned_alloc(process, op->alignment, op->size), op->size);
}

void op_realloc(Process *process, const Op *op) {
    VAddr old = process_slot(process, &op->target)->va;
    VAddr va = process_realloc(process, old, op->size);
    if (va != 0 || op->size == 0) {
        name_block(process, op, va, op->size);
    }
}

void op_free(Process *process, const Op *op) {
    process_free(process, process_slot(process, &op->target)->va);
}

/* ---- churn -------------------------------------------------------------------------------- */

static void write_every_page(Process *process, VAddr va, uint64_t size) {
    uint64_t page = process_page_size(process);
    uint64_t pages = (va + size - 1) / page - va / page + 1;
    process_touch(process, (AccessRun){va, pages, (int64_t)page, ACCESS_WRITE});
}

static VAddr *churn_block(Process *process, uint32_t number) {
    GArray *blocks = process->task->work.churn_blocks;
    if (number >= blocks->len) {
        g_array_set_size(blocks, number + 1);
    }
    return &g_array_index(blocks, VAddr, number);
}

static void churn_step(Process *process, const ChurnSpec *spec, const ChurnStep *step) {
    if (step->is_free) {
        process_free(process, *churn_block(process, step->block));
        *churn_block(process, step->block) = 0;
        return;
    }
    VAddr va = process_malloc(process, step->size);
    *churn_block(process, step->block) = va;
    if (va != 0 && spec->touch) {
        write_every_page(process, va, step->size);
    }
}

/* What is left at the end goes, oldest number first. */
static void churn_end(Process *process) {
    for (uint32_t i = 0; i < process->task->work.churn_blocks->len; i++) {
        VAddr va = *churn_block(process, i);
        if (va != 0) {
            process_breathe(process);
            process_free(process, va);
        }
    }
    task_drop_work(process->task);
}

void op_churn(Process *process, const Op *op) {
    const ChurnSpec *spec = &process_program(process)->churns[op->churn];
    process->task->work.churn = churn_start(spec, &process->task->rng);
    process->task->work.churn_blocks = g_array_new(FALSE, TRUE, sizeof(VAddr));
    ChurnStep step;
    while (churn_next(process->task->work.churn, &step)) {
        process_breathe(process);
        churn_step(process, spec, &step);
    }
    churn_end(process);
}
