/* explain_oom.c - memory and swap are full: why, how things stood, and who has to go. */
#include "explain_internal.h"

#include <inttypes.h>

#include "oom.h"

/* The record of the event, unless there were too many to be kept. */
static const OomRecord *record_of(const Explainer *e, const Event *event) {
    const GPtrArray *records = e->machine->oom_records;
    const OomRecord *last =
        records->len == 0 ? NULL
                          : g_ptr_array_index((GPtrArray *)(uintptr_t)records, records->len - 1);
    return last != NULL && last->time == event->time ? last : NULL;
}

unsigned explain_oom_lines(const Explainer *e, const Event *event) {
    const OomRecord *record = record_of(e, event);
    return 1 + (record == NULL ? 0 : 1 + record->rows->len);
}

static void tell_row(Explainer *e, const Event *event, const OomRow *row) {
    explainer_tell(e, event,
                   "    %-12s %8" PRIu64 " resident %8" PRIu64 " in swap, badness %" PRId64,
                   e->machine->processes[row->pid - 1]->name, row->rss, row->swap,
                   row->badness == INT64_MIN ? 0 : row->badness);
}

void explain_oom(Explainer *e, const Event *event) {
    const OomRecord *record = record_of(e, event);
    if (record != NULL) {
        explainer_tell(e, event, "  out of memory: %s needs a page, and %s",
                       e->machine->processes[record->asking - 1]->name, record->reason);
        for (unsigned i = 0; i < record->rows->len; i++) {
            tell_row(e, event, &g_array_index(record->rows, OomRow, i));
        }
    }
    if (event->b != 0) {
        explainer_tell(e, event, "  the run stops here");
    } else {
        explainer_tell(e, event, "  killed: memory and swap are full (it had %" PRIu64 " pages)",
                       event->a);
    }
}
