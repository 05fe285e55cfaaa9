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

/* As Linux numbers them. */
enum { SIGNAL_NUMBER_ABRT = 6, SIGNAL_NUMBER_BUS = 7, SIGNAL_NUMBER_SEGV = 11 };

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

/* ---- the rest -------------------------------------------------------------------------- */

static const char *program_string(const Process *process, uint64_t index) {
    return process->spec->program.strings[index];
}

static void tell_signal(Explainer *e, const Event *event) {
    if (event->a == SIGNAL_NUMBER_SEGV || event->a == SIGNAL_NUMBER_BUS) {
        explainer_tell(e, event, "  %s at 0x%" PRIx64,
                       event->a == SIGNAL_NUMBER_BUS ? "SIGBUS" : "SIGSEGV", event->va);
    } else {
        tell(e, event, event->a == SIGNAL_NUMBER_ABRT ? "  SIGABRT" : "  a signal");
    }
}

static void tell_fork(Explainer *e, const Event *event) {
    const char *call = event->b == 1 ? "spawn" : "fork";
    if (event->a == 0) {
        explainer_tell(e, event, "  %s refused: no room for another process", call);
    } else {
        explainer_tell(e, event, "  %s makes %s, pid %" PRIu64, call,
                       e->machine->processes[event->a - 1]->name, event->a);
    }
}

static void tell_thread(Explainer *e, const Event *event) {
    if (event->b == 1) {
        explainer_tell(e, event, "thread %" PRIu64 " is over", event->a);
    } else if (event->a == 0) {
        tell(e, event, "  thread refused: no room for another one");
    } else {
        explainer_tell(e, event, "  thread %" PRIu64 " starts", event->a);
    }
}

static void tell_wait(Explainer *e, const Event *event) {
    if (event->a == 0) {
        tell(e, event, "  a thread has ended");
        return;
    }
    const Process *child = e->machine->processes[event->a - 1];
    explainer_tell(e, event, "  %s has ended: %s, exit code %" PRIu64, child->name,
                   process_status_word(child->status), event->b);
}

/* Processes and threads that come and go. */
static void tell_family(Explainer *e, const Event *event) {
    switch (event->kind) {
    case EVENT_fork:
        tell_fork(e, event);
        break;
    case EVENT_thread:
        tell_thread(e, event);
        break;
    case EVENT_wait:
        tell_wait(e, event);
        break;
    default:
        tell(e, event, "  a new address space, and another program");
    }
}

/* A script's line, with its number. */
static void tell_line(Explainer *e, const Event *event) {
    const ScriptOp *op =
        script_op(explainer_process(e, event)->task->work.script->script, (uint32_t)event->a);
    g_autofree char *text = style_printable(op->text);
    explainer_tell(e, event, "%" PRIu32 ": %s", op->line, text);
}

/* Starts, ends, switches and remarks of processes. */
static void tell_life(Explainer *e, const Event *event) {
    const Process *process = explainer_process(e, event);
    switch (event->kind) {
    case EVENT_start:
        explainer_tell(e, event, "%s starts", process->name);
        break;
    case EVENT_exit:
        explainer_tell(e, event, "%s is over: %s", process->name,
                       process_status_word((ProcessStatus)event->a));
        break;
    case EVENT_dispatch:
        if (e->machine->config.cpus > 1) {
            explainer_tell(e, event, "gets CPU %" G_GUINT64_FORMAT, event->a);
        } else {
            tell(e, event, "gets the CPU");
        }
        break;
    case EVENT_suspend:
        explainer_tell(e, event,
                       event->a == 0 ? "load control lets %s return" : "load control swaps %s out",
                       process->name);
        break;
    case EVENT_phase:
        explainer_tell(e, event, "--- phase: %s", program_string(process, event->a));
        break;
    case EVENT_note:
        explainer_tell(e, event, "--- %s", program_string(process, event->a));
        break;
    default:
        explain_oom(e, event);
    }
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

static void tell_kind(Explainer *e, const Event *event) {
    switch (event->kind) {
    case EVENT_op:
        tell_op(e, event);
        break;
    case EVENT_line:
        tell_line(e, event);
        break;
    case EVENT_alloc:
        tell_alloc(e, event);
        break;
    case EVENT_free:
        tell_free(e, event);
        break;
    case EVENT_heap_error:
        explainer_tell(e, event, "  heap error at 0x%" PRIx64 ": %s", event->va,
                       heap_error_words((HeapError)event->a));
        break;
    case EVENT_syscall:
        tell_syscall(e, event);
        break;
    case EVENT_fault:
        explain_fault(e, event);
        break;
    case EVENT_evict:
        explain_evict(e, event);
        break;
    case EVENT_trim:
        explain_trim(e, event);
        break;
    case EVENT_launder:
        explainer_tell(e, event, "  the modified-page writer writes %" PRIu64 " page%s", event->a,
                       event->a == 1 ? "" : "s");
        break;
    case EVENT_swap_in:
    case EVENT_file_in:
        explain_read(e, event);
        break;
    case EVENT_swap_out:
        explain_written(e, event, "swap slot");
        break;
    case EVENT_file_out:
        explain_written(e, event, "its file, page");
        break;
    case EVENT_zero:
        explainer_tell(e, event, "  the idle task zeroes %" PRIu64 " frame%s", event->a,
                       event->a == 1 ? "" : "s");
        break;
    case EVENT_signal:
        tell_signal(e, event);
        break;
    case EVENT_fork:
    case EVENT_exec:
    case EVENT_wait:
    case EVENT_thread:
        tell_family(e, event);
        break;
    default:
        tell_life(e, event);
    }
}

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
        tell_kind(e, event);
    }
}

static uint32_t told_kinds(bool several) {
    uint32_t mask = EVENT_BIT(EVENT_op) | EVENT_BIT(EVENT_alloc) | EVENT_BIT(EVENT_free) |
                    EVENT_BIT(EVENT_heap_error) | EVENT_BIT(EVENT_syscall) |
                    EVENT_BIT(EVENT_fault) | EVENT_BIT(EVENT_evict) | EVENT_BIT(EVENT_swap_in) |
                    EVENT_BIT(EVENT_file_in) | EVENT_BIT(EVENT_swap_out) |
                    EVENT_BIT(EVENT_file_out) | EVENT_BIT(EVENT_zero) | EVENT_BIT(EVENT_signal) |
                    EVENT_BIT(EVENT_oom_kill) | EVENT_BIT(EVENT_exit) | EVENT_BIT(EVENT_phase) |
                    EVENT_BIT(EVENT_note) | EVENT_BIT(EVENT_line) | EVENT_BIT(EVENT_trim) |
                    EVENT_BIT(EVENT_launder) | EVENT_BIT(EVENT_suspend);
    uint32_t family = EVENT_BIT(EVENT_fork) | EVENT_BIT(EVENT_exec) | EVENT_BIT(EVENT_wait) |
                      EVENT_BIT(EVENT_thread);
    return mask | family | (several ? EVENT_BIT(EVENT_dispatch) | EVENT_BIT(EVENT_start) : 0);
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
