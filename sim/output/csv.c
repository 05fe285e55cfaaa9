/* csv.c - see csv.h. */
#include "output/csv.h"

#include <inttypes.h>
#include <string.h>

#include "output/sample_fields.h"

#define PROCESS_FIELDS(FIELD) FIELD(rss) FIELD(rss_max) PROCESS_SAMPLE_FIELDS(FIELD)

/* ",NAME.field", in quotes if the name needs them. */
static void append_title(GString *out, const char *name, const char *field) {
    gboolean quoted = strpbrk(name, ",\"\r\n") != NULL;
    g_string_append(out, quoted ? ",\"" : ",");
    for (const char *c = name; *c != '\0'; c++) {
        g_string_append(out, *c == '"' ? "\"" : "");
        g_string_append_c(out, *c);
    }
    g_string_append_printf(out, ".%s%s", field, quoted ? "\"" : "");
}

static void append_titles(GString *out, const Recorder *recorder, const char *const *names) {
    g_string_append(out, "time_ns");
#define FIELD(field) g_string_append(out, "," #field);
    MACHINE_SAMPLE_FIELDS(FIELD)
#undef FIELD
    for (uint32_t p = 0; p < recorder_processes(recorder); p++) {
#define FIELD(field) append_title(out, names[p], #field);
        PROCESS_FIELDS(FIELD)
#undef FIELD
    }
    g_string_append_c(out, '\n');
}

static void append_row(GString *out, const Recorder *recorder, uint32_t row) {
    const MachineSample *machine = recorder_machine(recorder, row);
    g_string_append_printf(out, "%" PRIu64, machine->time);
#define FIELD(field) g_string_append_printf(out, ",%" PRIu64, machine->field);
    MACHINE_SAMPLE_FIELDS(FIELD)
#undef FIELD
    for (uint32_t p = 0; p < recorder_processes(recorder); p++) {
        const ProcessSample *process = recorder_process(recorder, row, p);
#define FIELD(field) g_string_append_printf(out, ",%" PRIu64, process->field);
        PROCESS_FIELDS(FIELD)
#undef FIELD
    }
    g_string_append_c(out, '\n');
}

char *series_csv(const Recorder *recorder, const char *const *names) {
    GString *out = g_string_new(NULL);
    append_titles(out, recorder, names);
    for (uint32_t row = 0; row < recorder_count(recorder); row++) {
        append_row(out, recorder, row);
    }
    return g_string_free(out, FALSE);
}
