/* explain.c - see explain.h. */
#include "explain.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "explain_internal.h"
#include "heap_map.h"
#include "op_words.h"
#include "output/human.h"
#include "output/style.h"
#include "output/wrap.h"
#include "process_script.h"

#define WIDTH          80 /* of lines on a terminal; elsewhere they are as long as they are */
#define HANGING        2  /* how much further in the rest of a line stands */
#define DRAWING_COLUMN 18 /* far enough left for the address of a machine with four levels */

/* "app", or "app/2" for what its thread 2 does. */
static char *who_of(const Explainer *e, const Process *process) {
    const Task *running = e->machine->running;
    if (process == NULL) {
        return g_strdup("");
    }
    return running != NULL && running->process == process && running->number > 0
               ? g_strdup_printf("%s/%u", process->name, running->number)
               : g_strdup(process->name);
}

/* Is the next line to be told?  What comes after too many is counted only. */
static bool may_tell(Explainer *e) {
    e->lines += !e->muted;
    return !e->muted && (e->max_lines == 0 || e->lines <= e->max_lines);
}

/* One line: the time, the process if there are several, the words. */
static void tell(Explainer *e, const Event *event, const char *words) {
    if (!may_tell(e)) {
        return;
    }
    g_autofree char *time = event == NULL ? g_strdup("") : human_count(event->time);
    const Process *process = event == NULL ? NULL : explainer_process(e, event);
    g_autofree char *who = who_of(e, process);
    g_autofree char *name = e->several ? g_strdup_printf("%-10s  ", who) : g_strdup("");
    g_autofree char *line = g_strdup_printf("%12s  %s%s", time, name, words);
    g_autofree char *printable = style_printable(line);
    glong words_at = g_utf8_strlen(line, -1) - g_utf8_strlen(words, -1);
    unsigned indent = (unsigned)words_at + (unsigned)strspn(words, " ") + HANGING;
    g_autoptr(GString) wrapped = g_string_new(NULL);
    wrap_append(wrapped, printable, 0, indent, e->width);
    stream_write(e->out, wrapped->str);
}

void explainer_tell(Explainer *e, const Event *event, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *words = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    tell(e, event, words);
}

void explainer_draw(Explainer *e, const char *line) {
    if (may_tell(e)) {
        g_autofree char *shifted = g_strdup_printf("%*s%s\n", DRAWING_COLUMN, "", line);
        stream_write(e->out, shifted);
    }
}

/* ---- operations and the heap ----------------------------------------------------------- */

static void tell_op(Explainer *e, const Event *event) {
    const Process *process = explainer_process(e, event);
    g_autofree char *words = op_describe(process, &process->spec->program.ops[event->a]);
    if (words != NULL) {
        tell(e, event, words);
    }
}

/* "malloc 1024" in the words of the operation that asked for it. */
static const char *allocation_word(const Process *process, const Event *event) {
    OpKind kind = process->spec->program.ops[process->task->op].kind;
    if (kind == OP_CALLOC || kind == OP_ALIGNED_ALLOC) {
        return op_word(kind);
    }
    return event->b == 1 ? "realloc" : "malloc";
}

static void tell_heap(Explainer *e, const Event *event, const char *what) {
    g_autoptr(HeapMap) map = heap_map_take(explainer_process(e, event));
    g_autofree char *lists = heap_map_lists(map);
    explainer_tell(e, event, "%s -> %s", what, lists);
    g_autofree char *drawing = heap_map_drawing(map);
    explainer_tell(e, NULL, "    %s", drawing);
    g_autofree char *bins = heap_map_bins(map);
    if (bins != NULL) {
        explainer_tell(e, NULL, "    %s", bins);
    }
}

static void tell_alloc(Explainer *e, const Event *event) {
    const Process *process = explainer_process(e, event);
    const char *word = allocation_word(process, event);
    if (event->va == 0) {
        explainer_tell(e, event, "%s %" PRIu64 " -> failed: out of memory", word, event->a);
    } else {
        g_autofree char *what = g_strdup_printf("%s %" PRIu64, word, event->a);
        tell_heap(e, event, what);
    }
}

static void tell_free(Explainer *e, const Event *event) {
    VAddr base = heap_base(explainer_process(e, event)->heap);
    g_autofree char *address = heap_map_address(base, event->va);
    g_autofree char *what =
        g_strdup_printf("free the block at %s%s", address, event->va == base ? "+0" : "");
    tell_heap(e, event, what);
}

static void tell_syscall(Explainer *e, const Event *event) {
    static const char *const names[SYSCALL_KINDS] = {
        "brk",    "sbrk",  "mmap",    "munmap",   "mprotect",   "madvise",
        "mremap", "mlock", "munlock", "mlockall", "munlockall", "mincore",
        "read",   "write", "fadvise", "ftruncate"};
    g_autofree char *argument = event->a == SYSCALL_SBRK
                                    ? g_strdup_printf("%" PRId64, (int64_t)event->b)
                                    : g_strdup_printf("%" PRIu64, event->b);
    if (event->va == VADDR_FAIL) {
        explainer_tell(e, event, "  %s(%s) failed", names[event->a], argument);
    } else {
        explainer_tell(e, event, "  %s(%s) = 0x%" PRIx64, names[event->a], argument, event->va);
    }
}

/* A script's line, with its number. */
static void tell_line(Explainer *e, const Event *event) {
    const ScriptOp *op =
        script_op(explainer_process(e, event)->task->work.script->script, (uint32_t)event->a);
    g_autofree char *text = style_printable(op->text);
    explainer_tell(e, event, "%" PRIu32 ": %s", op->line, text);
}

/* How many lines an event would take: what is too much is only counted, which costs little. */
static unsigned lines_of(const Explainer *e, const Event *event) {
    switch (event->kind) {
    case EVENT_swap_in:
    case EVENT_file_in:
        return 0;
    case EVENT_op: {
        OpKind kind = explainer_process(e, event)->spec->program.ops[event->a].kind;
        return kind == OP_PHASE || kind == OP_NOTE || kind == OP_AGAIN ? 0 : 1;
    }
    case EVENT_alloc:
        return event->va == 0 ? 1 : 2;
    case EVENT_free:
        return 2;
    case EVENT_oom_kill:
        return explain_oom_lines(e, event);
    default:
        return 1;
    }
}

static void tell_heap_error(Explainer *e, const Event *event) {
    explainer_tell(e, event, "  heap error at 0x%" PRIx64 ": %s", event->va,
                   heap_error_words((HeapError)event->a));
}

static void tell_launder(Explainer *e, const Event *event) {
    explainer_tell(e, event, "  the modified-page writer writes %" PRIu64 " page%s", event->a,
                   event->a == 1 ? "" : "s");
}

static void tell_zero(Explainer *e, const Event *event) {
    explainer_tell(e, event, "  the idle task zeroes %" PRIu64 " frame%s", event->a,
                   event->a == 1 ? "" : "s");
}

/* ---- who tells what ----------------------------------------------------------------------- */

/* NULL: that is not told. */
static void (*const tellers[EVENT_COUNT])(Explainer *e, const Event *event) = {
    [EVENT_fault] = explain_fault,  [EVENT_evict] = explain_evict,
    [EVENT_trim] = explain_trim,    [EVENT_swap_out] = explain_written,
    [EVENT_swap_in] = explain_read, [EVENT_file_out] = explain_written,
    [EVENT_file_in] = explain_read, [EVENT_zero] = tell_zero,
    [EVENT_launder] = tell_launder, [EVENT_syscall] = tell_syscall,
    [EVENT_op] = tell_op,           [EVENT_alloc] = tell_alloc,
    [EVENT_free] = tell_free,       [EVENT_heap_error] = tell_heap_error,
    [EVENT_signal] = explain_life,  [EVENT_oom_kill] = explain_oom,
    [EVENT_start] = explain_life,   [EVENT_exit] = explain_life,
    [EVENT_fork] = explain_life,    [EVENT_exec] = explain_life,
    [EVENT_wait] = explain_life,    [EVENT_thread] = explain_life,
    [EVENT_suspend] = explain_life, [EVENT_dispatch] = explain_life,
    [EVENT_phase] = explain_life,   [EVENT_note] = explain_life,
    [EVENT_line] = tell_line,
};

/* A fault that was picked by its number stands alone: what was the program doing? */
static void tell_context(Explainer *e, const Event *event) {
    const Process *process = explainer_process(e, event);
    if (process->task != NULL && process->spec->program.op_count > process->task->op) {
        g_autofree char *words =
            op_describe(process, &process->spec->program.ops[process->task->op]);
        if (words != NULL) {
            explainer_tell(e, NULL, "in: %s", words);
        }
    }
}

static void tell_picked(Explainer *e, const Event *event) {
    tell_context(e, event);
    explain_fault(e, event);
    explain_walk(e, event);
}

/* What the words of a later event need is taken note of, told or not. */
static bool is_remembered(EventKind kind) {
    return kind == EVENT_fault || kind == EVENT_evict || kind == EVENT_swap_in ||
           kind == EVENT_file_in;
}

static void tell_event(void *host, const Event *event) {
    Explainer *e = host;
    const Process *process = explainer_process(e, event);
    if (process != NULL && process->loading) {
        return;
    }
    e->faults += event->kind == EVENT_fault;
    e->muted = !explain_choice_has(e->choice, process, event, e->faults);
    if (e->muted && !is_remembered(event->kind)) {
        return;
    }
    if (!e->muted && event->kind == EVENT_fault && explain_choice_picks(e->choice)) {
        tell_picked(e, event);
        return;
    }
    if (!e->muted && e->max_lines != 0 && e->lines >= e->max_lines) {
        e->lines += lines_of(e, event);
    } else {
        tellers[event->kind](e, event);
    }
}

/* That the only process starts, and has the CPU, goes without saying. */
static uint64_t told_kinds(bool several) {
    uint64_t mask = 0;
    for (EventKind kind = 0; kind < EVENT_COUNT; kind++) {
        bool obvious = !several && (kind == EVENT_dispatch || kind == EVENT_start);
        mask |= tellers[kind] != NULL && !obvious ? EVENT_BIT(kind) : 0;
    }
    return mask;
}

/* Will there ever be more than one process or thread? */
static bool has_several(const Machine *machine) {
    bool several = machine->process_count > 1;
    for (uint32_t i = 0; !several && i < machine->process_count; i++) {
        several = program_multiplies(&machine->processes[i]->spec->program);
    }
    return several;
}

Explainer *explainer_attach(Machine *machine, Stream *out, uint64_t max_lines,
                            const ExplainChoice *choice) {
    Explainer *e = g_new0(Explainer, 1);
    e->machine = machine;
    e->out = out;
    e->max_lines = max_lines;
    e->choice = choice;
    e->several = has_several(machine);
    e->width = isatty(out->fd) ? WIDTH : UINT_MAX;
    e->stories = explain_stories_new();
    EventSink sink = {.mask = told_kinds(e->several), .emit = tell_event, .host = e};
    machine_subscribe(machine, &sink);
    stream_write(out, "     time ns  what happened\n");
    return e;
}

void explainer_finish(Explainer *e) {
    if (e->max_lines != 0 && e->lines > e->max_lines) {
        g_autofree char *more = human_count(e->lines - e->max_lines);
        g_autofree char *line =
            g_strdup_printf("... and %s more lines (--max-lines=0 tells them all)\n", more);
        stream_write(e->out, line);
    }
}

void explainer_free(Explainer *e) {
    if (e != NULL) {
        g_hash_table_unref(e->stories);
        g_free(e);
    }
}
