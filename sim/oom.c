/* oom.c - the out-of-memory killer: see oom.h. */
#include "oom.h"

#include "process_internal.h"

#define SPARED INT64_MIN

static int64_t badness_of(const Machine *machine, const OomRow *row) {
    int32_t adjust = machine->processes[row->pid - 1]->spec->oom_score_adj;
    if (machine->workload->machine.oom == OOM_WORD_KILL_LARGEST) {
        return (int64_t)(memory_tables_full(machine->memory) ? row->page_tables : row->rss);
    }
    if (adjust == -1000) {
        return SPARED;
    }
    uint64_t pages = machine->config.frames + machine->config.swap_slots;
    int64_t share = (int64_t)(pages / 1000) * adjust + (int64_t)(pages % 1000) * adjust / 1000;
    return (int64_t)(row->rss + row->swap + row->page_tables) + share;
}

static OomRow row_of(const Machine *machine, const Process *process) {
    const AddressSpace *space = process->space;
    OomRow row = {.pid = process->pid,
                  .rss = space->rss,
                  .swap = space->swap,
                  .page_tables = space->page_table.tables};
    row.badness = badness_of(machine, &row);
    return row;
}

static const char *reason_of(const Machine *machine, bool of_group) {
    FrameCensus census = memory_census(machine->memory);
    return of_group ? "its group is at its limit"
           : memory_tables_full(machine->memory)
               ? "page tables are all that the kernel has room for"
           : census.swap_total == 0                ? "there is no swap"
           : census.swap_used == census.swap_total ? "swap is full"
                                                   : "no page may leave";
}

/* Everybody alive, and who of them is worst. */
static OomRecord *record_new(const Process *asking, Process **worst) {
    Machine *machine = asking->machine;
    OomRecord *record = g_new0(OomRecord, 1);
    record->time = machine->clock.now;
    record->asking = asking->pid;
    bool of_group = memory_group_full(machine->memory, asking->space);
    record->reason = reason_of(machine, of_group);
    record->rows = g_array_new(FALSE, FALSE, sizeof(OomRow));
    int64_t badness = SPARED;
    *worst = NULL;
    for (uint32_t i = 0; i < machine->process_count; i++) {
        if (machine->processes[i]->space != NULL) {
            OomRow row = row_of(machine, machine->processes[i]);
            bool may_go = !of_group || machine->processes[i]->spec->group == asking->spec->group;
            if (may_go && row.badness > badness) {
                badness = row.badness;
                *worst = machine->processes[i];
            }
            if (record->rows->len < OOM_ROWS_MAX) {
                g_array_append_val(record->rows, row);
            }
        }
    }
    return record;
}

void oom_record_free(void *record) {
    g_array_unref(((OomRecord *)record)->rows);
    g_free(record);
}

static void keep(Machine *machine, OomRecord *record) {
    if (machine->oom_records->len < OOM_RECORDS_MAX) {
        g_ptr_array_add(machine->oom_records, record);
    } else {
        oom_record_free(record);
    }
}

void oom_handle(Process *asking) {
    Machine *machine = asking->machine;
    Process *victim;
    OomRecord *record = record_new(asking, &victim);
    bool kills = machine->workload->machine.oom != OOM_WORD_STOP && victim != NULL;
    record->victim = kills ? victim->pid : 0;
    machine->counters.oom_kills += kills;
    keep(machine, record);
    machine_emit(machine, kills ? victim : asking,
                 (Event){.kind = EVENT_oom_kill,
                         .a = kills ? victim->space->rss : asking->space->rss,
                         .b = !kills});
    if (!kills) {
        process_stop_run(asking);
    }
    if (victim == asking) {
        process_end(asking, PROCESS_OOM_KILLED);
    }
    process_kill(victim, PROCESS_OOM_KILLED);
}
