/* test_schedules.c - small schedules, calculated on paper, must come out to the nanosecond.
 *
 * tests/golden/schedules/NAME.json is a workload, NAME.txt what has to happen when, with the
 * calculation beside it as comments: README.md there says how to read them.  Every invariant is
 * checked after every event, and the workload's own "expect" must hold.
 */
#include "fixture.h"

#include "expect.h"
#include "stats.h"

#define FOLDER SOURCE_DIR "/tests/golden/schedules"

/* ---- what happened ------------------------------------------------------------------------- */

static const char *fault_word(uint64_t kind) {
    static const char *const words[FAULT_KINDS] = {
        [FAULT_SEGV] = "no mapping",
        [FAULT_PROTECTION] = "no right",
        [FAULT_ZERO_POOL] = "zero page from the pool",
        [FAULT_ZERO_NOW] = "zeroed on the spot",
        [FAULT_UNZEROED] = "unzeroed",
        [FAULT_SOFT] = "still in memory",
        [FAULT_SWAP_IN] = "read from swap",
        [FAULT_FILE_IN] = "read from file",
        [FAULT_OUT_OF_MEMORY] = "out of memory",
    };
    const char *word = kind < FAULT_KINDS ? words[kind] : NULL;
    return word == NULL ? "other" : word;
}

static char *words_of(const Event *event) {
    switch (event->kind) {
    case EVENT_start:
        return g_strdup("starts");
    case EVENT_dispatch:
        return g_strdup("runs");
    case EVENT_block:
        return g_strdup_printf("waits until %" G_GUINT64_FORMAT, event->a);
    case EVENT_fault:
        return g_strdup_printf("fault over: %s", fault_word(event->a));
    case EVENT_evict:
        return g_strdup_printf("loses a %s page", event->a == 1 ? "dirty" : "clean");
    case EVENT_suspend:
        return event->a == 0 ? g_strdup("returns")
                             : g_strdup_printf("leaves with %" G_GUINT64_FORMAT, event->b);
    case EVENT_zero:
        return g_strdup_printf("zeroed %" G_GUINT64_FORMAT, event->a);
    case EVENT_thread:
        return g_strdup_printf("thread %" G_GUINT64_FORMAT " %s", event->a,
                               event->b == 0 ? "starts" : "ends");
    default:
        return g_strdup_printf("over: %s", process_status_word((ProcessStatus)event->a));
    }
}

typedef struct Story {
    const Machine *machine;
    GPtrArray *lines;
} Story;

static void tell(void *host, const Event *event) {
    Story *story = host;
    const char *name = event->pid == 0 ? "idle" : story->machine->processes[event->pid - 1]->name;
    g_autofree char *words = words_of(event);
    g_ptr_array_add(story->lines,
                    g_strdup_printf("%" G_GUINT64_FORMAT " %s %s", event->time, name, words));
}

static void listen(Story *story, Machine *machine) {
    static const EventKind kinds[] = {EVENT_start, EVENT_dispatch, EVENT_block,
                                      EVENT_fault, EVENT_evict,    EVENT_zero,
                                      EVENT_exit,  EVENT_thread,   EVENT_suspend};
    EventSink sink = {.emit = tell, .host = story};
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        sink.mask |= EVENT_BIT(kinds[i]);
    }
    story->machine = machine;
    story->lines = g_ptr_array_new_with_free_func(g_free);
    machine_subscribe(machine, &sink);
}

/* ---- what had to happen -------------------------------------------------------------------- */

/* One space between words, none at the ends; a comment, from '#' on, is nothing. */
static char *plain(const char *line) {
    g_autofree char *cut = g_strndup(line, strcspn(line, "#"));
    g_auto(GStrv) words = g_strsplit_set(cut, " \t\r", -1);
    GString *plain = g_string_new(NULL);
    for (char **word = words; *word != NULL; word++) {
        if (**word != '\0') {
            g_string_append_printf(plain, "%s%s", plain->len == 0 ? "" : " ", *word);
        }
    }
    return g_string_free(plain, FALSE);
}

static GPtrArray *read_lines(const char *name) {
    g_autofree char *path = g_strdup_printf(FOLDER "/%s.txt", name);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GPtrArray *wanted = g_ptr_array_new_with_free_func(g_free);
    for (char **line = lines; *line != NULL; line++) {
        char *words = plain(*line);
        if (words[0] != '\0') {
            g_ptr_array_add(wanted, words);
        } else {
            g_free(words);
        }
    }
    return wanted;
}

static void compare(const GPtrArray *wanted, const GPtrArray *got) {
    for (unsigned i = 0; i < got->len; i++) {
        g_test_message("%s", (const char *)g_ptr_array_index(got, i));
    }
    for (unsigned i = 0; i < MIN(wanted->len, got->len); i++) {
        g_assert_cmpstr(g_ptr_array_index(got, i), ==, g_ptr_array_index(wanted, i));
    }
    g_assert_cmpuint(got->len, ==, wanted->len);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void check_expectations(const Machine *machine) {
    g_autoptr(Stats) stats = stats_collect(machine);
    g_autoptr(GArray) results = expect_evaluate(stats);
    for (unsigned i = 0; i < results->len; i++) {
        const ExpectResult *result = &g_array_index(results, ExpectResult, i);
        if (!result->holds) {
            g_autofree char *wanted = expect_wanted(result->expectation);
            g_error("%s: expected %s, got %s", result->expectation->path, wanted, result->got);
        }
    }
}

static void test_schedule(const void *data) {
    const char *name = data;
    g_autofree char *path = g_strdup_printf(FOLDER "/%s.json", name);
    g_autoptr(GError) error = NULL;
    g_autoptr(Workload) workload = workload_load(path, NULL, registry_vocabulary(), &error);
    g_assert_no_error(error);
    g_autoptr(Machine) machine = machine_create(workload, &error);
    g_assert_no_error(error);
    Story story;
    listen(&story, machine);
    machine->check = (CheckPlan){.every = 1, .at_end = true};
    machine_run(machine, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) wanted = read_lines(name);
    compare(wanted, story.lines);
    g_ptr_array_unref(story.lines);
    check_expectations(machine);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The workloads of the folder, by name, without ".json". */
static GPtrArray *schedule_names(void) {
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) folder = g_dir_open(FOLDER, 0, NULL);
    g_assert_nonnull(folder);
    for (const char *file; (file = g_dir_read_name(folder)) != NULL;) {
        if (g_str_has_suffix(file, ".json")) {
            g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(".json")));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_autoptr(GPtrArray) names = schedule_names();
    g_assert_cmpuint(names->len, >=, 10);
    for (unsigned i = 0; i < names->len; i++) {
        g_autofree char *path =
            g_strdup_printf("/sim/schedules/%s", (const char *)g_ptr_array_index(names, i));
        g_test_add_data_func(path, g_ptr_array_index(names, i), test_schedule);
    }
    return g_test_run();
}
