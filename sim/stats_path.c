/* stats_path.c - see stats_path.h.
 *
 * Idea: a path leads to a set of leaves (name, value); its last word picks one.  The set that a
 * wrong word was looked up in says what was probably meant.
 */
#include "stats_path.h"

#include <string.h>

typedef struct Leaf {
    const char *name;
    StatsValue value;
} Leaf;

/* A path on its way to a leaf. */
typedef struct Search {
    const Stats *stats;
    const char *rest; /* what of the path is not understood yet */
    GArray *leaves;   /* Leaf: where its last word is looked up */
    const char *noun; /* what `rest` should be: "process", "counter" ... */
    GPtrArray *known; /* the words for it */
} Search;

static void add_number(Search *s, const char *name, uint64_t number) {
    Leaf leaf = {name, {NULL, number}};
    g_array_append_val(s->leaves, leaf);
}

static void add_counters(Search *s, const Counters *counters, bool all) {
    for (unsigned i = 0; i < COUNTERS_COUNT; i++) {
        if (all || counter_of_process(i)) {
            add_number(s, counter_names[i], counters_at(counters, i));
        }
    }
}

static void add_gauges(Search *s, const Gauges *gauges) {
    for (unsigned i = 0; i < GAUGES_COUNT; i++) {
        add_number(s, gauge_names[i], gauges_at(gauges, i));
    }
}

/* If the rest begins with `name` and a dot, step behind them. */
static bool take(Search *s, const char *name) {
    size_t length = strlen(name);
    bool taken = strncmp(s->rest, name, length) == 0 && s->rest[length] == '.';
    s->rest += taken ? length + 1 : 0;
    return taken;
}

/* Step behind "cpus.1." */
static bool take_cpu(Search *s, uint32_t *cpu) {
    for (uint32_t i = 0; s->stats->cpu_count > 1 && i < s->stats->cpu_count; i++) {
        g_autofree char *name = g_strdup_printf("cpus.%u", i);
        if (take(s, name)) {
            *cpu = i;
            return true;
        }
    }
    return false;
}

static void machine_leaves(Search *s) {
    const Stats *stats = s->stats;
    uint32_t cpu;
    if (take(s, "frames")) {
        add_number(s, "free", stats->frames.free);
        add_number(s, "zeroed", stats->frames.zeroed);
        add_number(s, "resident", stats->frames.resident);
        add_number(s, "in_transit", stats->frames.in_transit);
        add_number(s, "standby", stats->frames.standby);
        add_number(s, "modified", stats->frames.modified);
        add_number(s, "deactivated", stats->frames.deactivated);
        add_number(s, "total", stats->frames.total);
        if (config_has_folios(&stats->config)) {
            add_number(s, "unusable_index", stats_unusable_index(stats, &stats->free_blocks));
        }
    } else if (take(s, "swap")) {
        add_number(s, "used", stats->frames.swap_used);
        add_number(s, "total", stats->frames.swap_total);
    } else if (take_cpu(s, &cpu)) {
#define FIGURE(name) add_number(s, #name, stats->cpus[cpu].name);
        CPU_FIGURES(FIGURE)
#undef FIGURE
    } else {
        if (!take(s, "counters")) {
            add_number(s, "time_ns", stats->time);
            add_number(s, "user_ns", counters_user_ns(&stats->counters, &stats->config));
            add_number(s, "system_ns", counters_system_ns(&stats->counters));
            add_number(s, "page_size", geometry_page_size(&stats->config.geometry));
            add_number(s, "effective_access_ps", stats_access_ps(stats, &stats->counters));
        }
        add_counters(s, &stats->counters, true);
    }
}

static void phase_leaves(Search *s, const PhaseRecord *phase) {
    if (take(s, "now")) {
        add_number(s, "rss", phase->now.rss);
        add_number(s, "anon", phase->now.anon);
        add_number(s, "page_table_pages", phase->now.page_table_pages);
        add_number(s, "vm_size", phase->now.vm_size);
        add_number(s, "huge", phase->now.huge);
        if (config_has_folios(&s->stats->config)) {
            add_number(s, "unusable_index", stats_unusable_index(s->stats, &phase->free));
        }
        return;
    }
    if (!take(s, "counters")) {
        add_number(s, "end_ns", phase->end);
    }
    add_counters(s, &phase->counters, false);
}

/* Those that a program could mark, or one that it spawns or executes. */
static void program_phases(Search *s, const Program *program) {
    for (uint32_t i = 0; i < program->op_count; i++) {
        const Op *op = &program->ops[i];
        if (op->kind == OP_PHASE) {
            g_ptr_array_add(s->known, program->strings[op->string]);
        }
    }
    for (uint32_t i = 0; i < program->spec_count; i++) {
        program_phases(s, &program->specs[i]->program);
    }
}

/* The names of all phases of a process: those that it went through, those that it could. */
static void phase_names(Search *s, const StatsProcess *process) {
    for (unsigned i = 0; process->phases != NULL && i < process->phases->len; i++) {
        const PhaseRecord *phase = &g_array_index(process->phases, PhaseRecord, i);
        g_ptr_array_add(s->known, (void *)(uintptr_t)phase->name);
    }
    const Workload *workload = process->spec == NULL ? s->stats->workload : NULL;
    for (uint32_t i = 0; workload != NULL && i < workload->process_count; i++) {
        program_phases(s, &workload->processes[i].program);
    }
    if (process->spec != NULL) {
        program_phases(s, &process->spec->program);
    }
}

/* Step behind the longest known word that the rest begins with; NULL if there is none. */
static const char *take_known(Search *s) {
    const char *longest = NULL;
    for (unsigned i = 0; i < s->known->len; i++) {
        const char *name = g_ptr_array_index(s->known, i);
        Search try = *s;
        if (take(&try, name) && (longest == NULL || strlen(name) > strlen(longest))) {
            longest = name;
        }
    }
    s->rest += longest == NULL ? 0 : strlen(longest) + 1;
    return longest;
}

/* "phases." is behind us: of several phases of that name, the first. */
static PathFound find_phase(Search *s, const StatsProcess *process) {
    s->noun = "phase";
    phase_names(s, process);
    const char *name = take_known(s);
    if (name == NULL) {
        return PATH_UNKNOWN;
    }
    g_ptr_array_set_size(s->known, 0);
    for (unsigned i = 0; process->phases != NULL && i < process->phases->len; i++) {
        const PhaseRecord *phase = &g_array_index(process->phases, PhaseRecord, i);
        if (strcmp(phase->name, name) == 0) {
            phase_leaves(s, phase);
            return PATH_FOUND;
        }
    }
    phase_leaves(s, &(PhaseRecord){.name = name});
    return PATH_NOT_REACHED;
}

static PathFound process_leaves(Search *s, const StatsProcess *process) {
    if (take(s, "phases")) {
        return find_phase(s, process);
    }
    if (take(s, "counters")) {
        add_counters(s, &process->counters, false);
    } else if (take(s, "bookkeeping")) {
        add_counters(s, &process->bookkeeping, false);
    } else if (take(s, "memory")) {
        add_gauges(s, &process->memory);
    } else if (take(s, "heap")) {
        add_number(s, "utilisation_ppm", stats_utilisation_ppm(process));
        add_number(s, "scatter_ppm", stats_scatter_ppm(process));
#define FIGURE(name) add_number(s, #name, process->heap.name);
        HEAP_FIGURES(FIGURE)
#undef FIGURE
    } else {
        Leaf status = {"status", {process_status_word(process->over), 0}};
        g_array_append_val(s->leaves, status);
        add_number(s, "pid", process->pid);
        add_number(s, "ppid", process->parent);
        add_number(s, "children", process->children);
        add_number(s, "exit_code", process->exit_code);
        add_number(s, "start_ns", process->start);
        add_number(s, "end_ns", process->end);
        add_number(s, "time_ns", stats_process_time(process));
        add_number(s, "user_ns", counters_user_ns(&process->counters, &s->stats->config));
        add_number(s, "system_ns", counters_system_ns(&process->counters));
        add_number(s, "effective_access_ps", stats_access_ps(s->stats, &process->counters));
        add_counters(s, &process->counters, false);
        add_gauges(s, &process->memory);
    }
    return PATH_FOUND;
}

/* ---- processes that may come ---- */

/* Step behind a number and then a dot. */
static bool take_number(Search *s) {
    size_t digits = strspn(s->rest, "0123456789");
    bool taken = digits > 0 && s->rest[digits] == '.';
    s->rest += taken ? digits + 1 : 0;
    return taken;
}

/* Step behind "1.2." of "app.1.2.minflt": a child's child.  False: there is no number. */
static bool take_numbers(Search *s) {
    bool taken = false;
    while (take_number(s)) {
        taken = true;
    }
    return taken;
}

/* Step behind "NAME." or "NAME#2.", and the numbers of children. */
static bool take_child(Search *s, const char *name) {
    size_t length = strlen(name);
    Search try = *s;
    bool taken = take(&try, name);
    if (!taken && strncmp(s->rest, name, length) == 0 && s->rest[length] == '#') {
        try.rest += length + 1;
        taken = take_number(&try);
    }
    if (taken) {
        take_numbers(&try);
        s->rest = try.rest;
    }
    return taken;
}

/* Step behind the name of a process that this program may make. */
static bool take_named(Search *s, const Program *program) {
    bool taken = false;
    for (uint32_t i = 0; !taken && i < program->op_count; i++) {
        const Op *op = &program->ops[i];
        if (op->kind == OP_FORK && op->name != OP_NAME_NONE) {
            taken = take_child(s, program->strings[op->name]);
        } else if (op->kind == OP_SPAWN && program->specs[op->spec]->name != NULL) {
            taken = take_child(s, program->specs[op->spec]->name);
        }
    }
    for (uint32_t i = 0; !taken && i < program->spec_count; i++) {
        taken = take_named(s, &program->specs[i]->program);
    }
    return taken;
}

/* A process that is not there (yet), but may come: all its numbers are 0. */
static PathFound absent_leaves(Search *s) {
    g_ptr_array_set_size(s->known, 0);
    PathFound found = process_leaves(s, &(StatsProcess){.phases = NULL});
    return found == PATH_UNKNOWN ? PATH_UNKNOWN : PATH_NOT_REACHED;
}

static PathFound find_possible(Search *s) {
    const Workload *workload = s->stats->workload;
    for (uint32_t i = 0; workload != NULL && i < workload->process_count; i++) {
        const ProcessSpec *spec = &workload->processes[i];
        if (program_multiplies(&spec->program) &&
            (take_child(s, spec->name) || take_named(s, &spec->program))) {
            return absent_leaves(s);
        }
    }
    return PATH_UNKNOWN;
}

static PathFound find_process(Search *s) {
    s->noun = "process";
    for (unsigned i = 0; i < s->stats->processes->len; i++) {
        g_ptr_array_add(s->known, stats_process(s->stats, i)->name);
    }
    const char *name = take_known(s);
    g_ptr_array_set_size(s->known, name == NULL ? s->known->len : 0);
    for (unsigned i = 0; name != NULL && i < s->stats->processes->len; i++) {
        const StatsProcess *process = stats_process(s->stats, i);
        if (process->name == name) {
            return take_numbers(s) ? absent_leaves(s) : process_leaves(s, process);
        }
    }
    return find_possible(s);
}

/* Look the last word up in the leaves that the path led to. */
static PathFound find_leaf(Search *s, PathFound found, StatsValue *value) {
    s->noun = "value";
    for (unsigned i = 0; i < s->leaves->len; i++) {
        const Leaf *leaf = &g_array_index(s->leaves, Leaf, i);
        if (strcmp(leaf->name, s->rest) == 0) {
            *value = leaf->value;
            return found;
        }
        g_ptr_array_add(s->known, (void *)(uintptr_t)leaf->name);
    }
    return PATH_UNKNOWN;
}

static PathFound search_path(Search *s, StatsValue *value) {
    PathFound found = PATH_FOUND;
    if (take(s, "machine")) {
        machine_leaves(s);
    } else if (take(s, "processes")) {
        found = find_process(s);
    } else {
        s->noun = "path (it begins with machine. or processes.)";
        found = PATH_UNKNOWN;
    }
    return found == PATH_UNKNOWN ? PATH_UNKNOWN : find_leaf(s, found, value);
}

/* "unknown counter "minfl"; did you mean "minflt"?" */
static char *problem_words(Search *s) {
    g_ptr_array_add(s->known, NULL);
    const char *const *known = (const char *const *)s->known->pdata;
    g_autofree char *word = g_strdup(s->rest);
    const char *near = nearest_word(word, known);
    if (near == NULL) {
        /* A process or phase is only the first part of the rest. */
        word[strcspn(word, ".")] = '\0';
        near = nearest_word(word, known);
    }
    return near == NULL
               ? g_strdup_printf("unknown %s \"%s\"", s->noun, word)
               : g_strdup_printf("unknown %s \"%s\"; did you mean \"%s\"?", s->noun, word, near);
}

PathFound stats_path_find(const Stats *stats, const char *path, StatsValue *value, char **problem) {
    Search s = {.stats = stats,
                .rest = path,
                .leaves = g_array_new(FALSE, FALSE, sizeof(Leaf)),
                .known = g_ptr_array_new()};
    PathFound found = search_path(&s, value);
    if (found == PATH_UNKNOWN && problem != NULL) {
        *problem = problem_words(&s);
    }
    g_array_unref(s.leaves);
    g_ptr_array_unref(s.known);
    return found;
}
