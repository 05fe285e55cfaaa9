/* reference.h - whole machines that run the strings of tests/reference.
 *
 * Idea: the string becomes an op "access" with the pattern "pages", as a student would write it, so
 * everything between a workload's text and a policy takes part: loader, TLB, faults, write-backs.
 */
#ifndef FAULTLINE_SIM_REFERENCE_H
#define FAULTLINE_SIM_REFERENCE_H

#include "reference_answers.h"
#include "fixture.h"
#include "kernel/kernel.h"

/* As many frames as any string of the tables has pages, for policies that need no limit. */
#define FRAMES_ENOUGH "512"

/* {"policy":"nru","interval":20} of "nru" and "interval=20"; what is no number is a word. */
static inline char *replacement_json(const char *policy, const char *settings) {
    GString *json = g_string_new(NULL);
    g_string_printf(json, "{\"policy\":\"%s\"", policy);
    if (strcmp(settings, "-") != 0) {
        g_auto(GStrv) words = g_strsplit_set(settings, "=,", -1);
        for (char **word = words; *word != NULL && word[1] != NULL; word += 2) {
            const char *quote = g_ascii_isdigit(*word[1]) ? "" : "\"";
            g_string_append_printf(json, ",\"%s\":%s%s%s", word[0], quote, word[1], quote);
        }
    }
    g_string_append_c(json, '}');
    return g_string_free(json, FALSE);
}

static inline char *pages_text(const GArray *string) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < string->len; i++) {
        const Reference *r = &g_array_index(string, Reference, i);
        g_string_append_printf(text, "%s%u%s", i == 0 ? "" : " ", r->page, r->write ? "w" : "");
    }
    return g_string_free(text, FALSE);
}

/* A workload of one process that makes these references; `frames` may be "-". */
static inline char *reference_workload(const char *policy, const char *settings, const char *frames,
                                       const GArray *string) {
    g_autofree char *replacement = replacement_json(policy, settings);
    g_autofree char *pages = pages_text(string);
    return g_strdup_printf("{\"machine\":{\"frames\":%s,\"swap\":\"none\",\"replacement\":%s},"
                           "\"processes\":[{\"program\":["
                           "{\"op\":\"access\",\"pattern\":\"pages\",\"pages\":\"%s\"}]}]}",
                           strcmp(frames, "-") == 0 ? FRAMES_ENOUGH : frames, replacement, pages);
}

/* Its machine, not run yet; checks itself at the end. */
static inline Fixture reference_machine(const char *policy, const char *settings,
                                        const char *frames, const GArray *string) {
    g_assert_nonnull(registry_policy_named(policy));
    g_autofree char *json = reference_workload(policy, settings, frames, string);
    Fixture fixture = fixture_make(json);
    fixture.machine->check = (CheckPlan){.at_end = true};
    return fixture;
}

/* Does a soft fault find a page that the policy itself had kept?  Then it is no page fault. */
static inline bool keeps_pages(const Machine *machine) {
    return machine->config.policy->reactivated != NULL;
}

static inline uint64_t faults_of(const Machine *machine) {
    Counters counters = machine_counters(machine);
    return counters.pgfault - (keeps_pages(machine) ? counters.softflt : 0);
}

/* ---- what each reference does ------------------------------------------------------------ */

/* Of each reference of a string: did it fault, and which pages left before it was over? */
typedef struct History {
    const Machine *machine;
    GArray *faulted; /* bool */
    GPtrArray *left; /* GArray of uint64_t: pages as the string numbers them */
} History;

static inline bool history_faulted(const History *history, uint64_t t) {
    return g_array_index(history->faulted, bool, t);
}

static inline GArray *history_left(const History *history, uint64_t t) {
    return g_ptr_array_index(history->left, t);
}

/* The events of reference t come before it is counted. */
static inline void history_on_event(void *host, const Event *event) {
    History *history = host;
    const Process *process = history->machine->processes[0];
    uint64_t t = history->machine->memory->references;
    if (t >= history->faulted->len || history->machine->running == NULL) {
        return;
    }
    if (event->kind == EVENT_evict) {
        uint64_t page = (event->va - process->regions[0]) >> 12;
        g_array_append_val(history_left(history, t), page);
    } else if (event->a != FAULT_SOFT || !keeps_pages(history->machine)) {
        g_array_index(history->faulted, bool, t) = true;
    }
}

static inline void history_free_left(gpointer array) { g_array_unref(array); }

/* Run the machine and write down `length` references.  To be cleared. */
static inline History history_of_run(Fixture *fixture, guint length) {
    History history = {.machine = fixture->machine,
                       .faulted = g_array_new(FALSE, TRUE, sizeof(bool)),
                       .left = g_ptr_array_new_with_free_func(history_free_left)};
    g_array_set_size(history.faulted, length);
    for (guint t = 0; t < length; t++) {
        g_ptr_array_add(history.left, g_array_new(FALSE, FALSE, sizeof(uint64_t)));
    }
    EventSink sink = {EVENT_BIT(EVENT_fault) | EVENT_BIT(EVENT_evict), history_on_event, &history};
    machine_subscribe(fixture->machine, &sink);
    fixture_run(fixture);
    return history;
}

static inline void history_clear(History *history) {
    g_array_unref(history->faulted);
    g_ptr_array_unref(history->left);
}

/* ---- tables ------------------------------------------------------------------------------ */

/* Has every built-in policy answers in these `rows`, whose column `column` names the policy?
 * But for those whose definition is no published one: `others`, ended by NULL. */
static inline void assert_all_policies(const GPtrArray *rows, unsigned column,
                                       const char *const *others) {
    const ComponentInfo *const *infos = registry_vocabulary()->policies;
    for (; *infos != NULL; infos++) {
        bool found = g_strv_contains(others, (*infos)->name);
        for (guint i = 0; !found && i < rows->len; i++) {
            char **words = g_ptr_array_index(rows, i);
            found = strcmp(words[0], "string") != 0 && strcmp(words[column], (*infos)->name) == 0;
        }
        if (!found) {
            g_test_message("no answers for %s", (*infos)->name);
        }
        g_assert_true(found);
    }
}

#endif
