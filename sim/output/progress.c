/* progress.c - see progress.h. */
#include "output/progress.h"

#include <unistd.h>

#include "output/human.h"

#define BAR_WIDTH 24

/* The outermost loop around an op: index of its REPEAT, or op_count if there is none. */
static uint32_t outermost_loop(const Program *program, uint32_t op) {
    for (uint32_t i = 0; i < op; i++) {
        if (program->ops[i].kind == OP_REPEAT) {
            if (op < program->ops[i].jump) {
                return i;
            }
            i = program->ops[i].jump - 1;
        }
    }
    return program->op_count;
}

static double process_part(const Process *process) {
    const Program *program = &process->spec->program;
    if (process_over(process) || program->op_count == 0) {
        return 1;
    }
    const Task *task = process->main;
    if (task->body.end > 0) { /* a child goes on in the middle of a program */
        uint32_t length = MAX(task->end - task->body.op, 1);
        return (double)(task->op - task->body.op) / length;
    }
    uint32_t loop = outermost_loop(program, task->op);
    if (loop == program->op_count) {
        return (double)task->op / program->op_count;
    }
    const Op *repeat = &program->ops[loop];
    double rounds = (double)task->loop_count[0] / (double)MAX(repeat->count, 1);
    return (loop + (repeat->jump - loop) * MIN(rounds, 1)) / program->op_count;
}

unsigned progress_permille(const Machine *machine) {
    double sum = 0;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        sum += process_part(machine->processes[i]);
    }
    return (unsigned)(1000 * sum / MAX(machine->process_count, 1));
}

/* A terminal that cannot be written to is no reason to stop. */
static void put(const Progress *progress, const GString *text) {
    ssize_t ignored = write(progress->fd, text->str, text->len);
    (void)ignored;
}

/* "[####....]  50 %", at the beginning of the line. */
static GString *bar(unsigned permille) {
    GString *line = g_string_new("\r\033[K[");
    for (unsigned i = 0; i < BAR_WIDTH; i++) {
        g_string_append_c(line, (i + 1) * 1000 <= permille * BAR_WIDTH ? '#' : '.');
    }
    g_string_append_printf(line, "] %3u %%", permille / 10);
    return line;
}

void progress_show(Progress *progress, const Machine *machine) {
    progress->permille = MAX(progress->permille, progress_permille(machine));
    Counters counters = machine_counters(machine);
    g_autofree char *time = human_time(machine->clock.now);
    g_autofree char *references = human_count_short(counters.loads + counters.stores);
    g_autofree char *faults = human_count_short(counters.pgfault);
    g_autoptr(GString) line = bar(progress->permille);
    g_string_append_printf(line, "  %s simulated, %s references, %s faults", time, references,
                           faults);
    put(progress, line);
    progress->shown = TRUE;
}

void progress_show_runs(Progress *progress, unsigned finished, unsigned total) {
    g_autoptr(GString) line = bar((unsigned)(UINT64_C(1000) * finished / MAX(total, 1)));
    g_string_append_printf(line, "  %u of %u runs", finished, total);
    put(progress, line);
    progress->shown = TRUE;
}

void progress_clear(Progress *progress) {
    if (progress->shown) {
        g_autoptr(GString) line = g_string_new("\r\033[K");
        put(progress, line);
        progress->shown = FALSE;
    }
}
