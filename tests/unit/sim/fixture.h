/* fixture.h - machines made from a few lines of JSON, for the tests of this room. */
#ifndef FAULTLINE_SIM_FIXTURE_H
#define FAULTLINE_SIM_FIXTURE_H

#include <string.h>

#include "input.h"
#include "machine.h"
#include "registry.h"

/* A workload and its machine; runs with every check after every event unless told otherwise. */
typedef struct Fixture {
    Workload *workload;
    Machine *machine;
} Fixture;

static inline Fixture fixture_make(const char *json) {
    GError *error = NULL;
    Fixture fixture = {0};
    fixture.workload =
        workload_parse("test.json", json, strlen(json), NULL, registry_vocabulary(), &error);
    g_assert_no_error(error);
    fixture.machine = machine_create(fixture.workload, &error);
    g_assert_no_error(error);
    fixture.machine->check = (CheckPlan){.every = 1, .at_end = true};
    return fixture;
}

/* "machine" and "processes" in single quotes, which are easier to write in C. */
static inline Fixture fixture_of(const char *machine, const char *processes) {
    g_autofree char *json =
        g_strdup_printf("{\"machine\":{%s},\"processes\":[%s]}", machine, processes);
    return fixture_make(g_strdelimit(json, "'", '"'));
}

static inline void fixture_run(Fixture *fixture) {
    GError *error = NULL;
    machine_run(fixture->machine, &error);
    g_assert_no_error(error);
}

/* The `index`th process, from 0, and its counters. */
static inline const Process *process_of(const Fixture *fixture, uint32_t index) {
    g_assert_cmpuint(index, <, fixture->machine->process_count);
    return fixture->machine->processes[index];
}
static inline Counters counters_of(const Fixture *fixture, uint32_t index) {
    return process_counters(process_of(fixture, index));
}

static inline void fixture_clear(Fixture *fixture) {
    machine_destroy(fixture->machine);
    workload_free(fixture->workload);
}

/* A workload's text as a file would have it, in single quotes. */
static inline Origin *origin_of(const char *json) {
    Origin *origin = g_new0(Origin, 1);
    origin->name = g_strdup("test.json");
    origin->text = g_string_new(json);
    g_string_replace(origin->text, "'", "\"", 0);
    return origin;
}

#endif
