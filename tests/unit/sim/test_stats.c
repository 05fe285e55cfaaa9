/* test_stats.c - the tree of numbers: its sums, and stats.json, exact and the same each time. */
#include "stats.h"

#include <string.h>

#include "fixture.h"
#include "output/csv.h"
#include "output/run_json.h"
#include "output/stats_json.h"

#define TWO_PROCESSES                                                                              \
    "{'name':'two','machine':{'frames':8},'processes':["                                           \
    "{'name':'a','program':[{'op':'malloc','id':'x','size':20000},{'op':'write','id':'x'},"        \
    "{'op':'phase','name':'written'},{'op':'read','id':'x'},{'op':'free','id':'x'}]},"             \
    "{'name':'b','copies':2,'program':[{'op':'mmap','id':'y','length':40960},"                     \
    "{'op':'touch','id':'y','write':true}]}]}"

static Fixture run_two_processes(void) {
    g_autofree char *json = g_strdup(TWO_PROCESSES);
    Fixture fixture = fixture_make(g_strdelimit(json, "'", '"'));
    fixture_run(&fixture);
    return fixture;
}

static void test_sums_agree(void) {
    Fixture fixture = run_two_processes();
    g_autoptr(Stats) stats = stats_collect(fixture.machine);
    g_assert_cmpstr(stats_check(stats), ==, NULL);
    g_assert_cmpuint(stats->processes->len, ==, 3);
    g_assert_cmpstr(stats_process(stats, 2)->name, ==, "b#2");
    g_assert_cmpuint(stats->counters.pgfault, >, 0);
    g_assert_cmpuint(stats_process(stats, 0)->phases->len, ==, 1);
    stats->counters.minflt--; /* more may be nobody's, less may not */
    g_assert_cmpstr(stats_check(stats), ==, "minflt");
    fixture_clear(&fixture);
}

static void test_bookkeeping_is_a_part(void) {
    g_autoptr(Stats) stats = stats_new(NULL);
    StatsProcess *process = stats_add_process(stats, "p");
    process->counters.loads = stats->counters.loads = 5;
    process->bookkeeping.loads = 5;
    g_assert_cmpstr(stats_check(stats), ==, NULL);
    process->bookkeeping.loads = 6;
    g_assert_cmpstr(stats_check(stats), ==, "loads");
}

/* ---- effective access time ----------------------------------------------------------------- */

/* What a machine with these prices makes of `op`, in ps; no other time counts. */
static uint64_t access_ps(const char *machine, const char *op) {
    g_autofree char *process = g_strdup_printf(
        "{'name':'p','program':[{'op':'sleep','time':'1ms'},{'op':'compute','cpu':'1ms'},%s]}", op);
    Fixture fixture = fixture_of(machine, process);
    fixture_run(&fixture);
    g_autoptr(Stats) stats = stats_collect(fixture.machine);
    uint64_t ps = stats_access_ps(stats, &stats->counters);
    g_assert_cmpuint(stats_access_ps(stats, &stats_process(stats, 0)->counters), ==, ps);
    fixture_clear(&fixture);
    return ps;
}

/* p = 1/1000 at 200 ns and 8 ms. */
static void test_textbook_access_time(void) {
    static const char thousand[] = "{'op':'repeat','times':1000,'do':["
                                   "{'op':'access','pattern':'pages','pages':'1'}]}";
    g_assert_cmpuint(access_ps("'costs':'textbook'", thousand), ==, 8199800);
    g_assert_cmpuint(access_ps("'costs':'textbook'", "{'op':'yield'}"), ==, 0);
}

/* t_tlb + t_mem + (1 - h) L t_walk + p (t_trap + t_read): three references, two TLB misses, of
 * two levels each, two pages read. */
static void test_access_time_by_parts(void) {
    static const char machine[] =
        "'frames':4,'mmu':{'page_size':4096,'levels':[10,10]},'tlb':[{'entries':4}],"
        "'costs':{'tlb_hit':3,'memory_reference':100,'walk_level':10,'major_fault':1000,"
        "'swap_read':50000}";
    uint64_t ns = 3 * (3 + 100) + 2 * 2 * 10 + 2 * (1000 + 50000);
    g_assert_cmpuint(access_ps(machine, "{'op':'access','pattern':'pages','pages':'1 2 1'}"), ==,
                     (ns * 1000 + 1) / 3);
}

static void test_machine_counters_have_no_process_sum(void) {
    g_autoptr(Stats) stats = stats_new(NULL);
    stats->counters.oom_kills = 3;
    g_assert_cmpstr(stats_check(stats), ==, NULL);
}

static char *json_of_run(void) {
    Fixture fixture = run_two_processes();
    g_autoptr(Stats) stats = stats_collect(fixture.machine);
    char *json = stats_json(stats);
    fixture_clear(&fixture);
    return json;
}

static void test_json_is_the_same_each_time(void) {
    g_autofree char *first = json_of_run();
    g_autofree char *second = json_of_run();
    g_assert_cmpstr(first, ==, second);
    g_assert_true(g_str_has_suffix(first, "\n}\n"));
}

static void test_json_is_exact_and_escaped(void) {
    Workload workload = {.name = (char *)(uintptr_t) "a \"b\" \\ \n \xff"};
    g_autoptr(Stats) stats = stats_new(&workload);
    StatsProcess *process = stats_add_process(stats, "p");
    process->counters.loads = UINT64_MAX;
    process->memory.live_bytes = (UINT64_C(1) << 53) + 1;
    g_autofree char *json = stats_json(stats);
    g_assert_nonnull(strstr(json, "\"loads\": 18446744073709551615,"));
    g_assert_nonnull(strstr(json, "\"live_bytes\": 9007199254740993,"));
    g_assert_nonnull(strstr(json, "\"name\": \"a \\\"b\\\" \\\\ \\u000a \xef\xbf\xbd\","));
    g_assert_nonnull(strstr(json, "\"phases\": []"));
}

static void test_bookkeeping_leaves_zeros_out(void) {
    Workload workload = {.name = (char *)(uintptr_t) "w"};
    g_autoptr(Stats) stats = stats_new(&workload);
    StatsProcess *process = stats_add_process(stats, "p");
    process->bookkeeping.stores = 2;
    g_autofree char *json = stats_json(stats);
    g_assert_nonnull(strstr(json, "\"bookkeeping\": {\n        \"stores\": 2\n      },"));
}

static void test_run_json_repeats_the_workload(void) {
    Fixture fixture = run_two_processes();
    GError *error = NULL;
    g_autofree char *json = run_json(fixture.workload, "abc", &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(json, "\"sha256\": \"abc\""));
    g_assert_nonnull(strstr(json, "\"seed\": 42,"));
    /* What it says of the workload can be run again: same resolved document. */
    const char *resolved = strstr(json, "\"workload\": {");
    g_assert_nonnull(resolved);
    resolved = strchr(resolved, '{');
    size_t length = strlen(resolved) - strlen("\n}\n");
    g_autoptr(Workload) again =
        workload_parse("again", resolved, length, NULL, registry_vocabulary(), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again->resolved, ==, fixture.workload->resolved);
    fixture_clear(&fixture);
}

static void test_csv_quotes_names(void) {
    g_autoptr(Recorder) recorder = recorder_create(1, 1, 4);
    ProcessSample process = {.rss = 3, .pgfault = 4};
    recorder_add(recorder, (MachineSample){.time = 7, .rss = 3}, &process);
    const char *const names[] = {"a,\"b"};
    g_autofree char *csv = series_csv(recorder, names);
    g_assert_nonnull(strstr(csv, ",\"a,\"\"b.rss\",\"a,\"\"b.rss_max\","));
    g_assert_nonnull(strstr(csv, "\n7,0,0,0,0,3,3,0,0,0,0,0,0,0,0,3,3,0,0,0,0,4\n"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stats/sums", test_sums_agree);
    g_test_add_func("/stats/bookkeeping", test_bookkeeping_is_a_part);
    g_test_add_func("/stats/machine-scope", test_machine_counters_have_no_process_sum);
    g_test_add_func("/stats/json/same", test_json_is_the_same_each_time);
    g_test_add_func("/stats/json/exact", test_json_is_exact_and_escaped);
    g_test_add_func("/stats/json/bookkeeping", test_bookkeeping_leaves_zeros_out);
    g_test_add_func("/stats/run-json", test_run_json_repeats_the_workload);
    g_test_add_func("/stats/csv", test_csv_quotes_names);
    g_test_add_func("/stats/access-time/textbook", test_textbook_access_time);
    g_test_add_func("/stats/access-time/parts", test_access_time_by_parts);
    return g_test_run();
}
