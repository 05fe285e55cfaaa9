/* reference_string.c - see reference_string.h. */
#include "reference_string.h"

#include "machine.h"
#include "scheduler.h"

typedef struct Recorder {
    ReferenceString *string;
    GHashTable *numbers; /* PageKey -> page number + 1 */
    Asid process;        /* whose references; its pid */
    Machine *machine;
    bool too_long;
} Recorder;

static uint32_t page_number(Recorder *recorder, PageKey page) {
    uint32_t number = GPOINTER_TO_UINT(g_hash_table_lookup(recorder->numbers, &page));
    if (number == 0) {
        number = ++recorder->string->page_count;
        g_hash_table_insert(recorder->numbers, g_memdup2(&page, sizeof(page)),
                            GUINT_TO_POINTER(number));
    }
    return number - 1;
}

/* The run need not go on: it would be of no use. */
static void give_up(Recorder *recorder) {
    recorder->too_long = true;
    machine_fail(recorder->machine, NULL, MACHINE_ERROR_INPUT,
                 "%s: more than %u references, or %u changes of the page: too many to know the "
                 "future of",
                 recorder->machine->workload->file, REFERENCES_MAX - 1, REFERENCE_RUNS_MAX);
    scheduler_attention(recorder->machine->scheduler);
}

static void record(void *host, PageKey page, uint64_t count) {
    Recorder *recorder = host;
    ReferenceString *string = recorder->string;
    if (page_key_asid(page) != recorder->process) {
        return;
    }
    if (recorder->too_long || count >= REFERENCES_MAX - string->count ||
        string->runs->len >= REFERENCE_RUNS_MAX) {
        give_up(recorder);
        return;
    }
    string->count += count;
    uint32_t number = page_number(recorder, page);
    if (string->runs->len > 0) {
        ReferenceRun *last = &g_array_index(string->runs, ReferenceRun, string->runs->len - 1);
        if (last->page == number) {
            last->count += (uint32_t)count;
            return;
        }
    }
    ReferenceRun run = {number, (uint32_t)count};
    g_array_append_val(string->runs, run);
}

static bool record_run(const Workload *workload, Recorder *recorder, GError **error) {
    MachineRecorder told = {.record = record, .host = recorder};
    g_autoptr(Machine) machine = machine_create_recording(workload, &told, error);
    recorder->machine = machine;
    return machine != NULL && machine_run(machine, error);
}

ReferenceString *reference_string_record(const Workload *workload, GError **error) {
    if (workload->process_count != 1 || workload->processes[0].copies != 1 ||
        program_multiplies(&workload->processes[0].program)) {
        g_set_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT,
                    "%s: the order in which several processes refer to memory depends on when each "
                    "of them waits, so there is no one reference string to look ahead in; give "
                    "the workload a single process with a single thread",
                    workload->file);
        return NULL;
    }
    return reference_string_record_process(workload, 1, error);
}

ReferenceString *reference_string_record_process(const Workload *workload, uint32_t pid,
                                                 GError **error) {
    g_autoptr(ReferenceString) string = g_new0(ReferenceString, 1);
    string->runs = g_array_new(FALSE, FALSE, sizeof(ReferenceRun));
    g_autoptr(GHashTable) numbers =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    Recorder recorder = {.string = string, .numbers = numbers, .process = (Asid)pid};
    return record_run(workload, &recorder, error) ? g_steal_pointer(&string) : NULL;
}

void reference_string_free(ReferenceString *string) {
    if (string != NULL) {
        g_array_unref(string->runs);
        g_free(string);
    }
}

uint32_t *reference_string_next_uses(const ReferenceString *string) {
    uint32_t *next = g_try_new(uint32_t, MAX(string->count, 1));
    if (next == NULL) {
        return NULL;
    }
    g_autofree uint32_t *seen = g_new(uint32_t, string->page_count);
    for (uint32_t page = 0; page < string->page_count; page++) {
        seen[page] = FUTURE_NEVER;
    }
    uint64_t t = string->count;
    for (guint i = string->runs->len; i-- > 0;) {
        const ReferenceRun *run = &g_array_index(string->runs, ReferenceRun, i);
        for (uint32_t k = 0; k < run->count; k++) {
            next[--t] = seen[run->page];
            seen[run->page] = (uint32_t)t;
        }
    }
    return next;
}
