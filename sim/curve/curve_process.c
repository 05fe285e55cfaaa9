/* curve_process.c - see curve_process.h. */
#include "curve/curve_process.h"

#include <string.h>

#include "machine.h"
#include "options.h"

bool curve_process_has_company(const Workload *workload) {
    return workload->process_count > 1 || workload->processes[0].copies > 1;
}

/* The names, ended by NULL; not those of further copies. */
static GPtrArray *names_of(const Workload *workload) {
    GPtrArray *names = g_ptr_array_new();
    for (uint32_t i = 0; i < workload->process_count; i++) {
        g_ptr_array_add(names, workload->processes[i].name);
    }
    g_ptr_array_add(names, NULL);
    return names;
}

/* Which copy of `spec` the name means, from 1; 0: none. */
static uint64_t copy_named(const ProcessSpec *spec, const char *name) {
    size_t length = strlen(spec->name);
    uint64_t copy = 0;
    if (strcmp(name, spec->name) == 0) {
        return 1;
    }
    bool further = strncmp(name, spec->name, length) == 0 && name[length] == '#' &&
                   g_ascii_string_to_unsigned(name + length + 1, 10, 2, UINT32_MAX, &copy, NULL);
    return further && copy <= spec->copies ? copy : 0;
}

static uint32_t find_named(const Workload *workload, const char *name, GError **error) {
    uint32_t before = 0;
    for (uint32_t i = 0; i < workload->process_count; i++) {
        uint64_t copy = copy_named(&workload->processes[i], name);
        if (copy != 0) {
            return before + (uint32_t)copy;
        }
        before += workload->processes[i].copies;
    }
    g_autoptr(GPtrArray) names = names_of(workload);
    options_refuse_word(error, "process", name, (const char *const *)names->pdata);
    return 0;
}

uint32_t curve_process_find(const Workload *workload, const char *name, GError **error) {
    if (name != NULL) {
        return find_named(workload, name, error);
    }
    if (curve_process_has_company(workload)) {
        g_set_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT,
                    "%s: the order in which several processes refer to memory depends on when each "
                    "of them waits, so there is no one reference string; look at one of them, as "
                    "in faultline curve --process %s",
                    workload->file, workload->processes[0].name);
        return 0;
    }
    return 1;
}
