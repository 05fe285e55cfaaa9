/* test_reference_string.c - the string that a workload makes, whatever the memory and the policy;
 * what is refused; and that looking ahead in it pays.
 */
#include "reference_string.h"

#include "fixture.h"

/* One process with these ops on a small machine, and its string. */
typedef struct Recorded {
    Workload *workload;
    ReferenceString *string;
} Recorded;

static Workload *workload_of(const char *machine, const char *processes) {
    GError *error = NULL;
    g_autofree char *json =
        g_strdup_printf("{\"machine\":{%s},\"processes\":[%s]}", machine, processes);
    g_strdelimit(json, "'", '"');
    Workload *workload =
        workload_parse("test.json", json, strlen(json), NULL, registry_vocabulary(), &error);
    g_assert_no_error(error);
    return workload;
}

static Recorded record_on(const char *machine, const char *ops) {
    GError *error = NULL;
    g_autofree char *process = g_strdup_printf("{'name':'p','program':[%s]}", ops);
    Recorded r = {.workload = workload_of(machine, process)};
    r.string = reference_string_record(r.workload, &error);
    g_assert_no_error(error);
    return r;
}

static void recorded_clear(Recorded *r) {
    reference_string_free(r->string);
    workload_free(r->workload);
}

static void assert_runs(const ReferenceString *string, const ReferenceRun *runs, guint count) {
    uint64_t references = 0;
    g_assert_cmpuint(string->runs->len, ==, count);
    for (guint i = 0; i < count; i++) {
        const ReferenceRun *run = &g_array_index(string->runs, ReferenceRun, i);
        g_assert_cmpuint(run->page, ==, runs[i].page);
        g_assert_cmpuint(run->count, ==, runs[i].count);
        references += run->count;
    }
    g_assert_cmpuint(string->count, ==, references);
}

#define PAGES_OF(string) "{'op':'access','pattern':'pages','pages':'" string "'}"

/* ---- the string ---------------------------------------------------------------------------- */

/* Pages are numbered as they come; the same page again and again is a count. */
static void test_numbers_and_runs(void) {
    Recorded r = record_on("'frames':4", PAGES_OF("9 4w 4 4 9 7w"));
    static const ReferenceRun runs[] = {{0, 1}, {1, 3}, {0, 1}, {2, 1}};
    assert_runs(r.string, runs, G_N_ELEMENTS(runs));
    g_assert_cmpuint(r.string->page_count, ==, 3);
    g_autofree uint32_t *next = reference_string_next_uses(r.string);
    static const uint32_t expected[] = {4, 2, 3, FUTURE_NEVER, FUTURE_NEVER, FUTURE_NEVER};
    for (unsigned t = 0; t < G_N_ELEMENTS(expected); t++) {
        g_assert_cmpuint(next[t], ==, expected[t]);
    }
    recorded_clear(&r);
}

static void test_nothing(void) {
    Recorded r = record_on("'frames':4", "{'op':'sleep','time':'1ms'}");
    g_assert_cmpuint(r.string->count, ==, 0);
    g_assert_cmpuint(r.string->page_count, ==, 0);
    g_autofree uint32_t *next = reference_string_next_uses(r.string);
    g_assert_nonnull(next);
    recorded_clear(&r);
}

/* Reads of the shared zero page are references; so are the allocator's own. */
static void test_every_reference_counts(void) {
    Recorded r = record_on("'frames':4", "{'op':'mmap','id':'r','length':8192},"
                                         "{'op':'read','id':'r','length':8192},"
                                         "{'op':'write','id':'r','length':16,'value':1}");
    static const ReferenceRun runs[] = {{0, 512}, {1, 512}, {0, 2}};
    assert_runs(r.string, runs, G_N_ELEMENTS(runs));
    recorded_clear(&r);
    r = record_on("'frames':4", "{'op':'malloc','id':'a','size':100}");
    g_assert_cmpuint(r.string->count, >, 0);
    recorded_clear(&r);
}

#define BUSY                                                                                       \
    "{'op':'mmap','id':'r','length':'64KiB'},"                                                     \
    "{'op':'access','over':'r','pattern':'zipf','count':400,'write':0.3},"                         \
    "{'op':'malloc','id':'a','size':30000},{'op':'touch','id':'a'},"                               \
    "{'op':'madvise','id':'r','advice':'pageout'},{'op':'free','id':'a'},"                         \
    "{'op':'access','over':'r','pattern':'random','count':200}"

static void test_memory_and_policy_do_not_matter(void) {
    Recorded one = record_on("'frames':2,'replacement':'lru'", BUSY);
    Recorded other = record_on("'frames':500,'replacement':'fifo','tlb':'none'", BUSY);
    g_assert_cmpuint(one.string->runs->len, >, 50);
    assert_runs(one.string, (const ReferenceRun *)(void *)other.string->runs->data,
                other.string->runs->len);
    recorded_clear(&one);
    recorded_clear(&other);
}

/* The run itself makes as many references as were recorded. */
static void test_the_run_is_the_recorded_one(void) {
    Recorded r = record_on("'frames':3", BUSY);
    Fixture f = fixture_of("'frames':3,'replacement':'opt'", "{'name':'p','program':[" BUSY "]}");
    fixture_run(&f);
    Counters c = counters_of(&f, 0);
    g_assert_cmpuint(c.loads + c.stores, ==, r.string->count);
    fixture_clear(&f);
    recorded_clear(&r);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void assert_refused(const char *processes) {
    g_autoptr(GError) error = NULL;
    Workload *workload = workload_of("'frames':4,'replacement':'opt'", processes);
    g_assert_null(reference_string_record(workload, &error));
    g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
    g_clear_error(&error);
    g_assert_null(machine_create(workload, &error));
    g_assert_error(error, MACHINE_ERROR, MACHINE_ERROR_INPUT);
    g_assert_nonnull(strstr(error->message, "several processes"));
    workload_free(workload);
}

static void test_several_processes(void) {
    assert_refused("{'name':'p','copies':2,'program':[" PAGES_OF("1 2 3") "]}");
    assert_refused(
        "{'name':'p','program':[" PAGES_OF("1") "]},"
                                                "{'name':'q','program':[" PAGES_OF("1") "]}");
}

/* ---- one of several --------------------------------------------------------------------------- */

static ReferenceString *record_process(const char *machine, uint32_t pid) {
    GError *error = NULL;
    Workload *workload = workload_of(machine, "{'name':'a','copies':2,'program':[" BUSY "]},"
                                              "{'name':'b','program':[" BUSY "]}");
    ReferenceString *string = reference_string_record_process(workload, pid, &error);
    g_assert_no_error(error);
    workload_free(workload);
    return string;
}

/* Whatever the memory and the others do; and the first process has what it has alone. */
static void test_one_of_several(void) {
    for (uint32_t pid = 1; pid <= 3; pid++) {
        g_autoptr(ReferenceString) small = record_process("'frames':2,'quantum':1000", pid);
        g_autoptr(ReferenceString) large = record_process("'frames':900,'tlb':'none'", pid);
        assert_runs(small, (const ReferenceRun *)(void *)large->runs->data, large->runs->len);
        if (pid == 1) {
            Recorded alone = record_on("'frames':4", BUSY);
            assert_runs(small, (const ReferenceRun *)(void *)alone.string->runs->data,
                        alone.string->runs->len);
            recorded_clear(&alone);
        }
    }
}

/* ---- looking ahead --------------------------------------------------------------------------- */

static uint64_t faults_of(const char *policy, unsigned frames, const char *ops) {
    g_autofree char *machine = g_strdup_printf("'frames':%u,'replacement':'%s'", frames, policy);
    g_autofree char *process = g_strdup_printf("{'name':'p','program':[%s]}", ops);
    Fixture f = fixture_of(machine, process);
    fixture_run(&f);
    Counters c = counters_of(&f, 0);
    fixture_clear(&f);
    return c.pgfault - c.softflt;
}

static void test_textbook(void) {
    static const char belady[] = PAGES_OF("1 2 3 4 1 2 5 1 2 3 4 5");
    static const char silberschatz[] = PAGES_OF("7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1");
    g_assert_cmpuint(faults_of("opt", 3, belady), ==, 7);
    g_assert_cmpuint(faults_of("opt", 4, belady), ==, 6);
    g_assert_cmpuint(faults_of("opt", 3, silberschatz), ==, 9);
}

static void test_nobody_is_better(void) {
    static const char *const others[] = {"fifo", "lru", "clock", "random"};
    for (unsigned frames = 2; frames <= 12; frames += 2) {
        uint64_t best = faults_of("opt", frames, BUSY);
        for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
            g_assert_cmpuint(best, <=, faults_of(others[i], frames, BUSY));
        }
    }
}

/* The page that is fetched ahead stays until it is used; the last op has no next reference. */
static void test_prefetch(void) {
    g_assert_cmpuint(faults_of("opt", 2,
                               "{'op':'mmap','id':'r','length':'16KiB'},"
                               "{'op':'write','id':'r','length':'16KiB','value':1},"
                               "{'op':'madvise','id':'r','advice':'willneed','length':4096},"
                               "{'op':'touch','id':'r','offset':12288,'length':1},"
                               "{'op':'touch','id':'r','offset':0,'length':1},"
                               "{'op':'madvise','id':'r','advice':'willneed'}"),
                     ==, 4);
}

/* The first pass may be killed for want of memory: then there is no future past its end. */
static void test_out_of_memory(void) {
    static const char hungry[] = "{'op':'mmap','id':'r','length':'64KiB'},"
                                 "{'op':'touch','id':'r','write':true}," PAGES_OF("1 2 3 1 2 3");
    g_autofree char *process = g_strdup_printf("{'name':'p','program':[%s]}", hungry);
    Fixture f =
        fixture_of("'frames':4,'swap':'none','overcommit':'always','replacement':'opt'", process);
    fixture_run(&f);
    g_assert_cmpuint(machine_counters(f.machine).oom_kills, ==, 1);
    fixture_clear(&f);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reference-string/runs", test_numbers_and_runs);
    g_test_add_func("/reference-string/nothing", test_nothing);
    g_test_add_func("/reference-string/every", test_every_reference_counts);
    g_test_add_func("/reference-string/invariant", test_memory_and_policy_do_not_matter);
    g_test_add_func("/reference-string/same-run", test_the_run_is_the_recorded_one);
    g_test_add_func("/reference-string/refused", test_several_processes);
    g_test_add_func("/reference-string/one-of-several", test_one_of_several);
    g_test_add_func("/look-ahead/textbook", test_textbook);
    g_test_add_func("/look-ahead/best", test_nobody_is_better);
    g_test_add_func("/look-ahead/prefetch", test_prefetch);
    g_test_add_func("/look-ahead/out-of-memory", test_out_of_memory);
    return g_test_run();
}
