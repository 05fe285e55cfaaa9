/* explain_life.c - what becomes of processes and threads, in words: they start, end, are made,
 * waited for, sent a signal, given a CPU or sent out of memory, and make remarks of their own.
 */
#include <inttypes.h>

#include "explain_internal.h"

/* As Linux numbers them. */
enum { SIGNAL_NUMBER_ABRT = 6, SIGNAL_NUMBER_BUS = 7, SIGNAL_NUMBER_SEGV = 11 };

static const char *program_string(const Process *process, uint64_t index) {
    return process->spec->program.strings[index];
}

static void tell_signal(Explainer *e, const Event *event) {
    if (event->a == SIGNAL_NUMBER_SEGV || event->a == SIGNAL_NUMBER_BUS) {
        explainer_tell(e, event, "  %s at 0x%" PRIx64,
                       event->a == SIGNAL_NUMBER_BUS ? "SIGBUS" : "SIGSEGV", event->va);
    } else {
        explainer_tell(e, event, "  %s", event->a == SIGNAL_NUMBER_ABRT ? "SIGABRT" : "a signal");
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
        explainer_tell(e, event, "  thread refused: no room for another one");
    } else {
        explainer_tell(e, event, "  thread %" PRIu64 " starts", event->a);
    }
}

static void tell_wait(Explainer *e, const Event *event) {
    if (event->a == 0) {
        explainer_tell(e, event, "  a thread has ended");
        return;
    }
    const Process *child = e->machine->processes[event->a - 1];
    explainer_tell(e, event, "  %s has ended: %s, exit code %" PRIu64, child->name,
                   process_status_word(child->status), event->b);
}

static void tell_dispatch(Explainer *e, const Event *event) {
    if (e->machine->config.cpus > 1) {
        explainer_tell(e, event, "gets CPU %" G_GUINT64_FORMAT, event->a);
    } else {
        explainer_tell(e, event, "gets the CPU");
    }
}

void explain_life(Explainer *e, const Event *event) {
    const Process *process = explainer_process(e, event);
    switch (event->kind) {
    case EVENT_start:
        explainer_tell(e, event, "%s starts", process->name);
        break;
    case EVENT_exit:
        explainer_tell(e, event, "%s is over: %s", process->name,
                       process_status_word((ProcessStatus)event->a));
        break;
    case EVENT_fork:
        tell_fork(e, event);
        break;
    case EVENT_exec:
        explainer_tell(e, event, "  a new address space, and another program");
        break;
    case EVENT_wait:
        tell_wait(e, event);
        break;
    case EVENT_thread:
        tell_thread(e, event);
        break;
    case EVENT_dispatch:
        tell_dispatch(e, event);
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
        tell_signal(e, event);
    }
}
