/* test_workload.c - defaults, everything set, overrides, and traces as workloads. */
#include <glib/gstdio.h>
#include <string.h>

#include "vocabulary.h"

static Workload *parse(const char *text, const char *const *overrides, GError **error) {
    return workload_parse("dir/lab.json", text, strlen(text), overrides, test_vocabulary(), error);
}

static Workload *parse_good(const char *text, const char *const *overrides) {
    g_autoptr(GError) error = NULL;
    Workload *workload = parse(text, overrides, &error);
    g_assert_no_error(error);
    g_assert_nonnull(workload);
    return workload;
}

static const char minimal[] = "{\"processes\":[{\"program\":[]}]}";

static void test_defaults(void) {
    g_autoptr(Workload) w = parse_good(minimal, NULL);
    const MachineSpec *m = &w->machine;
    g_assert_cmpstr(w->name, ==, "lab");
    g_assert_cmpstr(w->description, ==, "");
    g_assert_cmpuint(w->seed, ==, 42);
    g_assert_cmpstr(m->mmu, ==, "x86-64");
    g_assert_cmpuint(m->memory_bytes, ==, 64 << 20);
    g_assert_cmpuint(m->frames, ==, 0);
    g_assert_cmpuint(m->tlb_levels, ==, 2);
    g_assert_cmpuint(m->tlb[0].entries, ==, 64);
    g_assert_cmpuint(m->tlb[0].ways, ==, 4);
    g_assert_cmpuint(m->tlb[1].entries, ==, 1536);
    g_assert_cmpuint(m->tlb[1].ways, ==, 12);
    g_assert_cmpstr(m->policy.info->name, ==, "clock");
    g_assert_true(m->swap);
    g_assert_cmpuint(m->swap_bytes, ==, 256 << 20);
    g_assert_null(m->device);
    g_assert_cmpint(m->zero_pool, ==, ZERO_POOL_WORD_BACKGROUND);
    g_assert_cmpuint(m->zero_start_ppm, ==, 333333);
    g_assert_cmpuint(m->zero_stop_ppm, ==, 500000);
    g_assert_cmpint(m->overcommit, ==, OVERCOMMIT_WORD_ALWAYS);
    g_assert_true(m->shared_zero_page);
    g_assert_cmpstr(m->cost_preset, ==, "modern");
    for (unsigned i = 0; i < COST_COUNT; i++) {
        g_assert_cmpuint(m->cost[i], ==, TICK_NEVER);
    }
    g_assert_cmpuint(m->quantum, ==, 1000000);
    g_assert_cmpuint(m->working_set_window, ==, 10000000);
    g_assert_cmpuint(w->process_count, ==, 1);
    const ProcessSpec *p = &w->processes[0];
    g_assert_cmpstr(p->name, ==, "process1");
    g_assert_cmpuint(p->copies, ==, 1);
    g_assert_cmpuint(p->start, ==, 0);
    g_assert_cmpstr(p->allocator.info->name, ==, "bump");
    g_assert_cmpuint(p->limit_address_space, ==, UINT64_MAX);
    g_assert_false(p->survives_segv);
    g_assert_cmpuint(w->expectation_count, ==, 0);
    g_assert_cmpstr(w->resolved, ==, minimal);
}

static void test_machine(void) {
    g_autoptr(Workload) w = parse_good(
        "{\"seed\": \"0xffffffffffffffff\", \"machine\": {"
        "\"mmu\": {\"page_size\": \"1KiB\", \"levels\": [4, 5]}, \"frames\": 3,"
        "\"tlb\": [{\"entries\": 8, \"ways\": 2, \"replacement\": \"plru\"}, {\"entries\": 16}],"
        "\"replacement\": {\"policy\": \"wsclock\", \"window\": \"7ms\", \"lazy\": false,"
        "                  \"scope\": \"global\"},"
        "\"swap\": {\"size\": \"1MiB\", \"device\": \"hdd\"},"
        "\"zero_pool\": {\"start\": 0.1, \"stop\": 0.9}, \"overcommit\": \"never\","
        "\"shared_zero_page\": false, \"oom\": \"kill-largest\", \"huge_pages\": \"madvise\", "
        "\"folio_sizes\": [\"4KiB\", 8192],"
        "\"cpus\": 1, \"costs\": {\"preset\": \"hdd\", \"swap_read\": \"5ms\"},"
        "\"quantum\": \"2ms\", \"working_set\": {\"window\": \"1s\"}},"
        "\"processes\": [{\"program\": []}]}",
        NULL);
    const MachineSpec *m = &w->machine;
    g_assert_cmpuint(w->seed, ==, UINT64_MAX);
    g_assert_cmpint(m->huge_pages, ==, HUGE_PAGES_WORD_MADVISE);
    g_assert_cmpuint(m->folio_sizes, ==, 4096 + 8192);
    g_assert_cmpuint(m->tlb[0].huge_entries, ==, 8);
    g_assert_cmpuint(m->tlb[0].huge_ways, ==, 2);
    g_assert_null(m->mmu);
    g_assert_cmpuint(m->page_size, ==, 1024);
    g_assert_cmpuint(m->level_count, ==, 2);
    g_assert_cmpuint(m->level_bits[0], ==, 4);
    g_assert_cmpuint(m->level_bits[1], ==, 5);
    g_assert_cmpuint(m->memory_bytes, ==, 0);
    g_assert_cmpuint(m->frames, ==, 3);
    g_assert_true(m->tlb[0].plru);
    g_assert_cmpuint(m->tlb[1].ways, ==, 16);
    g_assert_cmpstr(m->policy.info->name, ==, "wsclock");
    g_assert_cmpuint(m->policy.values[0], ==, 7000000);
    g_assert_cmpuint(m->policy.values[1], ==, 4);
    g_assert_cmpuint(m->policy.values[2], ==, 0);
    g_assert_cmpstr(m->device, ==, "hdd");
    g_assert_cmpuint(m->zero_start_ppm, ==, 100000);
    g_assert_cmpuint(m->zero_stop_ppm, ==, 900000);
    g_assert_cmpint(m->overcommit, ==, OVERCOMMIT_WORD_NEVER);
    g_assert_false(m->shared_zero_page);
    g_assert_cmpstr(m->cost_preset, ==, "hdd");
    g_assert_cmpuint(m->cost[COST_swap_read], ==, 5000000);
    g_assert_cmpuint(m->cost[COST_swap_write], ==, TICK_NEVER);
    g_assert_cmpuint(m->quantum, ==, 2000000);
    g_assert_cmpuint(m->working_set_window, ==, 1000000000);
}

static void test_words_for_none(void) {
    g_autoptr(Workload) w = parse_good("{\"machine\": {\"tlb\": \"none\", \"swap\": \"none\","
                                       "\"zero_pool\": \"never\", \"costs\": \"textbook\"},"
                                       "\"processes\": [{\"program\": []}]}",
                                       NULL);
    g_assert_cmpuint(w->machine.tlb_levels, ==, 0);
    g_assert_false(w->machine.swap);
    g_assert_cmpuint(w->machine.swap_bytes, ==, 0);
    g_assert_cmpint(w->machine.zero_pool, ==, ZERO_POOL_WORD_NEVER);
    g_assert_cmpstr(w->machine.cost_preset, ==, "textbook");
    static const char *const word[] = {"/machine/replacement=wsclock", NULL};
    g_autoptr(Workload) defaults = parse_good(minimal, word);
    g_assert_cmpuint(defaults->machine.policy.values[0], ==, 5000000);
    g_assert_cmpuint(defaults->machine.policy.values[1], ==, 4);
    g_assert_cmpuint(defaults->machine.policy.values[2], ==, 1);
    static const char *const off[] = {"/machine/zero_pool={\"background\": false}", NULL};
    g_autoptr(Workload) on_demand = parse_good(minimal, off);
    g_assert_cmpint(on_demand->machine.zero_pool, ==, ZERO_POOL_WORD_ON_DEMAND);
}

static void test_processes(void) {
    g_autoptr(Workload) w =
        parse_good("{\"processes\": [{\"name\": \"gr\xC3\xB6\xC3\x9F"
                   "er\", \"copies\": 3, \"start\": \"1ms\","
                   "\"allocator\": {\"model\": \"explicit\", \"fit\": \"worst\"},"
                   "\"limits\": {\"data\": \"1MiB\", \"stack\": 8192}, \"on_segv\": \"continue\","
                   "\"program\": []}, {\"program\": []}]}",
                   NULL);
    const ProcessSpec *p = &w->processes[0];
    g_assert_cmpuint(w->process_count, ==, 2);
    g_assert_cmpuint(p->copies, ==, 3);
    g_assert_cmpuint(p->start, ==, 1000000);
    g_assert_cmpstr(p->allocator.info->name, ==, "explicit");
    g_assert_cmpuint(p->allocator.values[0], ==, 2);
    g_assert_cmpuint(p->allocator.values[1], ==, 4096);
    g_assert_cmpuint(p->limit_data, ==, 1 << 20);
    g_assert_cmpuint(p->limit_stack, ==, 8192);
    g_assert_cmpuint(p->limit_address_space, ==, UINT64_MAX);
    g_assert_true(p->survives_segv);
    g_assert_cmpstr(w->processes[1].name, ==, "process2");
}

static void test_expectations(void) {
    g_autoptr(Workload) w =
        parse_good("{\"processes\": [{\"program\": []}],\n\"expect\": {\"a\": 9,\n"
                   "\"b\": {\"max\": 10}, \"c\": {\"min\": 1}, \"d\": \"exited\"}}",
                   NULL);
    const Expectation *e = w->expectations;
    g_assert_cmpuint(w->expectation_count, ==, 4);
    g_assert_cmpstr(e[0].path, ==, "a");
    g_assert_cmpuint(e[0].min, ==, 9);
    g_assert_cmpuint(e[0].max, ==, 9);
    g_assert_cmpuint(e[0].line, ==, 2);
    g_assert_cmpuint(e[1].min, ==, 0);
    g_assert_cmpuint(e[1].max, ==, 10);
    g_assert_cmpuint(e[1].line, ==, 3);
    g_assert_cmpuint(e[2].min, ==, 1);
    g_assert_cmpuint(e[2].max, ==, UINT64_MAX);
    g_assert_null(e[2].text);
    g_assert_cmpstr(e[3].text, ==, "exited");
}

/* ---- overrides ---------------------------------------------------------------------------- */

static void test_overrides(void) {
    static const char *const overrides[] = {"/machine/frames=4",
                                            "/machine/replacement/policy=wsclock",
                                            "/machine/replacement/batch=9",
                                            "/processes/0/allocator=two-list",
                                            "/processes/0/program=[{\"op\": \"yield\"}]",
                                            "/machine/swap={\"size\": \"1MiB\"}",
                                            "/machine/frames=5",
                                            "/name=a=b",
                                            NULL};
    g_autoptr(Workload) w = parse_good(minimal, overrides);
    g_assert_cmpuint(w->machine.frames, ==, 5);
    g_assert_cmpstr(w->machine.policy.info->name, ==, "wsclock");
    g_assert_cmpuint(w->machine.policy.values[1], ==, 9);
    g_assert_cmpstr(w->processes[0].allocator.info->name, ==, "two-list");
    g_assert_cmpuint(w->processes[0].program.op_count, ==, 1);
    g_assert_cmpuint(w->machine.swap_bytes, ==, 1 << 20);
    g_assert_cmpstr(w->name, ==, "a=b");
    g_assert_cmpstr(
        w->resolved, ==,
        "{\"processes\":[{\"program\":[{\"op\":\"yield\"}],\"allocator\":\"two-list\"}],"
        "\"machine\":{\"frames\":5,\"replacement\":{\"policy\":\"wsclock\","
        "\"batch\":9},\"swap\":{\"size\":\"1MiB\"}},\"name\":\"a=b\"}");
    g_autoptr(Workload) again = parse_good(w->resolved, NULL);
    g_assert_cmpstr(again->resolved, ==, w->resolved);
}

static void assert_override_error(const char *override, const char *message) {
    const char *const overrides[] = {override, NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(Workload) w = parse(minimal, overrides, &error);
    g_assert_null(w);
    g_assert_nonnull(error);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_bad_overrides(void) {
    assert_override_error("/machine/frames=x",
                          "--set /machine/frames=x: /machine/frames: expected an integer, found "
                          "\"x\"");
    assert_override_error("/machine/frams=4", "--set /machine/frams=4: /machine/frams: unknown key "
                                              "\"frams\"; did you mean \"frames\"?");
    assert_override_error("/machien/frames=4", "--set /machien/frames=4: /machien: unknown key "
                                               "\"machien\"; did you mean \"machine\"?");
    assert_override_error("/machine={\"frames\": 0}",
                          "--set /machine={\"frames\": 0}: /machine/frames: expected an integer "
                          "from 1 to 268435456, found 0");
    assert_override_error("/machine={\"frames\": 4",
                          "--set /machine={\"frames\": 4: the text ends inside the object opened "
                          "in line 1");
    assert_override_error("/machine={\"a\":1,\"a\":2}",
                          "--set /machine={\"a\":1,\"a\":2}: the key \"a\" stands twice in this "
                          "object");
    assert_override_error("/processes/1/name=x", "--set /processes/1/name=x: \"1\" is no index of "
                                                 "an array with 1 elements");
    assert_override_error("/processes/-1=x",
                          "--set /processes/-1=x: \"-1\" is no index of an array with 1 elements");
    assert_override_error("frames=4", "--set frames=4: expected a JSON pointer and a value: "
                                      "/machine/frames=4");
    assert_override_error("/machine/frames", "--set /machine/frames: expected a JSON pointer and a "
                                             "value: /machine/frames=4");
    assert_override_error("/=4", "--set /=4: the JSON pointer must have 1 to 64 parts");
    assert_override_error("/seed=", "--set /seed=: there is nothing in it");
    static const char *const through_word[] = {"/machine/replacement=fifo",
                                               "/machine/replacement/scope=global", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(Workload) w = parse(minimal, through_word, &error);
    g_assert_null(w);
    g_assert_cmpstr(error->message, ==,
                    "--set /machine/replacement/scope=global: \"scope\" would have to be inside "
                    "something that is neither an object nor an array");
}

/* ---- traces, files, labs ------------------------------------------------------------------- */

static void test_for_trace(void) {
    g_autofree char *folder = g_dir_make_tmp("faultline-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "a b.rep", NULL);
    g_assert_true(g_file_set_contents(path, "1\n", -1, NULL));
    static const char *const overrides[] = {"/machine/frames=4", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(Workload) w = workload_for_trace(path, overrides, test_vocabulary(), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(w->name, ==, "a b.rep");
    g_assert_cmpuint(w->machine.frames, ==, 4);
    const Program *program = &w->processes[0].program;
    g_assert_cmpuint(program->op_count, ==, 1);
    g_assert_cmpint(program->ops[0].kind, ==, OP_TRACE);
    g_assert_cmpstr(program->traces[0].path, ==, path);
    g_assert_null(program->traces[0].format);
    g_assert_true(program->traces[0].touch);
    g_remove(path);
    g_autoptr(Workload) none = workload_for_trace(path, NULL, test_vocabulary(), &error);
    g_assert_null(none);
    g_assert_nonnull(strstr(error->message, "No such file or directory"));
    g_rmdir(folder);
}

static void test_labs(void) {
    static const char *const labs[] = {"first-touch",          "belady-fifo", "silberschatz",
                                       "two-list-walkthrough", "zero-pool",   "swapping"};
    for (size_t i = 0; i < G_N_ELEMENTS(labs); i++) {
        g_autofree char *path = g_strdup_printf(SOURCE_DIR "/workloads/labs/%s.json", labs[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(Workload) w = workload_load(path, NULL, test_vocabulary(), &error);
        g_assert_no_error(error);
        g_assert_cmpstr(w->name, ==, labs[i]);
        g_assert_cmpstr(w->description, !=, "");
        g_assert_cmpuint(w->expectation_count, >, 0);
        g_assert_cmpstr(w->file, ==, path);
    }
}

/* Files that use every key; golden/schema_check.py holds the schema to the same ones. */
static void test_good_files(void) {
    static const char *const names[] = {"ops", "linux", "patterns", "machine", "smallest", "words"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_strdup_printf(SOURCE_DIR "/tests/golden/good/%s.json", names[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(Workload) w = workload_load(path, NULL, test_vocabulary(), &error);
        g_assert_no_error(error);
        g_assert_cmpstr(w->name, ==, names[i]);
    }
}

static void test_empty_vocabulary(void) {
    Vocabulary words = *test_vocabulary();
    static const ComponentInfo *const none[] = {NULL};
    words.allocators = none;
    g_autoptr(GError) error = NULL;
    g_autoptr(Workload) w =
        workload_parse("lab.json", minimal, strlen(minimal), NULL, &words, &error);
    g_assert_null(w);
    g_assert_cmpstr(error->message, ==,
                    "lab.json:1:15: /processes/0: this program was built without any model");
}

/* A time may be -1, never, where the parameter's table allows it. */
static void test_never(void) {
    static const struct {
        const char *value;
        uint64_t expected;
    } cases[] = {{"-1", PARAM_NEVER}, {"0", 0}, {"\"1us\"", 1000}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("{\"processes\":[{\"allocator\":{\"model\":"
                                                "\"linked\",\"patience\":%s},\"program\":[]}]}",
                                                cases[i].value);
        g_autoptr(Workload) w = parse_good(text, NULL);
        g_assert_cmpuint(w->processes[0].allocator.values[1], ==, cases[i].expected);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(parse("{\"machine\":{\"replacement\":{\"policy\":\"wsclock\",\"window\":-1}},"
                        "\"processes\":[{\"program\":[]}]}",
                        NULL, &error));
    g_assert_nonnull(error);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/workload/defaults", test_defaults);
    g_test_add_func("/workload/machine", test_machine);
    g_test_add_func("/workload/words-for-none", test_words_for_none);
    g_test_add_func("/workload/processes", test_processes);
    g_test_add_func("/workload/expectations", test_expectations);
    g_test_add_func("/workload/overrides", test_overrides);
    g_test_add_func("/workload/bad-overrides", test_bad_overrides);
    g_test_add_func("/workload/for-trace", test_for_trace);
    g_test_add_func("/workload/labs", test_labs);
    g_test_add_func("/workload/good-files", test_good_files);
    g_test_add_func("/workload/empty-vocabulary", test_empty_vocabulary);
    g_test_add_func("/workload/never", test_never);
    return g_test_run();
}
