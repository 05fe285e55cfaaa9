/* process_memory.c - how a process reaches memory, and what happens when that goes wrong.
 *
 * Idea: every access can fail, and fails in one of two ways: a SIGSEGV or SIGBUS, which ends the process
 * or, if its workload says so, leaves out the one access; or memory is full, which ends
 * somebody and is tried again.  process_survives() is the one place that knows.
 */
#include "process_internal.h"

#include <string.h>

#include "oom.h"

/* A copy goes by cache lines: it reads one, then writes it. */
enum { LINE_BYTES = 64 };

/* ---- failures ----------------------------------------------------------------------------- */

static bool survives_signal(Process *process, bool bus) {
    AddressSpace *space = process->space;
    space->counters->sigbus += bus;
    space->counters->sigsegv += !bus;
    machine_emit(process->machine, process,
                 (Event){.kind = EVENT_signal,
                         .va = space->fault_address,
                         .a = bus ? SIGNAL_BUS : SIGNAL_SEGV});
    /* An allocator cannot go on without the word it asked for. */
    bool survives = process->spec->survives_segv || process->task->work.script != NULL;
    if (!survives || space->bookkeeping) {
        process_end(process, bus ? PROCESS_SIGBUS : PROCESS_SIGSEGV);
    }
    return false;
}

bool process_survives(Process *process, Outcome outcome) {
    if (outcome == OUTCOME_OUT_OF_MEMORY) {
        oom_handle(process);
        return true;
    }
    return survives_signal(process, outcome == OUTCOME_SIGBUS);
}

/* ---- reaching memory ---------------------------------------------------------------------- */

void process_touch_all(Process *process, AccessRun *runs, uint64_t count) {
    while (count > 0) {
        uint64_t done;
        Outcome outcome =
            memory_touch(process->machine->memory, process->space, runs, count, &done);
        runs += done;
        count -= done;
        if (outcome != OUTCOME_OK && !process_survives(process, outcome)) {
            runs->va += (uint64_t)runs->stride;
            runs->count--;
        }
    }
}

void process_touch(Process *process, AccessRun run) { process_touch_all(process, &run, 1); }

uint8_t *process_span(Process *process, VAddr va, uint64_t *length, Access access) {
    for (;;) {
        uint64_t reach = *length;
        uint8_t *host = NULL;
        Outcome outcome =
            memory_span(process->machine->memory, process->space, va, &reach, access, &host);
        if (outcome == OUTCOME_OK) {
            *length = reach;
            return host;
        }
        if (!process_survives(process, outcome)) {
            *length = MIN(*length, WORD_BYTES - va % WORD_BYTES);
            return NULL;
        }
    }
}

/* Told at the very moment, because another thread may allocate or free between two pages. */
void process_note_write(Process *process, VAddr va, uint64_t length) {
    if (!process->task->in_heap) {
        heap_note_interference(process->heap, va, length, false);
    }
}

void process_set(Process *process, VAddr va, uint8_t byte, uint64_t length) {
    while (length > 0) {
        uint64_t reach = length;
        uint8_t *host = process_span(process, va, &reach, ACCESS_WRITE);
        if (host != NULL) {
            process_note_write(process, va, reach);
            memset(host, byte, reach);
        }
        va += reach;
        length -= reach;
    }
}

static void read_bytes(Process *process, VAddr va, uint8_t *to, uint64_t length) {
    while (length > 0) {
        uint64_t reach = length;
        const uint8_t *host = process_span(process, va, &reach, ACCESS_READ);
        if (host != NULL) {
            memcpy(to, host, reach);
        }
        va += reach;
        to += reach;
        length -= reach;
    }
}

static void write_bytes(Process *process, VAddr va, const uint8_t *from, uint64_t length) {
    while (length > 0) {
        uint64_t reach = length;
        uint8_t *host = process_span(process, va, &reach, ACCESS_WRITE);
        if (host != NULL) {
            process_note_write(process, va, reach);
            memcpy(host, from, reach);
        }
        va += reach;
        from += reach;
        length -= reach;
    }
}

/* Like memmove: from the end that is overwritten last, line by line of the source. */
void process_copy(Process *process, VAddr to, VAddr from, uint64_t length) {
    bool backwards = to - from < length; /* unsigned: also false for to < from */
    while (length > 0) {
        uint8_t line[LINE_BYTES] = {0};
        uint64_t at = 0, piece = MIN(length, LINE_BYTES - from % LINE_BYTES);
        if (backwards) {
            piece = MIN(length, (from + length - 1) % LINE_BYTES + 1);
            at = length - piece;
        }
        read_bytes(process, from + at, line, piece);
        write_bytes(process, to + at, line, piece);
        length -= piece;
        if (!backwards) {
            from += piece;
            to += piece;
        }
    }
}
