/* fault_log.c - see fault_log.h. */
#include "fault_log.h"

FaultLog *fault_log_new(void) {
    FaultLog *log = g_new0(FaultLog, 1);
    log->stride = 1;
    log->first = g_array_new(FALSE, FALSE, sizeof(FaultRow));
    log->middle = g_array_new(FALSE, FALSE, sizeof(FaultRow));
    return log;
}

void fault_log_free(FaultLog *log) {
    if (log != NULL) {
        g_array_unref(log->first);
        g_array_unref(log->middle);
        g_free(log);
    }
}

static void find_victim(const FaultLog *log, FaultRow *row) {
    uint32_t kept = MIN(log->victim_count, FAULTS_VICTIMS);
    for (uint32_t back = 1; back <= kept; back++) {
        const Event *victim = &log->victims[(log->victim_count - back) % FAULTS_VICTIMS];
        if (victim->frame == row->event.frame && victim->frame != PFN_NONE) {
            row->victim_pid = victim->pid;
            row->victim_va = victim->va;
            row->victim_written = victim->a != 0;
            return;
        }
    }
}

/* A frame that was emptied is filled once: the next fault in it has no victim. */
static void forget_victim(FaultLog *log, Pfn frame) {
    for (uint32_t i = 0; i < MIN(log->victim_count, FAULTS_VICTIMS); i++) {
        if (log->victims[i].frame == frame) {
            log->victims[i].frame = PFN_NONE;
        }
    }
}

static void thin_middle(FaultLog *log) {
    log->stride *= 2;
    unsigned kept = 0;
    for (unsigned i = 0; i < log->middle->len; i++) {
        const FaultRow *row = &g_array_index(log->middle, FaultRow, i);
        if (row->number % log->stride == 0) {
            g_array_index(log->middle, FaultRow, kept++) = *row;
        }
    }
    g_array_set_size(log->middle, kept);
}

static void note_fault(FaultLog *log, const Event *event) {
    FaultRow row = {.number = ++log->count, .event = *event};
    find_victim(log, &row);
    forget_victim(log, event->frame);
    log->last[(row.number - 1) % FAULTS_LAST] = row;
    if (row.number <= FAULTS_FIRST) {
        g_array_append_val(log->first, row);
    } else if (row.number % log->stride == 0) {
        g_array_append_val(log->middle, row);
        if (log->middle->len > FAULTS_MIDDLE) {
            thin_middle(log);
        }
    }
}

void fault_log_note(FaultLog *log, const Event *event) {
    if (event->kind == EVENT_fault) {
        note_fault(log, event);
    } else {
        log->victims[log->victim_count++ % FAULTS_VICTIMS] = *event;
    }
}

static void on_event(void *host, const Event *event) {
    FaultLog *log = host;
    bool by_execve = event->kind == EVENT_fault && log->machine->processes[event->pid - 1]->loading;
    if (!by_execve) {
        fault_log_note(log, event);
    }
}

void fault_log_attach(FaultLog *log, Machine *machine) {
    log->machine = machine;
    EventSink sink = {
        .mask = EVENT_BIT(EVENT_fault) | EVENT_BIT(EVENT_evict), .emit = on_event, .host = log};
    machine_subscribe(machine, &sink);
}

GArray *fault_log_rows(const FaultLog *log) {
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(FaultRow));
    uint64_t tail = log->count - MIN(log->count, FAULTS_LAST); /* the last ones are behind it */
    tail = MAX(tail, log->first->len);
    g_array_append_vals(rows, log->first->data, log->first->len);
    for (unsigned i = 0; i < log->middle->len; i++) {
        const FaultRow *row = &g_array_index(log->middle, FaultRow, i);
        if (row->number <= tail) {
            g_array_append_val(rows, *row);
        }
    }
    for (uint64_t number = tail + 1; number <= log->count; number++) {
        g_array_append_val(rows, log->last[(number - 1) % FAULTS_LAST]);
    }
    return rows;
}

const char *fault_log_check(const FaultLog *log) {
    if (log->first->len > FAULTS_FIRST || log->middle->len > FAULTS_MIDDLE) {
        return "fault log: more rows than there is room for";
    }
    g_autoptr(GArray) rows = fault_log_rows(log);
    for (unsigned i = 1; i < rows->len; i++) {
        if (g_array_index(rows, FaultRow, i).number <=
            g_array_index(rows, FaultRow, i - 1).number) {
            return "fault log: numbers do not ascend";
        }
    }
    return NULL;
}
